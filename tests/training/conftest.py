"""Published versions, trained once for all tests that only read them."""

from functools import cache

import pytest

from app.registry.store import Registry, StoredVersion
from tests.training.prepared import Published, shipped
from training.workflow import run


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """`published(name)` is the first version of a shipped model."""
    registry = Registry(tmp_path_factory.mktemp("models"))

    @cache
    def publish(name: str) -> StoredVersion:
        return run(shipped(name), registry, lambda _step, _result: None).version

    return publish
