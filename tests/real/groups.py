"""Groups of tests that ask a real program beside ours: what each needs, and where its tests are.

`scripts/real NAME` runs one of them and lets no test of it be skipped; `scripts/test` runs those whose parts are there.
A group whose tests are about nothing but the program has a folder of its own beside this file.

usage: python -m tests.real.groups NAME [PYTEST OPTIONS]
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_ELSEWHERE = ("/usr/lib/postgresql/*/bin",)
"""Where Debian keeps programs off the path."""
_REFUSALS = "tests/e2e/test_refusals_are_read.py"


@dataclass(frozen=True)
class Group:
    """`package` is Debian's, or several, `choice` narrows the files to the tests that need the programs.

    `is_in_ci` says that CI installs the programs and lets no test be skipped.
    """

    programs: tuple[str, ...]
    package: str
    paths: tuple[str, ...]
    choice: str = ""
    is_in_ci: bool = True

    def missing(self) -> list[str]:
        """The programs that this machine lacks."""
        return [name for name in self.programs if not _is_here(name)]


GROUPS = {
    "postgresql": Group(("initdb", "postgres"), "postgresql", ("tests/training/data/joining/test_database.py",)),
    "promtool": Group(
        ("promtool",),
        "prometheus",
        ("tests/chart/test_alerts.py", "tests/chart/test_dashboard.py", "tests/chart/test_scaling.py"),
    ),
    "wrk": Group(("wrk",), "wrk", ("tests/loadtests/bench/test_benchmark.py",)),
    "curl": Group(("curl",), "curl", ("tests/docs/test_readme.py",), "request_is_answered"),
    "nginx": Group(("nginx",), "nginx-light", (_REFUSALS,), "nginx"),
    "haproxy": Group(("haproxy",), "haproxy", (_REFUSALS,), "haproxy"),
    "java": Group(("javac",), "default-jdk-headless", (_REFUSALS,), "java"),
    "browser": Group(("chromium",), "chromium", ("tests/real/browser/test_pages.py",), is_in_ci=False),
    "clients": Group(
        ("javac", "mvn", "npm"), "maven npm", ("tests/real/clients/test_generated_clients.py",), is_in_ci=False
    ),
}


def _is_here(program: str) -> bool:
    return bool(shutil.which(program)) or any(list(Path("/").glob(f"{at[1:]}/{program}")) for at in _ELSEWHERE)


def main(arguments: list[str]) -> int:
    """Run a group; 2 where its parts are missing or nobody knows it."""
    name = arguments[0] if arguments else ""
    if name not in GROUPS:
        sys.stderr.write(f"usage: scripts/real NAME [PYTEST OPTIONS]; NAME is one of {', '.join(GROUPS)}\n")
        return 2
    group = GROUPS[name]
    if missing := group.missing():
        sys.stderr.write(f"real: {', '.join(missing)} is missing; on Debian: apt-get install {group.package}\n")
        return 2
    narrowed = ["-k", group.choice] if group.choice else []
    command = [sys.executable, "-m", "pytest", "--quiet", *group.paths, *narrowed, *arguments[1:]]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "REQUIRE": "all"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
