"""Every setting is an option and an environment variable; the option wins, and a wrong value names its setting."""

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from slipway_ml.cli.given_settings import read_settings
from slipway_ml.cli.main import cli
from slipway_ml.cli.options import with_settings
from slipway_ml.errors import UsageError
from slipway_ml.settings import Settings
from tests.claims import by_name, for_each

VALUES: dict[str, tuple[str, Any]] = {
    "models": ("/data", Path("/data")),
    "host": ("10.1.2.3", "10.1.2.3"),
    "port": ("0", 0),
    "keys": ("/keys.json", Path("/keys.json")),
    "platform": ("none", "none"),
    "platform_model": ("titanic", "titanic"),
    "requests_per_second": ("2.5", 2.5),
    "insecure": ("true", True),
    "cors_origins": ("https://a.example", "https://a.example"),
    "base_path": ("/team/models", "/team/models"),
    "strict": ("true", True),
    "workers": ("3", 3),
    "model_control": ("explicit", "explicit"),
    "model_config_file": ("/models.toml", Path("/models.toml")),
    "poll_seconds": ("0.5", 0.5),
    "load_seconds": ("120", 120.0),
    "trust_registry": ("false", False),
    "device": ("cuda", "cuda"),
    "threads": ("0", 0),
    "max_queue_rows": ("7", 7),
    "max_batch_rows": ("1", 1),
    "deadline_seconds": ("0.5", 0.5),
    "max_body_bytes": ("1_024", 1024),
    "max_bytes_in_flight": ("4096", 4096),
    "max_instances": ("5", 5),
    "max_elements": ("6", 6),
    "max_inputs": ("3", 3),
    "drain_seconds": ("0", 0.0),
    "finish_seconds": ("1", 1),
    "hang_seconds": ("0", 0.0),
    "max_connections": ("2", 2),
    "max_head_bytes": ("2048", 2048),
    "head_seconds": ("0.1", 0.1),
    "body_seconds": ("2", 2.0),
    "write_seconds": ("3", 3.0),
    "idle_seconds": ("3", 3.0),
    "max_connection_seconds": ("4", 4.0),
    "latency_buckets": ("0.1,1", "0.1,1"),
    "docs": ("off", "off"),
    "log_format": ("json", "json"),
    "log_level": ("debug", "debug"),
    "access_log": ("true", True),
    "trusted_proxies": ("10.0.0.0/8", "10.0.0.0/8"),
}
SWITCHES = {"strict", "access_log", "insecure", "trust_registry"}


def variable(name: str) -> str:
    return f"SLIPWAY_{name.upper()}"


def option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def run(*arguments: str, **environment: str) -> tuple[Result, list[Settings]]:
    seen: list[Settings] = []

    def command(settings: Settings) -> None:
        """Take the settings."""
        seen.append(settings)

    application = typer.Typer()
    application.command()(with_settings(command))
    return CliRunner().invoke(application, arguments, env=environment), seen


def test_every_setting_is_tried_here() -> None:
    assert list(VALUES) == list(Settings.model_fields)


@for_each("name, text, value", {name: (name, *values) for name, values in VALUES.items()})
def test_setting_comes_from_its_variable(name: str, text: str, value: Any) -> None:
    _, seen = run(**{variable(name): text})

    assert seen == [Settings(**{name: value})]


@for_each("name, text, value", {name: (name, *values) for name, values in VALUES.items() if name not in SWITCHES})
def test_setting_comes_from_its_option(name: str, text: str, value: Any) -> None:
    _, seen = run(option(name), text)

    assert seen == [Settings(**{name: value})]


@for_each("name", by_name(SWITCHES))
def test_switch_is_turned_on_and_off(name: str) -> None:
    _, on = run(option(name))
    _, off = run(option(name).replace("--", "--no-"), **{variable(name): "true"})

    assert (getattr(on[0], name), getattr(off[0], name)) == (True, False)


def test_option_beats_the_environment() -> None:
    _, seen = run("--port", "1", SLIPWAY_PORT="2", SLIPWAY_THREADS="3")

    assert (seen[0].port, seen[0].threads) == (1, 3)


def test_nothing_given_is_the_default() -> None:
    assert run()[1] == [Settings()]


@pytest.mark.parametrize("given", [{"SLIPWAY_PORT": "http"}, {"SLIPWAY_PORT": ""}, {"SLIPWAY_PORT": "8.5"}], ids=str)
def test_wrong_value_in_the_environment_names_the_setting(given: dict[str, str]) -> None:
    result, seen = run(**given)

    assert str(result.exception).startswith("setting --port (SLIPWAY_PORT): input should be a valid integer")
    assert seen == []


@for_each("name", by_name(VALUES.keys() - SWITCHES - {"models", "host", "keys", "model_config_file", "platform_model"}))
def test_wrong_value_of_an_option_names_the_setting_and_not_the_value(name: str) -> None:
    result, _ = run(option(name), "geheim4711")

    assert isinstance(result.exception, UsageError)
    assert str(result.exception).startswith(f"setting {option(name)} ({variable(name)}): ")
    assert "geheim4711" not in str(result.exception)


@for_each("name", by_name(SWITCHES))
def test_wrong_value_of_a_switch_names_its_variable(name: str) -> None:
    result, _ = run(**{variable(name): "perhaps"})

    assert result.exit_code == 2
    assert variable(name) in result.output


def test_settings_are_read_without_a_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_THREADS", "3")

    assert read_settings({"port": 1}) == Settings(port=1, threads=3)


@pytest.mark.parametrize("name", list(VALUES))
def test_help_of_serve_shows_option_variable_and_sentence(name: str) -> None:
    output = CliRunner().invoke(cli, ["serve", "--help"], env={"COLUMNS": "400"}).output
    description = Settings.model_fields[name].description or "?"

    assert f"  {option(name)}" in output
    assert f"[env var: {variable(name)}]" in " ".join(output.split())
    assert description in " ".join(output.split())
