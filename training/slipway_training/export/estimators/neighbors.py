"""KNeighborsClassifier with weights by distance, which the usual exporter leaves out: it counts all neighbours alike.

The nearest rows and how far they are come from its graph; what they count for is written here as scikit-learn has it. A
neighbour at a distance of zero outweighs all others.
"""

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, ValueInfoProto

from slipway_training.errors import ConversionError
from slipway_training.export import skl2onnx_step
from slipway_training.export.blocks import Block, EstimatorOutput, join
from slipway_training.export.pipeline_walk import Translation


def k_neighbors_classifier(
    translation: Translation, fitted: Any, blocks: Sequence[Block], path: str
) -> EstimatorOutput:
    """The usual graph where all count alike; raises ConversionError for weights that are a function."""
    name = type(fitted).__name__
    block = translation.numbers(join(translation.assembly, blocks, f"step {path}: {name}"), fitted, path)
    if fitted.weights in {"uniform", None}:
        return translation.convert_leaf(fitted, block, path)
    if fitted.weights != "distance":
        raise ConversionError(
            f"step {path or name}: {name} has weights that are a function, which no graph can call; use 'distance' or "
            "'uniform'"
        )
    if fitted.outputs_2d_:
        raise ConversionError(f"step {path or name}: {name} has several targets; train one for each")
    add, constant = translation.assembly.add, translation.assembly.constant
    distances, numbers = _nearest(translation, fitted, block, path)
    one, axis = constant(np.array(1.0)), constant(np.array([1]))
    is_same = add("Equal", [distances, constant(np.array(0.0))])
    same = add("Cast", [is_same], to=TensorProto.DOUBLE)
    inverse = add("Div", [one, add("Where", [is_same, one, distances])])
    has_same = add("Cast", [add("ReduceMax", [same, axis], keepdims=1)], to=TensorProto.BOOL)
    weights = add("Where", [has_same, same, inverse])
    known = np.eye(len(fitted.classes_))[np.ravel(fitted._y)]  # noqa: SLF001  # the labels it remembers
    votes = add("Gather", [constant(known), numbers], axis=0)
    weighted = add("Mul", [votes, add("Unsqueeze", [weights, constant(np.array([2]))])])
    shares = add("Div", [add("ReduceSum", [weighted, axis], keepdims=0), add("ReduceSum", [weights, axis], keepdims=1)])
    return EstimatorOutput(translation.pick_label(shares, fitted.classes_), shares, is_double=True)


def _nearest(translation: Translation, fitted: Any, block: Block, path: str) -> tuple[str, str]:
    """Distances [rows, neighbours] in float64 and the numbers of the rows that they belong to."""
    alike = copy(fitted)
    alike.weights = "uniform"
    model, _ = skl2onnx_step.convert(alike, block.width, (skl2onnx_step.FLOAT64,), path)
    cut = ModelProto()
    cut.CopyFrom(model)
    nearest = next(node for node in cut.graph.node if node.op_type == "TopK")
    del cut.graph.output[:]
    cut.graph.output.extend([ValueInfoProto(name=name) for name in nearest.output])
    distances, numbers = translation.assembly.add_graph(cut, f"{path}/", [block.wire])
    return distances, numbers
