"""Inference as every endpoint sees it: find the version, check tensors against its signature, name the outputs."""

from collections.abc import Mapping, Sequence
from math import isfinite
from time import perf_counter

import numpy as np

from slipway_ml.contract.signature import MATRIX_INPUT, Feature, Kind, Signature
from slipway_ml.contract.tensors import NUMPY_DTYPES, Datatype, Tensor, TensorMetadata
from slipway_ml.errors import MalformedRequest
from slipway_ml.protocol.messages import InferenceRequest, InferenceResponse, NamedTensor, RequestedOutput
from slipway_ml.serving.classification import classify
from slipway_ml.serving.exact_casts import cast
from slipway_ml.serving.model_table import ModelTable
from slipway_ml.serving.servable import Servable

_EXACT = 2**53
_FEW = 8192
"""Values that BLAS adds up in one thread."""
_ROWS = "all inputs must have the same number of rows, at least 1"


class DataPlane:
    """The endpoints' only way to a model."""

    def __init__(self, table: ModelTable) -> None:
        self.table = table

    def resolve(self, params: Mapping[str, str]) -> Servable:
        """The version that a path names; raises ModelNotFound, VersionNotFound or ModelNotReady."""
        return self.table.resolve(params["model_name"], params.get("model_version"))

    def admit(self, params: Mapping[str, str], timeout: float | None) -> tuple[Servable, float]:
        """The version that a path names, and when its response is due, a value of `perf_counter`.

        `timeout` is the caller's own, in seconds, which may shorten the model's deadline but not extend it. Raises what
        `resolve` raises, and Overloaded where the response could not be ready in time.
        """
        servable = self.table.resolve(params["model_name"], params.get("model_version"))
        deadline = servable.deadline
        latest = perf_counter() + (deadline if timeout is None or timeout > deadline else timeout)
        servable.batcher.check_capacity(latest)
        return servable, latest

    def prepare(self, servable: Servable, request: InferenceRequest) -> tuple[dict[str, Tensor], int]:
        """A request's tensors as the graph takes them, and how many rows; raises MalformedRequest."""
        if request.outputs is not None:
            _check_outputs(servable.signature, request.outputs)
        tensors = bind(servable, request.inputs)
        return tensors, len(next(iter(tensors.values())))

    def answer(self, servable: Servable, request: InferenceRequest, outputs: Sequence[Tensor]) -> InferenceResponse:
        """What a request asked for, of outputs in the signature's order."""
        signature = servable.signature
        answered = [
            NamedTensor(declared.name, declared.datatype, output)
            for declared, output in zip(signature.outputs, outputs, strict=True)
        ]
        answer = InferenceResponse(servable.name, servable.version, answered, request.id, request.parameters.own)
        if request.outputs is not None:
            _choose(answer, request.outputs, signature)
        elif request.parameters.binary_outputs:
            answer.binary = frozenset(output.name for output in answered)
        return answer


def widened(signature: Signature, inputs: Sequence[NamedTensor]) -> int:
    """Bytes that tensors take once they have the model's datatypes, beside what they take now."""
    declared = {tensor.name: tensor.datatype for tensor in signature.inputs}
    return sum(
        [
            given.data.size * NUMPY_DTYPES[declared[given.name]].itemsize
            for given in inputs
            if given.name in declared and given.datatype is not declared[given.name]
        ]
    )


def _check_outputs(signature: Signature, wanted: list[RequestedOutput]) -> None:
    declared = {output.name: output.datatype for output in signature.outputs}
    names = {output.name for output in wanted}
    if len(names) != len(wanted) or not names <= declared.keys():
        raise MalformedRequest(f"'outputs' must name each requested output once, out of: {', '.join(declared)}")
    for output in wanted:
        if output.classes is not None and declared[output.name] is Datatype.BYTES:
            raise MalformedRequest(f"output {output.name!r}: 'classification' is for outputs of numbers")


def _choose(answer: InferenceResponse, wanted: list[RequestedOutput], signature: Signature) -> None:
    """Put the wanted outputs into their order, as classes where that was asked for."""
    by_name = {output.name: output for output in answer.outputs}
    answer.outputs = [
        by_name[output.name] if output.classes is None else classify(by_name[output.name], output.classes, signature)
        for output in wanted
    ]
    answer.binary = frozenset(output.name for output in wanted if output.binary)


def bind(servable: Servable, inputs: list[NamedTensor]) -> dict[str, Tensor]:
    """Tensors as the graph takes them, once names, datatypes, shapes and missing values are what the model accepts."""
    declared = servable.signature.inputs
    if len(inputs) == 1 == len(declared) and inputs[0].name == declared[0].name:
        tensor = _fit(declared[0], inputs[0])
        tensors = {declared[0].name: tensor}
        if not len(tensor):
            raise MalformedRequest(_ROWS)
        signature = servable.signature
        if signature.has_limits or not (inputs[0].is_finite and signature.layout == "matrix"):
            _check_values(servable, tensors)
        return tensors
    given = {tensor.name: tensor for tensor in inputs}
    names = {d.name for d in declared}
    is_complete = given.keys() >= names if servable.manifest.inputs.extra == "ignore" else given.keys() == names
    if len(given) != len(inputs) or not is_complete:
        listing = ", ".join(d.name for d in declared[:20])
        raise MalformedRequest(f"'inputs' must give each input of the model once: {listing}")
    tensors = {d.name: _fit(d, given[d.name]) for d in declared}
    rows = {len(tensor) for tensor in tensors.values()}
    if len(rows) != 1 or 0 in rows:
        raise MalformedRequest(_ROWS)
    _check_values(servable, tensors)
    return tensors


