"""No way for missing values where none can arrive.

Every split of a tree has one, learned or made up. Where the signature lets no column be missing and the trees compare
the columns as they came, nothing ever takes it, and onnxruntime need not look for it.
"""

from dataclasses import replace

import numpy as np
from onnx import ModelProto

from slipway_training.export.trees.attributes import precision
from slipway_training.optimizer.passes import Material, NotApplicable, NothingToChange, Rewritten
from slipway_training.optimizer.trees.nodes import ensembles, opened, put

_CARRIERS = {"Cast", "Concat", "Gather", "Identity"}
"""What makes no number missing that was none before."""


def drop_missing_directions(model: ModelProto, material: Material) -> Rewritten:
    """Without the flags, for trees that no missing number reaches."""
    nullable = [feature.name for feature in material.signature.features if feature.nullable]
    if nullable:
        raise NotApplicable(f"{len(nullable)} of the columns may be missing")
    own = opened(model)
    makers = {name: node for node in own.graph.node for name in node.output}
    has_changed = False
    for node, ensemble in list(ensembles(own)):
        waiting, is_carried = [node.input[0]], True
        while waiting:
            maker = makers.get(waiting.pop())
            if maker is not None:
                is_carried &= maker.op_type in _CARRIERS
                waiting += maker.input
        if is_carried and ensemble.missing_left.any():
            put(node, replace(ensemble, missing_left=np.zeros(len(ensemble), dtype=bool)), precision(node))
            has_changed = True
    if not has_changed:
        raise NothingToChange("no tree has a way for missing values that nothing can take")
    return Rewritten(own, 0.0)
