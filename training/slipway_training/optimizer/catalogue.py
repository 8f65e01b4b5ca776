"""Every pass that is tried: the exact ones in their order, whose composition is the compact graph, and what may be done
on top of it, by name.
"""

from collections.abc import Mapping, Sequence

from slipway_training.config.optimize import Candidate
from slipway_training.optimizer import first_layer, linear, linear_form, narrowing, tidy, vectors
from slipway_training.optimizer.half import FLOAT16
from slipway_training.optimizer.passes import Pass
from slipway_training.optimizer.quantizers import QUANTIZERS
from slipway_training.optimizer.trees import catalogue as trees

EXACT_PASSES: Sequence[Pass] = (
    *tidy.PASSES,
    *trees.PASSES,
    *linear.PASSES,
    *linear_form.PASSES,
    *first_layer.PASSES,
    *vectors.PASSES,
    *narrowing.PASSES,
)
"""In the order in which they are applied; each is for graphs of its families and may decline."""

ON_TOP: Mapping[Candidate, tuple[str, tuple[Pass, ...]]] = {
    "tree_ensemble": ("the trees in the operator of ai.onnx.ml 5, a smaller file", (trees.TREE_ENSEMBLE,)),
    "leaves_int8": (
        "leaf values of boosted trees from a codebook of 255",
        (trees.LEAVES_INT8, trees.TREE_ENSEMBLE),
    ),
    "fewer_trees": ("the first half of the trees, another model", (trees.FEWER_TREES,)),
    "pruned_trees": ("subtrees that few training rows reached as one leaf, another model", (trees.MIN_SAMPLES,)),
    **QUANTIZERS,
    "fp16": ("weights and arithmetic in half precision, for a GPU", (FLOAT16,)),
}
"""Name of a candidate to what it is, in words, and the passes applied to the compact graph."""
