"""The wheel where people install it: beside a stranger's package, in a project whose folders are called like ours."""

import json
import re
import subprocess
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest

from tests.packaging.environment import Environment, build_wheel, libraries_of, make_environment, write_wheel

pytestmark = pytest.mark.timeout(600)  # environments are made and filled, and scikit-learn is imported cold

_THEIRS = "raise RuntimeError('this module belongs to the user')\n"
_STRANGER = {"slipway/__init__.py": "owner = 'a stranger'\n", "slipway/client.py": "def main():\n    print('theirs')\n"}
_PUBLISH = """
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import app.shop
import slipway
from slipway_training import publish

X, y = load_iris(return_X_y=True)
pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
version = publish(pipeline, X, y, name="iris", report=False)
print(app.shop.owner, slipway.owner, version.manifest.model_version)
"""
_LISTENING = re.compile(r"http://127\.0\.0\.1:\d+")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with packages of its own that are called like the folders of the checkout."""
    folder = tmp_path / "project"
    for name in ("app", "training", "loadtests", "tests"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("")
        for module in ("main", "cli", "publishing", "errors", "log", "locustfile"):
            (folder / name / f"{module}.py").write_text(_THEIRS)
    (folder / "app" / "shop.py").write_text("owner = 'the user'\n")
    return folder


def serve_and_ask(environment: Environment, project: Path, path: str, document: object) -> dict[str, object]:
    """The answer of `slipway serve`, started in the project's folder, to one request."""
    command = [str(environment.program("slipway")), "serve", "--port", "0", "--drain-seconds", "0"]
    with subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            found = None
            lines = []
            while found is None:
                line = server.stderr.readline()
                lines.append(line)
                assert line, f"the server ended: {''.join(lines)}"
                found = _LISTENING.search(line)
            _wait_until_ready(found[0])
            request = urllib.request.Request(found[0] + path, json.dumps(document).encode())
            with urllib.request.urlopen(request, timeout=60) as response:
                answer: dict[str, object] = json.load(response)
                return answer
        finally:
            server.terminate()


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/health/ready", timeout=60):
                return
        except urllib.error.HTTPError:
            time.sleep(0.05)
    raise AssertionError("the server did not become ready")


def test_wheel_takes_no_import_name_but_its_own(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
        marked = {name for name in archive.namelist() if name.endswith("py.typed")}

    packages = {"slipway_ml", "slipway_training", "slipway_loadtests"}
    assert tops == {*packages, wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"}
    assert marked == {f"{package}/py.typed" for package in packages}


def test_two_line_publish_and_serve_in_a_project_with_such_names_beside_a_strangers_package(
    wheel: Path, project: Path, tmp_path: Path
) -> None:
    environment = make_environment(tmp_path / "environment", libraries_of("cpu", "train"))
    environment.install(write_wheel(tmp_path, "slipway", _STRANGER, command="slipway.client:main"))
    environment.install(wheel)
    (project / "publish.py").write_text(_PUBLISH)

    published = environment.run(environment.python, "publish.py", folder=project)

    assert (published.returncode, published.stdout) == (0, "the user a stranger 1\n"), published.stderr
    row = {"instances": [[5.1, 3.5, 1.4, 0.2]]}
    answer = serve_and_ask(environment, project, "/predict/iris", row)
    assert [one["label"] for one in answer["predictions"]] == [0]  # type: ignore[attr-defined]


def test_service_alone_is_installed_without_what_trains_and_loads(wheel: Path, project: Path, tmp_path: Path) -> None:
    libraries = libraries_of("cpu")
    environment = make_environment(tmp_path / "environment", libraries)
    environment.install(wheel)
    imports = "import slipway_ml.main, slipway_ml.cli.start, slipway_ml.api.fastapi_app.application, onnxruntime"

    imported = environment.run(environment.python, "-c", imports, folder=project)
    listed = environment.run(environment.program("slipway"), "--help", folder=project)
    trained = environment.run(environment.program("slipway"), "train", "breast_cancer", folder=project)

    assert not libraries & {"scikit-learn", "pandas", "scipy", "onnx", "skl2onnx", "locust", "matplotlib", "optuna"}
    assert (imported.returncode, imported.stderr) == (0, "")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert trained.returncode == 2
    assert trained.stderr.endswith("install 'slipway-ml[train]'\n")


def test_base_install_has_no_runtime_and_says_which_to_install(wheel: Path, project: Path, tmp_path: Path) -> None:
    environment = make_environment(tmp_path / "environment", libraries_of())
    environment.install(wheel)

    served = environment.run(environment.program("slipway"), "serve", "--port", "0", folder=project)

    assert served.returncode == 2
    assert served.stderr == (
        "slipway: this command needs the package 'onnxruntime'; install 'slipway-ml[cpu]' or 'slipway-ml[gpu]'\n"
    )
