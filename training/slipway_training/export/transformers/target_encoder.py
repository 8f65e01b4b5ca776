"""TargetEncoder: each category's mean of the target, and the overall mean for one that was not seen."""

from typing import Any

import numpy as np
from skl2onnx.common.data_types import DoubleTensorType

from slipway_training.export.transformers.arrays import Graph
from slipway_training.export.transformers.categories import matches


def target_encoder(scope: Any, operator: Any, container: Any) -> None:
    """Matches times encodings; with several classes a column per class, feature by feature."""
    graph = Graph(scope, operator, container)
    fitted = graph.fitted
    targets = _targets(fitted)
    means = np.atleast_1d(np.asarray(fitted.target_mean_, dtype=np.float64))
    parts = []
    for index, categories in enumerate(fitted.categories_):
        encodings = fitted.encodings_[index * targets : (index + 1) * targets]
        found = matches(graph, index, categories)
        known = graph.add("MatMul", found, graph.matrix(np.column_stack(encodings)))
        is_known = graph.add("MatMul", found, graph.matrix(np.ones((len(categories), 1))))
        unseen = graph.add("Mul", graph.add("Sub", graph.constant([1.0]), is_known), graph.constant(means))
        parts.append(graph.add("Add", known, unseen))
    graph.add("Concat", *parts, axis=1, output=graph.output)


def target_encoder_shape(operator: Any) -> None:
    """One column per feature, or one per feature and class."""
    fitted = operator.raw_operator
    operator.outputs[0].type = DoubleTensorType([None, len(fitted.categories_) * _targets(fitted)])


def _targets(fitted: Any) -> int:
    return len(fitted.encodings_) // len(fitted.categories_)
