"""Keys in front of the real routes: which of them a key for some models opens, and who may load and unload."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from slipway_ml.errors import UsageError
from slipway_ml.main import create_app
from slipway_ml.security.keys import Scope
from slipway_ml.settings import Settings
from tests.factories import publish
from tests.keyring import add_key, bearer, id_of
from tests.service import service

pytestmark = pytest.mark.anyio

ROWS = {"instances": [[1.0, 2.0, 3.0]]}
TENSORS = {"inputs": [{"name": "X", "datatype": "FP64", "shape": [1, 3], "data": [1, 2, 3]}]}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/predict/mine", ROWS, 200),
        ("/predict/mine/versions/1", ROWS, 200),
        ("/v1/models/mine:predict", ROWS, 200),
        ("/v2/models/mine/infer", TENSORS, 200),
        ("/v2/models/mine", None, 200),
        ("/predict/other", ROWS, 403),
        ("/v1/models/other:predict", ROWS, 403),
        ("/v1/models/mine:predict:predict", ROWS, 403),
        ("/v2/models/other/infer", TENSORS, 403),
        ("/v2/models/other", None, 403),
        ("/v2/models/nobody", None, 403),
        ("/v2/models/MINE", None, 403),
        ("/v2/models", None, 403),
        ("/v2/models/stats", None, 403),
        ("/v2/repository/index", {}, 403),
        ("/openapi.json", None, 403),
        ("/openapi.json?model=mine", None, 200),
        ("/openapi.json?model=mine&version=1", None, 200),
        ("/openapi.json?model=other", None, 403),
        ("/openapi.json?model=mine&model=other", None, 403),
        ("/openapi.json?model=", None, 403),
        ("/openapi.json?version=1", None, 403),
        ("/metrics", None, 403),
        ("/health/ready", None, 200),
    ],
)
async def test_key_for_one_model_opens_its_routes_alone(tmp_path: Path, path: str, body: Any, status: int) -> None:
    publish(tmp_path / "models", "mine")
    publish(tmp_path / "models", "other")
    key = add_key(tmp_path / "keys.json", models=["mine"])

    async with service(tmp_path / "models", keys=tmp_path / "keys.json") as client:
        method = "GET" if body is None else "POST"
        response = await client.request(method, path, json=body, headers=bearer(key))

    assert response.status_code == status


async def test_admin_may_unload_and_is_noted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    publish(tmp_path / "models")
    admin, caller = add_key(tmp_path / "keys.json", Scope.ADMIN), add_key(tmp_path / "keys.json")

    options: dict[str, Any] = {"keys": tmp_path / "keys.json", "model_control": "explicit"}
    async with service(tmp_path / "models", **options) as client:
        refused = await client.post("/v2/repository/models/sum/unload", headers=bearer(caller))
        done = await client.post("/v2/repository/models/sum/unload", headers=bearer(admin))

    lines = [vars(record) for record in caplog.records if record.name == "slipway.audit"]
    assert (refused.status_code, done.status_code) == (403, 200)
    assert [(line["message"], line["key_id"]) for line in lines] == [
        ("refused", id_of(caller)),
        ("admitted to an admin route", id_of(admin)),
    ]
    assert admin not in json.dumps(lines, default=str)


async def test_key_that_asks_too_often_is_answered_429_and_told_when_to_come_again(tmp_path: Path) -> None:
    publish(tmp_path / "models")
    key, other = add_key(tmp_path / "keys.json"), add_key(tmp_path / "keys.json")
    body = {"instances": [[1, 2, 3]]}
    async with service(tmp_path / "models", keys=tmp_path / "keys.json", requests_per_second=0.01) as client:
        responses = [
            await client.post("/predict/sum", json=body, headers={"X-API-Key": sent}) for sent in (key, key, other)
        ]

    assert [response.status_code for response in responses] == [200, 429, 200]
    assert responses[1].headers["retry-after"] == "100"
    assert responses[1].json() == {
        "error": "more requests per second than this API key may send; wait as long as Retry-After says"
    }


def test_a_rate_per_key_without_keys_is_refused_at_the_start() -> None:
    with pytest.raises(UsageError, match="counts per key, and there are none; give --keys FILE"):
        create_app(Settings(requests_per_second=5))
