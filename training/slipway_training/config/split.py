"""Which rows are held out, and how the others are divided where something is tuned on them."""

from typing import Annotated, Literal

from pydantic import Field

from slipway_training.config.section import Section

Strategy = Literal["random", "stratified", "group", "time"]


class SplitConfig(Section):
    """Which rows are held out, and how the rest is divided where a search, a threshold or a calibration needs parts.

    `stratified` gives every class its share on each side, `group` keeps the rows of one `data.group` together, `time`
    holds out what `data.time` says came last, so that nothing is trained on the future.
    """

    strategy: Strategy | None = Field(
        None,
        description="how rows are divided; by default `group` or `time` where data names such a column, "
        "else `stratified` for classes and `random` for values",
    )
    test_size: Annotated[float, Field(gt=0, lt=1)] = Field(0.3, description="share of rows held out")
    validation_size: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0,
        description="share of the other rows on which a threshold and a calibration are tuned; "
        "0 tunes them on the folds of a cross-validation, which wastes no row",
    )
    folds: Annotated[int, Field(ge=2, le=50)] = Field(5, description="folds of a cross-validation")
    random_state: int = Field(0, description="seed of the shuffle")
