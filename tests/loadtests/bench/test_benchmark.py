"""The benchmark with real servers and a real load generator, kept short, and its tables of synthetic figures."""

import io
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from slipway_loadtests.bench.benchmark import Result, choose_model, measure, prepare_all, report, verdict
from slipway_loadtests.bench.figures import Workload, figures
from slipway_loadtests.bench.machine import Machine, this_machine, two_cores
from slipway_loadtests.bench.process_tree import Memory
from slipway_loadtests.bench.rounds import Contestant, Pace
from slipway_loadtests.bench.session_run import run_cpu_us
from slipway_loadtests.bench.startup import Startup
from slipway_loadtests.bench.targets import BYTES, HEADLINE, SINGLE
from slipway_loadtests.bench.two_workers import ONE, TWO, measure_workers
from slipway_loadtests.errors import CannotRun
from slipway_loadtests.published import read_models
from slipway_loadtests.service import running, slipway_command
from tests.loadtests.samples import sample

needs_wrk = pytest.mark.skipif(
    shutil.which("wrk") is None or this_machine().cores == 1, reason="needs the program wrk and two cores"
)


def _result(efficiency: float) -> Result:
    taken = [sample("bare app", 1000, 0.08), sample("slipway", 1000, 0.08 / efficiency)]
    startup = Startup(1.5, 0.6, 1.6, 1.0, 0.5, Memory(56.0, 70.0), Memory(46.0, 50.0))
    machine = Machine("Some CPU @ 3 GHz", 2, "3.12.1", 0.5)
    return Result(machine, "wide", 5, 10_000, figures(taken, "bare app"), startup, Memory(60.0, 75.0))


def _printed(result: Result) -> str:
    console = Console(width=100, file=io.StringIO())
    for part in report(result):
        console.print(part, soft_wrap=isinstance(part, str))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _words(printed: str) -> list[str]:
    """The lines, with single spaces for columns."""
    return [" ".join(line.split()) for line in printed.splitlines()]


def test_tables_show_rate_cpu_time_and_ratio_of_both_servers() -> None:
    lines = _words(_printed(_result(0.5)))

    assert "infer, 1 row 32 bare app 1,000 1.00 2.00 80 1.00 0" in lines
    assert "slipway 1,000 1.00 2.00 160 0.50 0" in lines


def test_startup_is_shown_against_imports_alone() -> None:
    lines = _words(_printed(_result(0.5)))

    assert "difference, ratio +10.0 x 1.50 x 1.20" in lines
    assert "after the load: private 60.0 MiB, PSS 75.0 MiB" in lines


@pytest.mark.parametrize(("efficiency", "word"), [(0.8, "met"), (0.5, "missed")])
def test_every_target_is_printed_beside_what_was_measured(efficiency: float, word: str) -> None:
    lines = _words(_printed(_result(efficiency)))

    assert f"infer, 1 row, 32 connections: CPU efficiency {efficiency:.2f} ≥ 0.70 {word}" in lines


def test_last_line_counts_the_targets_that_were_met() -> None:
    assert verdict(_result(0.8).targets) == "1 of 1 targets met"
    assert verdict(_result(0.5).targets) == "0 of 1 targets met"


def test_every_line_fits_100_columns_whatever_the_rates() -> None:
    result = _result(0.5)
    fast = replace(result.figures[0], requests_per_second=123_456, p99_ms=12_345.67, cpu_us=123_456)

    printed = _printed(replace(result, figures=[fast, result.figures[1]]))

    table = printed.splitlines()[2:5]
    assert max(map(len, table)) <= 100
    assert "123,456" in table[1]


@needs_wrk
def test_bytes_and_other_options_take_part_without_a_failed_request(registry: Path) -> None:
    work = [HEADLINE, Workload("binary", 100, 2)]
    pace = Pace(rounds=1, seconds=1, warm_up_seconds=0)

    result = measure(registry, "wide", pace, workloads=work, starts=1, against=["--max-batch-rows 1"])

    assert [figure.server for figure in result.figures] == 2 * ["bare app", "slipway", "--max-batch-rows 1"]
    assert [figure.failed for figure in result.figures] == 6 * [0]


@needs_wrk
def test_two_real_servers_are_measured_without_a_failed_request(registry: Path) -> None:
    result = measure(registry, "", Pace(rounds=1, seconds=1, warm_up_seconds=0), workloads=[HEADLINE], starts=1)

    assert (result.model, result.models, result.distinct_bodies) == ("wide", 2, 10_000)
    assert [figure.failed for figure in result.figures] == [0, 0]
    assert all(figure.requests_per_second > 10 and figure.cpu_us > 1 for figure in result.figures)
    assert 0 < result.headline.cpu_efficiency < 1
    assert result.startup.private_mib_over_imports > 0
    json.dumps(result.startup.ready_ratio)


@needs_wrk
def test_two_workers_and_one_are_measured_on_the_same_cores(registry: Path, tmp_path: Path) -> None:
    command, cores = slipway_command(registry), two_cores()
    with running([*command, *ONE.split()]) as one, running([*command, *TWO.split()]) as two:
        (work,) = prepare_all(choose_model(read_models(one.url), "wide"), [SINGLE], one.url, tmp_path)
        contestants = [Contestant(ONE, one), Contestant(TWO, two)]
        found = measure_workers(contestants, work, Pace(1, 1, 0), cores, lambda: None)

    assert [figure.server for figure in found] == [ONE, TWO]
    assert all(figure.failed == 0 and figure.cpu_us > 1 for figure in found)
    assert all(0 < figure.used_of_left < 1.1 and 0 < figure.generator_cores < 2 for figure in found)


def test_run_alone_is_timed_on_the_numbers_that_are_posted(registry: Path, service_url: str, tmp_path: Path) -> None:
    model = choose_model(read_models(service_url), "wide")
    (work,) = prepare_all(model, [BYTES], service_url, tmp_path)

    assert run_cpu_us(service_url, registry, "wide", work, [], rounds=1) > 1


@pytest.mark.parametrize(("name", "chosen"), [("", "wide"), ("mixed", "mixed")])
def test_the_model_is_the_named_one_or_the_first_of_numbers_only(service_url: str, name: str, chosen: str) -> None:
    assert choose_model(read_models(service_url), name).name == chosen


def test_an_unknown_model_is_refused_with_the_known_ones(service_url: str) -> None:
    with pytest.raises(CannotRun, match="no model 'deep'; there are: mixed, wide"):
        choose_model(read_models(service_url), "deep")


def test_without_a_model_of_numbers_only_one_must_be_named(service_url: str) -> None:
    others = [model for model in read_models(service_url) if model.name == "mixed"]

    with pytest.raises(CannotRun, match="name one with --model"):
        choose_model(others, "")


@needs_wrk
def test_an_empty_folder_exits_with_2_and_the_next_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "slipway_ml", "bench", "--models", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 2
    assert done.stderr == f"slipway: no models in {tmp_path}; next: slipway train breast_cancer --models {tmp_path}\n"
