"""Log lines: one event is one line, whatever somebody managed to put into it."""

import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml import log
from slipway_ml.log import ConsoleFormatter, JsonFormatter
from tests.strategies import JSON, MANY

HOSTILE = "a\nb\r\x1b[31mred\x1b[0m\x00\u2028\u0085end"
STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}

keys = st.from_regex(r"[a-z_]{1,12}", fullmatch=True).filter(lambda name: name not in STANDARD)
extras = st.dictionaries(keys, JSON, max_size=4)


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    names = [None, "uvicorn", "uvicorn.error", "uvicorn.access"]
    loggers = [logging.getLogger(name) for name in names]
    before = [(list(logger.handlers), logger.level, logger.propagate) for logger in loggers]
    yield
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers, logger.level, logger.propagate = handlers, level, propagate
    logging.captureWarnings(capture=False)


def record(message: str = "served", **extra: Any) -> logging.LogRecord:
    made = logging.getLogger("slipway").makeRecord("slipway", logging.INFO, "file", 1, message, (), None, extra=extra)
    made.created = 0.0
    return made


def test_json_line_holds_the_event_and_its_extras() -> None:
    line = json.loads(JsonFormatter().format(record(model="sum", version=3)))

    assert line == {
        "time": "1970-01-01T00:00:00.000+00:00",
        "level": "info",
        "severity": "INFO",
        "logger": "slipway",
        "message": "served",
        "model": "sum",
        "version": 3,
    }


@MANY
@given(st.text(), extras)
def test_any_event_is_one_line_of_strict_json(message: str, extra: dict[str, Any]) -> None:
    text = JsonFormatter().format(record(message.replace("%", ""), **extra))

    assert text.isascii()
    assert "\n" not in text
    assert json.loads(text)["message"] == message.replace("%", "")


@MANY
@given(st.text(), extras)
def test_any_event_is_one_line_of_printable_text(message: str, extra: dict[str, Any]) -> None:
    text = ConsoleFormatter().format(record(message.replace("%", ""), **extra))

    assert len(text.splitlines()) == 1
    assert "\x1b" not in text


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_number_that_json_lacks_is_text(number: float) -> None:
    assert json.loads(JsonFormatter().format(record(ms=number)))["ms"] == str(number)


@pytest.mark.parametrize("key", ["time", "level", "logger", "message"])
def test_extra_cannot_pass_for_the_event_itself(key: str) -> None:
    made = record()
    vars(made)[key] = "forged"

    assert json.loads(JsonFormatter().format(made))[key] != "forged"


def test_request_id_is_on_every_line_of_the_request() -> None:
    token = log.request_id.set("id-7")
    made = record(request_id="forged")
    lines = JsonFormatter().format(made), ConsoleFormatter().format(made)
    log.request_id.reset(token)

    assert json.loads(lines[0])["request_id"] == "id-7"
    assert lines[1].endswith("info    served  request_id='id-7'")


def test_line_outside_a_request_has_no_request_id() -> None:
    assert "request_id" not in JsonFormatter().format(record())


def test_exception_stays_in_its_json_line() -> None:
    made = record("failed")
    made.exc_info = (ValueError, ValueError(HOSTILE), None)
    text = JsonFormatter().format(made)

    assert len(text.splitlines()) == 1
    assert f"ValueError: {HOSTILE}" in json.loads(text)["exception"]


def test_control_signs_are_shown_as_such() -> None:
    text = ConsoleFormatter().format(record("a\nb\x1b[31m", key="c\td"))

    assert text.endswith(r"a\nb\x1b[31m  key='c\td'")


@pytest.mark.parametrize(("log_format", "informs"), [("json", "output"), ("console", "errors")])
def test_text_goes_to_standard_error_and_of_json_what_is_to_be_looked_at(
    log_format: Literal["console", "json"], informs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure(log_format, "info")
    logging.getLogger("slipway").info("first", extra={"key": "value"})
    logging.getLogger("slipway").debug("too little")
    logging.getLogger("uvicorn.error").warning("second")
    logging.getLogger("uvicorn.error").info("too little")
    output, errors = capsys.readouterr()

    told = {"output": output, "errors": errors}
    found = {
        word: where
        for where, text in told.items()
        for line in text.splitlines()
        for word in ("first", "second", "little")
        if word in line
    }
    assert found == {"first": informs, "second": "errors"}


@pytest.mark.filterwarnings("default")
def test_warning_of_a_library_is_one_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json", "info")
    warnings.warn("of a library", RuntimeWarning, stacklevel=1)
    (line,) = capsys.readouterr().err.splitlines()

    assert json.loads(line)["level"] == "warning"
    assert "of a library" in json.loads(line)["message"]
