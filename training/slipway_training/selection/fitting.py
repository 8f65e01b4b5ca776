"""fit(config, …) -> Model: the pipeline of a config, calibrated and given its decision threshold, fitted on all rows.

From the inside out: columns, sampler and estimator are one pipeline; around it comes the calibration, around that the
threshold. So whatever looks at a prediction to tune something looks at rows which that pipeline has not seen in any
step. All of it is one scikit-learn estimator, and one graph.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import FixedThresholdClassifier

from slipway_ml.contract import evaluation
from slipway_ml.contract.signature import Label, Signature
from slipway_training.config.cost import CostConfig
from slipway_training.config.evaluation import EvaluationConfig
from slipway_training.config.model import TrainingConfig
from slipway_training.data.folds import tuning_folds
from slipway_training.data.table import Table
from slipway_training.errors import ConfigError
from slipway_training.evaluation.bootstrap import draw
from slipway_training.pipeline.build import build, fit_without_warnings
from slipway_training.selection import costs
from slipway_training.selection.costs import EXPECTED_COST, CostCurve, RowCosts


@dataclass(frozen=True, slots=True)
class Decision:
    """A threshold that was moved by what mistakes cost. Costs are per row; `curve` is over the rows it was tuned on."""

    positive: Label
    threshold: float
    curve: CostCurve
    rows: int
    cost_at_half: float
    cost: float

    @property
    def how(self) -> str:
        """In words, for people."""
        return (
            f"threshold {self.threshold:.4g} for class {self.positive}, tuned on {self.rows} rows not fitted on: "
            f"{self.cost:.4g} per row, {self.cost_at_half:.4g} at 0.5"
        )


@dataclass(frozen=True, slots=True)
class CostOutcome:
    """A decision with what it costs per row on held-out rows, and what deciding otherwise would have cost there.

    `interval` is that of `cost`; `constant` is the class that costs least when it is predicted for every row, at
    `constant_cost`; `held_out` are the costs of the single rows.
    """

    decision: Decision
    cost_at_half: float
    cost: float
    interval: tuple[float, float] | None
    constant: Label
    constant_cost: float
    held_out: RowCosts

    @property
    def in_words(self) -> str:
        """For people."""
        sure = "" if self.interval is None else f" ({self.interval[0]:.4g} to {self.interval[1]:.4g})"
        others = f"{self.cost_at_half:.4g} at 0.5, {self.constant_cost:.4g} for always {self.constant}"
        return f"{self.decision.how}; on held-out rows {self.cost:.4g}{sure} per row, {others}"

    @property
    def recorded(self) -> evaluation.Decision:
        """As the manifest has it."""
        decision = self.decision
        return evaluation.Decision(
            positive=decision.positive,
            threshold=decision.threshold,
            tuned_rows=decision.rows,
            cost=self.cost,
            cost_at_half=self.cost_at_half,
            interval=self.interval,
            constant=self.constant,
            constant_cost=self.constant_cost,
        )

    @property
    def scores(self) -> tuple[evaluation.Score, ...]:
        """As the manifest has them."""
        return (
            evaluation.Score(name=EXPECTED_COST, value=self.cost, higher_is_better=False, interval=self.interval),
            evaluation.Score(name="expected_cost_at_half", value=self.cost_at_half, higher_is_better=False),
        )


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model, a note when its estimator stopped before it converged, and its decision, if any."""

    pipeline: Any
    note: str
    decision: Decision | None


def fit(config: TrainingConfig, signature: Signature, learn: Table) -> Model:
    """Tune on folds, then fit on every row to learn from; raises ConfigError."""
    model, decision = compose(config, signature, learn), None
    if config.cost is not None:
        decision = decide(config, config.cost, signature, learn)
        model = FixedThresholdClassifier(
            model, threshold=decision.threshold, pos_label=decision.positive, response_method="predict_proba"
        )
    note = fit_without_warnings(model, learn, config.estimator.type)
    return Model(model, note, decision)


def compose(config: TrainingConfig, signature: Signature, learn: Table) -> Any:
    """The unfitted pipeline, in its calibration where the config asks for one; `learn` are the rows it will see."""
    pipeline = build(config, signature)
    if config.calibration.method == "none":
        return pipeline
    parts = tuning_folds(learn, config.split, config.task)
    judged = np.concatenate([judge for _, judge in parts])
    if len(judged) == len(learn.target):
        # One pipeline of all rows, calibrated on what those of the folds said: as small and fast as without.
        return CalibratedClassifierCV(pipeline, method=config.calibration.method, cv=parts, ensemble=False)
    return CalibratedClassifierCV(pipeline, method=config.calibration.method, cv=parts[-1:])


def decide(config: TrainingConfig, cost: CostConfig, signature: Signature, learn: Table) -> Decision:
    """The threshold of least cost on rows that were not fitted on; raises ConfigError."""
    positive = costs.positive_of(cost, signature.labels or ())
    if not hasattr(compose(config, signature, learn), "predict_proba"):
        raise ConfigError(
            f"config: [cost] needs probabilities, which {config.estimator.type} does not give; "
            "set calibration.method = 'sigmoid' or take LogisticRegression"
        )
    rows, probability = out_of_fold_probabilities(config, signature, learn, positive)
    judged = costs.row_costs(cost, learn.take(rows), positive)
    found = costs.curve(judged, probability)
    return Decision(
        positive,
        found.best,
        found,
        len(rows),
        cost_at_half=judged.mean(probability >= costs.HALF),
        cost=judged.mean(probability >= found.best),
    )


def tune_threshold(
    model: Model, cost: CostConfig, held_out: Table, labels: tuple[Label, ...], config: EvaluationConfig
) -> CostOutcome | None:
    """What the decision costs on held-out rows, on which nothing was tuned; None for a model without one."""
    if model.decision is None:
        return None
    judged = costs.row_costs(cost, held_out, model.decision.positive)
    probability = positive_probability(model.pipeline, held_out.frame, model.decision.positive)
    at_half, tuned = probability >= costs.HALF, probability >= model.decision.threshold
    drawn = draw(costs.Costs(judged.of(tuned)), len(tuned), config, groups=held_out.groups)
    always = np.ones(len(tuned), dtype=np.bool_)
    negative = next(label for label in labels if label != model.decision.positive)
    constants = {model.decision.positive: judged.mean(always), negative: judged.mean(~always)}
    constant = min(constants, key=lambda label: constants[label])
    return CostOutcome(
        model.decision,
        cost_at_half=judged.mean(at_half),
        cost=judged.mean(tuned),
        interval=drawn.interval(EXPECTED_COST),
        constant=constant,
        constant_cost=constants[constant],
        held_out=judged,
    )


def positive_probability(model: Any, frame: pd.DataFrame, positive: Label) -> NDArray[np.float64]:
    """One probability per row."""
    return np.asarray(model.predict_proba(frame)[:, list(model.classes_).index(positive)], dtype=np.float64)


def out_of_fold_probabilities(
    config: TrainingConfig, signature: Signature, learn: Table, positive: Label
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Row numbers, and the probability of the positive class by a model that was fitted without the row."""
    rows, found = [], []
    for fit_on, judge in tuning_folds(learn, config.split, config.task):
        part = learn.take(fit_on)
        model = compose(config, signature, part)
        fit_without_warnings(model, part, config.estimator.type)
        rows.append(judge)
        found.append(positive_probability(model, learn.frame.iloc[judge], positive))
    return np.concatenate(rows), np.concatenate(found)
