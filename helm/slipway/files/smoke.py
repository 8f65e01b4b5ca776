# ruff: noqa: INP001 (a script for a pod, in no package)
"""What a `helm test` pod runs: one question to the Service, exit 0 when the answer is right. Standard library only.

`smoke.py live|ready|infer HOST:PORT MODEL BODY [KEY_FILE]`; MODEL and BODY may be empty: then the first ready model
that takes numbers only is asked for one row of zeros, in the shape of its own metadata. KEY_FILE holds a key.
"""

import http.client
import json
import sys
from pathlib import Path
from typing import Any

HEADERS = {"Content-Type": "application/json"}


def main(step: str, address: str, model: str, body: str, key_file: str = "") -> str:
    """Ask the question of this step and return what to print."""
    if key_file:
        HEADERS["Authorization"] = f"Bearer {Path(key_file).read_text().strip()}"
    if step != "infer":
        return f"{step}: {call(address, 'GET', f'/health/{step}')}"
    model = model or first_numeric_model(address)
    body = body or json.dumps({"inputs": [one_row(tensor) for tensor in inputs(address, model)]})
    answer = call(address, "POST", f"/v2/models/{model}/infer", body)
    outputs = [output["name"] for output in json.loads(answer)["outputs"]]
    return f"infer: {model} answered {', '.join(outputs)}"


def first_numeric_model(address: str) -> str:
    """The first ready model that takes any number; text may be limited to the categories a model knows."""
    for model in json.loads(call(address, "GET", "/v2/models"))["models"]:
        name: str = model["name"]
        if model["ready"] and all(tensor["datatype"] != "BYTES" for tensor in inputs(address, name)):
            return name
    raise SystemExit("no model is ready that takes numbers only; set tests.model and tests.body")


def inputs(address: str, model: str) -> list[dict[str, Any]]:
    """The inputs in the model's metadata."""
    found: list[dict[str, Any]] = json.loads(call(address, "GET", f"/v2/models/{model}"))["inputs"]
    return found


def one_row(tensor: dict[str, Any]) -> dict[str, Any]:
    """One row of zeros, falses or empty strings for this input."""
    width = tensor["shape"][-1]
    neutral = {"BOOL": False, "BYTES": ""}.get(tensor["datatype"], 0)
    return {**tensor, "shape": [1, width], "data": [neutral] * width}


def call(address: str, method: str, path: str, body: str | None = None) -> str:
    """The body of a 200 answer; anything else ends the test with what was answered."""
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request(method, path, body, HEADERS)
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != http.client.OK:
        raise SystemExit(f"{method} {path} answered {answer.status}: {text[:300]}")
    return text


if __name__ == "__main__":
    sys.stdout.write(f"{main(*sys.argv[1:6])}\n")
