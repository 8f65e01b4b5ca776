"""Text that is most likely something else: numbers in another form, and words that usually mean missing.

Only columns whose kind was guessed are looked at: what the config calls a category is one.
"""

from collections.abc import Iterator, Mapping

from slipway_ml.contract.csv_format import KNOWN_MISSING
from slipway_ml.contract.signature import Kind
from slipway_training.config.data import DataConfig
from slipway_training.data.engine import DuckDBPyConnection, literal, one, quoted
from slipway_training.data.findings import Finding, warning
from slipway_training.data.number_forms import FORMS, PLAIN, NumberForm, best
from slipway_training.data.summary import ColumnSummary

_FEW_VALUES = 1000
_AT_ONCE = 20


def check_forms(
    connection: DuckDBPyConnection, relation: str, columns: Mapping[str, ColumnSummary], data: DataConfig
) -> Iterator[Finding]:
    """Findings on the columns of text."""
    said = {*data.kinds, *(source.rename.get(name, name) for source in data.sources for name in source.kinds)}
    texts = [column for column in columns.values() if column.kind is Kind.CATEGORY and column.name not in said]
    for start in range(0, len(texts), _AT_ONCE):
        yield from _check(connection, relation, texts[start : start + _AT_ONCE], data)


def _check(
    connection: DuckDBPyConnection, relation: str, columns: list[ColumnSummary], data: DataConfig
) -> Iterator[Finding]:
    words = ", ".join(map(literal, KNOWN_MISSING))
    terms = []
    for column in columns:
        cell = f"trim({quoted(column.name)})"
        matches = (f"regexp_full_match({cell}, {literal(pattern)})" for pattern in (PLAIN, *(f.pattern for f in FORMS)))
        terms += [f"count(*) FILTER ({term})" for term in (f"{cell} IN ({words})", *matches)]
        terms.append(f"mode({cell}) FILTER ({cell} IN ({words}))")
    width = len(FORMS) + 3
    counts = one(connection, f"SELECT {', '.join(terms)} FROM {relation}")
    for place, column in enumerate(columns):
        missing, plain, *forms, word = counts[width * place : width * (place + 1)]
        yield from _about(column, missing, word, best(forms, plain, column.present - missing), data)


def _about(
    column: ColumnSummary, missing: int, word: str | None, form: tuple[NumberForm, int] | None, data: DataConfig
) -> Iterator[Finding]:
    name = column.name
    key = "data." if data.source == "csv" else "in its source "
    if form is not None:
        found, count = form
        yield warning(
            "number_form",
            f"column {name!r} is taken for text, but {count} of its {column.present} values are numbers with "
            f"{found.words}",
            f"write {key}{found.remedy}, or {key}kinds = {{ {name!r} = 'category' }} if it is text",
            name,
            count,
            column.rows,
        )
    if missing and column.distinct <= _FEW_VALUES:
        yield warning(
            "missing_word",
            f"column {name!r} holds the text {word!r}, which is taken as it stands, in {missing} of {column.rows} rows",
            f"if it means missing, write {key}missing = {{ {name!r} = ['{word}'] }}, else "
            f"{key}kinds = {{ {name!r} = 'category' }}",
            name,
            missing,
            column.rows,
        )
