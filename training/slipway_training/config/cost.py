"""What a wrong prediction costs, what is done about rare classes, and whether probabilities are calibrated."""

from typing import Annotated, Literal

from pydantic import Field

from slipway_ml.contract.signature import Label
from slipway_training.config.section import Section

Amount = Annotated[float, Field(allow_inf_nan=False)] | str
"""The same for every row, or the name of a column that holds it row by row."""


class CostConfig(Section):
    """What a prediction costs, right or wrong, in any unit; a gain is a negative cost.

    With it the decision threshold of a classifier of two classes is tuned to the least expected cost and becomes part
    of the graph, so that every server of the file decides by it.
    """

    positive: Label | None = Field(
        None, description="the class that is looked for; by default the last of the two in the order of the alphabet"
    )
    false_positive: Amount = Field(description="cost of a false alarm: a number, or a column with an amount per row")
    false_negative: Amount = Field(description="cost of a miss: a number, or a column with an amount per row")
    true_positive: Amount = Field(0.0, description="cost of a hit, such as that of acting on it")
    true_negative: Amount = Field(0.0, description="cost of rightly doing nothing")
    amounts_are_features: bool = Field(
        True, description="whether the columns named here are features; not if they are known only later"
    )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that hold amounts."""
        every = (self.false_positive, self.false_negative, self.true_positive, self.true_negative)
        return tuple(dict.fromkeys(amount for amount in every if isinstance(amount, str)))


class ImbalanceConfig(Section):
    """What is done about a rare class. Rows are added or left out while fitting only, never where a model is judged."""

    method: Literal["none", "class_weight", "oversample", "undersample", "smote"] = Field(
        "none",
        description="weigh classes by their rarity, repeat rare rows, leave frequent ones out, or make up rare ones",
    )
    ratio: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None, description="rare rows per frequent one after sampling, for two classes; by default as many"
    )
    random_state: int = Field(0, description="seed of the sampling")


class CalibrationConfig(Section):
    """Probabilities that mean what they say: of the rows given 0.8, about eight in ten are of the class."""

    method: Literal["none", "sigmoid", "isotonic"] = Field(
        "none", description="a curve of two parameters, or any rising one, which needs some thousand rows"
    )
