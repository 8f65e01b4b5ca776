"""Behind a base path every route answers as it does without it, and nothing is redirected."""

from pathlib import Path

import pytest

from tests.factories import publish
from tests.service import service

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "path",
    [
        "/health/live",
        "/v2",
        "/v2/",
        "/v2/health/ready",
        "/v2/models/sum",
        "/v2/models/sum/",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/static-offline-docs/swagger-ui.css",
    ],
)
async def test_route_answers_with_and_without_the_base_path(tmp_path: Path, path: str) -> None:
    publish(tmp_path)
    async with service(tmp_path, base_path="/team/models") as client:
        responses = [await client.get(prefix + path) for prefix in ("", "/team/models")]

    assert [response.status_code for response in responses] == [200, 200]


async def test_hot_routes_answer_behind_the_base_path(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path, base_path="/team") as client:
        response = await client.post("/team/predict/sum", json={"instances": [[1, 2, 3]]})
        elsewhere = await client.post("/other/predict/sum", json={"instances": [[1, 2, 3]]})

    assert response.json()["predictions"] == [{"value": 6.0}]
    assert elsewhere.status_code == 404


async def test_pages_lead_to_what_is_behind_the_base_path(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path, base_path="/team") as client:
        page = (await client.get("/team/docs")).text
        document = (await client.get("/team/openapi.json")).json()

    assert '<base href="/team/">' in page
    assert document["servers"] == [{"url": "/team"}]
