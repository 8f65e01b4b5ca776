"""The passes for trees: the exact ones in their order, and what may stand on top of them."""

from slipway_training.optimizer.passes import Family, Pass
from slipway_training.optimizer.trees.columns import read_columns
from slipway_training.optimizer.trees.compact_form import drop_empty, drop_zeros
from slipway_training.optimizer.trees.fewer_trees import halve_trees
from slipway_training.optimizer.trees.leaves8 import leaves_in_8_bits
from slipway_training.optimizer.trees.min_samples import prune
from slipway_training.optimizer.trees.missing_directions import drop_missing_directions
from slipway_training.optimizer.trees.one_operator import tree_ensemble
from slipway_training.optimizer.trees.shared_leaves import share_leaves
from slipway_training.optimizer.trees.single_precision import narrow

_TREES: frozenset[Family] = frozenset({"trees"})

PASSES = (
    Pass("read_columns", "exact", _TREES, read_columns),
    Pass("drop_empty", "exact", _TREES, drop_empty),
    Pass("drop_missing_ways", "exact", _TREES, drop_missing_directions),
    Pass("drop_zeros", "exact", _TREES, drop_zeros),
    Pass("float32_trees", "exact", _TREES, narrow),
    Pass("share_leaves", "exact", _TREES, share_leaves),
)
TREE_ENSEMBLE = Pass("tree_ensemble", "exact", _TREES, tree_ensemble)
LEAVES_INT8 = Pass("leaves_int8", "bounded", _TREES, leaves_in_8_bits)
FEWER_TREES = Pass("fewer_trees", "different_model", _TREES, halve_trees)
MIN_SAMPLES = Pass("min_samples", "different_model", _TREES, prune)
