"""The forms a foreign model comes in: a file, a Triton repository, a folder that MLflow wrote."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from slipway_training.errors import ConfigError
from slipway_training.workflows.importing.sources import find
from slipway_training.workflows.importing.triton_repository import CONFIG
from tests.claims import for_each
from tests.lazily import later
from tests.training.workflows.importing.foreigners import TABLE, dense, forest, saved

models, saving = later("mlflow.models"), later("mlflow.onnx")

CONFIG_TEXT = """
name: "net"
backend: "onnxruntime"
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ 3 ] } ]
output [ { name: "scores", data_type: TYPE_FP32, dims: 2, label_filename: "labels.txt" } ]
instance_group [ { count: 2 kind: KIND_CPU } ]  # nothing that concerns us
parameters { key: "a" value: { string_value: "b" } }
"""


def triton(folder: Path, config: str = CONFIG_TEXT, versions: tuple[int, ...] = (1, 10, 9)) -> Path:
    for version in versions:
        saved(dense(2, "Softmax", bias=float(version)), folder / "net" / str(version) / "model.onnx")
    (folder / "net" / CONFIG).write_text(config)
    (folder / "net" / "labels.txt").write_text("no\nyes\n")
    return folder / "net"


def test_triton_model_gives_its_newest_version_and_its_labels(tmp_path: Path) -> None:
    folder = triton(tmp_path)

    found = find(folder)

    assert found.source == "net/10/model.onnx"
    assert found.hints.labels == ("no", "yes")
    assert find(folder, 9).source == "net/9/model.onnx"
    assert find(tmp_path).source == found.source


@for_each(
    "config",
    {
        "labels above": CONFIG_TEXT.replace("labels.txt", "../secret"),
        "labels from the root": CONFIG_TEXT.replace("labels.txt", "/etc/hostname"),
        "labels by a link": CONFIG_TEXT.replace("labels.txt", "link.txt"),
        "graph above": CONFIG_TEXT + 'default_model_filename: "../../secret"',
    },
)
def test_imported_folder_cannot_name_files_outside_of_it(tmp_path: Path, config: str) -> None:
    folder = triton(tmp_path, config)
    (tmp_path / "secret").write_text("one line of a secret")
    (folder / "link.txt").unlink(missing_ok=True)
    (folder / "link.txt").symlink_to(tmp_path / "secret")

    with pytest.raises(ConfigError, match="which lies outside of it; copy that file into the folder"):
        find(folder)


def test_triton_model_without_a_config_is_found_by_its_versions(tmp_path: Path) -> None:
    folder = triton(tmp_path)
    (folder / CONFIG).unlink()

    assert find(folder).hints.labels == ()


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ('platform: "tensorflow_savedmodel"', "net is a model of tensorflow_savedmodel; export it to ONNX"),
        ("input [ {", f"net/{CONFIG}, line 1 is not a Triton configuration"),
        ('default_model_filename: "model.plan"', "net has no 10/model.plan"),
        ('output [ { label_filename: "none.txt" } ]', "names the labels 'none.txt', which cannot be read"),
    ],
)
def test_triton_config_that_does_not_fit_is_refused(tmp_path: Path, config: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        find(triton(tmp_path, config))

    assert sentence in str(refusal.value)


def test_several_models_ask_for_one(tmp_path: Path) -> None:
    shutil.copytree(triton(tmp_path), tmp_path / "other")

    with pytest.raises(ConfigError, match=r"holds several models \(net, other\); give the folder of one of them"):
        find(tmp_path)


@pytest.mark.filterwarnings("ignore::UserWarning")  # mlflow's own, of type hints
@pytest.mark.filterwarnings("ignore:Operation with range is deprecated")  # mlflow's own, of pandas
def test_mlflow_folder_gives_names_missing_cells_and_an_example(tmp_path: Path) -> None:
    rows = TABLE.drop(columns="y").astype({"a": np.float64})
    rows.loc[3, "b"] = np.nan
    signature = models.infer_signature(rows, pd.DataFrame({"label": ["yes"]}))
    saving.save_model(forest()[1], tmp_path / "saved", signature=signature, input_example=rows.head(2))

    found = find(tmp_path / "saved")

    assert found.source == "saved/model.onnx"
    assert found.hints.columns == ("a", "b", "c")
    assert found.hints.example is not None
    assert len(found.hints.example) == 2


def test_mlflow_folder_of_another_flavour_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors:\n  sklearn:\n    pickled_model: model.pkl\n  python_function: {}\n")

    with pytest.raises(ConfigError, match="has no ONNX in it but sklearn; save it with mlflow"):
        find(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("text.onnx", b"hello", "text.onnx is not an ONNX file"),
        ("empty.onnx", b"", "empty.onnx is not an ONNX file"),
        ("MLmodel", b"[", "is not what MLflow writes"),
        ("readme.txt", b"", "is no model: neither MLmodel, nor config.pbtxt"),
    ],
)
def test_what_is_no_model_is_said(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ConfigError) as refusal:
        find(tmp_path / name if name.endswith(".onnx") else tmp_path)

    assert sentence in str(refusal.value)


def test_nothing_at_a_path_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is nothing at"):
        find(tmp_path / "none")
