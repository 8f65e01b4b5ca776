"""Which variants of a graph are tried, and how one of them is chosen."""

from typing import Literal, get_args

from pydantic import Field

from training.config.section import Section

Candidate = Literal[
    "tree_ensemble",
    "leaves_int8",
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


class OptimizeConfig(Section):
    """Which variants of the exported graph are tried, and how one of them is chosen."""

    candidates: tuple[Candidate, ...] = Field(
        get_args(Candidate),
        description="variants tried besides the exported graph and the compact one, both exact; [] for none",
    )
    pin: str | None = Field(
        None, description="name of the variant to publish whatever the measurements say, if it passes its gates"
    )
    hardware: Literal["cpu", "gpu"] = Field(
        "cpu", description="what the version is published for; a variant for a GPU is published for one alone"
    )
    prefer: Literal["size", "latency"] = Field(
        "size", description="what decides between variants that pass; sizes alike are ranked by latency, and conversely"
    )
