"""Which category a cell is: comparisons with the fitted categories, on text and on numbers.

Missing text is '' and missing numbers are NaN, whatever mark the fitted categories have for it.
"""

from typing import Any

import numpy as np
import pandas as pd
from onnx import TensorProto

from slipway_training.export.transformers.arrays import Graph


def matches(graph: Graph, index: int, categories: Any) -> str:
    """[rows, categories] of 0 and 1 in float64 for one column; an unseen category matches none."""
    column = graph.column(index)
    absent = [bool(pd.isna(category)) for category in categories]
    if graph.is_text:
        texts = ["" if gone else str(category) for category, gone in zip(categories, absent, strict=True)]
        found = graph.add("Equal", column, graph.constant(np.array(texts, dtype=object)))
        return graph.add("Cast", found, to=TensorProto.DOUBLE)
    numbers = [np.nan if gone else float(category) for category, gone in zip(categories, absent, strict=True)]
    found = graph.add("Equal", column, graph.constant(np.array(numbers, dtype=np.float64)))
    if any(absent):
        is_gap = graph.flags(absent)
        found = graph.add("Or", found, graph.add("And", graph.add("IsNaN", column), is_gap))
    return graph.add("Cast", found, to=TensorProto.DOUBLE)
