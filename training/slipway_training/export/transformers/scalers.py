"""Scalers in float64 with the very operations of scikit-learn, in its order, so that results are bit-equal.

skl2onnx writes the ONNX `Scaler`, whose attributes are float32 and which multiplies by a reciprocal: both move values
across the thresholds of the trees behind it.
"""

from typing import Any

from slipway_training.export.transformers.arrays import Graph, in_float64


def standard_scaler(scope: Any, operator: Any, container: Any) -> None:
    """Subtract the mean, divide by the scale; each half may be switched off."""
    graph = Graph(scope, operator, container)
    fitted = graph.fitted
    value = graph.input
    if fitted.with_mean:
        value = graph.add("Sub", value, graph.constant(in_float64(fitted.mean_)))
    if fitted.with_std:
        value = graph.add("Div", value, graph.constant(in_float64(fitted.scale_)))
    graph.add("Identity", value, output=graph.output)


def min_max_scaler(scope: Any, operator: Any, container: Any) -> None:
    """Multiply by the scale, add the minimum, clipped where the scaler clips."""
    graph = Graph(scope, operator, container)
    fitted = graph.fitted
    value = graph.add("Mul", graph.input, graph.constant(in_float64(fitted.scale_)))
    value = graph.add("Add", value, graph.constant(in_float64(fitted.min_)))
    if fitted.clip:
        low, high = (graph.constant(in_float64([bound])) for bound in fitted.feature_range)
        value = graph.add("Min", graph.add("Max", value, low), high)
    graph.add("Identity", value, output=graph.output)


def robust_scaler(scope: Any, operator: Any, container: Any) -> None:
    """Subtract the centre, divide by the scale; each half may be switched off."""
    graph = Graph(scope, operator, container)
    fitted = graph.fitted
    value = graph.input
    if fitted.with_centering:
        value = graph.add("Sub", value, graph.constant(in_float64(fitted.center_)))
    if fitted.with_scaling:
        value = graph.add("Div", value, graph.constant(in_float64(fitted.scale_)))
    graph.add("Identity", value, output=graph.output)


def max_abs_scaler(scope: Any, operator: Any, container: Any) -> None:
    """Divide by the largest absolute value, clipped where the scaler clips."""
    graph = Graph(scope, operator, container)
    value = graph.add("Div", graph.input, graph.constant(in_float64(graph.fitted.scale_)))
    if getattr(graph.fitted, "clip", False):
        value = graph.add("Min", graph.add("Max", value, graph.constant([-1.0])), graph.constant([1.0]))
    graph.add("Identity", value, output=graph.output)
