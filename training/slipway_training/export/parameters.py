"""check(fitted, path): every parameter of a fitted step is one whose effect on prediction is known.

The table beside this file says of each whether the graph honours it, prediction does not depend on it, or it is
refused by name. Boosters take further parameters by keyword; the table knows what their libraries list, anything else
is refused.
"""

import inspect
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from slipway_training.errors import ConversionError

_PATH = Path(__file__).with_suffix(".toml")
FAMILIES = {
    "CatBoostClassifier": "CatBoost",
    "CatBoostRegressor": "CatBoost",
    "LGBMClassifier": "LightGBM",
    "LGBMRegressor": "LightGBM",
    "XGBClassifier": "XGBoost",
    "XGBRegressor": "XGBoost",
}
_OFF: tuple[Any, ...] = (None, False)


@dataclass(frozen=True, slots=True)
class Known:
    """The parameters of one estimator, or of all of one library, by what becomes of them."""

    honoured: frozenset[str]
    irrelevant: frozenset[str]
    refused: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """Every parameter that has a verdict."""
        return self.honoured | self.irrelevant | self.refused


@cache
def table() -> dict[str, Known]:
    """The verdicts by name of class, or of library."""
    found = tomllib.loads(_PATH.read_text("utf-8"))
    return {name: Known(**{verdict: frozenset(own) for verdict, own in one.items()}) for name, one in found.items()}


def check(fitted: Any, path: str) -> None:
    """Raise ConversionError that names the first parameter without an exact form, or of which nothing is known."""
    name = type(fitted).__name__
    known = table().get(FAMILIES.get(name, name))
    if known is None or not hasattr(fitted, "get_params"):
        return
    where = f"step {path}: {name}" if path else name
    defaults = _defaults(type(fitted))
    for given, value in fitted.get_params(deep=False).items():
        own = first_name(name, given)
        if own not in known.all:
            raise ConversionError(
                f"{where} has the parameter {given}, of which it is not known what it does to predictions; leave it out"
            )
        if own in known.refused and not _is_default(value, defaults.get(given)):
            remedy = f"leave it at {defaults[given]!r}" if given in defaults else "leave it out"
            raise ConversionError(f"{where} with {given}={_in_words(value)} has no exact form; {remedy}")


def _defaults(kind: type) -> dict[str, Any]:
    parameters = inspect.signature(kind.__init__).parameters.values()  # type: ignore[misc]  # of the class itself
    return {one.name: one.default for one in parameters if one.default is not inspect.Parameter.empty}


def _is_default(value: Any, default: Any) -> bool:
    if not _is_plain(value):
        return value is default
    return bool(value == default) or (value in _OFF and default in _OFF)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _in_words(value: Any) -> str:
    return repr(value) if _is_plain(value) else "a function" if callable(value) else f"a {type(value).__name__}"


def first_name(name: str, given: str) -> str:
    """LightGBM knows most of its parameters by several names; the table has the first of them."""
    if not name.startswith("LGBM"):
        return given
    return _lightgbm_names().get(given, given)


@cache
def _lightgbm_names() -> dict[str, str]:
    from lightgbm.basic import _ConfigAliases  # noqa: PLC0415  # only where there is a model of it

    every = _ConfigAliases._get_all_param_aliases()  # noqa: SLF001  # the library's own list, which it keeps to itself
    return {alias: own for own, aliases in every.items() for alias in aliases}
