"""NearestCentroid: squared distances to the centroids, shrunk by the spread within classes, and the priors."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from slipway_training.export.blocks import Block, EstimatorOutput, join
from slipway_training.export.estimators.distances import manhattan, squared_euclidean
from slipway_training.export.pipeline_walk import Translation


def nearest_centroid(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """Equal priors compare plain distances, as scikit-learn does; probabilities are a softmax of the scores."""
    assembly = translation.assembly
    add, constant = assembly.add, assembly.constant
    block = translation.numbers(join(assembly, blocks, f"step {path}: NearestCentroid"), fitted, path)
    spread = np.asarray(fitted.within_class_std_dev_, dtype=np.float64)
    spread = np.where(spread == 0, 1.0, spread)
    scaled = add("Div", [block.wire, constant(spread)])
    scores = add("Neg", [_squared(translation, scaled, fitted.centroids_ / spread, fitted.metric)])
    scores = add("Add", [scores, constant(2 * np.log(np.asarray(fitted.class_prior_, dtype=np.float64)))])
    is_even = np.isclose(fitted.class_prior_, 1 / len(fitted.classes_)).all()
    ranked = add("Neg", [_squared(translation, block.wire, fitted.centroids_, fitted.metric)]) if is_even else scores
    return EstimatorOutput(translation.pick_label(ranked, fitted.classes_), add("Softmax", [scores], axis=1))


def _squared(translation: Translation, rows: str, centroids: Any, metric: str) -> str:
    if metric == "euclidean":
        return squared_euclidean(translation.assembly, rows, centroids)
    distance = manhattan(translation.assembly, rows, centroids)
    return translation.assembly.add("Mul", [distance, distance])
