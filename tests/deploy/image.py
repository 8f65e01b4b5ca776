"""A stand-in for a container runtime, as far as the Dockerfile needs one: stages as overlays over this machine's root.

For a process that has a mount namespace of its own and is root in it. Nothing here is ever deleted: it vanishes with
the namespace, while a deletion could reach through a mount to what is behind it.
"""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.dockerfile import DOCKERFILE, Stage

_ROOT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_OF_THE_MACHINE = re.compile(r"(PIP|UV|SSL)_")
_DEVICES = ("null", "zero", "random", "urandom")
_ENTER = 'cd "$1"; shift; exec "$@"'


def mount(*arguments: str | Path) -> None:
    """What the program of that name does, or CalledProcessError."""
    subprocess.run(["mount", *map(str, arguments)], check=True)


@dataclass(frozen=True, slots=True)
class Root:
    """A root file system that commands run in."""

    path: Path

    def command(self, words: Sequence[str], *, user: str = "0:0", folder: str = "/") -> list[str]:
        """These words as they run in here, with this user and in this folder."""
        return ["/usr/sbin/chroot", f"--userspec={user}", str(self.path), "/bin/sh", "-c", _ENTER, "sh", folder, *words]

    def bind(self, source: Path, inside: str) -> None:
        """Show a folder of outside in here, not to be written."""
        target = self.path / inside
        target.mkdir(parents=True, exist_ok=True)
        mount("--bind", source, target)
        mount("-o", "remount,bind,ro", target)

    def make_read_only(self) -> None:
        """From now on only /tmp can be written, and nothing is kept there."""
        mount("-o", "remount,ro", self.path)
        mount("-t", "tmpfs", "-o", "size=16m", "tmpfs", self.path / "tmp")


def overlay(folder: Path) -> Root:
    """A root that looks like this machine's and keeps what is written to it in `folder`."""
    parts = {name: folder / name for name in ("upperdir", "workdir", "root")}
    for part in parts.values():
        part.mkdir(parents=True)
    root = Root(parts.pop("root"))
    options = ",".join(["lowerdir=/", *(f"{name}={part}" for name, part in parts.items())])
    mount("-t", "overlay", "overlay", "-o", options, root.path)
    for device in _DEVICES:
        node = root.path / "dev" / device
        node.touch()
        mount("--bind", f"/dev/{device}", node)
    root.bind(Path("/proc"), "proc")
    return root


def write_context(folder: Path) -> Path:
    """What .dockerignore lets into a build, as git knows it."""
    source = DOCKERFILE.parent
    tops = [line[1:] for line in (source / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    listed = subprocess.run(["git", "ls-files", "--", *tops], cwd=source, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, folder / name)
    return folder


def run_steps(stage: Stage, root: Root, context: Path) -> None:
    """Carry out ARG, WORKDIR, COPY and RUN in their order; raises CalledProcessError where a step fails."""
    given = {name: value for name, value in os.environ.items() if _OF_THE_MACHINE.match(name)}
    environment = {"PATH": _ROOT_PATH, "HOME": "/root", **given}
    folder = "/"
    for step in stage.instructions:
        if step.word == "ARG":
            environment |= dict([step.rest.split("=", 1)])
        elif step.word == "WORKDIR":
            folder = step.rest
            (root.path / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif step.word == "COPY":
            *sources, target = shlex.split(_filled(step.rest, environment))
            _copy([context / source for source in sources], root.path / folder.lstrip("/") / target)
        elif step.word == "RUN":
            script = re.sub(r"--mount=\S+\s+", "", step.rest)
            subprocess.run(root.command(["/bin/sh", "-ec", script], folder=folder), env=environment, check=True)


def _filled(text: str, environment: Mapping[str, str]) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda match: environment[match[1]], text)


def _copy(sources: Sequence[Path], target: Path) -> None:
    """As COPY does it: the content of a folder, or files into a folder."""
    for source in sources:
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
