"""House rules that no linter knows."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("app/slipway_ml", "training/slipway_training", "loadtests/slipway_loadtests")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST = 300
LONG_FOR_A_REASON: dict[str, str] = {}
SHORTEST = 25
SHORT_FOR_A_REASON = {
    "app/slipway_ml/__main__.py": "python -m slipway_ml",
    "app/slipway_ml/api/hot/timeouts.py": "a header of proxies, which every hot handler reads",
    "app/slipway_ml/cli/given_settings.py": "what serve, doctor and the entry point share, without typer",
    "app/slipway_ml/cli/serve.py": "one command a file",
    "app/slipway_ml/front/lifespan.py": "one part of ASGI",
    "app/slipway_ml/protocol/limits.py": "the limits of all codecs in one place",
    "app/slipway_ml/runtime/telemetry.py": "must be imported before onnxruntime",
    "app/slipway_ml/serving/execution.py": "metadata, readiness and doctor say the same of a version",
    "app/slipway_ml/serving/manifest_rows.py": "golden rows and variants share it",
    "app/slipway_ml/serving/run_under_way.py": "the watchdog reads it from another thread",
    "loadtests/slipway_loadtests/errors.py": "the errors of a package",
    "loadtests/slipway_loadtests/locustfile.py": "the file that Locust is given",
    "training/slipway_training/config/curves.py": "one section of the config a file",
    "training/slipway_training/config/section.py": "the class of all sections",
    "training/slipway_training/data/checks/categories.py": "one check a file",
    "training/slipway_training/data/date_forms.py": "how data writes dates, for the config, the checks and the draft",
    "training/slipway_training/export/estimators/votes.py": "bagging, voting and AdaBoost share it",
    "training/slipway_training/export/precision.py": "a rule of its own about float32",
    "training/slipway_training/export/transformers/linear_maps.py": "one kind of transformer a file",
    "training/slipway_training/progress.py": "what every step reports by, without an import",
    "training/slipway_training/report/files.py": "names that the command line needs without matplotlib",
}
MAKES = r"\b(fit|prepared|exported|published|trained)$"
VAGUE = {"utils", "util", "helpers", "helper", "misc", "common", "base", "manager"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text(path: Path) -> str:
    return path.read_text("utf-8")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path))


def silent(path: Path) -> list[str]:
    """The public classes and functions of a module that say nothing of themselves."""
    return [
        node.name
        for node in tree(path).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]


def imported(path: Path) -> set[str]:
    """The modules and names that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def made_at_import(path: Path) -> list[str]:
    """The calls outside of functions that fit or train something."""
    waiting: list[ast.AST] = [tree(path)]
    found = []
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += node.decorator_list
        elif not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Call) and re.search(
            r"\b(fit|prepared|exported|published|trained)$", ast.unparse(node.func)
        ):
            found.append(ast.unparse(node))
    return found


def test_modules_are_at_most_300_lines() -> None:
    lengths = {name(path): len(text(path).splitlines()) for path in [*SOURCES, *TESTS]}

    assert {n: lines for n, lines in lengths.items() if lines > LONGEST and n not in LONG_FOR_A_REASON} == {}


def test_modules_under_25_lines_have_a_reason() -> None:
    """Another module could hold them, unless there is a reason why none does."""
    lengths = {name(path): len(text(path).splitlines()) for path in SOURCES if path.name != "__init__.py"}

    assert {n for n, lines in lengths.items() if lines < SHORTEST} == set(SHORT_FOR_A_REASON)


def test_modules_are_named_after_what_they_hold() -> None:
    assert [name(path) for path in SOURCES if path.stem in VAGUE] == []


def test_package_roots_are_empty() -> None:
    allowed = {"slipway_ml": r'__version__ = "[0-9.]+"\n'}
    roots = [path for path in SOURCES if path.name == "__init__.py" and path.parent.name != "slipway_training"]

    assert [name(p) for p in roots if not re.fullmatch(allowed.get(p.parent.name, ""), text(p))] == []


def test_modules_begin_with_their_mental_model() -> None:
    modules = [path for path in SOURCES if path.name != "__init__.py"]

    assert [name(path) for path in modules if not ast.get_docstring(tree(path))] == []


def test_public_classes_and_functions_say_what_they_are() -> None:
    assert {name(path): silent(path) for path in SOURCES if silent(path)} == {}


def test_no_test_module_imports_another() -> None:
    """What two of them need lies in a module beside them that is no test."""
    found = {name(path): {one for one in imported(path) if re.search(r"^tests\b.*\.test_", one)} for path in TESTS}

    assert {module: others for module, others in found.items() if others} == {}


def test_nothing_is_fitted_while_tests_are_collected() -> None:
    assert {name(path): made_at_import(path) for path in TESTS if made_at_import(path)} == {}


def test_no_file_says_where_packages_come_from() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    pattern = re.compile(r"--(extra-)?index-url|--find-links|https?://\S+/simple\b|\"resolved\": *\"http")
    files = [ROOT / path for path in tracked if Path(path).name != Path(__file__).name]

    assert [name(f) for f in files if f.is_file() and pattern.search(f.read_text(errors="ignore"))] == []
