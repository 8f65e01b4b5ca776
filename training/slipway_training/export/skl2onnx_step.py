"""One fitted step through skl2onnx, in float64 or float32, checked to be something that onnxruntime loads.

Our converters are handed over per call; nothing is registered globally. A step that goes through in neither type is an
error that names it.
"""

import warnings
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType
from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator
from sklearn.base import is_classifier

from slipway_ml.runtime.session import OnnxSession, UnloadableModel
from slipway_training.errors import ConversionError
from slipway_training.export.assembly import TARGET
from slipway_training.export.transformers.catalogue import CONVERTERS, SHAPES

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
                if model.functions or not {node.domain for node in model.graph.node} <= TARGET.keys():
                    reason = reason or "skl2onnx needs operators of its own for it"
                    continue
                OnnxSession(model.SerializeToString())
            except ConversionError:
                raise
            except UnloadableModel:
                reason = reason or "onnxruntime cannot load what skl2onnx makes of it"
            except Exception as error:  # noqa: BLE001  # skl2onnx raises whatever its converters raise
                is_unknown = isinstance(error, MissingShapeCalculator | MissingConverter | NotImplementedError)
                reason = reason or (_UNKNOWN if is_unknown else f"{type(error).__name__} in skl2onnx")
            else:
                if not model.functions:  # these would be lost when graphs are joined
                    return model, precision
                reason = reason or "skl2onnx has no form of plain operators"
    if reason == _UNKNOWN:
        raise ConversionError(f"step {path or name}: {_UNKNOWN} for {name}; {nearest(name)}")
    raise ConversionError(f"step {path or name}: {name} has no exact ONNX form ({reason}); {nearest(name)}")


def has_flat_labels(model: ModelProto, width: int, precision: int) -> bool:
    """Whether the first output is one label a row, found by asking: what skl2onnx declares is not always so."""
    rows = np.zeros((2, width), dtype=np.float64 if precision == FLOAT64 else np.float32)
    labels = OnnxSession(model.SerializeToString()).run({model.graph.input[0].name: rows})[0]
    return labels.shape == (2,)


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


_UNKNOWN = "no ONNX converter is available"
_LESS_WIDE = "PCA or TruncatedSVD"
_WIDER = "PolynomialFeatures, or an estimator with a kernel,"
_INSTEAD = {
    "AdditiveChi2Sampler": _WIDER,
    "BernoulliRBM": _LESS_WIDE,
    "Birch": "KMeans",
    "BisectingKMeans": "KMeans",
    "DictVectorizer": "OneHotEncoder on the columns of a table",
    "DictionaryLearning": _LESS_WIDE,
    "FactorAnalysis": _LESS_WIDE,
    "FastICA": _LESS_WIDE,
    "FeatureAgglomeration": _LESS_WIDE,
    "FeatureHasher": "OneHotEncoder",
    "GaussianProcessClassifier": "SVC, or LogisticRegression for probabilities,",
    "HashingVectorizer": "TfidfVectorizer",
    "Isomap": _LESS_WIDE,
    "IterativeImputer": "SimpleImputer",
    "KNNImputer": "SimpleImputer",
    "LatentDirichletAllocation": _LESS_WIDE,
    "LinearDiscriminantAnalysis": _LESS_WIDE,
    "LocallyLinearEmbedding": _LESS_WIDE,
    "MiniBatchDictionaryLearning": _LESS_WIDE,
    "MiniBatchNMF": _LESS_WIDE,
    "MiniBatchSparsePCA": _LESS_WIDE,
    "NMF": _LESS_WIDE,
    "Nystroem": _WIDER,
    "PolynomialCountSketch": _WIDER,
    "QuantileTransformer": "output_distribution='uniform' or PowerTransformer",
    "RBFSampler": _WIDER,
    "RadiusNeighborsTransformer": "KNeighborsClassifier",
    "RandomTreesEmbedding": "RandomForestClassifier",
    "SkewedChi2Sampler": _WIDER,
    "SparsePCA": _LESS_WIDE,
}
