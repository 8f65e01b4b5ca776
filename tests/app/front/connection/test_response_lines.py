"""Answers as bytes, read back line by line."""

import pytest

from slipway_ml.front.connection.response_lines import ResponseLines
from slipway_ml.front.exchange import CLOSE, JSON, HotResponse

DATE = (b"date", b"Tue, 24 Nov 2026 10:00:00 GMT")


def lines_of(response: bytes) -> list[bytes]:
    return response.partition(b"\r\n\r\n")[0].split(b"\r\n")


def test_good_answer_has_its_length_its_id_and_what_every_answer_has() -> None:
    response = ResponseLines().encode(HotResponse(b"{}"), "id-1", [DATE], closes=False)

    assert lines_of(response) == [
        b"HTTP/1.1 200 OK",
        b"content-type: application/json",
        b"x-content-type-options: nosniff",
        b"cache-control: no-store",
        b"date: Tue, 24 Nov 2026 10:00:00 GMT",
        b"x-request-id: id-1",
        b"content-length: 2",
    ]
    assert response.endswith(b"\r\n\r\n{}")


@pytest.mark.parametrize("headers", [(JSON,), (JSON, CLOSE)])
def test_close_is_said_once_however_often_it_is_asked_for(
    headers: tuple[tuple[bytes, bytes]],
) -> None:
    response = ResponseLines().encode(HotResponse(b"", 413, headers), "id-1", [], closes=True)

    assert lines_of(response)[0] == b"HTTP/1.1 413 Request Entity Too Large"
    assert lines_of(response).count(b"connection: close") == 1


def test_date_follows_the_server() -> None:
    lines = ResponseLines()
    lines.encode(HotResponse(b""), "id-1", [DATE], closes=False)
    later = lines.encode(HotResponse(b""), "id-2", [(b"date", b"later")], closes=False)

    assert b"date: later" in lines_of(later)
    assert DATE[1] not in later
