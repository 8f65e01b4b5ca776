"""Where the rows come from."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from slipway_ml.contract.csv_format import CsvFormat
from slipway_ml.contract.signature import Kind
from slipway_training.config.section import Section
from slipway_training.config.sources import SourceConfig, check_sources

Check = Literal[
    "class_balance",
    "conflicting_labels",
    "constant",
    "date_form",
    "drift",
    "duplicate_rows",
    "expectation",
    "future_rows",
    "future_values",
    "identifier",
    "leak",
    "missing_share",
    "missing_word",
    "number_form",
    "shared_groups",
    "shared_rows",
    "unseen_category",
]
Severities = Literal["error", "warning", "ignore"]
Source = Literal["sources", "csv", "breast_cancer", "diabetes", "digits", "iris", "wine"]


class _RowsConfig(Section):
    """What the section has beside the format of a CSV, which the page of the keys lists after it."""

    source: Source = Field(
        "sources",
        description="'csv', the name of a data set that comes with scikit-learn, or 'sources' where `[[data.sources]]` "
        "name tables to be joined",
    )
    sources: tuple[SourceConfig, ...] = Field((), description="tables to be joined, see `[[data.sources]]`")
    path: Path | None = Field(None, description="the CSV file; relative to the config file, or given with --data")
    target: str | None = Field(None, description="the column to predict; scikit-learn's sets know theirs")
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
    time_is_feature: bool = Field(
        False, description="whether the column of data.time is a feature too, such as a date with `encode = 'date'`"
    )
    empty_targets: Literal["refuse", "drop"] = Field(
        "refuse",
        description="what happens where a row has no value for the target: an error with its line, or left out",
    )
    checks: Path | None = Field(
        None, description="a file of checks that `slipway data profile` drafts; relative to the config"
    )
    severities: dict[Check, Severities] = Field(
        {}, description="check = severity of its findings, where it differs from the default"
    )

    sample: Annotated[int, Field(ge=20)] | None = Field(
        None, description="so many of the joined rows, drawn with `split.random_state`; all when left out"
    )
    memory: Annotated[str, Field(pattern=r"^[1-9][0-9]*(MB|GB|MiB|GiB)$")] = Field(
        "2GB",
        exclude=True,
        description="what the engine may use for joining and checking before it spills to disk",
    )
    cache: Path = Field(
        Path(".slipway"),
        exclude=True,
        description="folder for what need not be done twice; relative to the config, safe to delete",
    )


class DataConfig(CsvFormat, _RowsConfig):
    """Where the rows come from, which columns count, and how a CSV is written."""

    @model_validator(mode="after")
    def _source_has_what_it_needs(self) -> "DataConfig":
        if (self.source == "sources") != bool(self.sources):
            raise ValueError("the data needs data.source = 'csv' or the name of a set, or tables in [[data.sources]]")
        if self.source in {"csv", "sources"} and self.target is None:
            what = "a CSV needs" if self.source == "csv" else "joined tables need"
            raise ValueError(f"{what} data.target, the column to predict")
        if self.source != "csv" and self.path is not None:
            raise ValueError("data.path is for source = 'csv'; tables to be joined have a path of their own")
        if self.source not in {"csv", "sources"} and self.target is not None:
            raise ValueError("data.path and data.target are for source = 'csv'")
        written = [key for key in CsvFormat.model_fields if getattr(self, key) != CsvFormat.model_fields[key].default]
        if self.source != "csv" and written:
            where = "; write it in the [[data.sources]] that is so written" if self.source == "sources" else ""
            raise ValueError(f"data.{written[0]} is for source = 'csv'{where}")
        check_sources(self.sources)
        return self

    @property
    def asides(self) -> tuple[str, ...]:
        """Columns that are kept beside the features and are none themselves."""
        time = None if self.time_is_feature else self.time
        return tuple(name for name in (self.group, time) if name is not None)

    def given(self, path: Path) -> "DataConfig":
        """The same with another CSV, or with another folder that the paths of the tables to be joined start in."""
        if self.source == "csv":
            return self.model_copy(update={"path": path})
        tables = tuple(source.model_copy(update={"folder": path}) for source in self.sources)
        return self.model_copy(update={"sources": tables})

    def below(self, folder: Path) -> "DataConfig":
        """The same with its relative paths taken from a folder, the config's."""
        sources = tuple(source.below(folder) for source in self.sources)
        path = None if self.path is None else folder / self.path
        checks = None if self.checks is None else folder / self.checks
        return self.model_copy(
            update={"path": path, "checks": checks, "cache": folder / self.cache, "sources": sources}
        )
