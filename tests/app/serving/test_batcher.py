"""The batcher with runs that record what they were given; the event loop is the only clock."""

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import inf
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway_ml.contract.tensors import Tensor
from slipway_ml.errors import DeadlineExceeded, InferenceError, Overloaded
from slipway_ml.protocol.outputs import Outputs
from slipway_ml.serving.batcher import Batcher, QueueLimits
from slipway_ml.serving.cost_line import CostLine
from tests.app.serving.futures import submit
from tests.app.serving.recorder import Recorder, rows

pytestmark = pytest.mark.anyio

IN_LOOP = 0.0
IN_THREAD = 1.0


def batcher(
    recorder: Recorder, seconds: float = IN_LOOP, *, batch: int = 1024, queue: int = 10_000, delay: float = 0.0
) -> Batcher:
    """A queue whose runs are believed to take `seconds`."""
    limits = QueueLimits(batch, queue, delay)
    return Batcher("m", recorder.run, CostLine(seconds, 0.0), ThreadPoolExecutor(1), recorder, limits)


def within(seconds: float) -> float:
    return perf_counter() + seconds


async def ask(queue: Batcher, *requests: dict[str, Tensor]) -> list[Outputs | BaseException]:
    calls = [infer(queue, request) for request in requests]
    return await asyncio.gather(*calls, return_exceptions=True)


async def infer(queue: Batcher, request: dict[str, Tensor]) -> Outputs:
    return await submit(queue, request, len(request["X"]))


@pytest.mark.parametrize("cost", [IN_LOOP, IN_THREAD], ids=["loop", "thread"])
async def test_requests_of_one_turn_run_together_and_get_their_own_rows(cost: float) -> None:
    recorder = Recorder()

    outputs = await ask(batcher(recorder, cost), rows(1), rows(2, 3), rows(4))

    assert recorder.batches == [4]
    assert [response[0].ravel().tolist() for response in outputs if isinstance(response, Outputs)] == [[2], [4, 6], [8]]


async def test_request_alone_runs_alone() -> None:
    recorder = Recorder()
    queue = batcher(recorder)

    await ask(queue, rows(1))
    await ask(queue, rows(2))

    assert recorder.batches == [1, 1]


async def test_batch_is_cut_at_its_limit_but_a_larger_request_still_runs() -> None:
    recorder = Recorder()

    await ask(batcher(recorder, batch=3), rows(1, 2), rows(3), rows(4, 5, 6, 7), rows(8))

    assert recorder.batches == [3, 4, 1]


async def test_failure_reaches_only_the_request_that_caused_it() -> None:
    recorder = Recorder()

    good, bad, other = await ask(batcher(recorder), rows(1), rows(-1), rows(3))

    assert isinstance(bad, InferenceError)
    assert [response[0].item() for response in (good, other) if isinstance(response, Outputs)] == [2, 6]
    assert (recorder.observed, recorder.failed) == ([(3, 3)], [(1, 1)])


@pytest.mark.parametrize("cost", [IN_LOOP, IN_THREAD], ids=["loop", "thread"])
async def test_queue_goes_on_after_an_error_that_nobody_expected(cost: float) -> None:
    recorder = Recorder()
    queue = batcher(recorder, cost)

    (broken,) = await ask(queue, {"X": np.array([["text"]], np.object_)})
    (good,) = await ask(queue, rows(1))

    assert isinstance(broken, TypeError)
    assert isinstance(good, Outputs)


async def test_full_queue_refuses_and_recovers() -> None:
    queue = batcher(Recorder(), IN_THREAD, queue=3)

    outputs = await ask(queue, rows(1, 2), rows(3), rows(4))
    later = await ask(queue, rows(5))

    assert [type(response) for response in outputs] == [Outputs, Outputs, Overloaded]
    assert isinstance(later[0], Outputs)


async def test_what_arrives_during_a_run_in_a_thread_is_the_next_batch() -> None:
    recorder = Recorder()
    queue = batcher(recorder, IN_THREAD)

    first = submit(queue, rows(1), 1)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.gather(first, submit(queue, rows(2), 1), submit(queue, rows(3), 1))

    assert sum(recorder.batches) == 3
    assert len(recorder.batches) <= 2


async def test_caller_who_left_is_not_run() -> None:
    recorder = Recorder()
    queue = batcher(recorder)

    leaving = submit(queue, rows(1), 1)
    staying = submit(queue, rows(2), 1)
    leaving.cancel()
    await staying

    assert recorder.batches == [1]


async def test_every_batch_is_reported_with_its_waits_and_rows() -> None:
    recorder = Recorder()

    await ask(batcher(recorder), rows(1), rows(2, 3))

    assert recorder.observed == [(2, 3)]


