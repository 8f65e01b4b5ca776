"""The commands that the pages name exist, with the options that they are given."""

import re
import shlex

from tests.docs.pages import PAGES, ROOT, blocks, name

CLI_PAGE = (ROOT / "docs" / "reference" / "cli.md").read_text()
USAGES = dict(re.findall(r"Usage: (slipway[ \w-]*) (\[OPTIONS\].+?)\n```", CLI_PAGE, re.DOTALL))
SHELL = {"text", "sh"}


def _unknown(command: str) -> str:
    """What of a slipway command no page of --help knows, or nothing."""
    words = shlex.split(command, comments=True)
    found = [usage for usage in USAGES if words[: len(usage.split())] == usage.split()]
    usage = USAGES[max(found, key=len)]
    if "COMMAND [ARGS]" in usage:
        return " ".join(words[:3])
    options = [word.split("=")[0] for word in words if re.fullmatch(r"--[\w-]+(=.*)?", word)]
    return " ".join(option for option in options if not re.search(rf"\B{option}\b", usage))


def _commands(text: str) -> list[str]:
    lines = text.replace("\\\n", " ").splitlines()
    found = (re.match(r" *(?:KEY=\$\(|\w+=\S+ |\.venv/bin/)?(slipway (?!:).+)", line) for line in lines)
    return [match[1].rstrip(")").split(" > ")[0] for match in found if match]


def test_slipway_commands_exist() -> None:
    commands = [
        (name(page), command)
        for page in PAGES
        if page.name not in {"cli.md", "CHANGELOG.md"}
        for language, text in blocks(page)
        if language in SHELL
        for command in _commands(text)
    ]

    assert len(commands) > 50
    assert [(page, command, _unknown(command)) for page, command in commands if _unknown(command)] == []


def test_misspelt_command_would_be_found() -> None:
    assert _unknown("slipway models promoted churn") == "slipway models promoted"
    assert _unknown("slipway serve --port 1 --prot 2") == "--prot"


def test_scripts_exist() -> None:
    named = {
        (name(page), script) for page in PAGES for script in re.findall(r"\bscripts/([a-z][\w-]+)", page.read_text())
    }

    assert [(page, script) for page, script in named if not (ROOT / "scripts" / script).exists()] == []


def test_comparisons_that_prove_is_asked_for_exist() -> None:
    known = set(re.findall(r"^# +scripts/prove (\w+)", (ROOT / "scripts" / "prove").read_text(), re.MULTILINE))
    named = {what for page in PAGES for what in re.findall(r"scripts/prove (\w+)", page.read_text())}

    assert named - known == set()
