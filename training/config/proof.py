"""How exactly a graph must repeat the pipeline, and what a variant of it may change."""

from typing import Annotated

from pydantic import Field

from training.config.section import Section


class ParityConfig(Section):
    """How exactly the ONNX graph must repeat scikit-learn; labels must always be the same."""

    tolerance: Annotated[float, Field(gt=0)] = Field(
        1e-5,
        description="largest difference of a probability, or of a value relative to the spread of all or to its size",
    )
    max_edge_rows: Annotated[int, Field(ge=5000)] = Field(20_000, description="bound on the made-up edge rows")


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
    size_saving: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.1, description="share of the best exact graph's size that a variant must save that changes answers"
    )
    minimum_score: float | None = Field(None, description="held-out score below which nothing is published")
