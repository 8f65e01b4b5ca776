"""Rows as a user has them, and as every later step expects them: two directions of one translation.

`read` looks at the X that a fitted pipeline belongs to and says which kind each column is. `AsGiven` is the way back:
the first step of the pipeline that is compared, it turns a frame that follows the conventions of Table into what the
user's own pipeline was fitted on: an array or a frame, with the user's dtypes and marks for missing cells.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from slipway_ml.contract.signature import Kind
from slipway_training.errors import DataCheckFailed

_EXACT = 2**53
_TEXT_COLUMN = "text"
_COLUMNS = 2
_LONGEST_NAME = 256


@dataclass(frozen=True, slots=True)
class Column:
    """How the user has a column: its dtype, the mark of a missing cell, whether any is missing, whether it is bools."""

    dtype: Any
    mark: Any
    has_missing: bool
    is_boolean: bool = False


class AsGiven(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Frames of ours become the user's; nothing is learned. `form` is 'frame', 'array' or 'texts'."""

    def __init__(self, columns: dict[str, Column], form: str) -> None:
        self.columns = columns
        self.form = form

    def with_column(self, name: str, column: Column) -> "AsGiven":
        """The same with another way back for one column."""
        return AsGiven({**self.columns, name: column}, self.form)

    def fit(self, _rows: Any, _target: Any = None) -> "AsGiven":
        """Learn nothing."""
        return self

    def transform(self, rows: pd.DataFrame) -> Any:
        """The rows in the user's own form."""
        frame = pd.DataFrame({name: _restore(rows[name], column) for name, column in self.columns.items()})
        if self.form == "frame":
            return frame
        if self.form == "texts":
            return frame.iloc[:, 0].to_numpy(dtype=object)
        return frame.to_numpy()

    def __sklearn_is_fitted__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Given:
    """The user's rows in our conventions, what kind each column is, and the way back."""

    frame: pd.DataFrame
    kinds: dict[str, Kind]
    way_back: AsGiven


def read(rows: Any, wanted: tuple[str, ...] | None = None) -> Given:
    """Any X that scikit-learn takes, save sparse ones; raises DataCheckFailed that names the column.

    `wanted` are the columns that the pipeline was fitted on, by name.
    """
    frame, form = _as_frame(rows)
    if form == "frame" and wanted is not None:
        absent = [name for name in wanted if name not in frame.columns]
        if absent:
            raise DataCheckFailed(f"X has no column {absent[0]!r}, which the pipeline was fitted on")
        frame = frame[list(wanted)]
    if frame.shape[1] == 0:
        raise DataCheckFailed("X has no columns")
    for place, name in enumerate(frame.columns):
        if not 0 < len(name) <= _LONGEST_NAME:
            what = "no name" if not name else f"a name of more than {_LONGEST_NAME} characters"
            raise DataCheckFailed(
                f"column {place} of X (counted from 0) has {what}; rename it and fit the pipeline again"
            )
    columns, kinds, values = {}, {}, {}
    for name in frame.columns:
        kinds[name], values[name], columns[name] = _read_column(name, frame[name])
    if set(kinds.values()) <= {Kind.NUMBER, Kind.INTEGER} and form != "texts":
        kinds = dict.fromkeys(kinds, Kind.NUMBER)
    return Given(pd.DataFrame(values), kinds, AsGiven(columns, form))


def target_names(target: Any, count: int) -> tuple[str, ...]:
    """Names of several targets: those of a frame's columns, else by number."""
    if isinstance(target, pd.DataFrame):
        return tuple(map(str, target.columns))
    return tuple(f"y{number}" for number in range(count))


def read_target(target: Any, rows: int) -> NDArray[Any]:
    """Y as one array, with a column per target where there are several; raises DataCheckFailed."""
    array = np.asarray(target)
    if array.ndim == _COLUMNS and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in {1, _COLUMNS}:
        raise DataCheckFailed("y has more than two dimensions; give one column per target")
    if array.ndim == _COLUMNS and not np.issubdtype(array.dtype, np.number):
        raise DataCheckFailed("y has several columns that are not numbers; publish one model per target")
    if len(array) != rows:
        raise DataCheckFailed(f"y has {len(array)} values, X has {rows} rows; give one value for each row")
    if pd.isna(array).any():
        raise DataCheckFailed("y lacks values; remove the rows without one")
    return array


def _as_frame(rows: Any) -> tuple[pd.DataFrame, str]:
    if isinstance(rows, pd.DataFrame):
        names = [str(name) for name in rows.columns]
        if len(set(names)) != len(names):
            raise DataCheckFailed("X names a column twice; rename or remove one")
        return rows.set_axis(names, axis=1).reset_index(drop=True), "frame"
    if hasattr(rows, "toarray"):
        raise DataCheckFailed("X is sparse; give the dense rows, or the text that a vectorizer in the pipeline takes")
    if isinstance(rows, pd.Series):
        return rows.reset_index(drop=True).to_frame(_TEXT_COLUMN if rows.name is None else str(rows.name)), "texts"
    array = np.asarray(rows)
    if array.ndim == 1:
        return pd.DataFrame({_TEXT_COLUMN: pd.Series(array, dtype=object)}), "texts"
    if array.ndim != 2:  # noqa: PLR2004  # rows and columns
        raise DataCheckFailed("X must have rows and columns; reshape it")
    return pd.DataFrame(array, columns=[f"x{number}" for number in range(array.shape[1])]), "array"


