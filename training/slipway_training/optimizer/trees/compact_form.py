"""The same trees with nothing said that need not be said.

Exporters write hit rates that nothing reads, flags for missing values that are all zero, numbers one by one instead of
as a tensor, and a weight of zero for every class that a leaf does not vote for. A sum without its zeros is the same
sum, and onnxruntime skips what is not there.
"""

from dataclasses import replace

import numpy as np
from onnx import ModelProto, NodeProto

from slipway_training.export.trees.ensemble import Ensemble
from slipway_training.optimizer.passes import Material, Rewritten
from slipway_training.optimizer.trees.nodes import get, rewrite


def drop_empty(model: ModelProto, _material: Material) -> Rewritten:
    """Without attributes that say nothing, numbers as tensors."""
    return rewrite(model, lambda ensemble, _node: ensemble, "the nodes hold nothing that says nothing")


def drop_zeros(model: ModelProto, _material: Material) -> Rewritten:
    """Without weights of zero, save one where a leaf has no other."""
    return rewrite(model, _without_zeros, "no leaf has a weight of zero that it could do without")


def _without_zeros(ensemble: Ensemble, node: NodeProto) -> Ensemble:
    has_labels = node.op_type == "TreeEnsembleClassifier"
    labels = [*get(node, "classlabels_int64s", []), *get(node, "classlabels_strings", [])]
    # A class without any weight has no score, which is below none where scores may be negative.
    if has_labels and (len(labels) < 3 or ensemble.weight.min(initial=0.0) < 0):  # noqa: PLR2004  # two compare one sum
        return ensemble
    is_kept = ensemble.weight != 0
    has_weight = np.bincount(ensemble.leaf[is_kept], minlength=len(ensemble)) > 0
    first = np.zeros(len(ensemble.leaf), dtype=bool)
    first[np.unique(ensemble.leaf, return_index=True)[1]] = True
    is_kept |= first & ~has_weight[ensemble.leaf]
    return replace(
        ensemble, leaf=ensemble.leaf[is_kept], target=ensemble.target[is_kept], weight=ensemble.weight[is_kept]
    )
