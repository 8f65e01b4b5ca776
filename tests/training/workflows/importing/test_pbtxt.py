"""Protobuf's text format: everything a config may hold, and nothing but NotText for what is none."""

from contextlib import suppress

import pytest
from google.protobuf import struct_pb2, text_format
from hypothesis import given
from hypothesis import strategies as st

from slipway_training.workflows.importing.pbtxt import NotText, parse
from tests.strategies import MANY

WORDS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)


def test_fields_lists_messages_and_comments_are_read() -> None:
    text = """
    name: "a" 'b'   # one text of two parts
    dims: [ 1, -1 ], dims: 3;
    group [ { kind: KIND_CPU }, < count: 2 > ]
    empty {}
    """

    assert parse(text) == {
        "name": ["ab"],
        "dims": ["1", "-1", "3"],
        "group": [{"kind": ["KIND_CPU"]}, {"count": ["2"]}],
        "empty": [{}],
    }


@MANY
@given(fields=st.dictionaries(WORDS, st.text(st.characters(categories=["L", "N"]), max_size=8), max_size=4))
def test_what_protobuf_writes_is_read(fields: dict[str, str]) -> None:
    message = struct_pb2.Struct()
    message.update(fields)

    entries = parse(text_format.MessageToString(message, as_utf8=True)).get("fields", [])

    assert {entry["key"][0]: entry["value"][0]["string_value"][0] for entry in entries} == fields


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: 1\nb: }", 2), ("a {", 1), ("a: [1, 2", 1), ("\n\n$", 3), ('a: "never ends', 1), ("a: 1 :", 1), ("a", 1)],
)
def test_what_is_no_message_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(NotText) as refusal:
        parse(text)

    assert refusal.value.line == line


def test_endless_nesting_is_refused() -> None:
    with pytest.raises(NotText):
        parse("a {" * 100_000)


@MANY
@given(text=st.text(st.sampled_from('ab{}[]<>:,;"# 1\n'), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(NotText):
        assert isinstance(parse(text), dict)
