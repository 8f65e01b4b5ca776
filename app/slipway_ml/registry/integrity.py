"""SHA-256 of the very bytes that are used: a file is read once, checked, and the caller gets the checked bytes."""

import hashlib
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from slipway_ml.contract.manifest import FileDigest

MOST_TEXT_BYTES = 64 * 1024 * 1024
"""What no manifest reaches, however many categories its features have."""


class IntegrityError(ValueError):
    """A file is missing, is not a regular file, or is not the one the manifest names; says why in a few words."""


def sha256(content: bytes) -> str:
    """The hexadecimal SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def digest(content: bytes) -> FileDigest:
    """Digest and size of some bytes, as a manifest holds them."""
    return FileDigest(sha256=sha256(content), size=len(content))


def read_file(path: Path, most: int = MOST_TEXT_BYTES) -> bytes:
    """Read a regular file of at most so many bytes; raises IntegrityError.

    Links are refused, since what they point to can change after the check. The size is known before anything is read,
    so that neither a device nor a file that is mostly holes can fill the memory.
    """
    with _opened(path) as (file, size):
        if size > most:
            raise IntegrityError(f"{path.name} has {size} bytes, more than the {most} that it may have")
        return _read(path, file, size)


def read_verified(path: Path, expected: FileDigest) -> bytes:
    """Read a file and return its bytes only if size and digest are the expected ones."""
    with _opened(path) as (file, size):
        if size != expected.size:
            raise IntegrityError(f"{path.name} has {size} bytes, the manifest says {expected.size}")
        content = _read(path, file, size)
    if sha256(content) != expected.sha256:
        raise IntegrityError(f"{path.name} does not have the SHA-256 that the manifest names")
    return content


def check_nothing_else(folder: Path, names: Collection[str]) -> None:
    """Raises IntegrityError where a folder holds more than regular files of these names, each with one name only."""
    folders = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    for at, below, files in os.walk(folder, onerror=_raise):
        place = Path(at).relative_to(folder)
        for name in sorted(below + files):
            entry, found = str(place / name), os.lstat(Path(at) / name)
            if entry not in (folders if stat.S_ISDIR(found.st_mode) else names):
                raise IntegrityError(f"its folder holds {entry}, which the manifest does not name")
            if not stat.S_ISDIR(found.st_mode) and (not stat.S_ISREG(found.st_mode) or found.st_nlink > 1):
                raise IntegrityError(f"{entry} is not a regular file, or has another name elsewhere")


def _raise(error: OSError) -> None:
    raise IntegrityError(f"its folder cannot be listed ({os.strerror(error.errno or 0)})") from None


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """A regular file and its size in bytes."""
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            raise IntegrityError(f"{path.name} is not a regular file")
        with open(descriptor, "rb") as file:
            yield file, found.st_size
    except OSError as error:
        raise IntegrityError(f"{path.name} cannot be read ({os.strerror(error.errno or 0)})") from None


def _read(path: Path, file: BinaryIO, size: int) -> bytes:
    content = file.read(size)
    if len(content) != size or file.read(1):
        raise IntegrityError(f"{path.name} changes while it is read")
    return content
