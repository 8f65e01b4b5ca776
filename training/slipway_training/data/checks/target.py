"""The target and the number of rows: whether there is something to learn, and enough to learn it from."""

from collections.abc import Iterator, Sequence

from slipway_training.data.findings import Finding, error, warning

_MINIMUM_ROWS = 20
_SMALL_CLASS = 0.01


def check_rows(rows: int) -> Iterator[Finding]:
    """A few rows teach nothing, and prove nothing."""
    if rows < _MINIMUM_ROWS:
        yield error("rows", f"the data has {rows} rows", f"at least {_MINIMUM_ROWS} are needed", rows=rows)


def check_classes(sizes: Sequence[int], *, is_balanced: bool = False) -> Iterator[Finding]:
    """Classes by their size, the smallest first; `is_balanced` where the config weighs or samples them already."""
    rows = sum(sizes)
    if len(sizes) < 2:  # noqa: PLR2004  # a choice needs two
        yield error("target", "the target has one class only", "a classifier needs rows of at least two")
    elif sizes[0] < 2:  # noqa: PLR2004  # one row to learn from, one to be held out
        remedy = "add rows of that class or remove it"
        yield error("target", "a class of the target has a single row", remedy, rows=sizes[0], of=rows)
    elif sizes[0] < _SMALL_CLASS * rows:
        message = f"the smallest class of the target has {sizes[0]} of {rows} rows"
        remedy = "its figures are rough, bring more of it" if is_balanced else "weigh the classes, or bring more of it"
        yield warning("class_balance", message, remedy, rows=sizes[0], of=rows)


def check_values(distinct: int) -> Iterator[Finding]:
    """The target of a regression must vary."""
    if distinct < 2:  # noqa: PLR2004  # one value is no relation
        remedy = "so there is nothing to learn; name another target"
        yield error("target", "the target has the same value in every row", remedy)
