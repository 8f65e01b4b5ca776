"""Published versions, trained once for all tests that only read them."""

import shutil
from functools import cache
from pathlib import Path

import pytest

from slipway_ml.registry.store import Registry, StoredVersion
from tests.sharing import alone, shared_folder
from tests.training.prepared import Copied, Published, shipped


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """`published(name)` is the first version of a shipped model, without a report."""
    folder = shared_folder(tmp_path_factory, "published")
    registry = Registry(folder / "models")

    @cache
    def publish(name: str) -> StoredVersion:
        from slipway_training.workflows.train import run  # noqa: PLC0415  # only who asks for a model waits for these imports

        with alone(folder / f"{name}.lock"):
            if not registry.versions(name):
                run(shipped(name), registry, lambda _step, _result: None, report=False)
        return registry.read(name, 1)

    return publish


@pytest.fixture(scope="session")
def copied(published: Published) -> Copied:
    """`copied(name, models)` is the same in a folder of its own, to add to or to damage."""

    def copy(name: str, models: Path) -> StoredVersion:
        shutil.copytree(published(name).folder.parent, models / name)
        return Registry(models).read(name, 1)

    return copy
