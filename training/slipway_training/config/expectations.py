"""Expectations: what the columns of the training rows must be like, as `slipway data profile` writes it to a file."""

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from slipway_ml.contract.signature import Kind
from slipway_training.config.section import Section
from slipway_training.errors import ConfigError


class ColumnExpectation(Section):
    """What one column must be like; what is left out is not checked."""

    kind: Kind | None = Field(None, description="number, integer, boolean or category")
    minimum: float | None = Field(None, description="smallest number allowed")
    maximum: float | None = Field(None, description="largest number allowed")
    categories: tuple[str, ...] | None = Field(None, description="the texts allowed")
    missing_share: Annotated[float, Field(ge=0, le=1)] = Field(1.0, description="largest share of missing cells")
    unique: bool = Field(False, description="no two rows have the same value")


class Expectations(Section):
    """Columns by name; a column that is not named may be there or not."""

    columns: dict[str, ColumnExpectation]


def read_expectations(path: Path) -> Expectations:
    """Raises ConfigError in one sentence."""
    try:
        return Expectations.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise ConfigError(f"data.checks: {str(path)!r} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"data.checks: {path.name} is not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"data.checks: {path.name}: '{where}': {first['msg']}") from None
