"""SimpleImputer: NaN in float64 columns, '' in text columns.

skl2onnx writes the ONNX `Imputer`, whose replacement values are float32, and refuses NaN in text; in our frames
missing text is '' already.
"""

from typing import Any

import numpy as np

from training.errors import ConversionError
from training.export.converters.arrays import Graph, in_float64


def simple_imputer(scope: Any, operator: Any, container: Any) -> None:
    """Where(missing, statistic, x)."""
    graph = Graph(scope, operator, container)
    fitted = graph.fitted
    if fitted.add_indicator:
        raise ConversionError("SimpleImputer with add_indicator has no converter; set add_indicator to false")
    if graph.is_text:
        if fitted.missing_values != "":
            raise ConversionError("SimpleImputer on text must have missing_values=''; '' is how missing text arrives")
        absent = graph.add("Equal", graph.input, graph.constant([""]))
        fill = graph.constant(np.asarray(fitted.statistics_, dtype=object))
    else:
        if not np.isnan(fitted.missing_values):
            raise ConversionError("SimpleImputer on numbers must have missing_values=NaN, which is how null arrives")
        absent = graph.add("IsNaN", graph.input)
        fill = graph.constant(in_float64(fitted.statistics_))
    graph.add("Where", absent, fill, graph.input, output=graph.output)
