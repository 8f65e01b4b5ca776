"""What a manifest says of a model: scores with intervals, slices, whom it was compared with, and what it is for.

Everything but About is measured, on held-out rows. No value of the data is in here, save the
names of categories, which the signature holds as well.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from slipway_ml.contract.signature import Label


class Part(BaseModel):
    """What every part of a manifest has in common: nothing changes it, and every number is one.

    Its validator is built when it is first asked for: the whole manifest's checks the parts as well.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, defer_build=True)


class Score(Part):
    """One metric on held-out rows, with the interval it lies in at the confidence of the evaluation."""

    name: str
    value: float
    higher_is_better: bool = True
    interval: tuple[float, float] | None = None


class SliceScore(Part):
    """A metric on some of the held-out rows: a group of a declared column, or one that was found to be worse.

    `p_value` says how often chance alone would make a slice that bad, corrected for all slices that were tried; None
    for a declared one, which was not chosen for its score.
    """

    name: str
    rows: Annotated[int, Field(ge=1)]
    score: Score
    p_value: float | None = None


class Comparison(Part):
    """Another model on the same rows: `difference` is by how much this version's first score is better than its score.

    `p_value` is that of a paired test, named in `test`; `note` says why a model could not be compared, or what
    flatters it.
    """

    other: str
    score: Score | None = None
    difference: float | None = None
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    test: str = ""
    note: str = ""


class Evaluation(Part):
    """How the scores were come by, and what they are beside: a baseline, and the champion.

    `groups` is how many groups of rows were drawn again for the intervals; None where rows were drawn one by one.
    """

    rows: Annotated[int, Field(ge=1)]
    groups: int | None = None
    confidence: float
    resamples: int
    slices: tuple[SliceScore, ...] = ()
    found_slices: tuple[SliceScore, ...] = ()
    slices_tried: int = 0
    baseline: Comparison | None = None
    champion: Comparison | None = None


class Decision(Part):
    """A decision threshold that is part of the graph: `positive` is the label from this probability on.

    `cost` is per row on held-out rows, `cost_at_half` what a threshold of 0.5 would cost there, in the unit of the
    config; `tuned_rows` says how many rows, none of them held out or fitted on, the threshold was tuned on. `interval`
    is that of `cost`; `constant_cost` is what the cheapest constant prediction, `constant`, would cost on these rows.
    Manifests from before they were there have none.
    """

    positive: Label
    threshold: float
    tuned_rows: Annotated[int, Field(ge=0)]
    cost: float
    cost_at_half: float
    interval: tuple[float, float] | None = None
    constant: Label | None = None
    constant_cost: float | None = None


class About(Part):
    """What people say of a model: nothing here is measured. `unit` is that of the values it predicts."""

    description: str = ""
    owner: str = ""
    intended_use: str = ""
    unit: str = ""
    limitations: tuple[str, ...] = ()
