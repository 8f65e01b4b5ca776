"""What a `helm test` pod runs: one question to the Service, exit 0 when the answer is right. Standard library only.

`smoke.py live|ready|infer HOST:PORT MODEL BODY`; MODEL and BODY may be empty: then the first model of the metrics is
asked for one row of zeros and empty strings, in the shape of its own metadata.
"""

import http.client
import json
import re
import sys


def main(step: str, address: str, model: str, body: str) -> str:
    """Ask the question of this step and return what to print."""
    if step != "infer":
        return f"{step}: {call(address, 'GET', f'/health/{step}')}"
    model = model or first_model(call(address, "GET", "/metrics"))
    body = body or json.dumps({"inputs": one_row(json.loads(call(address, "GET", f"/v2/models/{model}")))})
    answer = call(address, "POST", f"/v2/models/{model}/infer", body)
    outputs = [output["name"] for output in json.loads(answer)["outputs"]]
    return f"infer: {model} answered {', '.join(outputs)}"


def first_model(metrics: str) -> str:
    """The first model that the server reports as loaded."""
    found = re.search(r'^slipway_model_info\{(?:.*,)?model(?:_name)?="([^"]+)"', metrics, re.MULTILINE)
    if found is None:
        raise SystemExit("/metrics names no model; set tests.model")
    return found[1]


def one_row(metadata: dict[str, list[dict[str, object]]]) -> list[dict[str, object]]:
    """One row of zeros, falses and empty strings for every input of the model."""
    neutral = {"BOOL": False, "BYTES": ""}
    return [
        {
            "name": tensor["name"],
            "datatype": tensor["datatype"],
            "shape": [1, width],
            "data": [neutral.get(str(tensor["datatype"]), 0)] * width,
        }
        for tensor in metadata["inputs"]
        for width in [int(str(list(tensor["shape"])[-1]))]  # type: ignore[call-overload]
    ]


def call(address: str, method: str, path: str, body: str | None = None) -> str:
    """The body of a 200 answer; anything else ends the test with what was answered."""
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request(method, path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != http.client.OK:
        raise SystemExit(f"{method} {path} answered {answer.status}: {text[:300]}")
    return text


if __name__ == "__main__":
    print(main(*sys.argv[1:5]))
