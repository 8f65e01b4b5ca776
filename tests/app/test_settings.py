"""Defaults are the documented limits, the environment fills them in, and wrong values are refused."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from slipway_ml.cli.given_settings import read_settings
from slipway_ml.errors import UsageError
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.settings import Settings

MIB = 2**20


def test_defaults_are_the_documented_ones() -> None:
    assert Settings().model_dump() == {
        "models": Path("models"),
        "host": "127.0.0.1",
        "port": 8000,
        "keys": None,
        "requests_per_second": 0.0,
        "platform": "none",
        "platform_model": "",
        "insecure": False,
        "cors_origins": "",
        "latency_buckets": "",
        "trusted_proxies": "",
        "base_path": "",
        "strict": False,
        "model_control": "folder",
        "model_config_file": None,
        "workers": 1,
        "poll_seconds": 2.0,
        "load_seconds": 30.0,
        "trust_registry": True,
        "device": "auto",
        "threads": 1,
        "max_queue_rows": 100_000,
        "max_batch_rows": 1024,
        "deadline_seconds": 10.0,
        "max_body_bytes": 16 * MIB,
        "max_bytes_in_flight": 0,
        "max_instances": 100_000,
        "max_elements": 16_000_000,
        "max_inputs": 256,
        "drain_seconds": 5.0,
        "finish_seconds": 10,
        "hang_seconds": 3.0,
        "max_connections": 1000,
        "max_head_bytes": 16 * 1024,
        "head_seconds": 5.0,
        "body_seconds": 30.0,
        "write_seconds": 30.0,
        "idle_seconds": 65.0,
        "max_connection_seconds": 300.0,
        "docs": "auto",
        "log_format": "console",
        "log_level": "info",
        "access_log": False,
    }


def test_limits_of_the_codecs_are_those_of_the_settings() -> None:
    settings = Settings()

    assert ContentLimits() == ContentLimits(settings.max_instances, settings.max_elements, settings.max_inputs)


def test_every_setting_has_a_sentence() -> None:
    assert {name: bool(field.description) for name, field in Settings.model_fields.items()} == dict.fromkeys(
        Settings.model_fields, True
    )


ENVIRONMENT: list[tuple[str, str, Any]] = [
    ("models", "/data/models", Path("/data/models")),
    ("host", "0.0.0.0", "0.0.0.0"),  # noqa: S104  # nothing listens here
    ("port", "0", 0),
    ("keys", "/etc/slipway/keys.json", Path("/etc/slipway/keys.json")),
    ("platform", "none", "none"),
    ("platform_model", "titanic", "titanic"),
    ("requests_per_second", "2.5", 2.5),
    ("insecure", "true", True),
    ("cors_origins", "https://a.example, *", "https://a.example, *"),
    ("base_path", "/team/models", "/team/models"),
    ("strict", "true", True),
    ("workers", "3", 3),
    ("model_control", "explicit", "explicit"),
    ("model_config_file", "/models.toml", Path("/models.toml")),
    ("poll_seconds", "0.5", 0.5),
    ("load_seconds", "120", 120.0),
    ("trust_registry", "0", False),
    ("device", "cuda", "cuda"),
    ("threads", "0", 0),
    ("max_queue_rows", "7", 7),
    ("max_batch_rows", "1", 1),
    ("deadline_seconds", "0.5", 0.5),
    ("max_body_bytes", "1024", 1024),
    ("max_bytes_in_flight", "4096", 4096),
    ("max_instances", "5", 5),
    ("max_elements", "6", 6),
    ("max_inputs", "3", 3),
    ("drain_seconds", "0", 0.0),
    ("finish_seconds", "1", 1),
    ("hang_seconds", "0", 0.0),
    ("max_connections", "2", 2),
    ("max_head_bytes", "2048", 2048),
    ("head_seconds", "0.1", 0.1),
    ("body_seconds", "2", 2.0),
    ("write_seconds", "3", 3.0),
    ("idle_seconds", "3", 3.0),
    ("max_connection_seconds", "4", 4.0),
    ("latency_buckets", "0.01, 0.1,1", "0.01, 0.1,1"),
    ("docs", "off", "off"),
    ("log_format", "json", "json"),
    ("log_level", "debug", "debug"),
    ("access_log", "1", True),
    ("trusted_proxies", "10.0.0.0/8, ::1", "10.0.0.0/8, ::1"),
]


@pytest.mark.parametrize(("name", "text", "value"), ENVIRONMENT)
def test_setting_is_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: Any
) -> None:
    monkeypatch.setenv(f"SLIPWAY_{name.upper()}", text)

    assert getattr(Settings(), name) == value


def test_every_setting_is_tried_above() -> None:
    assert [name for name, _, _ in ENVIRONMENT] == list(Settings.model_fields)


def test_given_value_beats_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_PORT", "1")

    assert Settings(port=2).port == 2


WRONG: list[tuple[str, Any]] = [
    ("port", -1),
    ("port", 65536),
    ("port", "http"),
    ("workers", 0),
    ("workers", 65),
    ("poll_seconds", 0),
    ("poll_seconds", 3601),
    ("poll_seconds", float("nan")),
    ("poll_seconds", float("inf")),
    ("load_seconds", 0),
    ("load_seconds", 3601),
    ("load_seconds", float("nan")),
    ("device", "tpu"),
    ("threads", -1),
    ("threads", 257),
    ("max_queue_rows", 0),
    ("max_batch_rows", 0),
    ("deadline_seconds", 0),
    ("max_body_bytes", 1023),
    ("max_bytes_in_flight", 1023),
    ("max_instances", 0),
    ("max_elements", 0),
    ("max_inputs", 0),
    ("drain_seconds", -1),
    ("finish_seconds", 0),
    ("hang_seconds", -0.1),
    ("max_connections", 0),
    ("max_head_bytes", 1023),
    ("head_seconds", 0),
    ("body_seconds", 0),
    ("write_seconds", 0),
    ("idle_seconds", 0),
    ("max_connection_seconds", 0),
    ("docs", "yes"),
    ("log_format", "xml"),
    ("log_level", "loud"),
    ("strict", "perhaps"),
    ("insecure", "perhaps"),
    ("model_control", "poll"),
    ("cors_origins", "a.example"),
    ("latency_buckets", "1,0.1"),
    ("latency_buckets", "0,1"),
    ("latency_buckets", "fast"),
    ("latency_buckets", "1,inf"),
    ("trusted_proxies", "proxy.local"),
    ("base_path", "models"),
    ("base_path", "/models/"),
    ("base_path", "//models"),
    ("base_path", "/a b"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_value_that_cannot_work_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings(**{name: value})


def test_settings_do_not_change() -> None:
    settings = Settings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.__setattr__("port", 1)  # the type checker knows better than to assign


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104  # nothing listens here
        ("::", False),
        ("10.0.0.1", False),
        ("example.org", False),
        ("localhost.example.org", False),
        ("", False),
    ],
)
def test_docs_are_shown_on_loopback_unless_said_otherwise(host: str, loopback: bool) -> None:
    assert Settings(host=host).is_loopback is loopback
    assert Settings(host=host).shows_docs is loopback
    assert Settings(host=host, docs="on").shows_docs is True
    assert Settings(host=host, docs="off").shows_docs is False


@pytest.mark.parametrize("name", ["models", "keys", "model_config_file"])
def test_empty_variable_of_a_path_is_refused_by_its_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"SLIPWAY_{name.upper()}", "")

    with pytest.raises(UsageError, match=rf"SLIPWAY_{name.upper()}\): must not be empty"):
        read_settings({})
