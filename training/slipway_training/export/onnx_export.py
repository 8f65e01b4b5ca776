"""export(pipeline, signature) -> ModelProto: the fitted pipeline as one ONNX graph that predicts as scikit-learn does.

    inputs of the signature -> float64 -> every transformer in float64 -> the estimator in its own number type

scikit-learn's transformers compute in float64 and its trees cast to float32 before they compare, so this is exactly
its arithmetic. The usual export scales in float32, which moves values across thresholds.
"""

from collections.abc import Iterator
from typing import Any

import onnx
from onnx import ModelProto, TensorProto
from sklearn.pipeline import Pipeline

from slipway_ml.contract.signature import MATRIX_INPUT, Signature
from slipway_ml.contract.tensors import Datatype
from slipway_training.errors import ConversionError
from slipway_training.export.assembly import Assembly
from slipway_training.export.blocks import Block, EstimatorOutput
from slipway_training.export.estimators.catalogue import EXPORTERS
from slipway_training.export.pipeline_walk import Translation

_LONGEST = 200


def export(pipeline: Any, signature: Signature, *, is_other: bool = False) -> ModelProto:
    """Convert and check; raises ConversionError that names the step and what to do."""
    assembly = Assembly()
    translation = Translation(assembly, EXPORTERS, is_other=is_other, keeps_digits=signature.double_values)
    output = translation.output(pipeline, inputs(assembly, signature), "")
    _finish(assembly, output, signature)
    last = pipeline[-1] if isinstance(pipeline, Pipeline) else pipeline
    model = assembly.model(type(last).__name__, signature.inputs, signature.outputs)
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        reason = str(error).splitlines()[0][:_LONGEST]
        raise ConversionError(f"the exported graph is not valid ONNX ({reason}); choose another estimator") from error
    return model


def forms(pipeline: Any, signature: Signature) -> Iterator[ModelProto]:
    """The graph in the preferred number types of its estimators, then in the others; the first error is raised."""
    yield export(pipeline, signature)
    yield export(pipeline, signature, is_other=True)


def inputs(assembly: Assembly, signature: Signature) -> list[Block]:
    """The inputs of the signature, in float64 or text."""
    if signature.layout == "matrix":
        return [Block(MATRIX_INPUT, len(signature.features))]
    blocks = []
    for tensor in signature.inputs:
        wire = tensor.name
        if tensor.datatype in {Datatype.INT64, Datatype.BOOL}:
            wire = assembly.add("Cast", [tensor.name], f"float64/{tensor.name}", to=TensorProto.DOUBLE)
        blocks.append(Block(wire, 1, tensor.datatype is Datatype.BYTES))
    return blocks


def _finish(assembly: Assembly, output: EstimatorOutput, signature: Signature) -> None:
    """Names, shapes and types of the outputs as the signature has them."""
    if output.numbers is not None and (signature.labels is None or signature.has_probabilities):
        name = "value" if signature.labels is None else "probabilities"
        if output.is_double != signature.double_values:
            wanted = TensorProto.DOUBLE if signature.double_values else TensorProto.FLOAT
            assembly.add("Cast", [output.numbers], name, to=wanted)
        else:
            assembly.rename(output.numbers, name)
    if output.label is None:
        return
    if signature.label_datatype is Datatype.BOOL:
        assembly.add("Cast", [output.label], "label", to=TensorProto.BOOL)
    else:
        assembly.rename(output.label, "label")
