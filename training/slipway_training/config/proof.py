"""How exactly a graph must repeat the pipeline, and what a variant of it may change."""

from typing import Annotated, Literal

from pydantic import Field

from slipway_training.config.evaluation import Metric
from slipway_training.config.section import Section


class ParityConfig(Section):
    """How exactly the ONNX graph must repeat scikit-learn; labels must always be the same."""

    tolerance: Annotated[float, Field(gt=0)] = Field(
        1e-5,
        description="largest difference of a probability, or of a value relative to the spread of all or to its size",
    )
    accept_dtype_difference: bool = Field(
        False,
        description="publish although the rows given, in the data types they have, get other predictions from the "
        "pipeline than from the graph, which computes from float64",
    )
    max_edge_rows: Annotated[int, Field(ge=5000)] = Field(20_000, description="bound on the generated edge rows")


class GateConfig(Section):
    """What a variant may change that is not exact, and what any version must reach.

    Its score must also lie within the 95 % interval of the model's own score, by the bootstrap.
    """

    flip_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.002, description="largest share of held-out rows whose label such a variant may change"
    )
    probability_change: Annotated[float, Field(ge=0, le=1)] = Field(
        0.02, description="largest change of any probability on held-out rows; for regression, of a value by its spread"
    )
    mean_shift: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0001,
        description="largest mean change of a value on held-out rows, as a share of the spread of the predictions: "
        "changes must not go one way",
    )
    relative_change: Annotated[float, Field(ge=0)] = Field(
        0.02,
        description="largest change of a value on held-out rows as a share of the value itself, where all predictions "
        "have the same sign",
    )
    size_saving: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.1, description="share of the best exact graph's size that a variant must save that changes predictions"
    )
    minimum_score: float | None = Field(None, description="held-out score below which nothing is published")
    limits: dict[Metric, float] = Field(
        {}, description="metric = limit: nothing is published that is worse on held-out rows"
    )
    champion: Literal["any", "not_worse", "better"] = Field(
        "any",
        description="beside the champion on the same rows, the first metric may be anything, must not be worse, or "
        "must be better by more than chance",
    )
    champion_margin: Annotated[float, Field(ge=0)] = Field(
        0.0, description="how much worse than the champion is not worse, and how much better is not yet better"
    )
    slice_score: float | None = Field(
        None, description="limit for each slice of evaluation.slices; for values it is one of the mean absolute error"
    )
    slice_gap: Annotated[float, Field(ge=0)] | None = Field(
        None, description="how much worse than all rows together a slice of evaluation.slices may be"
    )
