"""Whatever the bytes are, a codec answers with tensors or with a short sentence that repeats nothing of them."""

import json
import tracemalloc
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.api.error_responses import error_response
from slipway_ml.errors import InvalidRows, MalformedRequest, RequestError
from slipway_ml.protocol.json_codec import decode_request
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.rows import RowCodec
from tests.factories import matrix_signature, mixed_signature
from tests.strategies import JSON, MANY, almost_requests, almost_rows

LIMITS = ContentLimits(instances=1000)
LONGEST_MESSAGE = 900
PRIVATE = "geheim4711"
MIXED = mixed_signature()
ROWS = RowCodec("houses", "1", MIXED, LIMITS)
WIDE = RowCodec("wide", "1", matrix_signature(30), LIMITS)

as_json = st.builds(lambda document: json.dumps(document).encode(), JSON)
as_request = st.builds(lambda document: json.dumps(document).encode(), almost_requests())
as_rows = st.builds(lambda document: json.dumps(document).encode(), almost_rows(MIXED))
words = st.sampled_from(
    [b"{", b"}", b"[", b"]", b'"instances"', b'"inputs"', b":", b",", b"NaN", b"1e999", b'"\\ud800"']
)
as_words = st.lists(words, max_size=12).map(b"".join)


@MANY
@given(st.binary(max_size=60) | as_words | as_json | as_request)
def test_any_inference_body_is_read_or_refused(body: bytes) -> None:
    with suppress(RequestError):
        decode_request(body, LIMITS)


@MANY
@given(st.binary(max_size=60) | as_words | as_json | as_rows)
def test_any_row_body_is_read_or_refused(body: bytes) -> None:
    with suppress(RequestError):
        ROWS.decode(body)


@MANY
@given(as_rows)
def test_problems_of_any_rows_can_be_sent(body: bytes) -> None:
    refused = refusal_of(body)

    assert len(refused.problems) <= refused.total
    assert all(problem.row is not None for problem in refused.problems)
    assert orjson.dumps([asdict(problem) for problem in refused.problems])


def refusal_of(body: bytes) -> InvalidRows:
    """What the rows are refused with; nothing to complain about where they are accepted or are no rows."""
    try:
        ROWS.decode(body)
    except InvalidRows as refused:
        return refused
    except RequestError:
        pass
    return InvalidRows((), 0)


SECRETS: dict[str, dict[str, Any]] = {
    "in the data": {"data": [PRIVATE]},
    "in an object": {"data": [{PRIVATE: PRIVATE}]},
    "as the data": {"data": PRIVATE},
    "as the datatype": {"datatype": PRIVATE},
    "in the shape": {"shape": [PRIVATE]},
    "as the shape": {"shape": PRIVATE},
    "in the parameters": {"parameters": {PRIVATE: [PRIVATE]}},
}


@pytest.mark.parametrize("changed", SECRETS.values(), ids=SECRETS.keys())
def test_message_does_not_repeat_what_was_sent(changed: dict[str, Any]) -> None:
    body = json.dumps({"inputs": [{"name": "X", "datatype": "FP64", "shape": [1], "data": [1], **changed}]}).encode()

    with pytest.raises(MalformedRequest) as refused:
        decode_request(body, LIMITS)
    assert PRIVATE not in str(refused.value)


@pytest.mark.parametrize("field", [feature.name for feature in MIXED.features])
def test_problem_of_a_row_does_not_repeat_the_value(field: str) -> None:
    body = json.dumps({"instances": [{field: [PRIVATE], PRIVATE + "!": PRIVATE}]}).encode()

    with pytest.raises(InvalidRows) as refused:
        ROWS.decode(body)
    assert PRIVATE not in str(refused.value) + repr(refused.value.problems)


@pytest.mark.parametrize("sign", ["n", "\\", '"', "\n", "\U0001f600", "\U000e0001"], ids=ascii)
def test_message_stays_short_whatever_the_name(sign: str) -> None:
    body = json.dumps({"inputs": [{"name": sign * 256, "datatype": "FP64", "shape": [1], "data": None}]}).encode()

    with pytest.raises(MalformedRequest) as refused:
        decode_request(body, LIMITS)
    assert len(orjson.dumps({"error": str(refused.value)})) < LONGEST_MESSAGE


MANY_PROBLEMS = {
    "missing fields": ("{}", 30_000),
    "no values": ("[]", 1000),
    "no row": ("null", 1000),
    "unknown fields": ('{"g0":1,"g1":2}', 32_000),
}


@pytest.mark.parametrize(("row", "total"), MANY_PROBLEMS.values(), ids=MANY_PROBLEMS.keys())
def test_problems_are_listed_as_far_as_they_fit_and_counted(row: str, total: int) -> None:
    body = f'{{"instances":[{",".join([row] * 1000)}]}}'.encode()

    with pytest.raises(InvalidRows) as refused:
        WIDE.decode(body)
    assert refused.value.total == total
    assert 10 <= len(refused.value.problems) <= 100
    assert len(error_response(refused.value).body) <= len(body) + 1024


@pytest.mark.parametrize("row", ["{}", "[]", "null", '{"g0":1,"g1":2}', "[" + ",".join(["true"] * 30) + "]"])
@pytest.mark.parametrize("count", [1, 2, 3, 10, 100])
def test_a_refusal_is_not_longer_than_its_request_and_a_kibibyte(row: str, count: int) -> None:
    body = f'{{"instances":[{",".join([row] * count)}]}}'.encode()

    with pytest.raises(InvalidRows) as refused:
        WIDE.decode(body)
    assert len(error_response(refused.value).body) <= len(body) + 1024 - 256
    assert refused.value.problems


def test_wrong_values_without_end_are_not_all_counted() -> None:
    row = f"[{','.join(['true'] * 30)}]"

    with pytest.raises(InvalidRows, match=r"^at least ") as refused:
        WIDE.decode(f'{{"instances":[{",".join([row] * 1000)}]}}'.encode())
    assert (len(refused.value.problems), refused.value.total < 1000) == (100, True)


@pytest.mark.parametrize(("row", "total"), MANY_PROBLEMS.values(), ids=MANY_PROBLEMS.keys())
def test_problems_that_are_not_listed_cost_no_memory(row: str, total: int) -> None:
    body = f'{{"instances":[{",".join([row] * 1000)}]}}'.encode()
    tracemalloc.start()
    with pytest.raises(InvalidRows, match=f"^{total} problems"):
        WIDE.decode(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 10 * len(body) + 2**20


def test_row_with_more_fields_than_can_be_listed_is_one_problem() -> None:
    fields = ",".join(f'"{number}":1' for number in range(20_000))

    with pytest.raises(InvalidRows) as refused:
        WIDE.decode(f'{{"instances":[{{{fields}}}]}}'.encode())
    assert [problem.problem for problem in refused.value.problems] == ["has too many fields"]
    assert refused.value.total == 1
