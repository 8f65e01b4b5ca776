"""Many writers and readers at once, and writers that are killed."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from slipway_ml.registry import desired_state
from slipway_ml.registry.store import Registry
from tests.app.registry.publisher import FILES, NAME, publish_light

REPOSITORY = Path(__file__).parents[3]


def start_publisher(root: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.app.registry.publisher", str(root), *arguments]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def numbers_said_by(process: subprocess.Popen[str]) -> list[int]:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return [int(line) for line in output.split()]


def read_all(root: Path) -> list[int]:
    """Read every version of the model with all its files; raises where one is not whole."""
    registry = Registry(root)
    versions = registry.versions(NAME)
    for version in versions:
        stored = registry.read(NAME, version)
        assert {name: stored.read_file(name) for name in stored.manifest.files} == FILES
    return versions


def at_once(count: int, work: Callable[[], int]) -> list[int]:
    start = threading.Barrier(count)

    def wait_and_work(_: int) -> int:
        start.wait()
        return work()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(wait_and_work, range(count)))


def test_twenty_threads_publishing_at_once_get_twenty_numbers(tmp_path: Path) -> None:
    published = at_once(20, lambda: publish_light(tmp_path).manifest.model_version)

    assert sorted(published) == list(range(1, 21))
    assert read_all(tmp_path) == list(range(1, 21))
    assert desired_state.generations(tmp_path / NAME) == [1]


def test_processes_publishing_at_once_get_distinct_numbers(tmp_path: Path) -> None:
    processes = [start_publisher(tmp_path, "publish", "5") for _ in range(4)]
    said = [number for process in processes for number in numbers_said_by(process)]

    assert sorted(said) == list(range(1, 21))
    assert read_all(tmp_path) == list(range(1, 21))
    assert Registry(tmp_path).desired(NAME).generation == 1


def test_twenty_threads_promoting_at_once_each_write_a_generation(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    versions = iter([publish_light(tmp_path).manifest.model_version for _ in range(21)][1:])
    generations = at_once(20, lambda: registry.promote(NAME, next(versions)).generation)

    assert sorted(generations) == list(range(2, 22))
    assert len(registry.champions(NAME)) == 21


def test_reader_sees_only_whole_versions_while_others_publish(tmp_path: Path) -> None:
    publish_light(tmp_path)
    publisher = start_publisher(tmp_path, "publish", "30")
    seen = [read_all(tmp_path)]
    while publisher.poll() is None:
        seen.append(read_all(tmp_path))
        assert Registry(tmp_path).desired(NAME).aliases == {"champion": 1}

    assert numbers_said_by(publisher) == list(range(2, 32))
    assert seen == sorted(seen)


def test_killed_publishers_leave_whole_versions_and_a_folder_that_works(tmp_path: Path) -> None:
    said = numbers_said_by(start_publisher(tmp_path, "kill", "20", "11"))
    versions = read_all(tmp_path)

    assert said == sorted(set(said))
    assert set(said) <= set(versions)
    assert publish_light(tmp_path).manifest.model_version == max(versions, default=0) + 1
    assert Registry(tmp_path).desired(NAME).generation == 1
