"""Clients that generators make of a model's own document are complete: they compile, and they get predictions."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.factories import mixed_signature, publish
from tests.graphs import sum_graph
from tests.keyring import add_key
from tests.server import running_server

HERE = Path(__file__).parent
UV_TOOL = [str(Path(sys.executable).parent / "uv"), "tool", "run"]
GENERATOR = [*UV_TOOL, "--from", "openapi-generator-cli==7.26.0", "openapi-generator-cli", "generate"]
PYTHON_CLIENT = [*UV_TOOL, "--with", "ruff", "openapi-python-client@0.29.1", "generate"]
TYPESCRIPT = "typescript@5.9"


@dataclass(frozen=True)
class Site:
    """A server, a key for one of its models, and that model's document."""

    url: str
    key: str
    document: Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("site")
    signature = mixed_signature()
    publish(root / "models", "house", signature, sum_graph(signature))
    publish(root / "models", "other")
    key = add_key(root / "keys.json", models=["house"])
    with running_server(root / "models", "--keys", str(root / "keys.json")) as server:
        request = urllib.request.Request(f"{server.url}/openapi.json?model=house", headers={"X-API-Key": key})
        with urllib.request.urlopen(request, timeout=60) as response:
            (root / "house.json").write_bytes(response.read())
        yield Site(server.url, key, root / "house.json")


TENSORS = json.dumps(
    [
        ("age", "FP64", 1.5),
        ("rooms", "INT64", 3),
        ("floors", "FP64", 2),
        ("garden", "BOOL", True),
        ("city", "BYTES", "Ulm"),
        ("heating", "BYTES", "gas"),
    ]
)
"""One row of the model: name, datatype and value of each tensor."""


def test_python_client_of_openapi_generator(site: Site, tmp_path: Path) -> None:
    _call(*GENERATOR, "-i", str(site.document), "-g", "python", "-o", str(tmp_path))

    _check(_call(sys.executable, str(HERE / "use_python.py"), site.url, site.key, TENSORS, path=tmp_path))


def test_client_of_openapi_python_client(site: Site, tmp_path: Path) -> None:
    made = tmp_path / "made"
    said = _call(*PYTHON_CLIENT, "--path", str(site.document), "--output-path", str(made), "--meta", "none")

    assert "WARNING" not in said
    _check(_call(sys.executable, str(HERE / "use_python_client.py"), site.url, site.key, TENSORS, path=tmp_path))


def test_java_client_of_openapi_generator(site: Site, tmp_path: Path) -> None:
    _call(*GENERATOR, "-i", str(site.document), "-g", "java", "--library", "native", "-o", str(tmp_path))
    paths = ["dependency:build-classpath", "-Dmdep.outputFile=paths"]
    _call("mvn", "--quiet", "--batch-mode", "compile", *paths, at=tmp_path)

    classes = f"{tmp_path / 'target' / 'classes'}:{(tmp_path / 'paths').read_text()}"
    _check(_call("java", "-cp", classes, str(HERE / "UseJava.java"), site.url, site.key))


def test_typescript_client_of_openapi_generator(site: Site, tmp_path: Path) -> None:
    _call(*GENERATOR, "-i", str(site.document), "-g", "typescript-fetch", "-o", str(tmp_path / "client"))
    (tmp_path / "use.ts").write_text((HERE / "use_typescript.ts").read_text())
    _call("npm", "install", "--silent", "--no-audit", "--no-fund", TYPESCRIPT, "@types/node@20", at=tmp_path)
    options = ["--strict", "--target", "es2022", "--module", "commonjs", "--types", "node"]
    _call("npx", "tsc", *options, "use.ts", at=tmp_path)

    _check(_call("node", "use.js", site.url, site.key, at=tmp_path))


def _call(*command: str, at: Path | None = None, path: Path | None = None) -> str:
    """What a program says, which must end well; `path` is where Python looks for the client."""
    environment = {**os.environ, **({"PYTHONPATH": str(path)} if path else {})}
    done = subprocess.run(command, cwd=at, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def _check(said: str) -> None:
    found: dict[str, Any] = json.loads(said)
    assert found == {
        "values": [6.0, 6.0],
        "version": "1",
        "problems": ["rooms"],
        "inputs": ["age", "rooms", "floors", "garden", "city", "heating"],
        "inferred": [7.5],
    }
