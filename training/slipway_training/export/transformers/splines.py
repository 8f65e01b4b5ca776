"""SplineTransformer: each interval between knots has its own polynomial, chosen by comparisons and evaluated by Horner.

scikit-learn evaluates the same polynomials by de Boor's recursion; the two differ by roundings of float64.
"""

from typing import Any

import numpy as np
from onnx import TensorProto
from scipy.interpolate import PPoly
from skl2onnx.common.data_types import DoubleTensorType

from slipway_training.errors import ConversionError
from slipway_training.export.transformers.arrays import Graph


def spline_transformer(scope: Any, operator: Any, container: Any) -> None:
    """One-hot of the interval, times the coefficients of its polynomials, highest power first."""
    graph = Graph(scope, operator, container)
    fitted = graph.fitted
    if fitted.extrapolation not in {"constant", "error"}:
        raise ConversionError(
            f"no ONNX converter is available for SplineTransformer with extrapolation='{fitted.extrapolation}'; "
            "use 'constant'"
        )
    graph.add("Concat", *[_column(graph, index) for index in range(len(fitted.bsplines_))], axis=1, output=graph.output)


def _column(graph: Graph, index: int) -> str:
    spline = graph.fitted.bsplines_[index]
    degree = spline.k
    knots = spline.t[degree:-degree] if degree else spline.t
    # Outside of the knots scikit-learn returns what it returns at the nearest one.
    low, high = graph.constant([knots[0]]), graph.constant([knots[-1]])
    value = graph.add("Min", graph.add("Max", graph.column(index), low), high)
    count = len(knots) - 1
    if count > 1:
        reached = graph.add("GreaterOrEqual", value, graph.constant(knots[1:-1]))
        number = graph.add(
            "MatMul", graph.add("Cast", reached, to=TensorProto.DOUBLE), graph.matrix(np.ones((count - 1, 1)))
        )
    else:
        number = graph.add("Mul", value, graph.constant([0.0]))
    chosen = graph.add(
        "Cast", graph.add("Equal", number, graph.constant(np.arange(float(count)))), to=TensorProto.DOUBLE
    )
    offset = graph.add("Sub", value, graph.add("MatMul", chosen, graph.matrix(knots[:-1].reshape(-1, 1))))
    found = ""
    for power in _coefficients(spline, knots, _width(graph.fitted, index)):
        own = graph.add("MatMul", chosen, graph.matrix(power))
        found = graph.add("Add", graph.add("Mul", found, offset), own) if found else own
    return found


def _coefficients(spline: Any, knots: Any, width: int) -> Any:
    """[powers, intervals, splines], the highest power first."""
    pieces = [PPoly.from_spline((spline.t, spline.c[:, column], spline.k)) for column in range(width)]
    starts = np.searchsorted(pieces[0].x, knots[:-1], side="right") - 1
    return np.stack([piece.c[:, starts] for piece in pieces], axis=-1)


def _width(fitted: Any, index: int) -> int:
    return int(fitted.bsplines_[index].c.shape[1]) - (not fitted.include_bias)


def spline_shape(operator: Any) -> None:
    """So many splines per column."""
    fitted = operator.raw_operator
    width = sum(_width(fitted, index) for index in range(len(fitted.bsplines_)))
    operator.outputs[0].type = DoubleTensorType([None, width])
