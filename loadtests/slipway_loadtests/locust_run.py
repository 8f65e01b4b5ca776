"""One Locust run without its web page, in a process of its own, because importing Locust patches the whole process."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from slipway_loadtests.errors import CannotRun
from slipway_loadtests.slo import Limits, Report, read_report

_LOCUSTFILE = Path(__file__).with_name("locustfile.py")
SHAPES = ("steps", "spike", "soak")

_SHAPE_VARIABLE = "LOADTEST_SHAPE"
_LAST_LINES = 8


@dataclass(frozen=True, slots=True)
class Load:
    """How many users, how fast they come, how often each asks, for how long; a shape decides all but the pace.

    `model` is the only one that is asked, `rows` a file of rows to send in place of drawn ones.
    """

    users: int
    spawn_rate: float
    seconds: int
    pace: float
    shape: str | None = None
    model: str = ""
    rows: Path | None = None
    html: Path | None = None
    """Where Locust's own report goes."""


def run_locust(url: str, load: Load, limits: Limits) -> Report:
    """What Locust measured of the service at `url`; raises CannotRun when it could not run."""
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        report = Path(folder, "report.json")
        command = [sys.executable, "-m", "locust", "--locustfile", str(_LOCUSTFILE), "--headless", "--only-summary"]
        command += ["--host", url, "--report", str(report), "--pace", str(load.pace)]
        command += ["--p50-ms", str(limits.p50_ms), "--p95-ms", str(limits.p95_ms), "--p99-ms", str(limits.p99_ms)]
        command += ["--least-rps", str(limits.requests_per_second)]
        for option, given in (("--model", load.model), ("--rows", load.rows), ("--html", load.html)):
            if given:
                command += [option, str(given.resolve() if isinstance(given, Path) else given)]
        environment = dict(os.environ)
        if load.shape is None:
            command += ["--users", str(load.users), "--spawn-rate", str(load.spawn_rate)]
            command += ["--run-time", f"{load.seconds}s"]
            environment.pop(_SHAPE_VARIABLE, None)
        else:
            environment[_SHAPE_VARIABLE] = load.shape
        # An empty folder: Locust reads configuration files from where it is started.
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if not report.exists():
            lines = (done.stdout + done.stderr).splitlines()
            raise CannotRun("\n".join(["Locust did not finish; its last lines:", *lines[-_LAST_LINES:]]))
        return read_report(report)
