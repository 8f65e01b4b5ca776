"""Which smaller variants are tried."""

from typing import Literal, get_args

from pydantic import Field

from training.config.section import Section

Candidate = Literal[
    "weight_int8", "dynamic_int8", "dynamic_int8_per_channel", "dynamic_uint8", "static_int8", "static_int8_per_channel"
]


class QuantizeConfig(Section):
    """Which smaller variants are tried."""

    candidates: tuple[Candidate, ...] = Field(get_args(Candidate), description="names of variants; [] tries none")
