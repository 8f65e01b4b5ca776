"""Single requests over HTTP, for reading what a service publishes and for trying a body before it is sent in bulk."""

import json
import os
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from slipway_loadtests.errors import CannotRun

OK = 200

KEY_VARIABLE = "SLIPWAY_API_KEY"
"""Where the key of a service that asks for one is found; a variable, because Locust runs in a process of its own."""

_SECONDS = 10.0


def request_headers() -> dict[str, str]:
    """The headers of every request: JSON, and the key if there is one."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    return {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}


def get_json(url: str) -> Any:
    """The JSON document at `url`; raises CannotRun when it is not there."""
    status, body = call(url)
    if status != OK:
        raise CannotRun(f"GET {url} answered {status or body.decode()}")
    return json.loads(body)


def call(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """Status and body of a GET, or of a POST when there is a body. Status 0: no response, and the body says why."""
    if not url.startswith(("http://", "https://")):
        raise CannotRun(f"{url!r} is not an address; give one like http://127.0.0.1:8000")
    try:
        with urlopen(Request(url, body, {**request_headers(), **(headers or {})}), timeout=_SECONDS) as response:  # noqa: S310 - checked above
            return response.status, response.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()
    except (URLError, HTTPException, OSError) as error:
        return 0, f"nothing: {getattr(error, 'reason', error)}".encode()
