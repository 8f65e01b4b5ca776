"""SimpleImputer: NaN in float64 columns, '' in text columns, where '' is how missing text arrives.

skl2onnx writes the ONNX `Imputer`, whose replacement values are float32, and refuses NaN in text, which is what most
pipelines begin with. Columns that were empty when it was fitted are dropped, as scikit-learn does; the indicator's
columns follow as 0 and 1.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from onnx import TensorProto
from skl2onnx.common.data_types import DoubleTensorType, StringTensorType

from slipway_training.errors import ConversionError
from slipway_training.export.transformers.arrays import Graph, in_float64


def simple_imputer(scope: Any, operator: Any, container: Any) -> None:
    """Where(missing, statistic, x)."""
    graph = Graph(scope, operator, container)
    fitted = graph.fitted
    if graph.is_text and fitted.add_indicator:
        raise ConversionError(
            "no ONNX converter is available for SimpleImputer on text with add_indicator; set add_indicator to false"
        )
    if graph.is_text:
        if fitted.missing_values != "" and not pd.isna(fitted.missing_values):
            raise ConversionError("SimpleImputer on text must have missing_values=NaN or '', which is how null arrives")
        absent = graph.add("Equal", graph.input, graph.constant([""]))
        fill = graph.constant(np.asarray(fitted.statistics_, dtype=object))
    else:
        if not pd.isna(fitted.missing_values):
            raise ConversionError("SimpleImputer on numbers must have missing_values=NaN, which is how null arrives")
        absent = graph.add("IsNaN", graph.input)
        fill = graph.constant(in_float64(fitted.statistics_))
    filled = graph.add("Where", absent, fill, graph.input)
    kept = _kept(fitted)
    if not kept.all():
        filled = graph.add("Gather", filled, graph.indices(np.flatnonzero(kept)), axis=1)
    if fitted.add_indicator:
        columns = graph.add("Gather", absent, graph.indices(fitted.indicator_.features_), axis=1)
        filled = graph.add("Concat", filled, graph.add("Cast", columns, to=TensorProto.DOUBLE), axis=1)
    graph.add("Identity", filled, output=graph.output)


def imputer_shape(operator: Any) -> None:
    """The columns that are kept, and one for each that the indicator tells of."""
    fitted = operator.raw_operator
    width = int(_kept(fitted).sum()) + (len(fitted.indicator_.features_) if fitted.add_indicator else 0)
    is_text = isinstance(operator.inputs[0].type, StringTensorType)
    operator.outputs[0].type = (StringTensorType if is_text else DoubleTensorType)([None, width])


def _kept(fitted: Any) -> NDArray[np.bool_]:
    is_empty = np.asarray(pd.isna(np.asarray(fitted.statistics_, dtype=object)), dtype=np.bool_)
    return ~is_empty if not fitted.keep_empty_features else np.ones(len(is_empty), dtype=np.bool_)
