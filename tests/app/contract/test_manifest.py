"""Manifests: written, read back, and refused with the reason when they are not what this code can read."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from slipway_ml.contract.evaluation import Score
from slipway_ml.contract.manifest import SCHEMA, ModelManifest, manifest_from_json, manifest_to_json
from slipway_ml.contract.model_options import ServingRequest
from slipway_ml.contract.stored_document import UnreadableDocument
from tests.factories import make_manifest, matrix_signature
from tests.graphs import sign_graph, sum_graph
from tests.strategies import FEW, MANY, manifests

GOLDEN_FILES = sorted((Path(__file__).parents[2] / "data" / "manifests").glob("schema-*.json"))


def manifest() -> ModelManifest:
    signature = matrix_signature()
    return make_manifest("sum", 1, signature, sum_graph(signature), {})


def document(**changed: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(manifest_to_json(manifest()))
    return {**read, **changed}


@FEW
@given(manifests())
def test_manifest_is_read_back_equal(written: ModelManifest) -> None:
    content = manifest_to_json(written)
    read = manifest_from_json(content)

    assert read == written
    assert manifest_to_json(read) == content


@FEW
@given(manifests())
def test_cells_of_golden_rows_keep_their_types(written: ModelManifest) -> None:
    read = manifest_from_json(manifest_to_json(written))

    assert [[(name, type(cell)) for name, cell in row.row.items()] for row in read.golden_rows.rows] == [
        [(name, type(cell)) for name, cell in row.row.items()] for row in written.golden_rows.rows
    ]


def test_what_a_version_asks_of_a_server_is_read_back_and_later_entries_are_passed_over() -> None:
    asked = {"max_batch_size": 8, "deadline_seconds": 0.5, "an_entry_of_later": True}

    read = manifest_from_json(json.dumps(document(serving=asked)).encode())

    assert read.serving == ServingRequest(max_batch_size=8, deadline_seconds=0.5)
    assert manifest_from_json(manifest_to_json(read)) == read


def test_every_schema_has_a_golden_file() -> None:
    assert [path.name for path in GOLDEN_FILES] == [f"schema-{number}.json" for number in range(1, SCHEMA + 1)]


@pytest.mark.parametrize("path", GOLDEN_FILES, ids=lambda path: path.stem)
def test_golden_file_is_still_read(path: Path) -> None:
    read = manifest_from_json(path.read_bytes())

    assert (read.model_name, read.model_version, read.variant) == ("houses", 7, "int8")
    assert [feature.name for feature in read.signature.features] == [
        "age",
        "rooms",
        "floors",
        "garden",
        "city",
        "heating",
    ]
    assert read.golden_rows.rows[1].row["city"] is None
    assert read.variants[0].latency_us == {1: 10.5, 64: 80.25}


def test_golden_file_of_the_current_schema_is_written_byte_for_byte() -> None:
    content = GOLDEN_FILES[-1].read_bytes()

    assert manifest_to_json(manifest_from_json(content)) == content


def test_manifest_from_before_classifiers_without_probabilities_is_read() -> None:
    content = GOLDEN_FILES[0].read_text().replace(',\n    "has_probabilities": true', "")

    assert "has_probabilities" not in content
    assert manifest_from_json(content.encode()).signature.has_probabilities


def test_manifest_from_before_certificates_by_kind_of_row_is_read() -> None:
    document = json.loads(GOLDEN_FILES[0].read_bytes())
    for name in ("reference", "kinds", "not_proved"):
        del document["parity"][name]

    read = manifest_from_json(json.dumps(document).encode())

    assert (read.parity.reference, read.parity.kinds, read.parity.not_proved) == ("scikit-learn", (), ())


def test_manifest_from_before_findings_is_read() -> None:
    document = json.loads(GOLDEN_FILES[0].read_bytes())
    del document["findings"]

    assert manifest_from_json(json.dumps(document).encode()).findings == ()


def test_manifest_from_before_several_targets_is_read() -> None:
    document = json.loads(GOLDEN_FILES[0].read_bytes())
    del document["signature"]["targets"]

    assert manifest_from_json(json.dumps(document).encode()).signature.targets is None


def test_manifest_from_before_versions_asked_how_to_be_served_is_read() -> None:
    document = json.loads(GOLDEN_FILES[1].read_bytes())
    del document["serving"], document["provenance"]["optimized_from"]

    read = manifest_from_json(json.dumps(document).encode())

    assert (read.serving, read.provenance.optimized_from) == (ServingRequest(), None)


@pytest.mark.parametrize(("number", "targets"), [(1, ["rent", "price"]), (2, None)])
def test_several_targets_are_not_to_be_read_as_one_value(number: int, targets: list[str] | None) -> None:
    document = json.loads(GOLDEN_FILES[number - 1].read_bytes())
    document["signature"]["targets"] = targets

    with pytest.raises(UnreadableDocument, match="schema 2 is for signatures with targets, 3 for float64 values"):
        manifest_from_json(json.dumps(document).encode())


@pytest.mark.parametrize("value", [[1.0], [1.0, 2.0, 3.0], 1.0, None], ids=str)
def test_golden_row_has_a_value_for_each_target(value: Any) -> None:
    document = json.loads(GOLDEN_FILES[1].read_bytes())
    document["golden_rows"]["rows"][0]["value"] = value

    with pytest.raises(UnreadableDocument, match="golden row 0 does not fit the signature"):
        manifest_from_json(json.dumps(document).encode())


def test_manifest_is_text_that_people_can_read() -> None:
    content = manifest_to_json(manifest()).decode()

    assert content.startswith('{\n  "schema": 1,\n  "model_name": "sum",\n')
    assert content.endswith("}\n")


REFUSED = {
    "empty": (b"", "manifest.json is not JSON"),
    "text": (b"hello", "manifest.json is not JSON"),
    "half": (b'{"schema": 1, "model_na', "manifest.json is not JSON"),
    "not UTF-8": (b'{"schema": 1, "model_name": "\xff"}', "manifest.json is not JSON"),
    "nested without end": (b"[" * 100_000, "manifest.json is not JSON"),
    "a list": (b"[]", "manifest.json has no schema number"),
    "null": (b"null", "manifest.json has no schema number"),
    "no schema": (b'{"model_name": "sum"}', "manifest.json has no schema number"),
    "schema in quotes": (b'{"schema": "1"}', "manifest.json has no schema number"),
    "schema true": (b'{"schema": true}', "manifest.json has no schema number"),
    "schema 0": (b'{"schema": 0}', "manifest.json has no schema number"),
    "newer schema": (
        b'{"schema": 4}',
        "manifest.json has schema 4, this release reads up to 3; upgrade the server",
    ),
    "schema alone": (b'{"schema": 1}', "manifest.json: model_name: Field required"),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_manifest_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableDocument) as refused:
        manifest_from_json(content)

    assert str(refused.value) == reason


GOLDEN_ROW: dict[str, Any] = {"row": {"f0": 1.5, "f1": 1.5, "f2": 1.5}, "value": 4.5}
WRONG_VALUES = {
    "version 0": ({"model_version": 0}, "model_version"),
    "version as text": ({"model_version": "x"}, "model_version"),
    "a name that climbs": ({"model_name": "../sum"}, "model_name"),
    "a name with a line end": ({"model_name": "sum\n"}, "model_name"),
    "no golden rows": ({"golden_rows": {"rows": [], "tolerance": 0.01}}, "golden_rows.rows"),
    "a tolerance for anything": ({"golden_rows": {"rows": [GOLDEN_ROW], "tolerance": 1e300}}, "golden_rows"),
    "a short digest": ({"files": {"model.onnx": {"sha256": "ab", "size": 1}}}, "files.model.onnx.sha256"),
    "a negative size": ({"files": {"model.onnx": {"sha256": "a" * 64, "size": -1}}}, "files.model.onnx.size"),
    "no date": ({"created_at": "yesterday"}, "created_at"),
    "NaN as a score": ({"metrics": [{"name": "auc", "value": float("nan")}]}, "metrics.0.value"),
    "a matrix of text": ({"signature": {"task": "regression", "layout": "matrix", "features": []}}, "signature"),
}


@pytest.mark.parametrize(("changed", "where"), WRONG_VALUES.values(), ids=WRONG_VALUES.keys())
def test_wrong_value_is_refused_with_its_place(changed: dict[str, Any], where: str) -> None:
    content = json.dumps(document(**changed)).encode()

    with pytest.raises(UnreadableDocument, match=rf"^manifest\.json: {where}"):
        manifest_from_json(content)


@MANY
@given(cut=..., flipped=...)
def test_damaged_bytes_are_read_or_refused_and_nothing_else(cut: int, flipped: int) -> None:
    content = bytearray(GOLDEN_FILES[0].read_bytes())
    content[flipped % len(content)] ^= 1 << (flipped % 8)

    with suppress(UnreadableDocument):
        manifest_from_json(bytes(content[: cut % len(content)]))


UNFIT_ROWS: dict[str, dict[str, Any]] = {
    "a feature is absent": {"row": {"f0": 1.5, "f1": 1.5}},
    "a feature is unknown": {"row": {**GOLDEN_ROW["row"], "f3": 1.5}},
    "missing where nothing may be missing": {"row": {**GOLDEN_ROW["row"], "f0": None}},
    "text for a number": {"row": {**GOLDEN_ROW["row"], "f0": "1.5"}},
    "true for a number": {"row": {**GOLDEN_ROW["row"], "f0": True}},
    "no value": {"value": None},
    "a label for a value": {"value": None, "label": "yes", "probabilities": [0.5, 0.5]},
}


@pytest.mark.parametrize("changed", UNFIT_ROWS.values(), ids=UNFIT_ROWS.keys())
def test_golden_row_that_does_not_fit_the_signature_is_refused(changed: dict[str, Any]) -> None:
    rows = [GOLDEN_ROW, {**GOLDEN_ROW, **changed}]
    content = json.dumps(document(golden_rows={"rows": rows, "tolerance": 0.01})).encode()

    with pytest.raises(UnreadableDocument) as refused:
        manifest_from_json(content)
    assert str(refused.value) == "manifest.json: Value error, golden row 1 does not fit the signature"


@pytest.mark.parametrize(
    "answer",
    [
        {"label": "perhaps", "probabilities": (0.5, 0.5)},
        {"label": "yes", "probabilities": (1.0,)},
        {"label": "yes"},
        {"value": 1.0},
    ],
    ids=["unknown label", "too few probabilities", "no probabilities", "a value"],
)
def test_golden_answer_that_does_not_fit_the_labels_is_refused(answer: dict[str, Any]) -> None:
    signature = matrix_signature(1, labels=("no", "yes"))
    whole = make_manifest("sign", 1, signature, sign_graph(signature), {}).model_dump(by_alias=True)
    rows = ({"row": {"f0": 1.5}, **answer},)

    with pytest.raises(ValidationError, match="golden row 0 does not fit the signature"):
        ModelManifest.model_validate({**whole, "golden_rows": {"rows": rows, "tolerance": 0.01}})


def test_unknown_keys_are_ignored() -> None:
    content = json.dumps(document(colour="blue", parity={**document()["parity"], "shade": 3})).encode()

    assert manifest_from_json(content) == manifest()


def test_score_that_is_no_number_cannot_be_put_into_a_manifest() -> None:
    with pytest.raises(ValidationError, match="finite number"):
        Score(name="auc", value=float("nan"))


def test_variant_of_an_older_release_claims_no_more_than_the_gates() -> None:
    written = document()
    for variant in written["variants"]:
        for key in ("guarantee", "passes", "declined", "bound", "bit_equal", "load_ms", "memory"):
            del variant[key]

    (read,) = manifest_from_json(json.dumps(written).encode()).variants

    assert (read.guarantee, read.bit_equal, read.bound) == ("bounded", False, None)


def test_manifest_from_before_evaluations_is_read() -> None:
    document = json.loads(GOLDEN_FILES[0].read_bytes())
    del document["about"], document["evaluation"]
    document["metrics"] = [{"name": "r2", "value": 0.9, "higher_is_better": True}]

    read = manifest_from_json(json.dumps(document).encode())

    assert (read.about.owner, read.evaluation, read.metrics[0].interval) == ("", None, None)
