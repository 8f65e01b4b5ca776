"""build(exported, …): the graphs that may be published, as compositions of passes; what cannot be built says why.

exported   the graph that was compared with scikit-learn
compact    every exact pass that suits it, compared again by the same proof
others     something more on top of the compact graph, judged by the gates
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import get_args

from onnx import ModelProto

from slipway_ml.contract.variant import Guarantee
from slipway_ml.runtime.session import OnnxSession
from slipway_training.config.optimize import QUANTIZED, OptimizeConfig
from slipway_training.optimizer.catalogue import EXACT_PASSES, ON_TOP
from slipway_training.optimizer.passes import (
    Material,
    NotApplicable,
    NothingToChange,
    Pass,
    Rewritten,
    families,
    worker,
)
from slipway_training.optimizer.variants import COMPACT, EXPORTED, Built

Objection = Callable[[bytes], str]
"""What the parity check has against a graph, as a clause; empty where it agrees."""

_WEAKEST_LAST: tuple[Guarantee, ...] = get_args(Guarantee)


def build(exported: ModelProto, config: OptimizeConfig, material: Material, objection: Objection) -> list[Built]:
    """The exported graph first, then the compact one, then the candidates of the config."""
    whole = exported.SerializeToString(deterministic=True)
    built = [Built(EXPORTED, "the graph that was compared with scikit-learn", whole, "exact", bound=0.0)]
    compact, graph = compose(exported, EXACT_PASSES, material, objection)
    built.append(compact)
    even = [one for one in EXACT_PASSES if not one.spreads_weights]
    if any(one.name in compact.passes for one in EXACT_PASSES if one.spreads_weights):
        compact, graph = compose(exported, even, material, objection)
    is_network = families(exported) == {"networks"}
    for name in config.candidates:
        about, passes = ON_TOP[name]
        one = _on_top(name, about, compact, graph, passes, material)
        is_quantized = name in QUANTIZED
        built.append(replace(one, is_quantized=is_quantized, is_default=is_network or not is_quantized))
    return built


def weakest(passes: Sequence[Pass]) -> Guarantee:
    """What passes together promise: the least that one of them does."""
    return max((one.guarantee for one in passes), key=_WEAKEST_LAST.index)


def compose(
    exported: ModelProto, passes: Sequence[Pass], material: Material, objection: Objection
) -> tuple[Built, ModelProto]:
    """The compact graph. Where the parity check objects, each pass is compared alone and the culprits left out."""
    found = _apply(exported, passes, material, lambda _model: "")
    if found.passes and objection(found.graph.SerializeToString(deterministic=True)):
        found = _apply(exported, passes, material, objection)
    about = "every exact pass"
    if not found.passes:
        why = "; ".join(f"{name}: {reason}" for name, reason in {**found.idle, **found.declined}.items())
        failure = why or f"no exact pass is for graphs in which {worker(exported)} does the work"
        return Built(COMPACT, about, None, "exact", (), found.declined, 0.0, failure), exported
    model = found.graph.SerializeToString(deterministic=True)
    return Built(COMPACT, about, model, "exact", found.passes, found.declined, found.bound), found.graph


class _Composition:
    """A graph on its way through passes: which were applied, which declined and why, which found nothing to do."""

    def __init__(self, graph: ModelProto) -> None:
        self.graph = graph
        self.passes: tuple[str, ...] = ()
        self.declined: dict[str, str] = {}
        self.idle: dict[str, str] = {}
        self.bound: float | None = 0.0

    def take(self, name: str, rewritten: Rewritten) -> None:
        self.graph = rewritten.model
        self.passes = (*self.passes, name)
        self.bound = None if self.bound is None or rewritten.bound is None else self.bound + rewritten.bound


def _apply(graph: ModelProto, passes: Sequence[Pass], material: Material, objection: Objection) -> _Composition:
    found = _Composition(graph)
    for one in passes:
        if not one.suits(found.graph):
            continue
        try:
            rewritten = one.apply(found.graph, material)
            why_not = objection(rewritten.model.SerializeToString(deterministic=True))
        except NothingToChange as reason:
            found.idle[one.name] = str(reason)
            continue
        except NotApplicable as reason:
            why_not = str(reason)
        if why_not:
            found.declined[one.name] = why_not
        else:
            found.take(one.name, rewritten)
    return found


def _on_top(
    name: str, about: str, compact: Built, graph: ModelProto, passes: Sequence[Pass], material: Material
) -> Built:
    guarantee = weakest(passes)
    found = _Composition(graph)
    try:
        for one in passes:
            one.check(found.graph)
            found.take(one.name, one.apply(found.graph, material))
        model = found.graph.SerializeToString(deterministic=True)
        OnnxSession(model)
    except NotApplicable as reason:
        return Built(name, about, None, guarantee, failure=str(reason))
    except Exception as error:  # noqa: BLE001  # quantizers raise anything; a candidate less is no failure
        failure = f"could not be built or loaded ({type(error).__name__})"
        return Built(name, about, None, guarantee, failure=failure)
    bound = None if found.bound is None or compact.bound is None else compact.bound + found.bound
    return Built(
        name,
        about,
        model,
        guarantee,
        (*compact.passes, *found.passes),
        bound=bound,
        is_portable=all(one.is_portable for one in passes),
        is_for_gpu=any(one.hardware == "gpu" for one in passes),
    )
