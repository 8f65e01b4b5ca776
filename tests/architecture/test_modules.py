"""House rules that no linter knows."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "training", "loadtests")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST = 300
LONG_FOR_A_REASON: dict[str, str] = {}
VAGUE = {"utils", "util", "helpers", "helper", "misc", "common", "base", "manager"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=name)
def test_module_is_at_most_300_lines(path: Path) -> None:
    if name(path) not in LONG_FOR_A_REASON:
        assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_module_is_named_after_what_it_holds(path: Path) -> None:
    assert path.stem not in VAGUE


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name == "__init__.py"], ids=name)
def test_package_root_is_empty(path: Path) -> None:
    allowed = r'__version__ = "[0-9.]+"\n' if path.parent.name == "app" else ""

    assert re.fullmatch(allowed, path.read_text())


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name != "__init__.py"], ids=name)
def test_module_begins_with_its_mental_model(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_public_classes_and_functions_say_what_they_are(path: Path) -> None:
    tree = ast.parse(path.read_text())
    silent = [
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]

    assert silent == []


def test_no_file_says_where_packages_come_from() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    pattern = re.compile(r"--(extra-)?index-url|--find-links|https?://\S+/simple\b|\"resolved\": *\"http")
    files = [ROOT / path for path in tracked if Path(path).name != Path(__file__).name]

    assert [name(f) for f in files if f.is_file() and pattern.search(f.read_text(errors="ignore"))] == []
