"""Which variants of a graph are tried, and how one of them is chosen."""

from typing import Literal, get_args

from pydantic import Field

from training.config.section import Section

Candidate = Literal[
    "weight_int8", "dynamic_int8", "dynamic_int8_per_channel", "dynamic_uint8", "static_int8", "static_int8_per_channel"
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
    prefer: Literal["size", "latency"] = Field(
        "size", description="what decides between variants that pass; sizes alike are ranked by latency, and conversely"
    )
