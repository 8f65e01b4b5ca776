"""Compressed bodies: both codings in both directions, and what is refused before it can do harm."""

import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.errors import MalformedRequest, RequestError, RequestTooLarge, UnsupportedEncoding
from slipway_ml.front.encoding import Encoder, choose_coding, read_coding
from slipway_ml.front.exchange import HotResponse
from tests.strategies import MANY

pytestmark = pytest.mark.anyio

LIMIT = 2_000_000
LARGE = bytes(range(256)) * 4000


def compressed(body: bytes, coding: bytes) -> bytes:
    return zlib.compress(body) if coding == b"deflate" else gzip.compress(body)


@pytest.mark.parametrize("coding", [b"gzip", b"x-gzip", b"deflate"])
@pytest.mark.parametrize("body", [b"", b"{}", LARGE, b"\0" * LIMIT], ids=["empty", "small", "large", "at the limit"])
async def test_body_is_inflated_up_to_the_limit(body: bytes, coding: bytes) -> None:
    assert await Encoder(LIMIT).inflate(compressed(body, coding), coding) == body


@pytest.mark.parametrize("size", [256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1])
@pytest.mark.parametrize("limit", [-1, 0, 1])
async def test_limit_holds_around_the_first_step_too(size: int, limit: int) -> None:
    encoder = Encoder(size + limit)
    body = gzip.compress(b"a" * size)

    if limit >= 0:
        assert len(await encoder.inflate(body, b"gzip")) == size
    else:
        with pytest.raises(RequestTooLarge):
            await encoder.inflate(body, b"gzip")


def honest(body: bytes) -> bytes:
    return body


def lying(body: bytes) -> bytes:
    """Says at its end that it is small."""
    return body[:-4] + bytes(4)


@pytest.mark.parametrize("coding", [b"gzip", b"deflate"])
async def test_body_one_byte_past_the_limit_is_too_large(coding: bytes) -> None:
    with pytest.raises(RequestTooLarge, match="the inflated body is over the limit of 2000000 bytes"):
        await Encoder(LIMIT).inflate(compressed(b"\0" * (LIMIT + 1), coding), coding)


@pytest.mark.parametrize(("coding", "change"), [(b"gzip", honest), (b"gzip", lying), (b"deflate", honest)])
async def test_bomb_is_too_large_and_costs_next_to_nothing(coding: bytes, change: Callable[[bytes], bytes]) -> None:
    bomb = change(compressed(b"\0" * 100_000_000, coding))
    tracemalloc.start()
    with pytest.raises(RequestTooLarge):
        await Encoder(LIMIT).inflate(bomb, coding)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < LIMIT


async def test_body_that_only_begins_like_a_bomb_is_inflated() -> None:
    body = b"\0" * 300_000 + random.Random(1).randbytes(1_000_000)

    assert await Encoder(LIMIT).inflate(gzip.compress(body), b"gzip") == body


@pytest.mark.parametrize("coding", [b"gzip", b"deflate"])
async def test_large_body_that_goes_on_after_its_end_is_refused(coding: bytes) -> None:
    body = compressed(random.Random(1).randbytes(1_000_000), coding)

    with pytest.raises(MalformedRequest, match="has data after its end"):
        await Encoder(LIMIT).inflate(body + bytes(200_000), coding)


BROKEN = {
    "cut off": (gzip.compress(LARGE)[:-9], b"gzip", "the compressed body is cut off"),
    "cut off in the checksum": (gzip.compress(b"{}")[:-1], b"gzip", "the compressed body is cut off"),
    "empty": (b"", b"gzip", "the compressed body is cut off"),
    "twice": (gzip.compress(b"{}") * 2, b"gzip", "the compressed body has data after its end"),
    "not compressed": (b"{}", b"gzip", "the body is not in the coding that Content-Encoding names"),
    "the other coding": (zlib.compress(b"{}"), b"gzip", "the body is not in the coding that Content-Encoding names"),
    "deflate without zlib": (
        zlib.compress(b"{}" * 9)[2:-4],
        b"deflate",
        "the body is not in the coding that Content-Encoding names",
    ),
    "wrong checksum": (
        gzip.compress(b"{}")[:-8] + b"\0" * 8,
        b"gzip",
        "the body is not in the coding that Content-Encoding names",
    ),
}


@pytest.mark.parametrize(("body", "coding", "message"), BROKEN.values(), ids=BROKEN.keys())
async def test_broken_body_is_refused(body: bytes, coding: bytes, message: str) -> None:
    with pytest.raises(MalformedRequest) as refused:
        await Encoder(LIMIT).inflate(body, coding)

    assert str(refused.value) == message


@MANY
@given(st.binary(max_size=80))
def test_any_bytes_are_inflated_or_refused(body: bytes) -> None:
    coroutine = Encoder(100).inflate(gzip.compress(b"{}")[:10] + body, b"gzip")

    with pytest.raises((StopIteration, RequestError)):
        coroutine.send(None)


@pytest.mark.parametrize("value", [b"br", b"zstd", b"gzip, gzip", b"gzip,deflate", b"gzip;q=1", b"\xff"])
def test_other_and_stacked_codings_are_not_read(value: bytes) -> None:
    with pytest.raises(UnsupportedEncoding, match="accepted: gzip, deflate"):
        read_coding([(b"content-encoding", value)])


def test_coding_given_twice_is_not_read() -> None:
    with pytest.raises(UnsupportedEncoding):
        read_coding([(b"content-encoding", b"gzip"), (b"content-encoding", b"gzip")])


@pytest.mark.parametrize(
    ("value", "coding"), [(b"gzip", b"gzip"), (b" GZIP ", b"gzip"), (b"identity", None), (b"", None)]
)
def test_coding_is_read(value: bytes, coding: bytes | None) -> None:
    assert read_coding([(b"host", b"x"), (b"content-encoding", value)]) == coding


@pytest.mark.parametrize(
    ("value", "coding"),
    [
        (b"gzip", b"gzip"),
        (b"deflate", b"deflate"),
        (b"deflate, gzip", b"gzip"),
        (b"gzip;q=0.5, deflate;q=0.8", b"deflate"),
        (b"gzip ; q = 0.5 , deflate", b"deflate"),
        (b"*", b"gzip"),
        (b"gzip;q=0, *", b"deflate"),
        (b"gzip;q=0, deflate;q=0.0", None),
        (b"identity, gzip;q=0.5", None),
        (b"br, zstd", None),
        (b"", None),
        (b"gzip;q=nan", None),
        (b"gzip;q=2", None),
        (b"gzip;q=", None),
    ],
)
def test_answer_gets_the_coding_that_is_liked_best(value: bytes, coding: bytes | None) -> None:
    assert choose_coding([(b"accept-encoding", value)]) == coding


@pytest.mark.parametrize("coding", [b"gzip", b"deflate"])
@pytest.mark.parametrize("body", [b"{}" * 1000, LARGE], ids=["small", "large"])
async def test_compressed_answer_says_so(body: bytes, coding: bytes) -> None:
    response = HotResponse(body)
    await Encoder(LIMIT).compress(response, coding)

    assert zlib.decompress(response.body, wbits=47) == body
    assert (b"content-encoding", coding) in response.headers
