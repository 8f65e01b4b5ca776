"""Asks a running service for one prediction per model, by rows and by tensors, and says where to look next.

usage: ask.py URL PROCESS_ID; the process is the server's, so that waiting ends when the server does.
"""

import json
import os
import sys
import textwrap
import time
import urllib.error
import urllib.request
from typing import Any

_PATIENCE_SECONDS = 60
_LONGEST_LINE = 88
_INDENT = "\n" + " " * 12


def main() -> int:
    url, process = sys.argv[1], int(sys.argv[2])
    if not _is_ready(url, process):
        sys.stderr.write("demo: the server did not become ready; its last lines say why\n")
        return 1
    names = [model["name"] for model in _call(f"{url}/v2/models")["models"]]
    examples = {f"/predict/{name}": _read_example(url, name) for name in names}
    for path, example in examples.items():
        _show(url, path, example)
    path, example = next(iter(examples.items()))
    row = list(example["instances"][0].values())
    tensor = {"name": "X", "datatype": "FP64", "shape": [1, len(row)], "data": row}
    _show(url, path.replace("/predict/", "/v2/models/") + "/infer", {"inputs": [tensor]})
    _show_where_next(url)
    return 0


def _is_ready(url: str, process: int) -> bool:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
            return bool(_call(f"{url}/health/ready"))
        except ProcessLookupError:
            return False
        except urllib.error.URLError:
            time.sleep(0.05)
    return False


def _read_example(url: str, name: str) -> Any:
    paths = _call(f"{url}/openapi.json?model={name}")["paths"]
    return paths[f"/predict/{name}"]["post"]["requestBody"]["content"]["application/json"]["example"]


def _show(url: str, path: str, body: Any) -> None:
    response = textwrap.wrap(json.dumps(_call(url + path, body)), _LONGEST_LINE, break_long_words=False)
    print(f"\nPOST {path}\n  request   {_short(body)}\n  response  {_INDENT.join(response)}")


def _show_where_next(url: str) -> None:
    print(f"""
Look next:
  {url}/docs       every model's fields, with an example to send
  {url}/v2/models  what is served, and which version
  {url}/metrics    requests, latencies, batches
""")


def _call(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=10) as answer:  # noqa: S310  # our own URL
        return json.load(answer)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= _LONGEST_LINE else f"{text[: _LONGEST_LINE - 2]} …"


if __name__ == "__main__":
    sys.exit(main())
