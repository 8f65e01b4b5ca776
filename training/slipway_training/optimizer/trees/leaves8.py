"""Leaf values of boosted trees from a codebook of 255, so that few different ones are left.

A score is the sum of one leaf of each tree, so it moves by no more than the sum over the trees of their largest error:
a bound that holds for every row there is. The codebook is the one whose largest error is the least (k centres on a
line; Gonzalez, "Clustering to minimize the maximum intercluster distance", 1985, states the problem), for the first
tree, which holds what the sum begins with, one of its own. The mean change over the training rows is taken from the
codebook of the first tree, so that scores do not shift one way. Splits whose sides became alike go. Forests gain
nothing; their leaves are votes.
"""

from dataclasses import replace

import numpy as np
from onnx import ModelProto, NodeProto

from slipway_ml.contract.tensors import Tensor
from slipway_training.data.tensors import take
from slipway_training.export.trees.attributes import precision
from slipway_training.export.trees.ensemble import LEAF, Ensemble, Floats
from slipway_training.optimizer.passes import Material, NotApplicable, Rewritten
from slipway_training.optimizer.trees.equal_sides import collapsed
from slipway_training.optimizer.trees.min_samples import leaf_counts, values_of
from slipway_training.optimizer.trees.nodes import ensembles, get, opened, put

_CODES = 255
_ROUTED = 10_000_000
_FEWEST_ROWS = 1000


def leaves_in_8_bits(model: ModelProto, material: Material) -> Rewritten:
    """Rounded leaf values, and the bound of a raw score's change."""
    own = opened(model)
    bounds = []
    for node, ensemble in list(ensembles(own)):
        if not _is_boosted(node, ensemble):
            raise NotApplicable("the leaves hold votes or means, which few different values make up already")
        rounded, bound = _without_shift(
            *_rounded(ensemble), ensemble, values_of(model, node, _sample(material, ensemble))
        )
        put(node, collapsed(rounded), precision(node))
        bounds.append(bound)
    if not bounds:
        raise NotApplicable("the graph has no trees of the usual form")
    return Rewritten(own, max(bounds))


def codebook(values: Floats, codes: int = _CODES) -> Floats:
    """At most so many numbers, ascending, whose largest distance from a value is the least there is.

    A distance is enough where runs of values no longer than twice as much, each begun where the last one ended, are no
    more than `codes`; the least that is enough is found by halving.
    """
    distinct = np.unique(values)
    if len(distinct) <= codes:
        return distinct
    short, far = 0.0, float(distinct[-1] / 2 - distinct[0] / 2)
    found = [float(distinct[0] / 2 + distinct[-1] / 2)]
    while short < (middle := (short + far) / 2) < far:
        fewer = _covering(distinct, middle, codes)
        if fewer is None:
            short = middle
        else:
            found, far = fewer, middle
    return np.array(found)


def _covering(ascending: Floats, reach: float, codes: int) -> list[float] | None:
    """The middles of such runs; None where there are more than `codes`."""
    found: list[float] = []
    start = 0
    while start < len(ascending):
        if len(found) == codes:
            return None
        end = int(np.searchsorted(ascending, ascending[start] + 2 * reach, side="right"))
        found.append(float(ascending[start] / 2 + ascending[end - 1] / 2))
        start = end
    return found


def _is_boosted(node: NodeProto, ensemble: Ensemble) -> bool:
    is_mean = get(node, "aggregate_function", b"SUM") == b"AVERAGE"
    is_vote = node.op_type == "TreeEnsembleClassifier" and get(node, "post_transform", b"NONE") == b"NONE"
    return not is_mean and not is_vote and len(np.unique(ensemble.weight)) > _CODES


def _rounded(ensemble: Ensemble) -> tuple[Ensemble, float]:
    weight = ensemble.weight.copy()
    owner = ensemble.tree[ensemble.leaf]
    bounds = []
    for target in np.unique(ensemble.target):
        own = ensemble.target == target
        is_first = owner == owner[own].min()
        for group in (own & is_first, own & ~is_first):
            weight[group] = _nearest(weight[group])
        errors = np.zeros(ensemble.trees)
        np.maximum.at(errors, owner[own], np.abs(weight - ensemble.weight)[own])
        bounds.append(float(errors.sum()))
    return replace(ensemble, weight=weight), max(bounds)


def _without_shift(rounded: Ensemble, bound: float, exact: Ensemble, values: Tensor) -> tuple[Ensemble, float]:
    """The rounded trees, with the mean change of these rows' scores taken from each target's first tree."""
    reached = leaf_counts(exact, values)[exact.leaf]
    share = reached * (rounded.weight - exact.weight) / len(values)
    shift = np.bincount(exact.target, weights=share)
    owner = exact.tree[exact.leaf]
    leaves = np.bincount(exact.tree[exact.left == LEAF], minlength=exact.trees)
    weight = rounded.weight.copy()
    for target in np.unique(exact.target):
        first = owner == owner[exact.target == target].min()
        own = first & (exact.target == target)
        if own.sum() == leaves[owner[own][0]]:  # else a leaf without a weight would not be moved with the others
            weight[own] -= shift[target]
    return replace(rounded, weight=weight), bound + float(np.abs(shift).max())


def _sample(material: Material, ensemble: Ensemble) -> Material:
    """Training rows in even steps, no more than are routed through the trees in a moment."""
    count = len(next(iter(material.rows.values())))
    step = -(-count // max(_ROUTED // max(ensemble.trees, 1), _FEWEST_ROWS))
    return replace(material, rows=take(material.rows, slice(None, None, step)))


def _nearest(values: Floats) -> Floats:
    if not len(values):
        return values
    codes = codebook(values)
    return codes[np.searchsorted((codes[1:] + codes[:-1]) / 2, values)]
