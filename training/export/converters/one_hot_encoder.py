"""OneHotEncoder on text: one comparison with the categories per column. An unseen category equals none: all zeros."""

from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx.common.data_types import DoubleTensorType

from training.errors import ConversionError
from training.export.converters.arrays import Graph


def one_hot_encoder(scope: Any, operator: Any, container: Any) -> None:
    """Concat of Equal(column, categories), as float64."""
    graph = Graph(scope, operator, container)
    kept = _kept_categories(graph.fitted)
    if not graph.is_text:
        raise ConversionError("OneHotEncoder on numbers has no converter; give the column the kind 'category'")
    parts = []
    for index, categories in enumerate(kept):
        parts.append(graph.add("Equal", graph.column(index), graph.constant(categories)))
    whole = graph.add("Concat", *parts, axis=1)
    graph.add("Cast", whole, output=graph.output, to=TensorProto.DOUBLE)


def one_hot_shape(operator: Any) -> None:
    """One column per category that is kept."""
    width = sum(len(categories) for categories in _kept_categories(operator.raw_operator))
    operator.outputs[0].type = DoubleTensorType([None, width])


def _kept_categories(fitted: Any) -> list[Any]:
    if fitted.min_frequency is not None or fitted.max_categories is not None:
        raise ConversionError("OneHotEncoder with infrequent categories has no converter; leave min_frequency unset")
    dropped = fitted.drop_idx_ if fitted.drop_idx_ is not None else [None] * len(fitted.categories_)
    return [
        categories if index is None else np.delete(categories, index)
        for categories, index in zip(fitted.categories_, dropped, strict=True)
    ]
