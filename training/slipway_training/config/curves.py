"""Which curves are drawn of a model: what more rows would bring, and what holding it in or letting it go brings."""

from pydantic import Field

from slipway_training.config.search import SpanConfig
from slipway_training.config.section import Section


class CurvesConfig(Section):
    """Curves for the report, each point a cross-validation of its own; they take time and change no model."""

    learning: bool = Field(False, description="learning curve: score by the number of training rows")
    regularisation: dict[str, SpanConfig] = Field(
        {}, description="score along parameters of the estimator, such as `curves.regularisation.C = {low, high, log}`"
    )
