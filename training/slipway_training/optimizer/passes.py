"""A pass: one thing that can be done to a graph, the families it is for, and what it guarantees of the predictions.

`apply` takes a graph, which it must not change, and the material of the model; it returns another graph, or raises
NotApplicable with the reason in words. Passes do not depend on gates and files: they are composed by candidates.py,
and every composition is compared or measured as a whole.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from onnx import AttributeProto, ModelProto, NodeProto

from slipway_ml.contract.signature import Signature
from slipway_ml.contract.tensors import Tensor
from slipway_ml.contract.variant import Guarantee

Family = Literal["trees", "linear models", "networks", "support vectors", "neighbours", "any"]
"""What does the work in a graph: tree ensembles, linear models, products of matrices, support vectors, distances to
all training rows."""

_MODELS: Mapping[Family, str] = {
    "trees": "tree ensemble",
    "linear models": "linear model",
    "networks": "neural network",
    "support vectors": "support vector machine",
    "neighbours": "nearest neighbours",
}
"""What a graph of a family contains, for messages."""

_FAMILIES: Mapping[str, Family] = {
    "TreeEnsembleClassifier": "trees",
    "TreeEnsembleRegressor": "trees",
    "TreeEnsemble": "trees",
    "LinearClassifier": "linear models",
    "LinearRegressor": "linear models",
    "MatMul": "networks",
    "Gemm": "networks",
    "Conv": "networks",
    "SVMClassifier": "support vectors",
    "SVMRegressor": "support vectors",
    "CDist": "neighbours",
    "TopK": "neighbours",
}


NOT_APPLICABLE = "not applicable: "
"""How the reason begins where a graph has no model of a pass's families."""


class NotApplicable(Exception):
    """A pass cannot be applied to this graph; the message is a clause that says why."""


class NothingToChange(NotApplicable):
    """There is no work for a pass here, which is worth telling only where no other pass found any."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a pass may look at besides the graph: training rows as the graph's inputs, and the signature.

    `min_samples` is how many of the rows a subtree must have seen to stay one, where it was asked to be pruned.
    """

    rows: Mapping[str, Tensor]
    signature: Signature
    min_samples: int = 5


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A graph that a pass made; `bound` limits the change of a raw score, None where only measuring can tell."""

    model: ModelProto
    bound: float | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """`guarantee` is what it guarantees of predictions; `is_portable` says that it computes in floats.

    Integer kernels saturate on some processors and not on others, so their predictions depend on where they run. A pass
    for `hardware` "gpu" pays there alone. A pass that `spreads_weights` leaves weights of very different sizes, so
    nothing that rounds them is built on its graph.
    """

    name: str
    guarantee: Guarantee
    families: frozenset[Family]
    apply: Callable[[ModelProto, Material], Rewritten]
    is_portable: bool = True
    spreads_weights: bool = False
    hardware: Literal["any", "gpu"] = "any"

    def suits(self, model: ModelProto) -> bool:
        """Whether the graph is of a family that this pass is for."""
        return "any" in self.families or bool(self.families & families(model))

    def check(self, model: ModelProto) -> None:
        """Raises NotApplicable where the graph has no model of its families, in equal words for equal families."""
        if not self.suits(model):
            wanted = " or ".join(_MODELS[family] for family in sorted(self.families))
            raise NotApplicable(f"{NOT_APPLICABLE}the graph has no {wanted}")


def families(model: ModelProto) -> set[Family]:
    """What does the work in a graph; empty where nothing that any pass knows does."""
    return {_FAMILIES[node.op_type] for node in model.graph.node if node.op_type in _FAMILIES}


def worker(model: ModelProto) -> str:
    """The operator with the most to say, and for what where its name does not tell.

    It is the one that holds the most numbers, in attributes or in constants.
    """
    constants = {tensor.name: tensor.ByteSize() for tensor in model.graph.initializer}

    def holds(node: NodeProto) -> int:
        return int(node.ByteSize() + sum(constants.get(name, 0) for name in node.input))

    name = str(max(model.graph.node, key=holds).op_type)
    others = sorted(families(model))
    return name if name in _FAMILIES or not others else f"{name}, for {' and '.join(others)},"


def copy(model: ModelProto, attributes: Mapping[int, Sequence[AttributeProto]] = MappingProxyType({})) -> ModelProto:
    """A graph of one's own to change.

    `attributes` are those of some nodes, by their place, instead of their own: what a large node holds and is about to
    lose is not copied, since a message keeps its memory until it is gone as a whole.
    """
    own = ModelProto()
    if not attributes:
        own.CopyFrom(model)
        return own
    _take_all(own, model, but="graph")
    _take_all(own.graph, model.graph, but="node")
    for place, node in enumerate(model.graph.node):
        copied = own.graph.node.add()
        if place not in attributes:
            copied.CopyFrom(node)
            continue
        _take_all(copied, node, but="attribute")
        copied.attribute.extend(attributes[place])
    return own


def _take_all(own: Any, other: Any, *, but: str) -> None:
    """Every field of a message but one."""
    for field, value in other.ListFields():
        if field.name == but:
            continue
        if isinstance(value, str | bytes | int | float):
            setattr(own, field.name, value)
        elif hasattr(value, "extend"):
            getattr(own, field.name).extend(value)
        else:
            getattr(own, field.name).CopyFrom(value)
