"""Joining as of a time: each row so far meets the last row of a table that was known then, and no later one.

A plain join by key brings what a customer is today to what the customer bought years ago. Here a row of the table
counts from its own time on. Two rows of one key at the same time would leave it to chance which of them is the last, so
they are refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slipway_training.config.sources import AsOfConfig, SourceConfig
from slipway_training.data.engine import DuckDBPyConnection, integer, literal, one, quoted
from slipway_training.errors import ConfigError, DataCheckFailed, closest

_NUMBERS = {"BIGINT", "DOUBLE"}
_WHEN = "moment of the row"
"""The column that holds the time while two tables are joined; no column of a file is called so by chance."""


@dataclass(frozen=True, slots=True)
class AsOf:
    """One such join: the rows so far are `a`, those of the source `b`; both tables by the types of their columns."""

    source: SourceConfig
    config: AsOfConfig
    columns: Mapping[str, str]
    own: Mapping[str, str]

    def join(self, left: str, brought: Sequence[str], *, is_inner: bool) -> str:
        """The relation of all rows so far with the columns that are brought, missing where nothing was known."""
        is_met = self._is_met
        terms = ", ".join(f"CASE WHEN {is_met} THEN b.{quoted(name)} END AS {quoted(name)}" for name in brought)
        only = f" WHERE {is_met}" if is_inner else ""
        return f"(SELECT a.* EXCLUDE ({quoted(_WHEN)}), {terms} FROM {self._both(left)}{only})"

    def check(self, connection: DuckDBPyConnection, left: str) -> int:
        """How many rows so far meet none; raises ConfigError or DataCheckFailed."""
        self._check_columns()
        connection.execute("SET TimeZone = 'UTC'")
        self._check_times(connection, left, self.config.left, self.columns, "the rows before it")
        self._check_times(connection, quoted(self.source.name), self.config.right, self.own, "its rows")
        self._check_unique(connection)
        return integer(connection, f"SELECT count(*) FROM {self._both(left)} WHERE NOT {self._is_met}")

    @property
    def _are_numbers(self) -> bool:
        return self.columns[self.config.left] in _NUMBERS

    @property
    def _is_met(self) -> str:
        """Whether a row met one, and one that is not too old."""
        tolerance = self.config.tolerance
        if tolerance is None:
            return f"(b.{quoted(_WHEN)} IS NOT NULL)"
        span = repr(tolerance) if self._are_numbers else f"INTERVAL {literal(str(tolerance))}"
        return f"coalesce(a.{quoted(_WHEN)} - b.{quoted(_WHEN)} <= {span}, false)"

    def _both(self, left: str) -> str:
        here = f"(SELECT *, {self._moment(self.config.left)} AS {quoted(_WHEN)} FROM {left})"
        known = f"(SELECT *, {self._moment(self.config.right)} AS {quoted(_WHEN)} FROM {quoted(self.source.name)})"
        there = f"(SELECT * FROM {known} WHERE {quoted(_WHEN)} IS NOT NULL)"
        compare = ">=" if self.config.allow_exact_matches else ">"
        keys = [f"a.{quoted(before)} = b.{quoted(own)}" for before, own in self.source.keys.items()]
        on = " AND ".join([*keys, f"a.{quoted(_WHEN)} {compare} b.{quoted(_WHEN)}"])
        return f"{here} a ASOF LEFT JOIN {there} b ON {on}"

    def _moment(self, column: str) -> str:
        """The time of a row: a number, or a moment, which is of UTC where no offset is given (see `check`)."""
        return f"{quoted(column)}::DOUBLE" if self._are_numbers else f"try_cast({quoted(column)} AS TIMESTAMPTZ)"

    def _check_columns(self) -> None:
        name = self.source.name
        for side, column, known, whose in (
            ("left", self.config.left, self.columns, "the tables before it have"),
            ("right", self.config.right, self.own, "it has"),
        ):
            if column not in known:
                raise ConfigError(
                    f"source {name!r}: as_of.{side} = {column!r} is no column that {whose}{closest(column, known)}"
                )
            if known[column] == "BOOLEAN":
                raise ConfigError(
                    f"source {name!r}: as_of.{side} = {column!r} holds true and false, which are no times"
                )
        if self._are_numbers != (self.own[self.config.right] in _NUMBERS):
            raise ConfigError(
                f"source {name!r}: one of as_of.left and as_of.right holds numbers and the other text; make both dates"
            )
        if isinstance(self.config.tolerance, str) is self._are_numbers and self.config.tolerance is not None:
            wanted = "a number, since its times are numbers" if self._are_numbers else "such as '30 days'"
            raise ConfigError(f"source {name!r}: as_of.tolerance must be {wanted}")

    def _check_times(
        self, connection: DuckDBPyConnection, relation: str, column: str, known: Mapping[str, str], whose: str
    ) -> None:
        if known[column] in _NUMBERS:
            return
        term = f"{quoted(column)} IS NOT NULL AND {self._moment(column)} IS NULL"
        odd = integer(connection, f"SELECT count(*) FROM {relation} WHERE {term}")
        if odd:
            raise DataCheckFailed(
                f"source {self.source.name!r}: {odd} of {whose} have in {column!r}, which as_of names, no date of "
                "ISO 8601, such as 2026-01-31; correct them"
            )

    def _check_unique(self, connection: DuckDBPyConnection) -> None:
        keys = [quoted(name) for name in self.source.keys.values()]
        moment = self._moment(self.config.right)
        is_whole = " AND ".join(f"{term} IS NOT NULL" for term in (*keys, moment))
        groups = ", ".join([*keys, moment])
        counted = f"SELECT count(*) AS n FROM {quoted(self.source.name)} WHERE {is_whole} GROUP BY {groups}"
        repeated, most = one(connection, f"SELECT count(*), max(n) FROM ({counted}) WHERE n > 1")
        if repeated:
            named = ", ".join([*self.source.keys.values(), self.config.right])
            raise DataCheckFailed(
                f"source {self.source.name!r}: {repeated} of its keys and times ({named}) stand on more than one row "
                f"(up to {most}), so that which was the last is left to chance; remove the repeated rows, or give "
                "times that tell them apart"
            )
