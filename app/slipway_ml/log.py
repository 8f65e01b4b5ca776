"""Structured logging: one line per event, as JSON for machines or as text for people, with the request id.

Nothing here ever receives a request body or a response.
"""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from math import isfinite
from typing import Literal

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}
_CONTROLS = {code: repr(chr(code))[1:-1] for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)}


def configure(log_format: Literal["console", "json"], level: str) -> None:
    """Send everything logged, uvicorn's lines and Python's warnings included, to one place in one format.

    Text for people goes to standard error. Of JSON that is for warnings and worse, and the rest goes to standard
    output: log collectors take what they find on standard error for an error.
    """
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    errors = logging.StreamHandler(sys.stderr)
    root.handlers = [errors]
    if log_format == "json":
        information = logging.StreamHandler(sys.stdout)
        information.addFilter(lambda record: record.levelno < logging.WARNING)
        errors.setLevel(logging.WARNING)
        root.handlers.append(information)
    for handler in root.handlers:
        handler.setFormatter(JsonFormatter() if log_format == "json" else ConsoleFormatter())
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    logging.getLogger("uvicorn.error").setLevel(max(logging.WARNING, root.level))


class JsonFormatter(logging.Formatter):
    """One JSON object per line; keys given as `extra` stand beside time, level, logger and message."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "severity": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps({**line, **_context(record), **line}, default=str)


class ConsoleFormatter(logging.Formatter):
    """Time, level and message, then the extra keys."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        # ascii() and _CONTROLS keep a line one line, whatever somebody managed to put into it
        extra = "".join(f"  {key}={str(value)!a}" for key, value in _context(record).items())
        line = f"{time} {record.levelname.lower():<7} {record.getMessage().translate(_CONTROLS)}{extra}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _context(record: logging.LogRecord) -> dict[str, object]:
    extra = {key: _finite(value) for key, value in vars(record).items() if key not in _STANDARD}
    current = request_id.get()
    return extra if current is None else {**extra, "request_id": current}


def _finite(value: object) -> object:
    return str(value) if isinstance(value, float) and not isfinite(value) else value
