"""InputPolicy: what a server does about values that are unlike those of training, as the publisher wants it.

Unusual is a category that training never saw, a number far outside of what it saw, and a date in another form. The
model would take any of them without a word.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from slipway_ml.contract.profile import FeatureProfile

Treatment = Literal["accept", "warn", "refuse"]


class InputPolicy(BaseModel):
    """How values are treated that are unlike those of training; it stands in the manifest."""

    model_config = ConfigDict(frozen=True)

    unusual: Treatment = Field(
        "warn",
        description="what happens to a value unlike those of training: 'accept' does not look, 'warn' predicts and "
        "says so in the response, 'refuse' is an error",
    )
    columns: dict[str, Treatment] = Field({}, description="column = the same for one feature")
    extra: Literal["refuse", "ignore"] = Field(
        "refuse", description="what happens to fields and inputs of a request that are no features of the model"
    )

    def of(self, feature: FeatureProfile) -> Treatment:
        """What holds for one feature; a date that the model could not read is refused unless its column says else."""
        return self.columns.get(feature.name, "refuse" if feature.is_parsed else self.unusual)
