"""What happens to the columns before the estimator: for all columns of a kind, and for columns by name."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from slipway_ml.contract.dates import DateOrder
from slipway_training.config.section import Section

Scale = Literal["standard", "minmax", "robust", "max_abs", "power", "quantile", "none"]
MissingNumbers = Literal["median", "mean"]
MissingCategories = Literal["most_frequent", "constant"]
Encode = Literal["one_hot", "ordinal", "target", "text", "date"]
Part = Literal["year", "month", "day", "weekday", "day_of_year", "hour", "minute", "days"]


class StepConfig(Section):
    """A transformer of scikit-learn by the name of its class."""

    type: str = Field(description="its class, such as `QuantileTransformer`")
    parameters: dict[str, Any] = Field({}, description="its constructor's arguments")


class ColumnConfig(Section):
    """What happens to one column, or to the columns of a group; what is left out is as for all columns of the kind.

    Numbers go through `missing`, `scale`, `bins` or `splines`, `polynomial` and `components` in this order; text goes
    through `missing` and `encode`. `steps` stand for all of these.
    """

    missing: MissingNumbers | MissingCategories | None = Field(None, description="what a missing cell becomes")
    scale: Scale | None = Field(None, description="scaler or transform of numbers")
    bins: Annotated[int, Field(ge=2, le=1000)] | None = Field(
        None, description="numbers become one of so many bins of about equal numbers of rows"
    )
    splines: Annotated[int, Field(ge=2, le=100)] | None = Field(
        None, description="numbers become cubic B-splines with so many knots, which bend but do not jump"
    )
    polynomial: Annotated[int, Field(ge=2, le=4)] | None = Field(
        None, description="numbers are joined by their products up to this degree"
    )
    components: Annotated[int, Field(ge=1)] | None = Field(
        None, description="numbers are replaced by so many principal components"
    )
    encode: Encode | None = Field(
        None, description="text becomes columns: categories in three ways, words weighed by TF-IDF, or parts of a date"
    )
    words: Annotated[int, Field(ge=1)] = Field(1000, description="for encode = 'text': the most frequent words to keep")
    parts: tuple[Part, ...] = Field(
        ("year", "month", "day", "weekday"),
        min_length=1,
        description="for encode = 'date': parts of a date; `days` counts since 1970",
    )
    order: DateOrder = Field(
        "ymd",
        description="for encode = 'date': order of year, month and day: `2026-01-31`, `31.01.2026` or `01/31/2026`; "
        "a date in another form is an error",
    )
    zone: Literal["utc", "as_written"] = Field(
        "utc",
        description="for encode = 'date': times that end in an offset such as +02:00 are moved to UTC, or their clock "
        "is taken as it was written",
    )
    steps: tuple[StepConfig, ...] = Field((), description="transformers of scikit-learn by name, in their order")

    @model_validator(mode="after")
    def _has_one_form(self) -> "ColumnConfig":
        if self.bins is not None and self.splines is not None:
            raise ValueError("a column has either bins or splines")
        return self


class GroupConfig(ColumnConfig):
    """Several columns that go through the same steps together, which polynomials and components ask for."""

    columns: tuple[str, ...] = Field(min_length=1, description="the columns of the group")


class FeaturesConfig(Section):
    """What happens to the columns before the estimator."""

    scale: Scale = Field("none", description="scaler or transform for number and integer columns")
    missing_numbers: MissingNumbers = Field("median", description="what a missing number becomes")
    missing_categories: MissingCategories = Field(
        "constant", description="a missing text becomes the most frequent one, or a category of its own"
    )
    encode: Literal["one_hot", "ordinal", "target"] = Field("one_hot", description="how categories become numbers")
    unseen_categories: Literal["allowed", "refused"] = Field(
        "allowed", description="whether a category that was not seen in training may be asked about"
    )
    columns: dict[str, ColumnConfig] = Field({}, description="column = what happens to it, see below")
    groups: dict[str, GroupConfig] = Field({}, description="name = columns and what happens to them together")
    select: Annotated[int, Field(ge=1)] | None = Field(
        None, description="keep so many of the resulting columns, by their F-score with the target"
    )
    components: Annotated[int, Field(ge=1)] | None = Field(
        None, description="replace the resulting columns by so many principal components"
    )

    def options(self, name: str) -> ColumnConfig:
        """What the config says of one column, wherever it says so."""
        groups = (group for group in self.groups.values() if name in group.columns)
        return self.columns.get(name) or next(groups, ColumnConfig())
