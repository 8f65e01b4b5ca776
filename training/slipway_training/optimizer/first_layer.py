"""Networks: the scaler goes into the first layer, whose weights are folded in float64 and kept in float32.

Where the bound of affine.py forbids it, `centre_input` still folds the slopes and only subtracts the centres, in
float64, where nothing is lost; what is left then lies around zero, and float32 is as good for it as for scaled columns.
"""

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto

from slipway_training.optimizer.affine import LARGEST_BOUND, Affine, before
from slipway_training.optimizer.passes import Family, Material, NotApplicable, NothingToChange, Pass, Rewritten
from slipway_training.optimizer.wiring import Wiring


def fold_into_first_layer(model: ModelProto, _material: Material | None = None) -> Rewritten:
    """The whole scaler, in float32; raises NotApplicable where the bound of affine.py forbids it."""
    wiring = Wiring(model)
    product, add, affine = _site(wiring)
    weights, bias = affine.fold(*_parameters(wiring, product, add))
    bound = affine.bound(weights, bias)
    if not bound < LARGEST_BOUND:
        raise NotApplicable(
            f"in float32 it might move a unit of the first layer by {bound:.1g}, {LARGEST_BOUND:g} allowed"
        )
    _rewrite(wiring, product, add, _joined(wiring, product, affine), weights, bias)
    return Rewritten(wiring.finish())


def centre_input(model: ModelProto, _material: Material | None = None) -> Rewritten:
    """Its slopes alone; the centres are subtracted in float64."""
    wiring = Wiring(model)
    product, add, affine = _site(wiring)
    if np.all(affine.slope == 1):
        raise NothingToChange("the scaler only subtracts")
    weights, bias = _parameters(wiring, product, add)
    centre = wiring.add_constant(affine.centre.reshape(1, -1), "raw/centre")
    wire = wiring.put_before(product, "Sub", [_joined(wiring, product, affine), centre], "raw/centred")
    _rewrite(wiring, product, add, wire, weights * affine.slope[:, None], bias)
    return Rewritten(wiring.finish())


def _site(wiring: Wiring) -> tuple[NodeProto, NodeProto, Affine]:
    """The first product with constant weights, the addition of its bias, and what stands before."""
    for product in wiring.graph.node:
        if product.op_type == "MatMul" and wiring.constant(product.input[1]) is not None:
            readers = wiring.readers(product.output[0])
            if len(readers) == 1 and readers[0].op_type == "Add" and wiring.constant(readers[0].input[1]) is not None:
                return product, readers[0], before(wiring, product.input[0])
            break
    raise NothingToChange("its first layer is no product with a bias")


def _parameters(wiring: Wiring, product: NodeProto, add: NodeProto) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    weights, bias = wiring.constant(product.input[1]), wiring.constant(add.input[1])
    if weights is None or bias is None or weights.dtype != np.float32 or bias.size != weights.shape[1]:
        raise NothingToChange("its first layer is not in float32")
    return weights.astype(np.float64), bias.ravel().astype(np.float64)


def _rewrite(
    wiring: Wiring,
    product: NodeProto,
    add: NodeProto,
    wire: str,
    weights: NDArray[np.float64],
    bias: NDArray[np.float64],
) -> None:
    product.input[0] = wiring.put_before(product, "Cast", [wire], "raw/float32", to=TensorProto.FLOAT)
    product.input[1] = wiring.add_constant(weights.astype(np.float32), "first/weights")
    add.input[1] = wiring.add_constant(bias.astype(np.float32).reshape(1, -1), "first/bias")


def _joined(wiring: Wiring, node: NodeProto, affine: Affine) -> str:
    if len(affine.wires) == 1:
        return affine.wires[0]
    return wiring.put_before(node, "Concat", affine.wires, "raw/float64", axis=1)


_FAMILY: frozenset[Family] = frozenset({"networks"})
PASSES = (
    Pass("fold_into_first_layer", "exact", _FAMILY, fold_into_first_layer, spreads_weights=True),
    Pass("centre_input", "exact", _FAMILY, centre_input, spreads_weights=True),
)
"""In this order: the second finds no scaler where the first was applied."""
