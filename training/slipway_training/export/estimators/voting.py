"""Voting: the weighed mean of probabilities or values, or the class with the most votes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from slipway_training.export.blocks import Block, EstimatorOutput
from slipway_training.export.estimators.votes import votes
from slipway_training.export.pipeline_walk import Translation


def voting_classifier(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """Soft votes have probabilities, hard ones have labels only; members know classes by their number."""
    members = [
        translation.output(member, list(blocks), f"{path}.{number}") for number, member in enumerate(fitted.estimators_)
    ]
    weights = _weights(fitted, len(members))
    if fitted.voting == "soft":
        numbers = _mean(translation, members, weights)
        return EstimatorOutput(translation.pick_label(numbers, fitted.classes_), numbers)
    add, constant = translation.assembly.add, translation.assembly.constant
    total = ""
    for member, weight in zip(members, weights, strict=True):
        vote = votes(translation.assembly, str(member.label), np.arange(len(fitted.classes_)))
        weighed = add("Mul", [vote, constant(np.array([weight]))])
        total = add("Add", [total, weighed]) if total else weighed
    return EstimatorOutput(translation.pick_label(total, fitted.classes_), None)


def voting_regressor(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The weighed mean of the values."""
    members = [
        translation.output(member, list(blocks), f"{path}.{number}") for number, member in enumerate(fitted.estimators_)
    ]
    return EstimatorOutput(None, _mean(translation, members, _weights(fitted, len(members))))


def _weights(fitted: Any, count: int) -> Any:
    found = fitted._weights_not_none  # noqa: SLF001  # the weights of those that were not dropped
    return np.ones(count) if found is None else np.asarray(found, dtype=np.float64)


def _mean(translation: Translation, members: Sequence[EstimatorOutput], weights: Any) -> str:
    add, constant = translation.assembly.add, translation.assembly.constant
    total = ""
    for member, weight in zip(members, weights, strict=True):
        own = translation.double(str(member.numbers), is_double=member.is_double)
        weighed = add("Mul", [own, constant(np.array([weight]))])
        total = add("Add", [total, weighed]) if total else weighed
    return add("Div", [total, constant(np.array([weights.sum()]))])
