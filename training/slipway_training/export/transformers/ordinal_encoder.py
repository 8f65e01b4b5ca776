"""OrdinalEncoder: the number of the category, and the agreed numbers for unseen and missing ones."""

from typing import Any

import numpy as np
import pandas as pd
from skl2onnx.common.data_types import DoubleTensorType

from slipway_training.errors import ConversionError
from slipway_training.export.transformers.arrays import Graph
from slipway_training.export.transformers.categories import matches


def ordinal_encoder(scope: Any, operator: Any, container: Any) -> None:
    """Matches times codes; what matches nothing gets the unknown value."""
    graph = Graph(scope, operator, container)
    fitted = graph.fitted
    if getattr(fitted, "_infrequent_enabled", False):
        raise ConversionError(
            "no ONNX converter is available for OrdinalEncoder with infrequent categories; leave min_frequency unset"
        )
    parts = []
    for index, categories in enumerate(fitted.categories_):
        codes = np.arange(len(categories), dtype=np.float64)
        absent = np.array([bool(pd.isna(category)) for category in categories])
        found = matches(graph, index, categories)
        value = graph.add("MatMul", found, graph.matrix(codes[:, np.newaxis]))
        is_known = graph.add("MatMul", found, graph.matrix(np.ones((len(categories), 1))))
        if absent.any() and not _same(fitted.encoded_missing_value, codes[absent][0]):
            is_gap = graph.add("MatMul", found, graph.matrix(absent.astype(np.float64)[:, np.newaxis]))
            value = _where(graph, is_gap, fitted.encoded_missing_value, value)
        if fitted.handle_unknown == "use_encoded_value":
            value = _where(graph, graph.add("Sub", graph.constant([1.0]), is_known), fitted.unknown_value, value)
        parts.append(value)
    graph.add("Concat", *parts, axis=1, output=graph.output)


def ordinal_shape(operator: Any) -> None:
    """One number per column."""
    operator.outputs[0].type = DoubleTensorType([None, len(operator.raw_operator.categories_)])


def _where(graph: Graph, condition: str, value: float, other: str) -> str:
    is_true = graph.add("Greater", condition, graph.constant([0.5]))
    return graph.add("Where", is_true, graph.constant(np.array([value], dtype=np.float64)), other)


def _same(first: float, second: float) -> bool:
    return first == second
