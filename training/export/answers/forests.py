"""Decision trees and forests of them, with the very sums of scikit-learn: float64, tree after tree.

    rows in float64 -> leaf shares added up -> label of the largest sum; sums / trees = probabilities

The label is taken from the sums, so exact ties between trees stay ties and go to the first class, as argmax does. Two
classes are written as three, of which the last never scores: with two, onnxruntime compares one sum with 0.5, which the
order of rounding can pass on either side. Run on several threads, 80 trees and more are added up in another order on
small batches, and sums that are equal but for their last bits may then differ, as they do under `n_jobs`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.export.blocks import Answer, Block, join
from training.export.placement import place
from training.export.translation import Translation, as_labels
from training.export.trees.attributes import DOMAIN, attributes
from training.export.trees.fitted import from_trees

_FEWEST_SCORES = 3


def forest_classifier(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> Answer:
    """The class with the largest mean share."""
    assembly = translation.assembly
    trees = _trees(fitted)
    block = translation.numbers(join(assembly, blocks, f"step {path}: {type(fitted).__name__}"), fitted, path)
    wire, ensemble = place(from_trees(trees), block, is_single=True)
    labels = as_labels(fitted.classes_)
    count = len(labels)
    padded = [*labels.tolist(), *labels[:1].tolist() * max(_FEWEST_SCORES - count, 0)]
    kind = "classlabels_strings" if labels.dtype.kind in "UO" else "classlabels_int64s"
    label, scores = assembly.add_many(
        "TreeEnsembleClassifier", [wire], 2, domain=DOMAIN, **{kind: padded}, **attributes(ensemble, "class")
    )
    if len(padded) > count:
        scores = assembly.add("Gather", [scores, assembly.constant(np.arange(count))], axis=1)
    if len(trees) > 1:
        scores = assembly.add("Div", [scores, assembly.constant(np.array([len(trees)], dtype=np.float32))])
    return Answer(label, scores, is_double=False)


def forest_regressor(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> Answer:
    """The mean of the trees' values."""
    assembly = translation.assembly
    block = translation.numbers(join(assembly, blocks, f"step {path}: {type(fitted).__name__}"), fitted, path)
    wire, ensemble = place(from_trees(_trees(fitted)), block, is_single=True)
    value = assembly.add(
        "TreeEnsembleRegressor",
        [wire],
        domain=DOMAIN,
        n_targets=_trees(fitted)[0].n_outputs_,
        aggregate_function="AVERAGE",
        **attributes(ensemble, "target"),
    )
    return Answer(None, value, is_double=False)


def _trees(fitted: Any) -> list[Any]:
    return list(fitted.estimators_) if hasattr(fitted, "estimators_") else [fitted]
