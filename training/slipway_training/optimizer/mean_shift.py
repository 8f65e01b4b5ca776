"""without_shift(small, exact, material): the values of a rounded network without the mean by which rounding moves them.

Rounded weights have a mean error, which moves every value the same way. The mean change over the training rows is
subtracted from the output (bias correction: Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias
Correction", 2019, section 4.2, for the last layer alone, whose bias is what a value's mean depends on). Probabilities
have no such constant.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, helper, numpy_helper

from slipway_ml.contract.signature import Task
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import take
from slipway_training.optimizer.passes import Material

_BATCH = 1000
_SHIFT = "mean_shift"


def without_shift(small: ModelProto, exact: ModelProto, material: Material) -> ModelProto:
    """A graph whose mean value over the training rows is that of the exact one; `small` itself for classes."""
    if material.signature.task is not Task.REGRESSION:
        return small
    shift = (_values(small, material) - _values(exact, material)).mean(axis=0)
    if not np.isfinite(shift).all():
        return small
    output = small.graph.output[0]
    raw = f"{output.name}/before_{_SHIFT}"
    for node in small.graph.node:
        node.output[:] = [raw if name == output.name else name for name in node.output]
        node.input[:] = [raw if name == output.name else name for name in node.input]
    dtype = helper.tensor_dtype_to_np_dtype(output.type.tensor_type.elem_type)
    small.graph.initializer.append(numpy_helper.from_array(shift.astype(dtype), _SHIFT))
    small.graph.node.append(helper.make_node("Sub", [raw, _SHIFT], [output.name], name=f"{output.name}/{_SHIFT}"))
    return small


def _values(model: ModelProto, material: Material) -> NDArray[np.float64]:
    session = OnnxSession(model.SerializeToString())
    count = len(next(iter(material.rows.values())))
    parts: list[Any] = [
        session.run(take(material.rows, slice(start, start + _BATCH)))[0] for start in range(0, count, _BATCH)
    ]
    return np.concatenate(parts).astype(np.float64)
