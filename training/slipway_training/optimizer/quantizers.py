"""The passes that round a network's weights, or weights and activations, to 8 bits; each has its recipe's name."""

from collections.abc import Mapping

from onnx import ModelProto

from slipway_training.config.optimize import Candidate
from slipway_training.optimizer.integer8 import Calibration, dynamic, static
from slipway_training.optimizer.mean_shift import without_shift
from slipway_training.optimizer.passes import Family, Material, NotApplicable, Pass, Rewritten, worker
from slipway_training.optimizer.weights import quantize_weights, weight_nodes

_NETWORKS: frozenset[Family] = frozenset({"networks"})


def _weight_int8(model: ModelProto, material: Material) -> Rewritten:
    _need_weights(model)
    return Rewritten(without_shift(quantize_weights(model), model, material))


def _dynamic(name: str, *, per_channel: bool = False, unsigned: bool = False, reduced: bool = False) -> Pass:
    def apply(model: ModelProto, material: Material) -> Rewritten:
        _need_weights(model)
        small = dynamic(model, per_channel=per_channel, unsigned=unsigned, reduced=reduced)
        return Rewritten(without_shift(small, model, material))

    return Pass(name, "bounded", _NETWORKS, apply, is_portable=False)


def _static(
    name: str, *, per_channel: bool = False, reduced: bool = False, calibration: Calibration = "MinMax"
) -> Pass:
    def apply(model: ModelProto, material: Material) -> Rewritten:
        _need_weights(model)
        rows = dict(material.rows)
        small = static(model, rows, per_channel=per_channel, reduced=reduced, calibration=calibration)
        return Rewritten(without_shift(small, model, material))

    return Pass(name, "bounded", _NETWORKS, apply, is_portable=False)


def _need_weights(model: ModelProto) -> None:
    if not weight_nodes(model):
        raise NotApplicable(
            f"8 bits are for weights in float32 of MatMul, Gemm or Conv; here {worker(model)} does the work"
        )


QUANTIZERS: Mapping[Candidate, tuple[str, tuple[Pass, ...]]] = {
    "weight_int8": (
        "8-bit weights scaled per channel, arithmetic in float32",
        (Pass("weight_int8", "bounded", _NETWORKS, _weight_int8),),
    ),
    "dynamic_int8": ("8-bit weights, activations scaled per batch", (_dynamic("dynamic_int8"),)),
    "dynamic_int8_per_channel": (
        "as dynamic_int8, weights scaled per channel",
        (_dynamic("dynamic_int8_per_channel", per_channel=True),),
    ),
    "dynamic_int8_reduced": (
        "as dynamic_int8, with 7 bits, so that no product saturates",
        (_dynamic("dynamic_int8_reduced", reduced=True),),
    ),
    "dynamic_uint8": ("as dynamic_int8, with unsigned weights", (_dynamic("dynamic_uint8", unsigned=True),)),
    "static_int8": ("8-bit weights and activations, ranges from training rows", (_static("static_int8"),)),
    "static_int8_per_channel": (
        "as static_int8, weights scaled per channel",
        (_static("static_int8_per_channel", per_channel=True),),
    ),
    "static_int8_reduced": (
        "as static_int8, with 7 bits, so that no product saturates",
        (_static("static_int8_reduced", reduced=True),),
    ),
    "static_int8_entropy": (
        "as static_int8, ranges that lose the least information",
        (_static("static_int8_entropy", calibration="Entropy"),),
    ),
    "static_int8_percentile": (
        "as static_int8, ranges without the rarest activations",
        (_static("static_int8_percentile", calibration="Percentile"),),
    ),
}
"""Name of a candidate to what it is, in words, and the passes applied to the compact graph."""
