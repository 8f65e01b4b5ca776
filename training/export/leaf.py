"""One fitted step through skl2onnx, in float64 or float32, checked to be something that onnxruntime loads.

Our converters are handed over per call; nothing is registered globally. A step that goes through in neither type is an
error that names it.
"""

import warnings
from typing import Any

from onnx import ModelProto, TensorProto
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType
from sklearn.base import is_classifier

from app.runtime.session import OnnxSession, UnloadableModel
from training.errors import ConversionError
from training.export.assembly import TARGET
from training.export.converters.catalogue import CONVERTERS, SHAPES

FLOAT64 = TensorProto.DOUBLE
FLOAT32 = TensorProto.FLOAT
_TYPES: dict[int, Any] = {FLOAT64: DoubleTensorType, FLOAT32: FloatTensorType, TensorProto.STRING: StringTensorType}
_TAKES_ZIPMAP = ({"zipmap": False}, None)


def convert(fitted: Any, width: int, precisions: tuple[int, ...], path: str) -> tuple[ModelProto, int]:
    """The step as a graph with one input, in the first type that works, and that type; raises ConversionError."""
    name = type(fitted).__name__
    reason = ""
    for precision in precisions:
        for options in _TAKES_ZIPMAP if is_classifier(fitted) else (None,):
            try:
                model = _convert(fitted, width, precision, options)
                OnnxSession(model.SerializeToString())
            except ConversionError:
                raise
            except UnloadableModel:
                reason = reason or "onnxruntime cannot load what skl2onnx makes of it"
            except Exception as error:  # noqa: BLE001  # skl2onnx raises whatever its converters raise
                reason = reason or f"{type(error).__name__} in skl2onnx"
            else:
                return model, precision
    raise ConversionError(f"step {path or name}: {name} cannot be converted to ONNX ({reason}); {nearest(name)}")


def nearest(name: str) -> str:
    """The end of a refusal: what to use instead of an estimator that has no exact form."""
    instead = _INSTEAD.get(name)
    return f"use {instead} instead" if instead else "choose another step"


def _convert(fitted: Any, width: int, precision: int, options: dict[str, bool] | None) -> ModelProto:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # skl2onnx uses numpy in ways that numpy deprecates
        model: ModelProto = convert_sklearn(
            fitted,
            name="graph",
            initial_types=[("features", _TYPES[precision]([None, width]))],
            target_opset=TARGET,
            options=options,
            custom_conversion_functions=CONVERTERS,
            custom_shape_calculators=SHAPES,
        )
    return model


_INSTEAD = {
    "GaussianProcessClassifier": "SVC with a CalibratedClassifierCV",
    "RadiusNeighborsClassifier": "KNeighborsClassifier",
    "RadiusNeighborsRegressor": "KNeighborsRegressor",
    "IterativeImputer": "SimpleImputer or KNNImputer",
    "SplineTransformer": "PolynomialFeatures or KBinsDiscretizer",
    "FeatureHasher": "OneHotEncoder",
    "HashingVectorizer": "TfidfVectorizer",
    "DictVectorizer": "OneHotEncoder on the columns of a table",
    "CategoricalNB": "OneHotEncoder and BernoulliNB",
}
