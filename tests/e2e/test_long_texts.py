"""Long texts, many texts and many tokens, against a real server with a model trained on text: memory and outputs."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from slipway_training.workflows.publish_fitted import publish
from tests.server import Server, running_server

MIB = 2**20
LIMIT = 20_000
"""Characters: four times the longest text that the model is trained on."""
SHORT = [{"note": "ab cd"}] * 1000
LONG = {"note": "ab " * (LIMIT // 3)}
BODIES: dict[str, list[dict[str, str]]] = {
    "one long among a thousand short": [*SHORT, LONG],
    "many rows": [{"note": "a"}] * 100_000,
    "many tokens": [LONG] * 500,
    "ever longer": [{"note": "ab " * n} for n in range(1, 1500)],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("models")
    random = np.random.default_rng(0)
    words = [f"word{number}" for number in range(600)]
    texts = [" ".join(random.choice(words, 20)) for _ in range(200)]
    texts[0] = ("word1 " * LIMIT)[: LIMIT // 4]
    rows = pd.DataFrame({"note": texts})
    vectorizer = make_column_transformer((TfidfVectorizer(), "note"), sparse_threshold=0)
    pipeline = make_pipeline(vectorizer, LogisticRegression()).fit(rows, np.arange(200) % 2)
    publish(pipeline, rows, np.arange(200) % 2, name="notes", models=folder, report=False)
    with running_server(folder, "--deadline-seconds", "60") as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=120) as opened:
        yield opened


def post(client: httpx.Client, rows: list[dict[str, Any]]) -> httpx.Response:
    return client.post("/predict/notes", json={"instances": rows})


def predictions(client: httpx.Client, rows: list[dict[str, Any]]) -> list[Any]:
    while (answer := post(client, rows)).status_code == 503:  # a busy machine may refuse what it thinks takes too long
        time.sleep(0.1)
    found: list[Any] = answer.json()["predictions"]
    return found


def memory(server: Server, name: str) -> int:
    """Bytes that are resident, or were at most."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name))


@pytest.mark.parametrize("name", BODIES)
def test_memory_of_a_run_is_bounded_whatever_the_texts(server: Server, client: httpx.Client, name: str) -> None:
    rows = BODIES[name]
    size = len(json.dumps({"instances": rows}))
    predictions(client, SHORT)
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")
    before = memory(server, "VmRSS")

    answer = post(client, rows)

    assert (answer.status_code, len(answer.json()["predictions"])) == (200, len(rows))
    assert memory(server, "VmHWM") - before < 64 * MIB + 8 * max(size, len(answer.content))


def test_rows_of_any_lengths_get_the_predictions_that_they_get_alone_and_in_their_order(client: httpx.Client) -> None:
    random = np.random.default_rng(1)
    rows = [{"note": "word1 word7 " * int(count) + f"word{count % 600}"} for count in random.integers(0, 900, 60)]

    together = predictions(client, rows)

    assert together == [predictions(client, [row])[0] for row in rows]


def test_callers_beside_one_with_a_long_text_get_their_own_predictions(client: httpx.Client) -> None:
    rows = [{"note": f"word{number} word{number + 1}"} for number in range(80)]
    alone = [predictions(client, [row])[0] for row in rows]

    with ThreadPoolExecutor(16) as callers:
        long = [callers.submit(predictions, client, [LONG] * 50) for _ in range(2)]
        short = [callers.submit(predictions, client, [row]) for row in rows]

    assert [caller.result()[0] for caller in short] == alone
    assert [len(caller.result()) for caller in long] == [50, 50]


def test_text_over_the_limit_is_refused_with_the_field_and_the_limit(client: httpx.Client) -> None:
    over = "a" * (LIMIT + 1)
    tensor = {"name": "note", "datatype": "BYTES", "shape": [1, 1]}

    row = post(client, [{"note": "a" * LIMIT}, {"note": over}])
    column = client.post("/v1/models/notes:predict", json={"inputs": {"note": [over]}})
    in_json = client.post("/v2/models/notes/infer", json={"inputs": [{**tensor, "data": [over]}]})

    problem = {"field": "note", "problem": f"must have at most {LIMIT} characters"}
    assert (row.status_code, row.json()["problems"]) == (422, [{"row": 1, **problem}])
    assert (column.status_code, column.json()["problems"]) == (422, [{"row": 0, **problem}])
    assert in_json.status_code == 400
    assert f"input 'note': text of more than {LIMIT} characters" in in_json.json()["error"]
