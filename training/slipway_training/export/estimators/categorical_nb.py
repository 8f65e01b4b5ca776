"""CategoricalNB: the logarithms of the categories' probabilities, looked up column by column and added to the prior."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto

from slipway_training.export.blocks import Block, EstimatorOutput, join
from slipway_training.export.pipeline_walk import Translation


def categorical_nb(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """scikit-learn refuses a category beyond those it was fitted with; here it counts as the last one."""
    assembly = translation.assembly
    add, constant = assembly.add, assembly.constant
    block = translation.numbers(join(assembly, blocks, f"step {path}: CategoricalNB"), fitted, path)
    codes = add("Cast", [block.wire], to=TensorProto.INT64)
    total = constant(np.asarray(fitted.class_log_prior_, dtype=np.float64)[np.newaxis])
    for number, table in enumerate(fitted.feature_log_prob_):
        column = add("Gather", [codes, constant(np.array(number))], axis=1)
        bounds = (constant(np.array(0)), constant(np.array(table.shape[1] - 1)))
        found = add("Clip", [column, *bounds])
        total = add("Add", [total, add("Gather", [constant(np.ascontiguousarray(table.T)), found], axis=0)])
    return EstimatorOutput(translation.pick_label(total, fitted.classes_), add("Softmax", [total], axis=1))
