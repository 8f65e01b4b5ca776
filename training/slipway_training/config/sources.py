"""Where raw rows lie, and how one table is joined to the ones before it."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from slipway_ml.contract.signature import Kind
from slipway_training.config.section import Section

SourceName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Cardinality = Literal["one_to_one", "many_to_one", "one_to_many"]


class SourceConfig(Section):
    """One table: files of CSV or Parquet, or a query of a database; every one but the first says how it is joined."""

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
    how: Literal["left", "inner"] = Field(
        "left", description="rows without a partner stay with missing values, or are left out"
    )
    cardinality: Cardinality = Field(
        "many_to_one", description="how many rows so far may meet how many of this table; checked"
    )
    unmatched: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="largest share of the rows so far that may be without a partner"
    )

    @model_validator(mode="after")
    def _comes_from_one_place(self) -> "SourceConfig":
        if (self.path is None) == (self.url is None) or (self.url is None) != (self.query is None):
            raise ValueError(f"source {self.name!r} needs either a path, or a url with a query")
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
        if not source.keys:
            raise ValueError(f"source {source.name!r} needs `on`, the columns by which it is joined")
    if sources and sources[0].keys:
        raise ValueError(f"source {sources[0].name!r} comes first, so it is joined to nothing; remove its `on`")
