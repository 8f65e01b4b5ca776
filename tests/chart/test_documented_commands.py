"""The commands and values that the pages tell people to use: real Helm takes each, as written."""

import re
import shlex
from pathlib import Path
from typing import Any

import yaml
from helm_python import parse_set_string, values_from_yaml

from tests.chart.rendering import CHART, refusal
from tests.claims import for_each

ROOT = CHART.parents[1]
PAGES = [
    ROOT / "docs" / "tutorials" / "first-deployment.md",
    *(ROOT / "docs" / "how-to" / f"{name}.md" for name in ("autoscale", "expose-it", "monitor", "respond-to-alerts")),
    CHART / "README.md",
]
IN_USE: dict[str, Any] = {"replicaCount": 2, "image": {"repository": "registry.example/slipway"}}
"""What `--reset-then-reuse-values` would bring of an earlier install."""


def _commands(page: Path) -> list[list[str]]:
    """Every command of the page's blocks as words, continued lines joined."""
    blocks = re.findall(r"^```(\w*)\n(.+?)\n^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    texts = [text.replace("\\\n", " ") for language, text in blocks if language in {"", "text", "sh"}]
    lines = [line for text in texts for line in text.splitlines()]
    return [shlex.split(line, comments=True) for line in lines]


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


RENDERING = {
    f"{_name(page)} {number}": words
    for page in PAGES
    for number, words in enumerate(_commands(page))
    if words[:1] == ["helm"] and "--set" in words
}
YAML = {
    f"{_name(page)} {number}": text
    for page in PAGES
    for number, text in enumerate(re.findall(r"```yaml\n(.+?)\n```", page.read_text(), re.DOTALL))
}


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both = {**one, **other}
    for key in one.keys() & other.keys():
        if isinstance(one[key], dict) and isinstance(other[key], dict):
            both[key] = _merged(one[key], other[key])
    return both


def _of_cluster(values: dict[str, Any]) -> dict[str, Any]:
    """With words where the pages leave a place for the reader's own."""
    text: str = yaml.safe_dump(values).replace("REGISTRY/", "registry.example/")
    return values_from_yaml(text)


@for_each("words", RENDERING)
def test_helm_takes_the_values_of_the_command(words: list[str]) -> None:
    settings = [words[number + 1] for number, word in enumerate(words) if word == "--set"]

    values = _merged(IN_USE, parse_set_string(",".join(settings)))

    assert refusal(_of_cluster(values)) == ""


@for_each("text", YAML)
def test_helm_takes_the_values_of_the_block(text: str) -> None:
    assert refusal(_merged(IN_USE, _of_cluster(values_from_yaml(text)))) == ""


def test_there_are_commands_and_blocks_to_check() -> None:
    assert (len(RENDERING) >= 8, len(YAML) >= 3) == (True, True)


def test_misspelt_value_in_a_command_would_be_found() -> None:
    assert "maxReplica" in refusal(_merged(IN_USE, parse_set_string("autoscaling.maxReplica=8")))
