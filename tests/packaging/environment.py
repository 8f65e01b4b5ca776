"""Environments as an installer makes them: a wheel of the checkout, and of the locked libraries only what it asks for.

No registry is asked: the libraries are those of the environment that runs the tests, each as a link, so that an
environment has exactly the distributions that an extra names and what these need in turn, and never the checkout.
"""

import os
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
NAME = "slipway-ml"
_PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment and where its programs lie."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def program(self, name: str) -> Path:
        return self.folder / "bin" / name

    def install(self, wheel: Path) -> None:
        """Add one wheel and nothing that it asks for; nobody is asked for more."""
        command = [*_PIP, "--python", str(self.python), "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
        subprocess.run(command, check=True)

    def run(self, *words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
        """A program in a folder, with nothing of the tests' own environment but where to find programs and homes."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        command = [str(word) for word in words]
        return subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False)


def build_wheel(folder: Path) -> Path:
    """The wheel of the checkout, made by the build tools of the development lock."""
    command = [*_PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True)
    [wheel] = folder.glob("*.whl")
    return wheel


def write_wheel(folder: Path, name: str, files: dict[str, str], command: str = "") -> Path:
    """A pure wheel of somebody else: modules by path, and perhaps a command of the distribution's name."""
    info = f"{name}-9.0.dist-info"
    metadata = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if command:
        metadata[f"{info}/entry_points.txt"] = f"[console_scripts]\n{name} = {command}\n"
    contents = {**files, **metadata}
    record = "".join(f"{path},,\n" for path in [*contents, f"{info}/RECORD"])
    wheel = folder / f"{name}-9.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**contents, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)
    return wheel


def make_environment(folder: Path, libraries: set[str]) -> Environment:
    """An environment with these distributions of the one that runs the tests, and no other."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    site = folder / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    for name in libraries:
        found = distribution(name)
        tops = {Path(file).parts[0] for file in found.files or ()}
        for top in tops - {"..", "__pycache__"}:
            if not (site / top).exists():
                (site / top).symlink_to(Path(str(found.locate_file(top))).resolve())
    return Environment(folder)


def libraries_of(*extras: str) -> set[str]:
    """What the project with these extras needs, and what that needs in turn, as far as this platform asks for it."""
    found: set[str] = set()
    waiting = _needs(distribution(NAME), frozenset(extras))
    while waiting:
        need = waiting.pop()
        name = canonicalize_name(need.name)
        if name not in found:
            found.add(name)
            waiting += _needs(distribution(name), frozenset(need.extras))
        elif need.extras:
            waiting += [one for one in _needs(distribution(name), frozenset(need.extras)) if one.name not in found]
    return found


def _needs(owner: Distribution, extras: frozenset[str]) -> list[Requirement]:
    needs = [Requirement(line) for line in owner.requires or ()]
    return [
        need
        for need in needs
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in (extras or {""}))
    ]
