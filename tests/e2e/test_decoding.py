"""Bodies that cost much for their size, against a real server: bounded memory, bounded steps, clean answers."""

import gc
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import thread_time
from types import FrameType
from typing import Any

import pytest

from slipway_ml.errors import SlipwayError
from slipway_ml.protocol import binary_codec
from slipway_ml.protocol.column_requests import read_in_steps
from slipway_ml.protocol.json_codec import read_request
from slipway_ml.protocol.json_cuts import Steps
from slipway_ml.protocol.json_values import parse
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.rows import RowCodec
from slipway_ml.protocol.tensor_pieces import TensorPieces
from tests.bodies import COLUMNS, Body, all_bodies
from tests.e2e.prove_decoding import publish_models, send, warm_up
from tests.factories import matrix_signature, mixed_signature
from tests.server import running_server
from tests.spoiled_bodies import spoiled_bodies

SIZE = 2 * 1024 * 1024
MOST_SECONDS = 0.02
"""Of the processor in one step: ten times what is meant, since other work of the machine slows it down as well."""
TRIES = 3
MOST_CALLS = 1000
"""More than for a good body: a fraction of the 10,000 values and more that each of these has."""
LIMITS = ContentLimits()
CODECS = {
    "numbers": RowCodec("numbers", "1", matrix_signature(COLUMNS), LIMITS),
    "houses": RowCodec("houses", "1", mixed_signature(), LIMITS),
}


def test_no_body_takes_more_than_six_times_its_size_or_is_answered_500(tmp_path: Path) -> None:
    publish_models(tmp_path)
    with running_server(tmp_path, "--deadline-seconds", "60") as server:
        warm_up(server, SIZE)
        outcomes = [send(server, body) for body in all_bodies(SIZE, seed=3, fuzzed=20)]

        assert [(outcome.body.name, outcome.problem) for outcome in outcomes if outcome.problem] == []
        assert "Traceback" not in server.log()


def steps_of(body: Body) -> Steps[Any]:
    """The steps in which its endpoint decodes a body."""
    if body.path.startswith("/predict"):
        return CODECS[body.path.split("/")[2]].read_in_steps(body.content, lambda _size: None)
    if body.path.startswith("/v1"):
        codec = CODECS[body.path.split("/")[3].removesuffix(":predict")]
        return read_in_steps(body.content, codec, lambda _size: None)
    return tensor_steps(body)


def tensor_steps(body: Body) -> Steps[Any]:
    if body.json_length is None:
        document, _ = yield from TensorPieces(LIMITS).read(body.content, lambda _size: None)
        return read_request(document, LIMITS, None)
    document = parse(body.content[: body.json_length])
    request = binary_codec.read_with_tail(document, body.content, body.json_length, LIMITS)
    yield from binary_codec.read_texts(request.inputs, body.content, lambda _size: None)
    return request


def longest_step(body: Body) -> float:
    """In seconds of the processor; tried again where it is long, as other work of the machine makes it now and then."""
    for _ in range(TRIES - 1):
        if (seconds := max(seconds_of_steps(body))) < MOST_SECONDS:
            return seconds
    return max(seconds_of_steps(body))


def seconds_of_steps(body: Body) -> list[float]:
    steps = steps_of(body)
    found: list[float] = []
    while True:
        started = thread_time()
        try:
            next(steps)
        except (StopIteration, SlipwayError):
            return [*found, thread_time() - started]
        found.append(thread_time() - started)


@pytest.fixture
def no_collector() -> Iterator[None]:
    """The garbage collector walks all that the tests have imported, which a server has frozen."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_no_step_of_decoding_holds_the_loop_for_long() -> None:
    bodies = [body for body in all_bodies(SIZE, seed=5, fuzzed=30) if "repository" not in body.path]
    worst = {body.name: longest_step(body) for body in bodies}

    assert {name: seconds for name, seconds in worst.items() if seconds >= MOST_SECONDS} == {}


def calls(body: Body) -> int:
    """How many functions are called to decode it, those in C among them: this shows work by the value, not time."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    steps = steps_of(body)
    sys.setprofile(note)
    try:
        with suppress(SlipwayError):
            for _ in steps:
                pass
    finally:
        sys.setprofile(None)
    return count


def test_tensors_with_something_wrong_are_not_walked_value_by_value() -> None:
    """What each costs beside a good one: scripts/prove decoding."""
    kinds = [spoiled for spoiled in spoiled_bodies(60_000) if "infer" in spoiled.good.path]
    pairs = [(calls(one.good), body) for one in kinds for body in (*one.once, *one.throughout)]

    assert {body.name: calls(body) for good, body in pairs if calls(body) > good + MOST_CALLS} == {}
