"""What happens to the columns before the estimator."""

from typing import Literal

from pydantic import Field

from training.config.section import Section


class FeaturesConfig(Section):
    """What happens to the columns before the estimator."""

    scale: Literal["standard", "minmax", "none"] = Field("none", description="scaler for number and integer columns")
    missing_numbers: Literal["median", "mean"] = Field("median", description="what a missing number becomes")
    missing_categories: Literal["most_frequent", "constant"] = Field(
        "constant", description="a missing text becomes the most frequent one, or a category of its own"
    )
    unseen_categories: Literal["allowed", "refused"] = Field(
        "allowed", description="whether a category that was not seen in training may be asked about"
    )
