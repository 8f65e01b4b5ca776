"""Every pass that is tried: the exact ones in their order, whose composition is the compact graph, and what may be done
on top of it, by name.
"""

from collections.abc import Mapping, Sequence

from onnx import ModelProto

from training.config.optimize import Candidate
from training.optimizer import first_layer, linear, tidy
from training.optimizer.integer8 import dynamic, static
from training.optimizer.passes import Declined, Material, Pass, Rewritten, worker
from training.optimizer.weights import quantize_weights, weight_nodes

EXACT_PASSES: Sequence[Pass] = (*tidy.PASSES, *linear.PASSES, *first_layer.PASSES)
"""In the order in which they are applied; each is for graphs of its families and may decline."""

_NETWORK = frozenset({"networks"})


def _weight_int8(model: ModelProto, _material: Material) -> Rewritten:
    _need_weights(model)
    return Rewritten(quantize_weights(model))


def _dynamic(name: str, *, per_channel: bool = False, unsigned: bool = False) -> Pass:
    def apply(model: ModelProto, _material: Material) -> Rewritten:
        _need_weights(model)
        return Rewritten(dynamic(model, per_channel=per_channel, unsigned=unsigned))

    return Pass(name, "bounded", _NETWORK, apply, is_portable=False)


def _static(name: str, *, per_channel: bool = False) -> Pass:
    def apply(model: ModelProto, material: Material) -> Rewritten:
        _need_weights(model)
        return Rewritten(static(model, dict(material.rows), per_channel=per_channel))

    return Pass(name, "bounded", _NETWORK, apply, is_portable=False)


def _need_weights(model: ModelProto) -> None:
    if not weight_nodes(model):
        raise Declined(f"int8 needs MatMul or Gemm; here {worker(model)} does the work")


ON_TOP: Mapping[Candidate, tuple[str, tuple[Pass, ...]]] = {
    "weight_int8": (
        "8-bit weights scaled per channel, arithmetic in float32",
        (Pass("weight_int8", "bounded", _NETWORK, _weight_int8),),
    ),
    "dynamic_int8": ("8-bit weights, activations scaled per batch", (_dynamic("dynamic_int8"),)),
    "dynamic_int8_per_channel": (
        "as dynamic_int8, weights scaled per channel",
        (_dynamic("dynamic_int8_per_channel", per_channel=True),),
    ),
    "dynamic_uint8": ("as dynamic_int8, with unsigned weights", (_dynamic("dynamic_uint8", unsigned=True),)),
    "static_int8": ("8-bit weights and activations, ranges from training rows", (_static("static_int8"),)),
    "static_int8_per_channel": (
        "as static_int8, weights scaled per channel",
        (_static("static_int8_per_channel", per_channel=True),),
    ),
}
"""Name of a candidate to what it is, in words, and the passes applied to the compact graph."""
