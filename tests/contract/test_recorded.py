"""Every recorded request is still answered as it was approved."""

from pathlib import Path

import pytest

from tests.contract.recording import FOLDER, NAMES, expected, replay
from tests.e2e.triton_cases import publish_models

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    publish_models(folder)
    return folder


@pytest.mark.parametrize("name", NAMES)
async def test_recorded_request_is_answered_as_approved(models: Path, name: str) -> None:
    assert await replay(models, name) == expected(name)


def test_every_answer_belongs_to_a_request() -> None:
    assert sorted(path.stem for path in (FOLDER / "responses").glob("*.json")) == NAMES
