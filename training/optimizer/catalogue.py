"""Every pass that is tried: the exact ones in their order, whose composition is the compact graph, and what may be done
on top of it, by name.
"""

from collections.abc import Mapping, Sequence

from training.config.optimize import Candidate
from training.optimizer import first_layer, linear, narrowing, tidy, vectors
from training.optimizer.half import FLOAT16
from training.optimizer.passes import Pass
from training.optimizer.quantizers import QUANTIZERS

EXACT_PASSES: Sequence[Pass] = (
    *tidy.PASSES,
    *linear.PASSES,
    *first_layer.PASSES,
    *vectors.PASSES,
    *narrowing.PASSES,
)
"""In the order in which they are applied; each is for graphs of its families and may decline."""

ON_TOP: Mapping[Candidate, tuple[str, tuple[Pass, ...]]] = {
    **QUANTIZERS,
    "fp16": ("weights and arithmetic in half precision, for a GPU", (FLOAT16,)),
}
"""Name of a candidate to what it is, in words, and the passes applied to the compact graph."""
