"""Files are read once and the caller gets the very bytes that were checked."""

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.contract.manifest import FileDigest
from slipway_ml.registry.integrity import IntegrityError, digest, read_file, read_verified, sha256
from tests.strategies import MANY


@MANY
@given(st.binary(max_size=200))
def test_digest_is_the_sha256_and_the_size(content: bytes) -> None:
    assert digest(content) == FileDigest(sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def test_file_with_the_expected_digest_is_returned(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")

    assert read_verified(tmp_path / "file", digest(b"content")) == b"content"


def test_empty_file_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert read_verified(tmp_path / "file", digest(b"")) == b""


@pytest.mark.parametrize("position", range(7))
def test_one_flipped_bit_anywhere_is_found(tmp_path: Path, position: int) -> None:
    content = bytearray(b"content")
    content[position] ^= 1
    (tmp_path / "file").write_bytes(content)

    with pytest.raises(IntegrityError, match="file does not have the SHA-256 that the manifest names"):
        read_verified(tmp_path / "file", digest(b"content"))


def test_wrong_size_is_said_in_numbers(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")

    with pytest.raises(IntegrityError, match="file has 7 bytes, the manifest says 9"):
        read_verified(tmp_path / "file", FileDigest(sha256=sha256(b"content"), size=9))


def test_file_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.truncate(2**40)  # holes, so it takes no room on the disk

    with pytest.raises(IntegrityError, match="file has 1099511627776 bytes, more than the"):
        read_file(tmp_path / "file")
    with pytest.raises(IntegrityError, match="file has 1099511627776 bytes, the manifest says 7"):
        read_verified(tmp_path / "file", digest(b"content"))


def test_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"content")
    (tmp_path / "file").symlink_to(tmp_path / "real")

    with pytest.raises(IntegrityError, match=r"file cannot be read \(Too many levels of symbolic links\)"):
        read_file(tmp_path / "file")


def test_pipe_without_a_writer_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "file")

    with pytest.raises(IntegrityError, match="file is not a regular file"):
        read_file(tmp_path / "file")


def test_refused_files_leave_no_descriptor_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))

    with pytest.raises(IntegrityError, match="is not a regular file"):
        read_file(tmp_path)

    assert len(list(Path("/proc/self/fd").iterdir())) == before
