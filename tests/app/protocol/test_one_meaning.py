"""A request means the same whatever its size: every reader says the same of the same document, good or bad.

Long bodies are read in pieces. Here the pieces are so small that a short document has many, so each generated document
goes through all the readers: the parser of any JSON, the one of numbers, and the pieces with their guessed and their
exact cuts.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slipway_ml.errors import InvalidRows, SlipwayError
from slipway_ml.protocol import binary_codec
from slipway_ml.protocol.binary_values import write_tensor
from slipway_ml.protocol.column_requests import read_in_steps
from slipway_ml.protocol.json_codec import decode_request, read_request
from slipway_ml.protocol.json_cuts import finish
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.number_reader import NumberReader
from slipway_ml.protocol.parts import tensors_of
from slipway_ml.protocol.row_requests import is_plain, rewrite
from slipway_ml.protocol.rows import RowCodec
from slipway_ml.protocol.tensor_data import Sizes
from slipway_ml.protocol.tensor_pieces import TensorPieces
from tests.factories import matrix_signature, mixed_signature
from tests.strategies import JSON, MANY, almost_requests, almost_rows

LIMITS = ContentLimits()
NO_JSON = {
    "is not valid JSON",
    "holds an infinity; only finite numbers are accepted",
    "holds a number too large for a double",
}
READER = NumberReader()
WORTH_A_READER = 2100
PIECES = [TensorPieces(LIMITS, Sizes(0, size, size, size, size, 0)) for size in (1, 7, 40)]
MIXED = RowCodec("houses", "1", mixed_signature(), LIMITS)
MATRIX = RowCodec("matrix", "1", matrix_signature(3, nullable=True), LIMITS)


def free(_size: int) -> None:
    """Memory that nobody counts."""


def outcome(read: Callable[[], Any]) -> Any:
    """What is read, in a form that can be compared, or what is said against it."""
    try:
        return repr(read())
    except InvalidRows as error:
        return str(error), error.problems
    except SlipwayError as error:
        if str(error).removeprefix("the body ") in NO_JSON:
            return "no JSON"  # which of these it is depends on which is seen first
        return [cls.__name__ for cls in type(error).__mro__ if cls.__module__ == "slipway_ml.errors"], str(error)


def tensors(request: Any) -> Any:
    inputs = [(t.name, t.datatype, t.data.dtype.str, t.data.shape, t.data.tolist()) for t in request.inputs]
    return inputs, request.outputs, request.id, request.parameters


def in_pieces(text: bytes, pieces: TensorPieces) -> Any:
    document, has_booleans = finish(pieces.read(text, free))
    return tensors(read_request(document, LIMITS, None, has_booleans=has_booleans))


def at_once(text: bytes, pieces: TensorPieces) -> Any:
    document, has_booleans = pieces.read_at_once(text, free)
    return tensors(read_request(document, LIMITS, None, has_booleans=has_booleans))


def as_text(document: Any, space: str = "") -> bytes:
    return json.dumps(document, separators=(f"{space},{space}", f":{space}")).encode()


@st.composite
def broken(draw: Callable[..., Any], texts: st.SearchStrategy[bytes]) -> bytes:
    """A text in which, mostly, one place is changed."""
    text: bytes = draw(texts)
    place = draw(st.integers(0, len(text)))
    put = draw(st.sampled_from([b"", b",", b"]", b"[", b"}", b'"', b"\\", b"NaN", b"Infinity", b"null", b" ", b"1"]))
    return text[:place] + put + text[place + draw(st.integers(0, 2)) :] if draw(st.booleans()) else text


BEYOND_64_BITS = [2**63, 2**64, -(2**63) - 1, 10**30]
numbers = (
    st.integers(-3, 300)
    | st.sampled_from(BEYOND_64_BITS)
    | st.floats(-5, 5)
    | st.none()
    | st.booleans()
    | st.just(float("nan"))
)
cells = numbers | st.text('a,[]{}"\\', max_size=4)
flat = st.lists(st.integers(-3, 300) | st.floats(-5, 5) | st.sampled_from(BEYOND_64_BITS), max_size=12) | st.lists(
    cells, max_size=12
)
anywhere = st.recursive(
    numbers | st.sampled_from([-1e299, {}, {"a": [1]}, "[", "]", '"', "\\"]), lambda inner: st.lists(inner, max_size=4)
)
data = (
    flat
    | st.lists(st.lists(numbers, max_size=3), max_size=6)
    | st.lists(st.lists(cells, max_size=3), max_size=6)
    | st.lists(anywhere, max_size=8)
)


@st.composite
def likely_requests(draw: Callable[..., Any]) -> Any:
    """Requests whose shape is mostly that of the data."""
    inputs = []
    for name in draw(st.lists(st.sampled_from(["X", "Y", "data"]), min_size=1, max_size=3)):
        values = draw(data)
        count = sum([len(value) if isinstance(value, list) else 1 for value in values])
        shape = draw(
            st.sampled_from([[count], [count, 1], [1, count], [2, count], [0, 2**31 - 1, 2**31 - 1, 2**31 - 1]])
        )
        datatype = draw(st.sampled_from(["FP64", "FP32", "INT8", "UINT64", "BOOL", "BYTES", "FP16"]))
        tensor = {"data": values, "name": name, "shape": shape, "datatype": datatype}
        keys = draw(st.permutations(list(tensor)))
        more = draw(
            st.sampled_from([{}, {"parameters": None}, {"parameters": {"a": 1}}, {"parameters": []}, {"x": []}])
        )
        inputs.append({**{key: tensor[key] for key in keys}, **more})
    more = draw(
        st.sampled_from([{}, {"outputs": None}, {"outputs": []}, {"outputs": 5}, {"parameters": None}, {"x": {}}])
    )
    return {**more, "inputs": inputs} if draw(st.booleans()) else {"inputs": inputs, **more}


requests = st.builds(as_text, likely_requests() | almost_requests() | JSON, st.sampled_from(["", " "]))


@MANY
@given(broken(requests))
@example(b'{"inputs":[{"name":"X","datatype":"FP64","shape":[1],"data":[1,]}]}')
@example(b'{"inputs":[{"name":"X","datatype":"FP64","shape":[1],"data":[1],"data":[2]}]}')
@example(b'{"inputs":[{"name":"X","datatype":"FP64","shape":[2],"data":[null,-1e299]}]}')
@example(b'{"inputs":[{"name":"X","datatype":"FP64","shape":[1],"data":[null1]}]}')
@example(b'{"inputs":[{"name":"X","datatype":"FP64","shape":[2],"data":[[[1],2]},{},[[3]]]}')
@example(b'{"inputs":[{"name":"X","datatype":"BYTES","shape":[2],"data":["\\"data\\":[1]","]},{"]}]}')
def test_all_readers_of_tensors_say_the_same(text: bytes) -> None:
    expected = outcome(lambda: tensors(decode_request(text, LIMITS)))

    assert outcome(lambda: tensors(decode_request(text.ljust(WORTH_A_READER), LIMITS, READER))) == expected
    for pieces in PIECES:
        assert outcome(lambda: in_pieces(text, pieces)) == expected  # noqa: B023  # called at once
        assert outcome(lambda: at_once(text.ljust(WORTH_A_READER), pieces)) == expected  # noqa: B023


def rows_of(part: tuple[Any, int]) -> Any:
    return {name: (t.dtype, t.shape, t.tolist()) for name, t in tensors_of(part[0]).items()}, part[1]


def objects(codec: RowCodec) -> st.SearchStrategy[Any]:
    row = st.fixed_dictionaries(dict.fromkeys(codec.names, cells))
    by_position = st.lists(cells, min_size=len(codec.names), max_size=len(codec.names))
    good = st.sampled_from([[1.5, 3, 2, True, "Ulm", "gas"], [None, -3, None, False, "},{", "oil"]])
    rows = st.lists(row, max_size=5) | st.lists(by_position, max_size=5) | st.lists(good, max_size=9)
    return st.builds(lambda found: {"instances": found}, rows)


@pytest.mark.parametrize("codec", [MIXED, MATRIX], ids=["columns", "matrix"])
@MANY
@given(data=st.data())
def test_rows_are_read_in_pieces_as_they_are_at_once(codec: RowCodec, data: Any) -> None:
    documents = objects(codec) | almost_rows(codec.signature) | JSON
    text = data.draw(broken(st.builds(as_text, documents, st.sampled_from(["", " "]))))

    expected = outcome(lambda: rows_of(codec.read_part(text)))
    for size in (1, 7, 60):
        assert outcome(lambda: rows_of(finish(codec.read_in_steps(text, free, size)))) == expected  # noqa: B023


def v1(codec: RowCodec, text: bytes) -> Any:
    body, by_column = (text, False) if is_plain(text) else rewrite(text, codec.signature)
    return rows_of(codec.read_part(body, len(text))), by_column


def v1_in_pieces(codec: RowCodec, text: bytes, size: int) -> Any:
    part, rows, by_column = finish(read_in_steps(text, codec, free, size))
    return rows_of((part, rows)), by_column


@pytest.mark.parametrize("codec", [MIXED, MATRIX], ids=["columns", "matrix"])
@MANY
@given(data=st.data())
def test_v1_requests_are_read_in_pieces_as_they_are_at_once(codec: RowCodec, data: Any) -> None:
    columns = st.fixed_dictionaries(
        {name: st.lists(cells | st.lists(cells, min_size=1, max_size=1), max_size=4) for name in codec.names}
    )
    inputs = st.builds(
        lambda found: {"inputs": found}, columns | columns.map(lambda found: {"X": list(found.values())})
    )
    named = st.builds(lambda found: {"signature_name": "a", **found}, objects(codec))
    text = data.draw(broken(st.builds(as_text, inputs | named | JSON)))

    expected = outcome(lambda: v1(codec, text))
    for size in (1, 50):
        assert outcome(lambda: v1_in_pieces(codec, text, size)) == expected  # noqa: B023


@MANY
@given(likely_requests())
def test_a_tensor_in_bytes_means_what_it_means_in_json(document: Any) -> None:
    request: Any = outcome(lambda: tensors(decode_request(as_text(document), LIMITS)))
    if not isinstance(request, str) or '"x"' in str(document):
        return
    parsed = decode_request(as_text(document), LIMITS)
    head: list[Any] = []
    tail = b""
    for tensor in parsed.inputs:
        content = bytes(memoryview(write_tensor(tensor.datatype, tensor.data)))
        parameters = {"parameters": {"binary_data_size": len(content)}}
        head.append({"name": tensor.name, "datatype": tensor.datatype, "shape": tensor.data.shape, **parameters})
        tail += content
    text = as_text({**document, "inputs": head})

    again = binary_codec.decode_request(text + tail, len(text), LIMITS)
    assert repr(tensors(again)) == request
