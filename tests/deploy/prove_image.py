"""The Dockerfile's own steps, carried out without a container runtime, and what comes out of them put to the test.

Each stage is an overlay over this machine's root, in a mount namespace of its own, so the steps run as they are written
and nothing of them is left. What differs from a real build is the base: this machine's Python in place of BASE_IMAGE.
Then the service stage is started as the image would be: its ENTRYPOINT, ENV and USER, on a root that cannot be written.

Prints the figures; exit 1 where a promise is broken. Needs Linux and root, and installs packages from the locks.

usage: python -m tests.deploy.prove_image
"""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from tests.deploy.dockerfile import DOCKERFILE, Stage, read_stages
from tests.deploy.image import Root, mount, overlay, run_steps, write_context
from tests.factories import publish

_INSIDE = "--inside"
_PYTHON = "/opt/slipway/bin/python"
_TRAINING = ("sklearn", "onnx", "pandas", "skl2onnx", "scipy", "pip", "setuptools", "uv", "pytest")
_BYTE_CODE = """
import pathlib, sys
files = sorted(pathlib.Path('/opt/slipway/lib').rglob('*.py'))
caches = [path.parent / '__pycache__' / f'{path.stem}.{sys.implementation.cache_tag}.pyc' for path in files]
print(len(files), sum(cache.exists() and cache.read_bytes()[4] == 1 for cache in caches))
"""
_SCRATCH = "/tmp"  # noqa: S108  # the one folder that may be written, and the control that writing would be noticed
_READY_SECONDS = 30


def main() -> int:
    if sys.argv[1:2] == [_INSIDE]:
        return _rehearse(Path(sys.argv[2]))
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("unshare") is None:
        print("this needs Linux, root and the program unshare", file=sys.stderr)
        return 2
    scratch = Path(tempfile.mkdtemp(prefix="slipway-image-"))
    again = [sys.executable, "-m", "tests.deploy.prove_image", _INSIDE, str(scratch)]
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", *again], check=False)
    scratch.rmdir()  # empty: all that was in it was mounted there, for that process alone
    return done.returncode


def _rehearse(scratch: Path) -> int:
    mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", scratch)
    _, build, service = read_stages(DOCKERFILE.read_text())
    built = overlay(scratch / "build")
    started = time.monotonic()
    run_steps(build, built, write_context(scratch / "context"))
    print(f"build stage: {len(build.all('RUN'))} RUN steps in {time.monotonic() - started:.0f} s")
    image = overlay(scratch / "service")
    shutil.copytree(built.path / "opt/slipway", image.path / "opt/slipway", symlinks=True)
    publish(scratch / "models", "churn")
    image.bind(scratch / "models", "models")
    image.make_read_only()
    kept = [
        _wheel_is_reproducible(built),
        _holds_what_serving_needs(image, service),
        _byte_code_is_there_and_used(image, service),
        _serves(image, service),
    ]
    print("kept" if all(kept) else "BROKEN")
    return 0 if all(kept) else 1


def _wheel_is_reproducible(built: Root) -> bool:
    """Built once more from the same files, the wheel has the same digest."""
    script = (
        "/build/bin/uv build --quiet --wheel --require-hashes --build-constraints requirements/dev.txt --out-dir /again"
    )
    environment = {"HOME": "/root", **os.environ, "PATH": "/usr/bin:/bin"}
    subprocess.run(built.command(["/bin/sh", "-ec", script], folder="/src"), env=environment, check=True)
    digests = [
        hashlib.sha256(next((built.path / folder).glob("*.whl")).read_bytes()).hexdigest()
        for folder in ("dist", "again")
    ]
    print(f"wheel: {digests[0][:16]}…, again {digests[1][:16]}…")
    return digests[0] == digests[1]


def _run(image: Root, service: Stage, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A command with the image's environment and user."""
    command = image.command(words, user=service.one("USER").rest)
    environment = {**_environment(service), **more}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _environment(service: Stage) -> dict[str, str]:
    """The image's, on loopback, since this is no container with a network of its own."""
    given = {**service.pairs("ENV"), "SLIPWAY_HOST": "127.0.0.1"}
    return {**given, "PATH": given["PATH"].replace("$PATH", "/usr/bin:/bin")}


def _holds_what_serving_needs(image: Root, service: Stage) -> bool:
    environment = image.path / "opt/slipway"
    size = sum(path.stat().st_size for path in environment.rglob("*") if path.is_file() and not path.is_symlink())
    found = [name for name in _TRAINING if _run(image, service, _PYTHON, "-c", f"import {name}").returncode == 0]
    serving = _run(image, service, _PYTHON, "-c", "import slipway_ml.main, onnxruntime").returncode == 0
    said = f"of training or installing in it: {', '.join(found) or 'nothing'}"
    print(f"environment: {size / 2**20:.0f} MiB, {said}; imports the service: {serving}")
    return serving and not found


def _byte_code_is_there_and_used(image: Root, service: Stage) -> bool:
    files, valid = map(int, _run(image, service, _PYTHON, "-c", _BYTE_CODE).stdout.split())
    spent = {"with": 0.0, "without": 0.0}
    for _ in range(3):
        for name, prefix in (("with", ""), ("without", f"{_SCRATCH}/none")):
            before = getrusage(RUSAGE_CHILDREN)
            _run(image, service, _PYTHON, "-c", "import slipway_ml.main", PYTHONPYCACHEPREFIX=prefix)
            after = getrusage(RUSAGE_CHILDREN)
            spent[name] += (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / 3
    print(
        f"byte code: {valid} of {files} files, valid whatever their times; "
        f"importing the service takes {spent['with']:.2f} s of CPU, without byte code {spent['without']:.2f} s"
    )
    return valid == files > 0 and spent["with"] < spent["without"]


def _serves(image: Root, service: Stage) -> bool:
    """ENTRYPOINT and CMD as the image's user: ready, healthy by its own check, no write possible, and a clean stop."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    words = [*(service.one("ENTRYPOINT").exec_form or []), *(service.one("CMD").exec_form or [])]
    environment = {**_environment(service), "SLIPWAY_PORT": port, "SLIPWAY_DRAIN_SECONDS": "0"}
    user = service.one("USER").rest
    check = service.one("HEALTHCHECK").exec_form or []
    started = time.monotonic()
    with subprocess.Popen(image.command(words, user=user), env=environment, stderr=subprocess.DEVNULL) as server:
        while (
            _run(image, service, *check, SLIPWAY_PORT=port).returncode and time.monotonic() < started + _READY_SECONDS
        ):
            time.sleep(0.1)
        healthy = _run(image, service, *check, SLIPWAY_PORT=port).returncode == 0
        seconds = time.monotonic() - started
        owner = Path(f"/proc/{server.pid}/status").read_text().split("Uid:")[1].split()[0]
        writable = [
            path for path in ("/", "/opt/slipway", "/models", "/etc", _SCRATCH) if _can_write(image, service, path)
        ]
        server.terminate()
        code = server.wait(timeout=_READY_SECONDS)
    print(
        f"server: as user {owner}, healthy by the image's own check: {healthy} after {seconds:.1f} s; "
        f"folders it can write: {', '.join(writable)}; stopped with {code}"
    )
    return healthy and owner == user.split(":")[0] and writable == [_SCRATCH] and code == 0


def _can_write(image: Root, service: Stage, folder: str) -> bool:
    return _run(image, service, "/bin/sh", "-c", f": > {folder}/x").returncode == 0


if __name__ == "__main__":
    sys.exit(main())
