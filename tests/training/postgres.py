"""A PostgreSQL of a test's own: a cluster in a folder, reached by a socket in it, and gone with the test.

Debian's package is enough; where it is not installed, tests skip. PostgreSQL refuses to run as root, so root lends it
the package's own user.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic, sleep

import pytest

from tests.lazily import later

psycopg = later("psycopg")

_PACKAGED = "/usr/lib/postgresql"
_SECONDS = 120.0


@contextmanager
def running_postgres() -> Iterator[str]:
    """Gives an address for SQLAlchemy, of an empty database, for as long as the block lasts."""
    programs = _programs()
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path must be short
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "data"
    made = ["--pgdata", str(data), "--auth", "trust", "--username", "slipway", "--encoding", "UTF8", "--no-sync"]
    subprocess.run([str(programs / "initdb"), *made], check=True, capture_output=True, user=user, cwd=folder)
    quick = ["-c", "listen_addresses=", "-c", "fsync=off"]
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-k", folder, *quick], stdout=log, stderr=log, user=user, cwd=folder
    )
    try:
        _wait(folder, server)
        yield f"postgresql+psycopg://slipway@/postgres?host={folder}"
    finally:
        server.send_signal(signal.SIGINT)  # which ends it without waiting for clients
        server.wait(_SECONDS)
        log.close()
        shutil.rmtree(folder)


def _programs() -> Path:
    """Where initdb is, or a skip."""
    packaged = sorted(Path(_PACKAGED).glob("*/bin/initdb"))
    found = shutil.which("initdb") or (str(packaged[-1]) if packaged else None)
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    return Path(found).resolve().parent


def _wait(folder: Path, server: "subprocess.Popen[bytes]") -> None:
    end = monotonic() + _SECONDS
    while monotonic() < end:
        assert server.poll() is None, (folder / "log").read_text()
        try:
            psycopg.connect(f"host={folder} user=slipway dbname=postgres").close()
        except psycopg.OperationalError:
            sleep(0.05)
        else:
            return
    pytest.fail("PostgreSQL did not answer in time")
