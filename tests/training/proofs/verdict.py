"""A verdict on one fitted pipeline: exported and compared, or refused in one sentence. Anything else is our bug."""

import warnings
from dataclasses import dataclass
from typing import Any

from slipway_ml.contract.parity import Parity
from slipway_ml.errors import SlipwayError
from slipway_training.candidate import check_parity
from slipway_training.config.proof import ParityConfig
from slipway_training.workflows.signature_inference import infer

EDGE_ROWS = 5000


@dataclass(frozen=True, slots=True)
class Verdict:
    """`parity` of an export, or the sentence of a refusal."""

    name: str
    parity: Parity | None
    refusal: str = ""

    def line(self) -> str:
        """For people."""
        if self.parity is None:
            return f"refused   {self.name}: {self.refusal}"
        rows = self.parity.rows + self.parity.edge_rows
        return f"exported  {self.name}: {rows} rows, 0 flips, within {self.parity.largest_difference:.1e}"


def judge(name: str, fitted: Any, learn: tuple[Any, Any], held_out: tuple[Any, Any]) -> Verdict:
    """Every step of publishing up to the parity check."""
    try:
        return Verdict(name, prove(fitted, learn, held_out))
    except SlipwayError as refusal:
        return Verdict(name, None, str(refusal))


def prove(fitted: Any, learn: tuple[Any, Any], held_out: tuple[Any, Any]) -> Parity:
    """The parity of the first form that agrees; raises SlipwayError."""
    found = infer(fitted, *learn, held_out, ())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of scikit-learn's own, about what is fitted here in a hurry
        return check_parity(found, ParityConfig(max_edge_rows=EDGE_ROWS))[2]
