"""What is read of a machine, from the files in which Linux tells it."""

from pathlib import Path

import pytest

from slipway_ml.runtime.machine import this_machine
from slipway_ml.runtime.session import runtime_version


def test_processor_and_what_it_can_do(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("model name\t: Fast One\nflags\t\t: fpu avx2 avx512_vnni\n\nmodel name\t: Other\n")

    machine = this_machine(cpuinfo, tmp_path)

    assert (machine.processor, machine.instructions) == ("Fast One", ("avx2", "avx512_vnni"))
    assert (machine.quota, machine.memory_limit) == (None, None)
    assert machine.onnxruntime == runtime_version()
    assert "CPU" in machine.providers


def test_machine_without_the_files_still_has_a_name(tmp_path: Path) -> None:
    assert this_machine(tmp_path / "none", tmp_path).processor


@pytest.mark.parametrize(
    ("name", "text", "limit"),
    [
        ("memory.max", "536870912", 536870912),
        ("memory.max", "max", None),
        ("memory/memory.limit_in_bytes", "1048576", 1048576),
        ("memory/memory.limit_in_bytes", "9223372036854771712", None),
    ],
)
def test_memory_limit_of_either_version_of_cgroups(tmp_path: Path, name: str, text: str, limit: int | None) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / name).write_text(f"{text}\n")

    assert this_machine(cgroup=tmp_path).memory_limit == limit
