"""The certificate of a graph: how its predictions compare with those of its reference, in all and by kind of row."""

from typing import Annotated

from pydantic import Field

from slipway_ml.contract.evaluation import Part


class RowsCompared(Part):
    """Rows of one kind whose predictions were compared, and how far they were apart at most and at the 99.9 % quantile.

    Kinds are named in `slipway_ml.contract.certificate`, which may learn more of them; a reader shows what it does not
    know.
    """

    kind: Annotated[str, Field(min_length=1)]
    rows: Annotated[int, Field(ge=0)]
    label_flips: Annotated[int, Field(ge=0)]
    largest_difference: Annotated[float, Field(ge=0)]
    p999_difference: Annotated[float, Field(ge=0)]


class RowsRefused(Part):
    """How many rows of one kind the pipeline itself refuses."""

    kind: Annotated[str, Field(min_length=1)]
    rows: Annotated[int, Field(ge=1)]


class ValueChange(Part):
    """How the values of a regression change, in the target's unit; of several targets the one that shifts the most.

    `mean` and `largest` are of the changes, `lower` and `higher` the shares of rows whose value falls or rises.
    `mean_by_spread` is the mean by the spread of the predictions. `relative` is the largest change by the value itself,
    None where the values are not all of one sign.
    """

    mean: float
    mean_by_spread: float
    largest: Annotated[float, Field(ge=0)]
    relative: Annotated[float, Field(ge=0)] | None = None
    lower: Annotated[float, Field(ge=0, le=1)]
    higher: Annotated[float, Field(ge=0, le=1)]


class GivenRows(Part):
    """The rows exactly as a user gave them, asked of the user's own pipeline, beside what the graph predicts for them.

    The graph computes from the float64 numbers that HTTP carries; a frame or array may hold others. `differing` are
    rows with another label, or a number further away than the tolerance. `reason` says why they differ and that it was
    accepted; it is empty where none does.
    """

    rows: Annotated[int, Field(ge=0)]
    differing: Annotated[int, Field(ge=0)]
    label_flips: Annotated[int, Field(ge=0)]
    largest_difference: Annotated[float, Field(ge=0)]
    reason: str = ""


class Parity(Part):
    """The certificate of a graph: how it compares with what it came from, on float64 input, in all and by kind of row.

    `rows` are real rows, `edge_rows` synthetic ones. `largest_difference` is over probabilities for classifiers
    (absolute) and over values for regressors (relative to the spread of the reference's predictions, or to the value
    itself where that is larger). `tolerance` is the largest difference allowed, `p999_difference` the 99.9 % quantile.
    Raw values closer to a threshold than `blind_steps` steps of float64 were not compared: 0 where every operation
    before it is exact, some where a logarithm or a power is. `kinds` begins with the rows a version is evaluated on;
    manifests from before it was there have none. `not_proved` says in sentences what nothing was compared for.
    `refused` counts synthetic rows that the pipeline itself refuses with an error, so that nothing was compared.
    `as_given` is there where a user's own pipeline was asked about the very rows that were given.
    """

    rows: Annotated[int, Field(ge=0)]
    edge_rows: Annotated[int, Field(ge=0)]
    label_flips: Annotated[int, Field(ge=0)]
    largest_difference: Annotated[float, Field(ge=0)]
    p999_difference: Annotated[float, Field(ge=0)]
    tolerance: Annotated[float, Field(ge=0)]
    blind_steps: Annotated[int, Field(ge=0)] = 0
    reference: str = "scikit-learn"
    kinds: tuple[RowsCompared, ...] = ()
    not_proved: tuple[str, ...] = ()
    refused: tuple[RowsRefused, ...] = ()
    as_given: GivenRows | None = None