def _fit(declared: TensorMetadata, given: NamedTensor) -> Tensor:
    shape = given.data.shape
    wanted = declared.shape
    if given.datatype is declared.datatype and shape[1:] == wanted[1:] and shape:
        return given.data
    if len(shape) == 1 and wanted == (-1, 1):
        return _fit(declared, NamedTensor(given.name, given.datatype, given.data.reshape(-1, 1)))
    if len(shape) != len(wanted) or any(w not in (-1, s) for w, s in zip(wanted, shape, strict=True)):
        raise MalformedRequest(f"input {declared.name!r}: shape must be {list(wanted)}, -1 for any number of rows")
    return cast(f"input {declared.name!r}", given.data, given.datatype, declared.datatype)


def _check_values(servable: Servable, tensors: Mapping[str, Tensor]) -> None:
    signature = servable.signature
    if signature.layout == "matrix":
        matrix = tensors[MATRIX_INPUT]
        if not _is_finite(matrix.reshape(-1)):
            is_infinite, is_missing = np.isinf(matrix), np.isnan(matrix)
            for column, feature in enumerate(signature.features):
                has_infinity, has_missing = bool(is_infinite[:, column].any()), bool(is_missing[:, column].any())
                _check_numbers(f"feature {feature.name!r}", has_infinity, has_missing, feature.nullable)
        if signature.has_limits:
            for column, feature in enumerate(signature.features):
                _check_limits(f"feature {feature.name!r}", matrix[:, column], feature)
        return
    for feature in signature.features:
        tensor = tensors[feature.name]
        where = f"input {feature.name!r}"
        if tensor.dtype.hasobject:
            _check_text(where, tensor.ravel().tolist(), feature, servable.refused.get(feature.name))
        elif tensor.dtype.kind == "f":
            _check_numbers(where, bool(np.isinf(tensor).any()), bool(np.isnan(tensor).any()), feature.nullable)
        _check_kind(where, tensor, feature.kind)
        if signature.has_limits:
            _check_limits(where, tensor, feature)


def _check_text(where: str, texts: list[str], feature: Feature, accepted: frozenset[str] | None) -> None:
    if not feature.nullable and "" in texts:
        raise MalformedRequest(f"{where}: missing values are not accepted")
    limit = feature.character_limit
    if limit is not None and max(map(len, texts)) > limit:
        raise MalformedRequest(f"{where}: text of more than {limit} characters is not accepted")
    if accepted is not None and not accepted.issuperset(texts):
        raise MalformedRequest(f"{where}: only the categories seen in training are accepted")


def _check_kind(where: str, values: Tensor, kind: Kind) -> None:
    """Integers and booleans that may be missing come as floats, and must still be what they are."""
    if kind is Kind.INTEGER:
        present = values[~np.isnan(values)]
        if (present % 1).any() or (np.abs(present) > _EXACT).any():
            raise MalformedRequest(f"{where}: only whole numbers between -2^53 and 2^53 are accepted")
    elif kind is Kind.BOOLEAN and values.dtype.kind == "f":
        present = values[~np.isnan(values)]
        if not np.isin(present, (0.0, 1.0)).all():
            raise MalformedRequest(f"{where}: only 0 and 1 are accepted for false and true")


def _check_limits(where: str, values: Tensor, feature: Feature) -> None:
    present = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    is_beyond = (
        (feature.at_least is not None and bool((present < feature.at_least).any()))
        or (feature.at_most is not None and bool((present > feature.at_most).any()))
        or (feature.accepted is not None and not np.isin(present, feature.accepted).all())
    )
    if is_beyond:
        raise MalformedRequest(f"{where}: must be {feature.limits}: the model predicts no others")


def _is_finite(values: Tensor) -> bool:
    """Whether there is neither NaN nor infinity, or the values are far too large to be sure of it."""
    # Both poison a sum of squares, which takes a quarter of the time, but for which BLAS starts threads on long arrays;
    # overflow only makes us look, and is no warning in `vdot`, as it is in `dot`.
    return isfinite(np.vdot(values, values)) if len(values) <= _FEW else bool(np.isfinite(values).all())


def _check_numbers(where: str, has_infinity: bool, has_missing: bool, nullable: bool) -> None:
    if has_infinity:
        raise MalformedRequest(f"{where}: infinities are not accepted")
    if not nullable and has_missing:
        raise MalformedRequest(f"{where}: missing values are not accepted")