def _read_column(name: str, column: "pd.Series[Any]") -> tuple[Kind, Any, Column]:
    absent = column.isna().to_numpy()
    mark = column[absent].iloc[0] if absent.any() else None
    present = column[~absent]
    kinds = {type(value) for value in present} if column.dtype == np.dtype(object) else set()
    is_boolean = pd.api.types.is_bool_dtype(column.dtype) or bool(kinds and kinds <= {bool, np.bool_})
    form = Column(column.dtype, mark, bool(absent.any()), is_boolean)
    if isinstance(column.dtype, pd.CategoricalDtype):
        kind = _kind_of_categories(name, column.dtype)
        if kind is Kind.CATEGORY:
            return kind, _texts(name, column, absent), form
        return kind, _numbers(column, absent), replace(form, is_boolean=kind is Kind.BOOLEAN)
    if is_boolean:
        return Kind.BOOLEAN, _numbers(column, absent), form
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
        is_integer = pd.api.types.is_integer_dtype(column.dtype)
        values = _numbers(column, absent)
        if np.isinf(values).any():
            raise DataCheckFailed(f"column {name!r} holds infinities; replace them")
        if is_integer and len(present) and np.abs(values[~absent]).max() > _EXACT:
            raise DataCheckFailed(f"column {name!r} holds integers beyond 2**53, which floats cannot tell apart")
        return Kind.INTEGER if is_integer else Kind.NUMBER, values, form
    kinds = kinds or {type(value) for value in present}
    if len(present) and kinds <= {str}:
        return Kind.CATEGORY, _texts(name, column, absent), form
    if len(present) and kinds <= {int, float, np.int64, np.float64}:
        return Kind.NUMBER, _numbers(column, absent), form
    what = "is empty" if not len(present) else f"is of dtype {column.dtype}, and holds more than text or numbers"
    raise DataCheckFailed(f"column {name!r} {what}; convert it to text, numbers or booleans before the pipeline")


def _kind_of_categories(name: str, dtype: pd.CategoricalDtype) -> Kind:
    """Categories that are numbers travel as numbers, and booleans as booleans."""
    kinds = {type(value) for value in dtype.categories.tolist()}
    for kind, types in ((Kind.CATEGORY, {str}), (Kind.BOOLEAN, {bool}), (Kind.INTEGER, {int})):
        if kinds <= types:
            return kind
    if kinds <= {int, float}:
        return Kind.NUMBER
    raise DataCheckFailed(
        f"column {name!r} has categories that are neither text, numbers nor booleans alone; convert them with "
        "astype(str).astype('category') and fit the pipeline again"
    )


def _numbers(column: "pd.Series[Any]", absent: NDArray[np.bool_]) -> NDArray[np.float64]:
    values = np.full(len(column), np.nan)
    values[~absent] = column[~absent].to_numpy(dtype=np.float64)
    return values


def _texts(name: str, column: "pd.Series[Any]", absent: NDArray[np.bool_]) -> NDArray[Any]:
    values = np.full(len(column), "", dtype=object)
    values[~absent] = column[~absent].astype(str).to_numpy(dtype=object)
    if absent.any() and (values[~absent] == "").any():
        raise DataCheckFailed(f"column {name!r} has missing cells and empty text, which are one thing when served")
    return values


def _restore_booleans(values: NDArray[np.float64], column: Column) -> Any:
    """True, False and the user's mark of a missing cell, in the user's dtype where it has room for that mark."""
    is_gap = np.isnan(values)
    if not is_gap.any():
        return pd.Series(values != 0, dtype=column.dtype)
    if not column.has_missing:
        return pd.Series(values)
    cells = (values != 0).astype(object)
    cells[is_gap] = column.mark
    return pd.Series(cells, dtype=column.dtype)


def _restore(cells: "pd.Series[Any]", column: Column) -> Any:
    values = cells.to_numpy()
    if values.dtype == np.float64:
        if isinstance(column.dtype, pd.CategoricalDtype):
            numbers = np.array(column.dtype.categories.tolist(), dtype=np.float64)
            places = pd.Index(numbers).get_indexer(pd.Index(values))
            return pd.Categorical.from_codes(places, dtype=column.dtype)
        if column.is_boolean:
            return _restore_booleans(values, column)
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu" and not column.has_missing:
            is_whole = bool((np.abs(values) <= _EXACT).all()) and np.array_equal(values, np.round(values))
            return pd.Series(values.astype(np.int64) if is_whole else values)
        return pd.Series(values, dtype=object if column.dtype == np.dtype(object) else np.float64)
    if column.has_missing:
        values = np.where(values == "", column.mark, values) if values.size else values
    if isinstance(column.dtype, pd.CategoricalDtype):
        known = pd.Index(values).isin(column.dtype.categories)
        return pd.Categorical([v if k else None for v, k in zip(values, known, strict=True)], dtype=column.dtype)
    return pd.Series(values, dtype=column.dtype if column.dtype != np.dtype(object) else object)
