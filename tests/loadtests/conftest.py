"""One real server for the tests that only ask it; starting one takes a second."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import matrix_signature, mixed_signature, publish
from tests.graphs import sign_graph
from tests.server import running_server


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A regression of every kind of column, and a classification of 30 numbers."""
    root = tmp_path_factory.mktemp("models")
    publish(root, "mixed", mixed_signature())
    wide = matrix_signature(30, ("no", "yes"))
    publish(root, "wide", wide, sign_graph(wide))
    return root


@pytest.fixture(scope="session")
def service_url(registry: Path) -> Iterator[str]:
    with running_server(registry) as server:
        yield server.url
