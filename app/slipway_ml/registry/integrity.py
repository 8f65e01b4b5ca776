"""SHA-256 of the very bytes that are used: a file is read once, checked, and the caller gets the checked bytes."""

import hashlib
import os
import stat
from pathlib import Path

from slipway_ml.contract.manifest import FileDigest


class IntegrityError(ValueError):
    """A file is missing, is not a regular file, or is not the one the manifest names; says why in a few words."""


def sha256(content: bytes) -> str:
    """The hexadecimal SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def digest(content: bytes) -> FileDigest:
    """Digest and size of some bytes, as a manifest holds them."""
    return FileDigest(sha256=sha256(content), size=len(content))


def read_file(path: Path) -> bytes:
    """Read a regular file; links are refused, since what they point to can change after the check."""
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise IntegrityError(f"{path.name} is not a regular file")
        with open(descriptor, "rb") as file:
            return file.read()
    except OSError as error:
        raise IntegrityError(f"{path.name} cannot be read ({os.strerror(error.errno or 0)})") from None


def read_verified(path: Path, expected: FileDigest) -> bytes:
    """Read a file and return its bytes only if size and digest are the expected ones."""
    content = read_file(path)
    if len(content) != expected.size:
        raise IntegrityError(f"{path.name} has {len(content)} bytes, the manifest says {expected.size}")
    if sha256(content) != expected.sha256:
        raise IntegrityError(f"{path.name} does not have the SHA-256 that the manifest names")
    return content
