"""Requests as clients send them and answers as they were approved, one file each.

A request whose name begins with `triton` was caught from the client itself. `json` is the text of a body, `bytes` in
hexadecimal what follows it. `python -m tests.contract.recording` writes the answers anew: read the difference.
"""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import httpx

from slipway_ml import __version__
from tests.e2e.triton_cases import publish_models
from tests.service import service

FOLDER = Path(__file__).parents[1] / "data"
NAMES = sorted(path.stem for path in (FOLDER / "requests").glob("*.json"))
_BINARY = "inference-header-content-length"
_HEADERS = ("content-type", "content-encoding", _BINARY, "allow", "accept-encoding")
_DIFFERENT_EVERY_TIME = ("ns", "last_inference")


async def replay(models: Path, name: str) -> dict[str, Any]:
    """Send one request to the service and describe its answer."""
    request = json.loads((FOLDER / "requests" / f"{name}.json").read_text())
    body = request.get("json", "").encode() + bytes.fromhex(request["bytes"])
    async with service(models, model_control="explicit") as client:
        answer = await client.request(
            request["method"], request["path"], headers=request["headers"], content=body or None
        )
    return described(answer)


def expected(name: str) -> dict[str, Any]:
    """The answer that was approved."""
    recorded: dict[str, Any] = json.loads((FOLDER / "responses" / f"{name}.json").read_text())
    return recorded


def described(answer: httpx.Response) -> dict[str, Any]:
    """An answer without what is different every time."""
    length = int(answer.headers.get(_BINARY, len(answer.content)))
    text = answer.content[:length].replace(__version__.encode(), b"VERSION")
    return {
        "status": answer.status_code,
        "headers": {name: answer.headers[name] for name in _HEADERS if name in answer.headers},
        "json": _settled(json.loads(text)) if text else None,
        "bytes": answer.content[length:].hex(),
    }


def _settled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: 0 if key in _DIFFERENT_EVERY_TIME else _settled(item) for key, item in value.items()}
    return [_settled(item) for item in value] if isinstance(value, list) else value


def _record() -> None:
    with tempfile.TemporaryDirectory() as folder:
        publish_models(Path(folder))
        for name in NAMES:
            answer = asyncio.run(replay(Path(folder), name))
            text = json.dumps(answer, indent=2, ensure_ascii=False)
            (FOLDER / "responses" / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    _record()
