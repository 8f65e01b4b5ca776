"""Protobuf's text format without its schema: enough to read any `config.pbtxt`, whatever fields it has.

A message becomes a dictionary of lists, since any field may stand there more than once; words and numbers stay text.
protobuf's own reader needs the schema of every field that it meets, or loses its way in lists of messages.
"""

import re
from collections.abc import Iterator
from typing import Any

_TOKEN = re.compile(r"""\s+|\#[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[\w.+-]+|[{}<>\[\]:,;]""")
_WORD = re.compile(r"[\w.+-]+")
_ENDS = {"{": "}", "<": ">"}
_DEEPEST = 32

Message = dict[str, list[Any]]


class NotText(ValueError):
    """The text is not in the format; `line` says where it stops being."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def parse(text: str) -> Message:
    """The message that the text is; raises NotText."""
    return _Reader(text).message("", 0)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._tokens = self._cut()
        self._next: str = next(self._tokens, "")

    def message(self, end: str, depth: int) -> Message:
        """Fields up to the end; `depth` bounds how deep a hostile text can nest."""
        found: Message = {}
        while self._next != end:
            name = self._take()
            if depth > _DEEPEST or not _WORD.fullmatch(name):
                raise self._lost()
            if self._next == ":":
                self._take()
            found.setdefault(name, []).extend(self._values(depth))
            while self._next in {",", ";"} and self._next:
                self._take()
        self._take()
        return found

    def _values(self, depth: int) -> list[Any]:
        if self._next != "[":
            return [self._value(depth)]
        self._take()
        values = []
        while self._next != "]":
            values.append(self._value(depth))
            if self._next == ",":
                self._take()
        self._take()
        return values

    def _value(self, depth: int) -> Any:
        token = self._take()
        if token in _ENDS:
            return self.message(_ENDS[token], depth + 1)
        if token[:1] in {'"', "'"}:
            value = token[1:-1]
            while self._next[:1] in {'"', "'"} and self._next:  # neighbours are one text
                value += self._take()[1:-1]
            return value
        if not _WORD.fullmatch(token):
            raise self._lost()
        return token

    def _take(self) -> str:
        token, self._next = self._next, next(self._tokens, "")
        return token

    def _cut(self) -> Iterator[str]:
        while self._place < len(self._text):
            match = _TOKEN.match(self._text, self._place)
            if match is None:
                raise self._lost()
            self._place = match.end()
            if not match[0][0].isspace() and match[0][0] != "#":
                yield match[0]

    def _lost(self) -> NotText:
        return NotText(self._text.count("\n", 0, self._place) + 1)
