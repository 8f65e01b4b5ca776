"""Constants in the narrowest type that holds each of their numbers exactly; a cast widens them on loading.

The rows that a nearest-neighbours model remembers are float64 in the graph, and are often pixels, counts or amounts
that fit in a byte or two. onnxruntime computes the cast once, on loading, so that no run is slower and every bit of
every prediction stays.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from slipway_training.optimizer.passes import Material, NothingToChange, Pass, Rewritten, copy

_FEWEST = 256
"""Below this many numbers the cast costs more bytes than it saves."""

_NARROWEST_FIRST = (np.uint8, np.int8, np.int16, np.uint16, np.float16, np.int32, np.float32)


def narrow_constants(model: ModelProto, _material: Material | None = None) -> Rewritten:
    """Every large constant that a narrower type can hold; raises NothingToDo where there is none."""
    narrow = copy(model)
    casts = [_narrow(tensor) for tensor in narrow.graph.initializer]
    nodes = [*(cast for cast in casts if cast is not None), *narrow.graph.node]
    if len(nodes) == len(narrow.graph.node):
        raise NothingToChange("no large constant has numbers that a narrower type would hold")
    del narrow.graph.node[:]
    narrow.graph.node.extend(nodes)
    return Rewritten(narrow, 0.0)


def _narrow(tensor: TensorProto) -> NodeProto | None:
    """Store it narrower under another name; the cast that gives it its own back."""
    if tensor.data_type not in {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64}:
        return None
    values = numpy_helper.to_array(tensor)
    kind = next((kind for kind in _NARROWEST_FIRST if _holds(kind, values)), None)
    if values.size < _FEWEST or kind is None:
        return None
    name, wide = tensor.name, tensor.data_type
    tensor.CopyFrom(numpy_helper.from_array(values.astype(kind), f"{name}/narrow"))
    return helper.make_node("Cast", [tensor.name], [name], name=f"{name}/cast", to=wide)


def _holds(kind: type[np.generic], values: NDArray[Any]) -> bool:
    """Whether every number comes back as it was, with its sign if it is zero."""
    if np.dtype(kind).itemsize >= values.dtype.itemsize or not np.isfinite(values).all():
        return False
    with np.errstate(all="ignore"):
        back = values.astype(kind).astype(values.dtype)
    return bool(np.array_equal(back, values) and np.array_equal(np.signbit(back), np.signbit(values)))


PASSES = (Pass("narrow_constants", "exact", frozenset({"any"}), narrow_constants),)