@given(st.lists(st.lists(st.floats(0, 100), min_size=1, max_size=5), min_size=1, max_size=8), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_batched_equals_unbatched_for_any_split(split: list[list[float]], limit: int) -> None:
    requests = [rows(*values) for values in split]

    outputs = asyncio.run(ask(batcher(Recorder(), batch=limit), *requests))

    expected = [(request["X"] * 2).tolist() for request in requests]
    assert [response[0].tolist() for response in outputs if isinstance(response, Outputs)] == expected


async def test_request_whose_time_is_over_is_not_run() -> None:
    recorder = Recorder()
    queue = batcher(recorder)
    late, punctual = submit(queue, rows(1), 1, within(-1)), submit(queue, rows(2), 1, within(60))

    with pytest.raises(DeadlineExceeded, match="'m' could not respond within the deadline"):
        await late
    assert [output.tolist() for output in await punctual] == [[[4.0]]]
    assert (recorder.batches, recorder.refused) == ([1], [1])


@dataclass
class Held(Recorder):
    """A run that does not end before it is told to."""

    go: threading.Event = field(default_factory=threading.Event)

    def run(self, tensors: Mapping[str, Tensor]) -> list[Tensor]:
        self.go.wait(10)
        return super().run(tensors)


async def begin(queue: Batcher, request: dict[str, Tensor], latest: float = inf) -> asyncio.Future[Outputs]:
    """Submit, and let its run begin."""
    future = submit(queue, request, len(request["X"]), latest)
    await asyncio.sleep(0.01)
    return future


async def test_request_that_the_queue_before_it_would_make_late_is_refused_at_once() -> None:
    held = Held()
    queue = batcher(held, IN_THREAD)
    running = await begin(queue, rows(1))

    with pytest.raises(Overloaded):
        submit(queue, rows(2), 1, within(0.5))
    patient = submit(queue, rows(3), 1, within(60))
    with pytest.raises(Overloaded):
        queue.check_capacity(within(1.5))
    held.go.set()
    await asyncio.gather(running, patient)

    assert held.refused == [1, 1]


async def test_idle_model_takes_a_request_that_is_believed_to_be_late() -> None:
    response = await submit(batcher(Recorder(), IN_THREAD), rows(1), 1, within(0.5))

    assert response[0].item() == 2


async def test_large_request_beside_a_short_run_is_taken_though_it_is_believed_to_be_late() -> None:
    held = Held()
    limits = QueueLimits(1024, 10_000)
    queue = Batcher("m", held.run, CostLine(0.001, 0.001), ThreadPoolExecutor(1), held, limits)
    running = await begin(queue, rows(1))

    large = submit(queue, rows(*range(1000)), 1000, within(1.5))  # its own second is over half of that
    with pytest.raises(Overloaded):
        submit(queue, rows(*range(1000)), 1000, within(1.5))
    held.go.set()
    await asyncio.gather(running, large)

    assert held.batches == [1, 1000]


async def test_callers_are_told_at_their_deadline_though_a_run_hangs() -> None:
    held = Held()
    queue = batcher(held, 0.003)
    running = await begin(queue, rows(1), within(0.1))
    waiting, patient = submit(queue, rows(2), 1, within(0.1)), submit(queue, rows(3), 1)

    outcomes = await asyncio.gather(running, waiting, return_exceptions=True)
    held.go.set()

    assert [type(outcome) for outcome in outcomes] == [DeadlineExceeded, DeadlineExceeded]
    assert (await patient)[0].item() == 6
    assert held.batches == [1, 1]


async def test_request_that_cannot_be_in_time_gives_way_to_one_that_can() -> None:
    held = Held()
    queue = batcher(held, 0.05, batch=1)
    running = await begin(queue, rows(1))
    hopeless, punctual = submit(queue, rows(2), 1, within(0.23)), submit(queue, rows(3), 1, within(60))

    await asyncio.sleep(0.2)
    held.go.set()
    outcomes = await asyncio.gather(running, hopeless, punctual, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [Outputs, DeadlineExceeded, Outputs]


async def test_newest_go_first_once_callers_hang_up() -> None:
    held = Held()
    queue = batcher(held, IN_THREAD, batch=1)
    running = await begin(queue, rows(1))
    impatient, *others = [submit(queue, rows(number), 1) for number in (2, 3, 4)]
    ended: list[int] = []
    for number, future in zip((3, 4), others, strict=True):
        future.add_done_callback(lambda _, number=number: ended.append(number))  # type: ignore[misc]

    impatient.cancel()
    held.go.set()
    await asyncio.gather(running, *others)

    assert ended == [4, 3]


async def test_batch_waits_for_more_rows_where_a_delay_is_set_and_not_once_it_is_full() -> None:
    recorder = Recorder()
    queue = batcher(recorder, batch=3, delay=0.05)

    first = submit(queue, rows(1), 1)
    await asyncio.sleep(0)
    second = submit(queue, rows(2), 1)
    await asyncio.gather(first, second)
    await asyncio.wait_for(asyncio.gather(*[submit(queue, rows(n), 1) for n in (1, 2, 3)]), 10)

    assert recorder.batches == [2, 3]


async def test_batch_grows_no_more_where_that_only_makes_its_members_wait() -> None:
    recorder = Recorder()
    queue = Batcher("m", recorder.run, CostLine(0.001, 0.005), ThreadPoolExecutor(1), recorder, QueueLimits(1024, 1024))

    await ask(queue, *[rows(number) for number in range(8)])

    assert recorder.batches[0] == 3
