"""TransformedTargetRegressor: the regressor's value, taken back through the transformation of the target."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from slipway_training.errors import ConversionError
from slipway_training.export.blocks import Block, EstimatorOutput
from slipway_training.export.pipeline_walk import Translation
from slipway_training.export.transformers.functions import wire_of


def transformed_target(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The inverse is a numpy function of the table, or a scaler turned around."""
    inner = translation.output(fitted.regressor_, list(blocks), f"{path}.regressor")
    value = translation.double(str(inner.numbers), is_double=inner.is_double)
    transformer = fitted.transformer_
    if isinstance(transformer, FunctionTransformer):
        if transformer.inverse_func is not None:
            value = wire_of(translation.assembly, transformer.inverse_func, value, f"{path} (inverse_func)")
        return EstimatorOutput(None, value)
    scale, offset = _affine(transformer, path)
    add, constant = translation.assembly.add, translation.assembly.constant
    return EstimatorOutput(None, add("Add", [add("Mul", [value, constant(scale)]), constant(offset)]))


def _affine(transformer: Any, path: str) -> tuple[Any, Any]:
    match transformer:
        case StandardScaler():
            return _or(transformer.scale_, 1.0), _or(transformer.mean_ if transformer.with_mean else None, 0.0)
        case MinMaxScaler() if not transformer.clip:
            return 1 / transformer.scale_, -transformer.min_ / transformer.scale_
        case RobustScaler():
            return _or(transformer.scale_, 1.0), _or(transformer.center_, 0.0)
        case MaxAbsScaler():
            return transformer.scale_, np.zeros(1)
    raise ConversionError(
        f"step {path}: the target's {type(transformer).__name__} cannot be turned around in ONNX; "
        "use StandardScaler, MinMaxScaler, RobustScaler, or func=np.log1p with inverse_func=np.expm1"
    )


def _or(value: Any, default: float) -> Any:
    return np.array([default]) if value is None else np.asarray(value, dtype=np.float64)
