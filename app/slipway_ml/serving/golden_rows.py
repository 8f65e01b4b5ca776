"""The self-test of a version before it may serve: its golden rows through our own codecs, as rows, as tensors in JSON
and as tensors in bytes, one by one and all together, compared with the predictions in the manifest.
"""

import orjson

from slipway_ml.contract.manifest import GoldenRow
from slipway_ml.contract.signature import Signature
from slipway_ml.contract.tensors import Tensor
from slipway_ml.errors import DamagedVersion, SlipwayError
from slipway_ml.protocol import binary_codec, json_codec
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.messages import InferenceRequest, InferenceResponse, NamedTensor
from slipway_ml.serving.data_plane import bind
from slipway_ml.serving.manifest_rows import to_tensors
from slipway_ml.serving.servable import Servable


def replay(servable: Servable) -> None:
    """Raises DamagedVersion when a golden row is refused or has another prediction."""
    manifest = servable.manifest
    golden = manifest.golden_rows
    try:
        batches = [[row] for row in golden.rows] + [list(golden.rows)]
        agree = all(
            _matches(row, prediction, golden.tolerance)
            for batch in batches
            for answers in [through(servable, batch) for through in (_through_rows, _through_tensors, _through_bytes)]
            for row, prediction in zip(batch, answers, strict=True)
        )
    except SlipwayError as error:
        raise DamagedVersion(manifest.model_name, manifest.model_version, f"golden rows: {error}") from None
    if not agree:
        reason = "its golden rows come out different from what was published"
        raise DamagedVersion(manifest.model_name, manifest.model_version, reason)


def _through_rows(servable: Servable, batch: list[GoldenRow]) -> list[GoldenRow]:
    body = orjson.dumps({"instances": [golden.row for golden in batch]})
    answer = servable.rows.encode(servable.session.run(servable.rows.decode(body)), "golden")
    return [
        GoldenRow(
            row={},
            label=prediction.get("label"),
            probabilities=tuple(prediction["probabilities"].values()) if "probabilities" in prediction else None,
            value=_value(prediction.get("value")),
        )
        for prediction in orjson.loads(answer)["predictions"]
    ]


def _value(found: dict[str, float] | float | None) -> tuple[float, ...] | float | None:
    return tuple(found.values()) if isinstance(found, dict) else found


def _through_tensors(servable: Servable, batch: list[GoldenRow]) -> list[GoldenRow]:
    sent = _as_prediction(servable.signature, batch)
    body = orjson.dumps({"inputs": orjson.loads(json_codec.encode_response(sent))["outputs"]})
    return _run(servable, json_codec.decode_request(body, ContentLimits()))


def _through_bytes(servable: Servable, batch: list[GoldenRow]) -> list[GoldenRow]:
    sent = _as_prediction(servable.signature, batch)
    content, json_length = binary_codec.encode_response(sent)
    head = orjson.dumps({"inputs": orjson.loads(content[:json_length])["outputs"]})
    return _run(servable, binary_codec.decode_request(head + content[json_length:], len(head), ContentLimits()))


def _as_prediction(signature: Signature, batch: list[GoldenRow]) -> InferenceResponse:
    """The rows as a codec writes them, which is what it reads too but for one word."""
    tensors = to_tensors(signature, [dict(golden.row) for golden in batch])
    inputs = [NamedTensor(declared.name, declared.datatype, tensors[declared.name]) for declared in signature.inputs]
    return InferenceResponse("", "", inputs, binary=frozenset(tensors))


def _run(servable: Servable, request: InferenceRequest) -> list[GoldenRow]:
    return _as_golden(servable.signature, servable.session.run(bind(servable, request.inputs)))


def _as_golden(signature: Signature, outputs: list[Tensor]) -> list[GoldenRow]:
    if signature.targets is not None:
        return [GoldenRow(row={}, value=tuple(values)) for values in outputs[0].tolist()]
    if signature.labels is None:
        return [GoldenRow(row={}, value=value) for value in outputs[0].ravel().tolist()]
    labels = outputs[0].tolist()
    if not signature.has_probabilities:
        return [GoldenRow(row={}, label=label) for label in labels]
    return [
        GoldenRow(row={}, label=label, probabilities=tuple(row))
        for label, row in zip(labels, outputs[1].tolist(), strict=True)
    ]


def _matches(expected: GoldenRow, found: GoldenRow, tolerance: float) -> bool:
    numbers, answers = expected.numbers, found.numbers
    return (
        (type(expected.label), expected.label) == (type(found.label), found.label)
        and len(numbers) == len(answers)
        and all(abs(a - b) <= tolerance for a, b in zip(numbers, answers, strict=True))
    )
