"""What a batcher does with models that cannot be predicted, and with texts that count as several rows."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import numpy as np
import pytest

from slipway_ml.contract.tensors import Tensor
from slipway_ml.errors import DeadlineExceeded
from slipway_ml.protocol.outputs import Outputs
from slipway_ml.protocol.parts import Part, PendingRows
from slipway_ml.serving.batcher import Batcher, QueueLimits
from slipway_ml.serving.cost_line import CostLine
from slipway_ml.serving.run_traits import CHARACTERS_PER_ROW, RunTraits, weigh_text
from slipway_ml.serving.stuck_runs import StuckRuns
from tests.app.serving.futures import submit
from tests.app.serving.recorder import Recorder, rows

pytestmark = pytest.mark.anyio


def batcher(
    run: Callable[[Mapping[str, Tensor]], list[Tensor]], recorder: Recorder, traits: RunTraits, *, batch: int = 1024
) -> Batcher:
    limits = QueueLimits(batch, 10_000)
    return Batcher("m", run, CostLine(0.0, 0.0), ThreadPoolExecutor(2), recorder, limits, traits)


@pytest.mark.parametrize("is_unpredictable", [True, False])
async def test_runs_that_nobody_can_predict_stay_off_the_event_loop(is_unpredictable: bool) -> None:
    threads: list[int] = []

    def run(tensors: Mapping[str, Tensor]) -> list[Tensor]:
        threads.append(threading.get_ident())
        return [tensors["X"]]

    await submit(batcher(run, Recorder(), RunTraits(is_unpredictable=is_unpredictable)), rows(1), 1)

    assert (threads != [threading.get_ident()]) is is_unpredictable


async def test_model_goes_on_in_another_thread_when_a_run_does_not_end() -> None:
    told: list[int] = []
    release = threading.Event()

    def run(tensors: Mapping[str, Tensor]) -> list[Tensor]:
        if tensors["X"].max() > 1000:
            release.wait(60)
        return [tensors["X"]]

    stuck = StuckRuns(4, lambda _model, count: told.append(count))
    queue = batcher(run, Recorder(), RunTraits(is_unpredictable=True, stuck_seconds=0.2, stuck=stuck))
    with pytest.raises(DeadlineExceeded):
        await submit(queue, rows(2000), 1, perf_counter() + 0.1)
    found = await submit(queue, rows(1), 1, perf_counter() + 60)
    before = list(told)
    release.set()
    async with asyncio.timeout(60):
        while told[-1]:
            await asyncio.sleep(0.01)

    assert isinstance(found, Outputs)
    assert (before, told) == ([1], [1, 0])


async def test_batch_is_cut_by_what_its_rows_count_for_and_observed_in_rows() -> None:
    recorder = Recorder()
    traits = RunTraits(weigh=lambda part, count: count * int(part["X"].max()))  # type: ignore[index]  # tensors alone
    queue = batcher(recorder.run, recorder, traits, batch=10)

    await asyncio.gather(*[submit(queue, rows(value, value), 2) for value in (2, 3, 2, 9)])

    assert recorder.batches == [4, 2, 2]
    assert recorder.observed == [(2, 4), (1, 2), (1, 2)]


def texts(*values: str) -> dict[str, Tensor]:
    return {"note": np.array(values, object).reshape(-1, 1), "n": np.zeros((len(values), 1))}


def pending(*found: object) -> PendingRows:
    return PendingRows(list(found), lambda _rows: {})


@pytest.mark.parametrize(
    "part",
    [
        texts("a" * CHARACTERS_PER_ROW * 3, ""),
        pending({"note": "a" * CHARACTERS_PER_ROW * 3, "n": 1.0}, {"note": None, "n": None}),
        pending(("a" * CHARACTERS_PER_ROW * 3, 1.0), ("", 2.0)),
    ],
    ids=["tensors", "objects", "lists"],
)
def test_long_text_counts_as_several_rows(part: Part) -> None:
    assert weigh_text(part, 2) == 5
