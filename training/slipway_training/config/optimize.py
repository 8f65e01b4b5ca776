"""Which variants of a graph are tried, and how one of them is chosen."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from slipway_training.config.section import Section

Candidate = Literal[
    "tree_ensemble",
    "leaves_int8",
    "fewer_trees",
    "pruned_trees",
    "weight_int8",
    "dynamic_int8",
    "dynamic_int8_per_channel",
    "dynamic_int8_reduced",
    "dynamic_uint8",
    "static_int8",
    "static_int8_per_channel",
    "static_int8_reduced",
    "static_int8_entropy",
    "static_int8_percentile",
    "fp16",
]
"""Each is something done to the compact graph."""

ASKED_FOR: frozenset[Candidate] = frozenset({"fewer_trees", "pruned_trees"})
"""Other models, which are tried only where a config names them."""

QUANTIZED: frozenset[Candidate] = frozenset(
    name for name in get_args(Candidate) if name not in ASKED_FOR and name not in {"tree_ensemble", "fp16"}
)
"""Those that round to 8 bits: the best that passes is kept as `variants/quantized.onnx`."""


SERVE_QUANTIZED = ('optimize.serve="quantized"',)
"""What --quantize says, as --set would."""


class OptimizeConfig(Section):
    """Which variants of the exported graph are tried, and how one of them is chosen."""

    candidates: tuple[Candidate, ...] = Field(
        tuple(name for name in get_args(Candidate) if name not in ASKED_FOR),
        description="variants tried besides the exported graph and the compact one, both exact; [] for none; "
        "'fewer_trees' and 'pruned_trees', which are other models, only where they are named",
    )
    min_samples: Annotated[int, Field(ge=2)] = Field(
        5, description="of 'pruned_trees': a subtree that fewer training rows reached becomes one leaf"
    )
    pin: str | None = Field(
        None, description="name of the variant to publish whatever the measurements say, if it passes its gates"
    )
    serve: Literal["auto", "exact", "quantized"] = Field(
        "auto",
        description="which form is served: 'auto' is the 8-bit form of a network and the exact form of everything "
        "else; 'quantized' is the 8-bit form, and nothing is published where none passes",
    )
    hardware: Literal["cpu", "gpu"] = Field(
        "cpu", description="what the version is published for; a variant for a GPU is published for one alone"
    )
    prefer: Literal["size", "latency"] = Field(
        "size", description="what decides between variants that pass; sizes alike are ranked by latency, and conversely"
    )
