"""Where the rows come from."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from app.contract.signature import Kind
from training.config.section import Section

Check = Literal[
    "class_balance",
    "conflicting_labels",
    "constant",
    "drift",
    "duplicate_rows",
    "future_rows",
    "future_values",
    "identifier",
    "leak",
    "missing_share",
    "shared_groups",
    "shared_rows",
    "unseen_category",
]
Severities = Literal["error", "warning", "ignore"]
Source = Literal["csv", "breast_cancer", "diabetes", "digits", "iris", "wine"]


class DataConfig(Section):
    """Where the rows come from and which columns count."""

    source: Source = Field(description="'csv', or the name of a data set that comes with scikit-learn")
    path: Path | None = Field(None, description="the CSV file; relative to the config file, or given with --data")
    target: str | None = Field(None, description="the column to predict; CSV only, scikit-learn's sets know theirs")
    labels: Literal["numbers", "names"] = Field(
        "numbers", description="for scikit-learn's sets: class labels as numbers, or the set's own class names"
    )
    drop: tuple[str, ...] = Field((), description="columns to leave out, for instance those that give the target away")
    kinds: dict[str, Kind] = Field({}, description="column = kind, where the guessed kind is not the wanted one")
    nullable: tuple[str, ...] = Field((), description="columns that may be missing later though no row lacks them now")
    group: str | None = Field(
        None, description="a column that says which rows belong together, such as a customer; it is no feature"
    )
    time: str | None = Field(
        None, description="a column that says when a row happened, a number or an ISO 8601 date; it is no feature"
    )
    severities: dict[Check, Severities] = Field(
        {}, description="check = how severe its findings are, where that is not what it is by itself"
    )

    @model_validator(mode="after")
    def _csv_names_its_target(self) -> "DataConfig":
        if self.source == "csv" and self.target is None:
            raise ValueError("a CSV needs data.target, the column to predict")
        if self.source != "csv" and (self.path, self.target) != (None, None):
            raise ValueError("data.path and data.target are for source = 'csv'")
        return self
