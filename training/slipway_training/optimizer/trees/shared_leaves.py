"""Equal leaves of one tree are stored once.

onnxruntime lays a node's false child directly after it, so only a true branch may lead to a leaf that is already there;
nodes are written false branch first. Every row adds the same weights as before.
"""

from dataclasses import replace

import numpy as np
from onnx import ModelProto

from slipway_training.export.trees.ensemble import LEAF, Ensemble, Ints
from slipway_training.export.trees.leaf_kinds import leaf_kinds
from slipway_training.optimizer.passes import Material, Rewritten
from slipway_training.optimizer.trees.nodes import rewrite


def share_leaves(model: ModelProto, _material: Material) -> Rewritten:
    """Trees as graphs without cycles; the second time it has nothing to do."""
    return rewrite(model, lambda ensemble, _node: shared(ensemble), "no tree has equal leaves that could be shared")


def shared(ensemble: Ensemble) -> Ensemble:
    """The ensemble with its nodes false branch first, less what is there already."""
    kind = leaf_kinds(ensemble).tolist()
    left, right = ensemble.left.tolist(), ensemble.right.tolist()
    order: list[int] = []
    place = np.full(len(ensemble), LEAF, dtype=np.int64)
    for root in ensemble.starts[:-1].tolist():
        first_of_kind: dict[int, int] = {}
        waiting = [(root, False)]
        while waiting:
            node, is_true = waiting.pop()
            if place[node] != LEAF:
                continue  # shared by an earlier pass, it stays where its false branch wants it
            if left[node] == LEAF:
                known = first_of_kind.get(kind[node])
                if is_true and known is not None:
                    place[node] = place[known]
                    continue
                first_of_kind.setdefault(kind[node], node)
            place[node] = len(order)
            order.append(node)
            if left[node] != LEAF:
                waiting += [(left[node], True), (right[node], False)]
    return _reordered(ensemble, np.array(order), place)


def _reordered(ensemble: Ensemble, order: Ints, place: Ints) -> Ensemble:
    def moved(children: Ints) -> Ints:
        own = children[order]
        return np.where(own == LEAF, LEAF, place[own])

    # A leaf that was found to be there already takes its weights with it.
    is_kept = np.zeros(len(ensemble), dtype=bool)
    is_kept[order] = True
    weights = is_kept[ensemble.leaf]
    by_place = np.argsort(place[ensemble.leaf[weights]], kind="stable")
    return replace(
        ensemble,
        tree=ensemble.tree[order],
        feature=ensemble.feature[order],
        threshold=ensemble.threshold[order],
        left=moved(ensemble.left),
        right=moved(ensemble.right),
        missing_left=ensemble.missing_left[order],
        leaf=place[ensemble.leaf[weights]][by_place],
        target=ensemble.target[weights][by_place],
        weight=ensemble.weight[weights][by_place],
    )
