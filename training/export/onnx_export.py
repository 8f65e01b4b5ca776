"""export(pipeline, signature) -> ModelProto: the fitted pipeline as one ONNX graph that answers like scikit-learn.

    inputs of the signature -> float64 -> every transformer in float64 -> one Cast to float32 -> the estimator

scikit-learn's transformers compute in float64 and its trees cast to float32 before they compare, so this is exactly
its arithmetic up to the estimator. The usual export scales in float32, which moves values across thresholds.
"""

import warnings
from typing import Any

import onnx
from onnx import ModelProto, TensorProto
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType
from sklearn.pipeline import Pipeline

from app.contract.signature import MATRIX_INPUT, Signature
from app.contract.tensors import Datatype
from training.errors import ConversionError
from training.export.assembly import TARGET, Assembly
from training.export.converters.catalogue import CONVERTERS, SHAPES
from training.export.corrections import make_ties_exact


def export(pipeline: Pipeline, signature: Signature) -> ModelProto:
    """Convert and check; raises ConversionError that names the step and what to do."""
    assembly = Assembly()
    steps = pipeline[:-1]
    inputs = _float64_inputs(assembly, signature)
    if len(steps):
        transformers = _convert(steps, _input_types(signature), "the preprocessing steps")
        inputs = assembly.add_graph(transformers, "prepare/", inputs)
    features = assembly.add("Cast", inputs, "cast/float32", to=TensorProto.FLOAT)
    width = pipeline[-1].n_features_in_
    estimator = _convert(pipeline[-1], [("features", FloatTensorType([None, width]))], type(pipeline[-1]).__name__)
    make_ties_exact(estimator)
    _finish(assembly, assembly.add_graph(estimator, "estimate/", [features]), signature)
    model = assembly.model(type(pipeline[-1]).__name__, signature.inputs, signature.outputs)
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ConversionError(f"the exported graph is not valid ONNX ({str(error).splitlines()[0][:200]})") from error
    return model


def _float64_inputs(assembly: Assembly, signature: Signature) -> list[str]:
    names = []
    for tensor in signature.inputs:
        if tensor.datatype in {Datatype.INT64, Datatype.BOOL}:
            names.append(assembly.add("Cast", [tensor.name], f"float64/{tensor.name}", to=TensorProto.DOUBLE))
        else:
            names.append(tensor.name)
    return names


def _input_types(signature: Signature) -> list[tuple[str, Any]]:
    if signature.layout == "matrix":
        return [(MATRIX_INPUT, DoubleTensorType([None, len(signature.features)]))]
    return [
        (f.name, StringTensorType([None, 1]) if f.datatype is Datatype.BYTES else DoubleTensorType([None, 1]))
        for f in signature.features
    ]


def _convert(fitted: Any, types: list[tuple[str, Any]], what: str) -> ModelProto:
    has_options = hasattr(fitted, "classes_")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # skl2onnx uses numpy in ways that numpy deprecates
            model: ModelProto = convert_sklearn(
                fitted,
                name="graph",
                initial_types=types,
                target_opset=TARGET,
                options={"zipmap": False} if has_options else None,
                custom_conversion_functions=CONVERTERS,
                custom_shape_calculators=SHAPES,
            )
    except ConversionError:
        raise
    except Exception as error:  # skl2onnx raises whatever its converters raise
        raise ConversionError(
            f"{what} cannot be converted to ONNX ({type(error).__name__} in skl2onnx); choose another step"
        ) from error
    return model


def _finish(assembly: Assembly, outputs: list[str], signature: Signature) -> None:
    """Names, shapes and types of the outputs as the signature has them."""
    if signature.labels is None:
        assembly.rename(outputs[0], "value")
        return
    label, probabilities = outputs
    assembly.rename(probabilities, "probabilities")
    if signature.label_datatype is Datatype.BOOL:
        assembly.add("Cast", [label], "label", to=TensorProto.BOOL)
    else:
        assembly.rename(label, "label")
