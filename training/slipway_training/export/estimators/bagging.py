"""Bagging: the mean of what the members say of their own columns, which is votes where they only give labels.

Trees of a bag are one node in float64, as those of a forest are. Members know classes by their number, and may not
have drawn a row of every class.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.tree import BaseDecisionTree

from slipway_training.export.blocks import Block, EstimatorOutput, join, select
from slipway_training.export.estimators.forests import largest_sum, mean_value
from slipway_training.export.estimators.votes import votes
from slipway_training.export.pipeline_walk import Translation
from slipway_training.export.trees.fitted import from_bag


def bagging_classifier(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The class with the largest mean."""
    codes = np.arange(len(fitted.classes_))
    if _are_trees(fitted):
        block = _whole(translation, fitted, blocks, path)
        ensemble = from_bag(fitted.estimators_, fitted.estimators_features_, codes)
        return largest_sum(translation, ensemble, block, fitted.classes_, len(fitted.estimators_))
    found = []
    for member, output in _predictions(translation, fitted, blocks, path):
        if output.numbers is None:
            found.append(votes(translation.assembly, str(output.label), codes))
            continue
        own = translation.double(output.numbers, is_double=output.is_double)
        found.append(_spread(translation, own, member.classes_, codes))
    numbers = mean(translation, found)
    return EstimatorOutput(translation.pick_label(numbers, fitted.classes_), numbers)


def bagging_regressor(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The mean of the values."""
    if _are_trees(fitted):
        block = _whole(translation, fitted, blocks, path)
        ensemble = from_bag(fitted.estimators_, fitted.estimators_features_)
        return mean_value(translation, ensemble, block, fitted.estimators_[0].n_outputs_)
    found = [
        translation.double(str(output.numbers), is_double=output.is_double)
        for _, output in _predictions(translation, fitted, blocks, path)
    ]
    return EstimatorOutput(None, mean(translation, found))


def chosen(translation: Translation, fitted: Any, blocks: Sequence[Block]) -> list[list[Block]]:
    """The table of each member: all columns, or those that it drew."""
    width = sum(block.width for block in blocks)
    return [
        list(blocks)
        if np.array_equal(columns, np.arange(width))
        else select(translation.assembly, blocks, np.asarray(columns).tolist())
        for columns in fitted.estimators_features_
    ]


def _predictions(
    translation: Translation, fitted: Any, blocks: Sequence[Block], path: str
) -> list[tuple[Any, EstimatorOutput]]:
    tables = chosen(translation, fitted, blocks)
    members = enumerate(zip(fitted.estimators_, tables, strict=True))
    return [(member, translation.output(member, table, f"{path}.{number}")) for number, (member, table) in members]


def _spread(translation: Translation, numbers: str, known: Any, codes: Any) -> str:
    """The columns of the classes that a member knows, among zeros for the others."""
    if len(known) == len(codes):
        return numbers
    places = np.equal.outer(np.asarray(known), codes).astype(np.float64)
    return translation.assembly.add("MatMul", [numbers, translation.assembly.constant(places)])


def mean(translation: Translation, found: Sequence[str]) -> str:
    """Wires of one shape in float64, added up in their order and divided."""
    add, constant = translation.assembly.add, translation.assembly.constant
    total = found[0]
    for own in found[1:]:
        total = add("Add", [total, own])
    return add("Div", [total, constant(np.array([float(len(found))]))])


def _whole(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> Block:
    return translation.numbers(
        join(translation.assembly, blocks, f"step {path}: {type(fitted).__name__}"), fitted, path
    )


def _are_trees(fitted: Any) -> bool:
    return all(isinstance(member, BaseDecisionTree) for member in fitted.estimators_)
