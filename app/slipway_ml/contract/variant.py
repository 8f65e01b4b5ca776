"""A variant of a version's graph: what was done to it, what was measured, and whether it may serve."""

from typing import Annotated, Literal

from pydantic import Field

from slipway_ml.contract.evaluation import Part
from slipway_ml.contract.parity import Parity, ValueChange

Guarantee = Literal["exact", "bounded", "different_model"]
"""What a variant guarantees of its predictions.

`exact`: it passed the very parity check that the exported graph passed. `bounded`: it may change a prediction by no
more than the gates allow. `different_model`: so may it, but it is a model of its own, for instance with fewer trees.
"""

HardwareClass = Literal["cpu", "gpu"]
"""What decides between variants: whether the first of a server's execution providers is the CPU."""


class Variant(Part):
    """One candidate graph with its measurements and the gate's verdict, also when it was refused.

    `passes` names what was done to the exported graph, in order, and `declined` maps what could not be done to the
    reason. `bound` is the largest change of a raw score that was compared beforehand, where that is possible.
    `bit_equal` says that every prediction on the parity check's rows is bit for bit the chosen variant's; only such
    variants may stand in for it. `latency_us` maps a batch size to microseconds per run, `load_ms` and `memory` are
    milliseconds and bytes of opening it, all on the machine that published; they rank, they never gate. `parity` is
    None where the variant could not be built; `verdict` then says why. `change` is that of values on the rows it was
    judged on, None for classes and for an exact variant.
    """

    name: str
    description: str
    file: str | None = None
    size: int | None = None
    guarantee: Guarantee = "bounded"
    passes: tuple[str, ...] = ()
    declined: dict[str, str] = Field({})
    bound: Annotated[float, Field(ge=0)] | None = None
    bit_equal: bool = False
    latency_us: dict[int, float] = Field({})
    load_ms: float | None = None
    memory: int | None = None
    score: float | None = None
    parity: Parity | None = None
    change: ValueChange | None = None
    passed: bool
    verdict: str


class Quantized(Part):
    """The 8-bit form of the version, kept as `file`; both are None where there is none, and `reason` says why."""

    variant: str | None = None
    file: str | None = None
    reason: str
