"""The messages that users see, as they stand in the sources: one line each, with the module and the kind of error."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("app/slipway_ml", "training/slipway_training", "loadtests/slipway_loadtests")
FOR_DEVELOPERS = frozenset({"AssertionError", "TypeError", "NotImplementedError", "AttributeError"})
"""What these say, nobody reads who uses the programs."""


def messages() -> str:
    """Every text that is raised as an error, with `{…}` where a value goes in; texts from elsewhere are left out."""
    found: set[str] = set()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            module = ".".join(path.relative_to((ROOT / package).parent).with_suffix("").parts)
            found |= {f"{module}: {kind}: {text}" for kind, text in _raised(ast.parse(path.read_text("utf-8")))}
    return "".join(f"{line}\n" for line in sorted(found))


def _raised(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            kind = ast.unparse(node.exc.func).rpartition(".")[2]
            if kind not in FOR_DEVELOPERS:
                for argument in node.exc.args:
                    text = _text(argument)
                    if " " in text:
                        yield kind, text


def _text(node: ast.expr) -> str:
    """What a text literal says; empty for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return " ".join(node.value.split())
    if isinstance(node, ast.JoinedStr):
        parts = [str(part.value) if isinstance(part, ast.Constant) else "{…}" for part in node.values]
        return " ".join("".join(parts).split())
    return ""
