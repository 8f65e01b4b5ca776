"""Where raw rows lie, and how one table is joined to the ones before it."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from slipway_ml.contract.csv_format import CsvFormat
from slipway_ml.contract.signature import Kind
from slipway_training.config.section import Section

SourceName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
_SPAN = r"^[1-9][0-9]* (seconds?|minutes?|hours?|days?|weeks?)$"
Cardinality = Literal["one_to_one", "many_to_one", "one_to_many"]


class AsOfConfig(Section):
    """Two columns of times: each row so far gets the last row of the table that was known at its time."""

    left: str = Field(description="when a row so far happened: a number, or a date of ISO 8601")
    right: str = Field(description="since when a row of this table was known; it is no column afterwards")
    tolerance: Annotated[float, Field(gt=0)] | Annotated[str, Field(pattern=_SPAN)] | None = Field(
        None, description="how old the last row may be: a number, or for dates such as '30 days'; any age when left out"
    )
    allow_exact_matches: bool = Field(True, description="whether a row of the very same time was known by then")


class _JoinConfig(Section):
    """What a source has beside the format of a CSV, which the page of the keys lists after it."""

    name: SourceName = Field(description="what the table is called in messages")
    path: str | None = Field(
        None, description="a file, folder or glob of CSV or Parquet, relative to the config, or a URL that fsspec knows"
    )
    folder: Path = Field(
        Path(),
        exclude=True,
        description="where relative paths start; relative to the config, and not kept with the model",
    )
    url: str | None = Field(
        None, description="a database, as SQLAlchemy names it; `${NAME}` stands for an environment variable"
    )
    query: str | None = Field(None, description="what to ask of the database")
    columns: tuple[str, ...] = Field((), description="the columns to take; all when left out")
    rename: dict[str, str] = Field({}, description="column = its new name, where two tables use one name")
    kinds: dict[str, Kind] = Field({}, description="column = kind, for CSV columns whose guessed kind is not so")
    on: dict[str, str] | tuple[str, ...] = Field(
        (), description="the key: columns of the same name, or { column so far = column of this table }"
    )
    as_of: AsOfConfig | None = Field(
        None,
        description="times beside the key, `{ left = 'ordered', right = 'since' }`: a row so far gets the last row of "
        "this table that was known then, never a later one; with `tolerance`, and `allow_exact_matches` (true)",
    )
    how: Literal["left", "inner"] = Field(
        "left", description="rows without a partner stay with missing values, or are left out"
    )
    cardinality: Cardinality = Field(
        "many_to_one", description="how many rows so far may meet how many of this table; checked"
    )
    unmatched: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="largest share of the rows so far that may be without a partner"
    )


class SourceConfig(CsvFormat, _JoinConfig):
    """One table: files of CSV or Parquet, or a query of a database; every one but the first says how it is joined."""

    @model_validator(mode="after")
    def _comes_from_one_place(self) -> "SourceConfig":
        if (self.path is None) == (self.url is None) or (self.url is None) != (self.query is None):
            raise ValueError(f"source {self.name!r} needs either a path, or a url with a query")
        return self

    @model_validator(mode="after")
    def _has_one_row_as_of_a_time(self) -> "SourceConfig":
        if self.as_of is not None and self.cardinality != "many_to_one":
            raise ValueError(f"source {self.name!r}: as_of finds one row for each, so its cardinality is 'many_to_one'")
        return self

    @property
    def keys(self) -> dict[str, str]:
        """Key columns of the rows so far, and what they are called here."""
        return dict(self.on) if isinstance(self.on, dict) else {name: name for name in self.on}

    def below(self, folder: Path) -> "SourceConfig":
        """The same with relative paths taken from a folder."""
        return self.model_copy(update={"folder": folder / self.folder})


def check_sources(sources: tuple[SourceConfig, ...]) -> None:
    """Names and keys; raises ValueError in one sentence."""
    names = [source.name for source in sources]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two sources are called {name!r}; rename one")
    for source in sources[1:]:
        if not source.keys and source.as_of is None:
            raise ValueError(f"source {source.name!r} needs `on`, the columns by which it is joined")
    if sources and (sources[0].keys or sources[0].as_of is not None):
        key = "on" if sources[0].keys else "as_of"
        raise ValueError(f"source {sources[0].name!r} comes first, so it is joined to nothing; remove its `{key}`")
