"""Every check, at the two moments when there is something to look at: the whole table, and its two halves.

Each returns the findings as severe as the config wants them; `findings.stop` raises on the first error.
"""

from collections.abc import Iterator

from slipway_ml.contract.signature import Kind, Task
from slipway_training.config.expectations import read_expectations
from slipway_training.config.model import TrainingConfig
from slipway_training.data.checks.categories import check_categories
from slipway_training.data.checks.columns import check_columns
from slipway_training.data.checks.dates import check_dates
from slipway_training.data.checks.drift import check_drift
from slipway_training.data.checks.duplicates import check_duplicates
from slipway_training.data.checks.expectations import check_expectations
from slipway_training.data.checks.forms import check_forms
from slipway_training.data.checks.future import check_future
from slipway_training.data.checks.leakage import check_leakage
from slipway_training.data.checks.overlap import check_overlap
from slipway_training.data.checks.target import check_classes, check_rows, check_values
from slipway_training.data.engine import DuckDBPyConnection, connect
from slipway_training.data.findings import Finding, drop_line, error, with_configured_severities
from slipway_training.data.relation import TARGET, of_table
from slipway_training.data.summary import class_sizes, summarise
from slipway_training.data.table import Table, missing


def inspect_table(table: Table, config: TrainingConfig) -> tuple[Finding, ...]:
    """What can be seen before the split."""
    with connect() as connection:
        found = [*inspect_relation(connection, of_table(connection, table, "rows"), table.kinds, TARGET, config)]
    return with_configured_severities(
        [*check_dates(table, config), *found, *check_future(table, config)], config.data.severities
    )


def inspect_relation(
    connection: DuckDBPyConnection, relation: str, kinds: dict[str, Kind], target: str, config: TrainingConfig
) -> Iterator[Finding]:
    """The checks that read every row; the relation may be larger than memory."""
    has_classes = config.task is Task.CLASSIFICATION
    columns = summarise(connection, relation, {**kinds, target: Kind.CATEGORY})
    about_target = columns.pop(target)
    yield from check_rows(about_target.rows)
    if has_classes:
        is_balanced = config.imbalance.method != "none"
        yield from check_classes(class_sizes(connection, relation, target), is_balanced=is_balanced)
    else:
        yield from check_values(about_target.distinct)
    yield from check_columns(columns, config)
    yield from check_forms(connection, relation, columns, config.data)
    if config.data.checks is not None:
        yield from check_expectations(connection, relation, kinds, read_expectations(config.data.checks))
    yield from check_duplicates(connection, relation, list(kinds), target, has_classes=has_classes)


def inspect_split(train: Table, held_out: Table, config: TrainingConfig) -> tuple[Finding, ...]:
    """What needs both halves; columns that are empty in one come first, since nothing else can be said of them."""
    empty = [
        error("empty", f"column {name!r} is missing in every training row", drop_line(config.data.drop, name), name)
        for name in train.kinds
        if missing(train.frame[name]).all()
    ]
    if empty:
        return tuple(empty)
    found = [*check_leakage(train, held_out, config), *check_drift(train, held_out), *check_overlap(train, held_out)]
    if config.features.unseen_categories == "refused":
        found += check_categories(train, held_out)
    return with_configured_severities(found, config.data.severities)
