"""Gradient boosting, plain and on histograms: float64 scores added up tree after tree, as scikit-learn does.

What the sum begins with is part of the first tree of each class. Two classes have one score, whose sign is the label;
onnxruntime takes 0.5 for the border where no weight is below zero, and zero for the second class never, so a tree of
one leaf and a base value of the smallest float64 there is say which side is meant. Neither changes any other sum.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from onnx import numpy_helper
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier

from slipway_training.errors import ConversionError
from slipway_training.export.blocks import Block, EstimatorOutput, join, select
from slipway_training.export.pipeline_walk import Translation, as_labels
from slipway_training.export.trees.centred import centred, with_constants
from slipway_training.export.trees.ensemble import Ensemble, concatenate, single_leaf
from slipway_training.export.trees.exact_sums import exact_sums
from slipway_training.export.trees.fitted import from_predictors, from_stages
from slipway_training.export.trees.memberships import Memberships, matching_codes
from slipway_training.export.trees.placement import place
from slipway_training.export.trees.writing import add_trees

_LINKS = {"poisson": "Exp", "gamma": "Exp"}
_TWO = 2
_TINY = float(np.nextafter(0, 1))


def boosting(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The label and the probabilities, or the value, through the link of the loss."""
    if not hasattr(fitted, "classes_"):
        value = _sums(translation, *_placed(translation, fitted, blocks, path))
        if link := _LINKS.get(fitted.loss):
            return EstimatorOutput(None, translation.assembly.add(link, [_double(translation, value)]))
        return EstimatorOutput(None, value, is_double=translation.keeps_digits)
    wire, ensemble = _placed(translation, fitted, blocks, path)
    if fitted.loss == "exponential":
        ensemble = replace(ensemble, weight=2 * ensemble.weight)
    labels = as_labels(fitted.classes_)
    kind = "classlabels_strings" if labels.dtype.kind in "UO" else "classlabels_int64s"
    attributes_of_kind: dict[str, Any] = {kind: labels.tolist(), "post_transform": "SOFTMAX"}
    if len(labels) == _TWO:
        zero_is_second = not isinstance(fitted, HistGradientBoostingClassifier)
        ensemble, base = _sided(ensemble, zero_is_second=zero_is_second)
        attributes_of_kind |= base | {"post_transform": "LOGISTIC"}
    label, numbers = add_trees(translation.assembly, "TreeEnsembleClassifier", wire, ensemble, 2, **attributes_of_kind)
    return EstimatorOutput(label, numbers, is_double=False)


def raw_scores(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> str:
    """The sum of the trees as [rows, trees per stage], float64."""
    return _double(translation, _sums(translation, *_placed(translation, fitted, blocks, path)))


def _double(translation: Translation, value: str) -> str:
    return translation.double(value, is_double=translation.keeps_digits)


def exact_scores(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> str:
    """The same to nearly the last place of float64."""
    wire, ensemble = _placed(translation, fitted, blocks, path)
    return exact_sums(translation.assembly, wire, ensemble, int(ensemble.target.max()) + 1)


def _sums(translation: Translation, wire: str, ensemble: Ensemble) -> str:
    """In float32, save where digits would be lost."""
    targets = int(ensemble.target.max()) + 1
    constants = None
    if translation.keeps_digits:
        ensemble, constants = centred(ensemble, targets)
    (value,) = add_trees(translation.assembly, "TreeEnsembleRegressor", wire, ensemble, n_targets=targets)
    return value if constants is None else with_constants(translation.assembly, value, constants)


def _placed(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> tuple[str, Ensemble]:
    what = f"step {path}: {type(fitted).__name__}"
    if hasattr(fitted, "_predictors"):
        block, memberships = _encoded(translation, fitted, blocks, path)
        ensemble = from_predictors(fitted._predictors, memberships)  # noqa: SLF001  # the trees have no public name
        block = _with_sets(translation, fitted, block, memberships, what)
        start = np.ravel(fitted._baseline_prediction)  # noqa: SLF001  # part of the fitted state
    else:
        block = translation.numbers(join(translation.assembly, blocks, what), fitted, path)
        if not isinstance(fitted.init_, DummyClassifier | DummyRegressor | str):
            raise ConversionError(f"{what} with an estimator as init has no exact form; leave init out")
        ensemble = from_stages(fitted.estimators_, fitted.learning_rate)
        rows = np.zeros((1, fitted.n_features_in_), dtype=np.float32)
        start = np.ravel(fitted._raw_predict_init(rows))  # noqa: SLF001  # the same for every row
    is_single = not hasattr(fitted, "_predictors")
    return place(ensemble.with_first_tree_raised(start.astype(np.float64)), block, is_single=is_single)


def _encoded(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> tuple[Block, Memberships]:
    """The columns in the order of the trees: codes of the categories first, as the estimator encodes them, if any."""
    what = f"step {path}: {type(fitted).__name__}"
    width = sum(block.width for block in blocks)
    encoder = fitted._preprocessor  # noqa: SLF001  # part of the fitted state
    if encoder is not None:
        is_category = np.asarray(fitted.is_categorical_, dtype=bool)
        codes = select(translation.assembly, blocks, np.flatnonzero(is_category).tolist())
        numbers = select(translation.assembly, blocks, np.flatnonzero(~is_category).tolist())
        blocks = [*translation.transform(encoder.named_transformers_["encoder"], codes, path), *numbers]
    return translation.numbers(join(translation.assembly, blocks, what), fitted, path), Memberships(width)


def _with_sets(translation: Translation, fitted: Any, block: Block, memberships: Memberships, what: str) -> Block:
    """The columns and behind them one for each set of categories that a split asks about."""
    if not memberships.keys:
        return block
    assembly = translation.assembly
    encoder = fitted._preprocessor.named_transformers_["encoder"]  # noqa: SLF001  # part of the fitted state
    counts = {column: len(own) for column, own in enumerate(encoder.categories_)}
    matches = {}
    for column in {column for column, _, _ in memberships.keys}:
        (codes,) = select(assembly, [block], [column])
        matches[column] = matching_codes(assembly, codes.wire, counts[column])
    sets = [Block(wire, 1) for wire in memberships.wires(assembly, matches, counts)]
    return join(assembly, [block, *sets], what)


def _sided(ensemble: Ensemble, *, zero_is_second: bool) -> tuple[Ensemble, dict[str, Any]]:
    """The trees of two classes, and what is added to their sum so that its sign is the label."""
    base = 0.0
    if ensemble.weight.min() >= 0:
        ensemble, base = concatenate([ensemble, single_leaf(-_TINY)]), _TINY
    if zero_is_second:
        base += _TINY
    return ensemble, {"base_values_as_tensor": numpy_helper.from_array(np.array([base]))} if base else {}
