"""expectations(subject's graph, rows) -> Reference: what every smaller graph is compared with, and on which rows.

The graph's own predictions on real rows and edge rows. Around the thresholds of its trees lie the rows on which a wrong
one shows first; they are read from the graph where a tree's column is an input's column as it came.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper

from slipway_ml.contract.signature import MATRIX_INPUT, Signature
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import take, to_tensors
from slipway_training.evaluation.predictions import Predictions, centre_of, predict_with_session, some, spread_of
from slipway_training.export.trees.thresholds import last_at_or_below
from slipway_training.optimizer.trees.nodes import ensembles
from slipway_training.parity.certificate import BATCH
from slipway_training.parity.edge_rows import column_edges, threshold_rows
from slipway_training.parity.parity import Reference
from slipway_training.parity.probes import Probes, of_kind, together
from slipway_training.workflows.optimizing.rows import Rows

_CALIBRATING = 1000
_AROUND = 7
_OTHERS = {"held_out": "training", "given": "calibration"}
_PASSES_ON = frozenset({"Cast", "Identity"})


def expectations(graph: ModelProto, signature: Signature, rows: Rows, limit: int, name: str) -> Reference:
    """At most about `limit` edge rows; `name` says whose predictions they are. Raises InferenceError."""
    sample = np.unique(np.linspace(0, len(rows.calibrate) - 1, _CALIBRATING).astype(int))
    parts = [of_kind(rows.kind, rows.judged)]
    if rows.kind != "made_up":
        parts.append(of_kind(_OTHERS[rows.kind], rows.calibrate.iloc[sample]))
    around = values_around(graph, signature, limit // _AROUND)
    probes = together([*parts, *column_edges(signature, rows.judged), *threshold_rows(around, rows.judged)])
    predictions = predictions_for(OnnxSession(graph.SerializeToString()), signature, probes)
    judged = len(rows.judged)
    own = some(predictions, slice(judged))
    centre = centre_of(own) if signature.double_values else 0.0
    return Reference(probes, judged, predictions, spread_of(own), name=name, centre=centre)


def predictions_for(session: OnnxSession, signature: Signature, probes: Probes) -> Predictions:
    """In batches as servers see them."""
    tensors = to_tensors(probes.frame, signature)
    starts = range(0, len(probes), BATCH)
    found = [predict_with_session(session, take(tensors, slice(s, s + BATCH)), signature.task) for s in starts]
    labels = None if found[0].labels is None else np.concatenate([np.asarray(one.labels) for one in found])
    return Predictions(labels, np.concatenate([one.numbers for one in found]))


def values_around(graph: ModelProto, signature: Signature, most: int) -> dict[str, NDArray[np.float64]]:
    """For each column the values around thresholds of the trees that compare it as it came."""
    found: dict[str, list[NDArray[np.float64]]] = {}
    for node, ensemble in ensembles(graph):
        columns = list(_columns(graph, node.input[0], signature))
        splits = ensemble.splits
        for number in np.unique(ensemble.feature[splits]):
            name = columns[number] if number < len(columns) else None
            if name is not None:
                found.setdefault(name, []).append(ensemble.threshold[splits[ensemble.feature[splits] == number]])
    merged = {name: np.unique(np.concatenate(own)) for name, own in found.items()}
    share = max(1, most // max(1, len(merged)))
    return {name: _around(_some_of(own, share)) for name, own in merged.items()}


def _some_of(values: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    places = np.unique(np.linspace(0, len(values) - 1, most).astype(int))
    return np.asarray(values[places], dtype=np.float64)


def _around(thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The threshold, the numbers beside it in both float types, and where a cast to float32 parts float64."""
    thresholds = thresholds[np.isfinite(thresholds)]
    with np.errstate(over="ignore"):
        single = thresholds.astype(np.float32)
        beside = [np.nextafter(single, np.float32(side)).astype(np.float64) for side in (-np.inf, np.inf)]
    last = last_at_or_below(thresholds)
    found = np.concatenate(
        [thresholds, np.nextafter(thresholds, np.inf), last, np.nextafter(last, np.inf), single, *beside]
    )
    return np.unique(found[np.isfinite(found)])


def _columns(graph: ModelProto, wire: str, signature: Signature) -> Iterator[str | None]:
    """The column of the signature that each column of a wire is, None where something was computed on the way."""
    makers = {name: node for node in graph.graph.node for name in node.output}
    constants = {tensor.name: tensor for tensor in graph.graph.initializer}
    names = [feature.name for feature in signature.features]

    def walk(wire: str) -> list[str | None]:
        node = makers.get(wire)
        if node is None:
            return list(names) if wire == MATRIX_INPUT else [wire]
        if node.op_type in _PASSES_ON:
            return walk(node.input[0])
        if node.op_type == "Gather" and node.input[1] in constants and _axis(node) == 1:
            before = walk(node.input[0])
            return [before[place] for place in numpy_helper.to_array(constants[node.input[1]]).ravel()]
        if node.op_type == "Concat" and _axis(node) == 1:
            return [column for part in node.input for column in walk(part)]
        return [None]

    known = set(names)
    for column in walk(wire):
        yield column if column in known else None


def _axis(node: NodeProto) -> int:
    return next((int(helper.get_attribute_value(one)) for one in node.attribute if one.name == "axis"), 0)
