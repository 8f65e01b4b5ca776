"""Half precision, for graphics processors, which compute in it twice as fast as in float32 and more.

Weights and arithmetic of a network in float16, inputs and outputs as they were. A CPU has no such arithmetic: it casts
to and fro, so the variant is built and checked there, and published only for a GPU.
"""

from onnx import ModelProto, TensorProto, numpy_helper
from onnxruntime.transformers.float16 import convert_float_to_float16

from slipway_training.optimizer.passes import Material, NotApplicable, Pass, Rewritten, copy
from slipway_training.optimizer.weights import weight_nodes


def to_float16(model: ModelProto, _material: Material | None = None) -> Rewritten:
    """All of the float32 part; raises NotApplicable where no product of matrices is in float32."""
    if not weight_nodes(model):
        raise NotApplicable("float16 pays for products of matrices, of which it has none in float32")
    half: ModelProto = convert_float_to_float16(copy(model), keep_io_types=True)
    for tensor in half.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT16:
            # The library writes each number as an integer of variable length; two bytes are enough.
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor), tensor.name))
    del half.graph.value_info[:]
    return Rewritten(half)


FLOAT16 = Pass("fp16", "bounded", frozenset({"networks"}), to_float16, hardware="gpu")
