"""What members of an ensemble say when they are only asked for a label: one vote each, for one class."""

from typing import Any

import numpy as np
from onnx import TensorProto

from slipway_training.export.assembly import Assembly
from slipway_training.export.pipeline_walk import as_labels


def is_voted(assembly: Assembly, label: str, classes: Any) -> str:
    """[rows, classes] of booleans: whether the label [rows] is that class."""
    column = assembly.add("Unsqueeze", [label, assembly.constant(np.array([1]))])
    return assembly.add("Equal", [column, assembly.constant(as_labels(classes)[np.newaxis])])


def votes(assembly: Assembly, label: str, classes: Any) -> str:
    """The same as float64, 1 for the class of the label and 0 for the others."""
    return assembly.add("Cast", [is_voted(assembly, label, classes)], to=TensorProto.DOUBLE)
