"""KBinsDiscretizer and Binarizer: comparisons with fixed edges in float64."""

from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx.common.data_types import DoubleTensorType

from slipway_training.export.transformers.arrays import Graph, in_float64


def k_bins_discretizer(scope: Any, operator: Any, container: Any) -> None:
    """A value lies in the bin whose lower edges it reaches, as a number or as one column per bin."""
    graph = Graph(scope, operator, container)
    fitted = graph.fitted
    parts = []
    for index, edges in enumerate(fitted.bin_edges_):
        reached = graph.add("GreaterOrEqual", graph.column(index), graph.constant(in_float64(edges[1:-1])))
        ones = graph.matrix(np.ones((len(edges) - 2, 1)))
        number = graph.add("MatMul", graph.add("Cast", reached, to=TensorProto.DOUBLE), ones)
        if fitted.encode != "ordinal":
            codes = graph.constant(np.arange(len(edges) - 1, dtype=np.float64))
            number = graph.add("Cast", graph.add("Equal", number, codes), to=TensorProto.DOUBLE)
        parts.append(number)
    graph.add("Concat", *parts, axis=1, output=graph.output)


def k_bins_shape(operator: Any) -> None:
    """One column per feature, or one per bin."""
    fitted = operator.raw_operator
    width = len(fitted.n_bins_) if fitted.encode == "ordinal" else int(sum(fitted.n_bins_))
    operator.outputs[0].type = DoubleTensorType([None, width])


def binarizer(scope: Any, operator: Any, container: Any) -> None:
    """1 above the threshold, else 0."""
    graph = Graph(scope, operator, container)
    is_above = graph.add("Greater", graph.input, graph.constant(in_float64([graph.fitted.threshold])))
    graph.add("Cast", is_above, output=graph.output, to=TensorProto.DOUBLE)
