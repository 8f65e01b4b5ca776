"""build(model, …): the candidates of a config for one graph; what cannot be built says why in words."""

from collections.abc import Callable, Mapping

from onnx import ModelProto

from app.contract.tensors import Tensor
from app.runtime.session import OnnxSession
from training.config.quantize import Candidate, QuantizeConfig
from training.optimizer.integer8 import dynamic, static
from training.optimizer.variants import EXACT, Built
from training.optimizer.weights import quantize_weights, weight_nodes

DESCRIPTIONS: Mapping[Candidate, str] = {
    "weight_int8": "8-bit weights scaled per channel, arithmetic in float32",
    "dynamic_int8": "8-bit weights, activations scaled per batch",
    "dynamic_int8_per_channel": "as dynamic_int8, weights scaled per channel",
    "dynamic_uint8": "as dynamic_int8, with unsigned weights",
    "static_int8": "8-bit weights and activations, ranges from training rows",
    "static_int8_per_channel": "as static_int8, weights scaled per channel",
}


def build(exact: ModelProto, config: QuantizeConfig, rows: dict[str, Tensor]) -> list[Built]:
    """The exact graph first, then every candidate; `rows` are training rows for the ranges of static quantization."""
    built = [Built(EXACT, "the exact graph, weights in float32", exact.SerializeToString())]
    if config.candidates and not weight_nodes(exact):
        why = f"int8 needs MatMul or Gemm; here {_worker(exact)} does the work and holds its numbers as attributes"
        return [*built, Built("int8", "8-bit weights", None, why)]
    recipes: Mapping[Candidate, Callable[[], ModelProto]] = {
        "weight_int8": lambda: quantize_weights(exact),
        "dynamic_int8": lambda: dynamic(exact),
        "dynamic_int8_per_channel": lambda: dynamic(exact, per_channel=True),
        "dynamic_uint8": lambda: dynamic(exact, unsigned=True),
        "static_int8": lambda: static(exact, rows),
        "static_int8_per_channel": lambda: static(exact, rows, per_channel=True),
    }
    return [*built, *(_attempt(name, recipes[name]) for name in config.candidates)]


def _attempt(name: Candidate, recipe: Callable[[], ModelProto]) -> Built:
    try:
        model = recipe().SerializeToString()
        OnnxSession(model)
    except Exception as error:  # noqa: BLE001  # quantizers raise anything; a candidate less is no failure
        return Built(name, DESCRIPTIONS[name], None, f"could not be built or loaded ({type(error).__name__})")
    return Built(name, DESCRIPTIONS[name], model, is_portable=name == "weight_int8")


def _worker(model: ModelProto) -> str:
    """The operator with the most to say."""
    return str(max(model.graph.node, key=lambda node: node.ByteSize()).op_type)
