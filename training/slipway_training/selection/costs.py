"""What decisions cost on rows whose class is known, and the threshold at which they cost least.

A decision flags a row as positive where the probability of that class reaches the threshold. Each row has four costs,
of which its class and the decision pick one. `curve` adds them up for every threshold that makes a difference: the
rows are sorted by probability, so that two running sums give all of them at once (Elkan, "The Foundations of
Cost-Sensitive Learning", 2001, for the setting; the rows are counted instead of assuming that probabilities are right).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slipway_ml.contract.signature import Label
from slipway_training.config.cost import Amount, CostConfig
from slipway_training.data.table import Table
from slipway_training.errors import ConfigError, closest

HALF = 0.5
"""Where a classifier decides when nobody says what mistakes cost."""

EXPECTED_COST = "expected_cost"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RowCosts:
    """For each row, which class it is of and what it costs to flag it and to let it pass; arrays [rows]."""

    is_positive: NDArray[np.bool_]
    flagged: Floats
    passed: Floats

    def mean(self, is_flagged: NDArray[np.bool_]) -> float:
        """Cost per row of these decisions."""
        return float(self.of(is_flagged).mean())

    def of(self, is_flagged: NDArray[np.bool_]) -> Floats:
        """The cost of each of these decisions."""
        return np.where(is_flagged, self.flagged, self.passed)

    def take(self, rows: NDArray[np.int64]) -> "RowCosts":
        """The same of some rows."""
        return RowCosts(self.is_positive[rows], self.flagged[rows], self.passed[rows])


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of decisions as a metric that can be drawn again for an interval; `each` is [rows]."""

    each: Floats
    classes: int = 1

    def measure(self, weights: Floats, _only: str | None = None) -> dict[str, Floats]:
        """The mean for weights [draws, rows]."""
        return {EXPECTED_COST: weights @ self.each / weights.sum(axis=1)}


@dataclass(frozen=True, slots=True)
class CostCurve:
    """Cost per row for every threshold that makes a difference, thresholds rising; arrays [thresholds]."""

    thresholds: Floats
    costs: Floats

    @property
    def best(self) -> float:
        """The cheapest threshold, of equals the one nearest to a half."""
        cheapest = np.flatnonzero(np.isclose(self.costs, self.costs.min(), rtol=1e-12, atol=1e-12))
        return float(self.thresholds[cheapest[np.argmin(np.abs(self.thresholds[cheapest] - HALF))]])


def positive_of(config: CostConfig, labels: tuple[Label, ...]) -> Label:
    """The label that is looked for; raises ConfigError where there are not two, or none of that name."""
    if len(labels) != 2:  # noqa: PLR2004  # a threshold divides two
        raise ConfigError(f"config: [cost] is for two classes, and the target has {len(labels)}; leave [cost] out")
    if config.positive is None:
        return labels[1]
    found = [label for label in labels if label == config.positive and type(label) is type(config.positive)]
    if not found:
        raise ConfigError(f"config: cost.positive is no class{closest(str(config.positive), map(str, labels))}")
    return found[0]


def row_costs(config: CostConfig, table: Table, positive: Label) -> RowCosts:
    """The costs of the rows of a table that went through `with_amounts`."""
    is_positive = np.asarray(table.target == positive, dtype=np.bool_)

    def column(amount: Amount) -> Floats:
        return table.amounts[amount] if isinstance(amount, str) else np.full(len(is_positive), float(amount))

    return RowCosts(
        is_positive,
        flagged=np.where(is_positive, column(config.true_positive), column(config.false_positive)),
        passed=np.where(is_positive, column(config.false_negative), column(config.true_negative)),
    )


def curve(costs: RowCosts, probability: Floats) -> CostCurve:
    """All thresholds that part these probabilities of the positive class, flag all of them, or none."""
    order = np.argsort(-probability, kind="stable")
    falling = probability[order]
    flagged = np.concatenate([[0.0], np.cumsum(costs.flagged[order])])
    passed = np.concatenate([[0.0], np.cumsum(costs.passed[order])])
    total = (flagged + passed[-1] - passed) / len(order)
    # Rows of equal probability fall on the same side, so only the ends of their runs are possible.
    ends = np.flatnonzero(np.diff(falling)) + 1
    between = (falling[ends - 1] + falling[ends]) / 2
    none, every = (1 + falling[0]) / 2 if falling[0] < 1 else np.nextafter(1.0, 2.0), falling[-1] / 2
    thresholds = np.concatenate([[none], between, [every]])
    chosen = np.concatenate([[0], ends, [len(order)]])
    return CostCurve(thresholds[::-1], total[chosen][::-1])
