"""The width of a graph's words, read from its bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from slipway_ml.runtime.vocabulary import largest_vocabulary
from tests.factories import matrix_signature
from tests.graphs import sum_graph


def counting_graph(*vocabularies: int) -> bytes:
    """Each vocabulary counts words of the same text."""
    nodes = [
        helper.make_node(
            "TfIdfVectorizer",
            ["words"],
            [f"counts{size}"],
            max_gram_length=1,
            min_gram_length=1,
            max_skip_count=0,
            mode="TF",
            ngram_counts=[0],
            ngram_indexes=list(range(size)),
            pool_strings=[f"w{number}" for number in range(size)],
        )
        for size in vocabularies
    ]
    words = helper.make_tensor_value_info("words", TensorProto.STRING, [None, None])
    counts = [helper.make_tensor_value_info(f"counts{size}", TensorProto.FLOAT, [None, size]) for size in vocabularies]
    content: bytes = helper.make_model(helper.make_graph(nodes, "g", [words], counts)).SerializeToString()
    return content


def test_largest_vocabulary_counts() -> None:
    assert largest_vocabulary(counting_graph(3, 700, 20)) == 700


def test_graph_without_words_has_none() -> None:
    assert largest_vocabulary(sum_graph(matrix_signature())) == 0


def test_vocabulary_in_a_function_is_seen() -> None:
    model = helper.make_model(helper.make_graph([], "g", [], []))
    node = helper.make_node("TfIdfVectorizer", ["x"], ["y"], ngram_indexes=list(range(300)))
    model.functions.append(helper.make_function("own", "F", ["x"], ["y"], [node], [helper.make_opsetid("", 21)]))

    assert largest_vocabulary(model.SerializeToString()) == 300


def test_packed_numbers_are_counted_like_single_ones() -> None:
    numbers = bytes([0, 1, 0x80, 0x01, 5])  # four, the third of two bytes
    attribute = b"\x0a\x0dngram_indexes" + b"\x42" + bytes([len(numbers)]) + numbers
    node = b"\x22\x0fTfIdfVectorizer" + b"\x2a" + bytes([len(attribute)]) + attribute
    graph = b"\x0a" + bytes([len(node)]) + node

    assert largest_vocabulary(b"\x3a" + bytes([len(graph)]) + graph) == 4


@given(st.binary(max_size=200), st.integers(0, 2000))
def test_bytes_that_are_no_model_are_refused_or_have_some_width(content: bytes, cut: int) -> None:
    for damaged in (content, counting_graph(40)[:cut]):
        try:
            assert largest_vocabulary(damaged) <= 2000
        except ValueError as error:
            assert "no serialized model" in str(error)  # noqa: PT017  # either outcome is right


def test_truncated_model_is_refused() -> None:
    with pytest.raises(ValueError, match="no serialized model"):
        largest_vocabulary(counting_graph(40)[:-3])
