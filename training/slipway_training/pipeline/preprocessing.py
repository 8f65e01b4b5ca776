"""preprocessing(config, signature) -> steps: everything before the estimator, inside the pipeline, so that it travels.

Only number columns and nothing said of any: imputer and scaler over the whole matrix. Otherwise a ColumnTransformer:
one branch for each column or group that the config speaks of, and one for the other columns of each kind.
"""

from collections.abc import Iterator
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import SelectKBest, f_classif, f_regression
from sklearn.pipeline import Pipeline

from slipway_ml.contract.signature import Kind, Signature, Task
from slipway_training.config.features import ColumnConfig, FeaturesConfig
from slipway_training.errors import ConfigError, closest
from slipway_training.pipeline.branches import (
    Steps,
    boolean_steps,
    category_steps,
    components,
    date_steps,
    named_steps,
    number_steps,
    text_steps,
)

_NUMBERS = {Kind.NUMBER, Kind.INTEGER}
_FOR_NUMBERS = ("scale", "bins", "splines", "polynomial", "components")
Branch = tuple[str, Any, Any]
"""As ColumnTransformer has them: a name, a transformer, and columns."""


def preprocessing(features: FeaturesConfig, signature: Signature) -> Steps:
    """The steps in their order; raises ConfigError for an option that does not fit its column."""
    kinds = {feature.name: feature.kind for feature in signature.features}
    nullable = {feature.name for feature in signature.features if feature.nullable}
    _check_names(features, kinds)
    if signature.layout == "matrix" and not features.columns and not features.groups:
        steps = number_steps(ColumnConfig(), features, has_missing=bool(nullable))
    else:
        branches = [*_named(features, kinds, nullable), *_by_kind(features, kinds, nullable)]
        steps = [("columns", ColumnTransformer(branches, sparse_threshold=0))]
    if features.select is not None:
        score = f_classif if signature.task is Task.CLASSIFICATION else f_regression
        steps.append(("select", SelectKBest(score, k=features.select)))
    if features.components is not None:
        steps.append(("components", components(features.components)))
    return steps


def _named(features: FeaturesConfig, kinds: dict[str, Kind], nullable: set[str]) -> Iterator[Branch]:
    groups: list[tuple[str, ColumnConfig, tuple[str, ...]]]
    groups = [(name, options, (name,)) for name, options in features.columns.items()]
    groups += [(name, group, group.columns) for name, group in features.groups.items()]
    for name, options, columns in groups:
        where = f"features.columns.{name}" if name in features.columns else f"features.groups.{name}"
        has_missing = bool(nullable & {*columns})
        if options.steps:
            yield name, Pipeline(named_steps(options, where)), list(columns)
        elif {kinds[column] for column in columns} <= {*_NUMBERS, Kind.BOOLEAN}:
            _refuse(where, options, ("encode",), "is for text; write data.kinds if the numbers are only names")
            steps = number_steps(options, features, has_missing=has_missing)
            yield name, Pipeline(steps) if steps else "passthrough", list(columns)
        else:
            yield from _text(name, options, columns, features, where, has_missing=has_missing)


def _text(
    name: str,
    options: ColumnConfig,
    columns: tuple[str, ...],
    features: FeaturesConfig,
    where: str,
    *,
    has_missing: bool,
) -> Iterator[Branch]:
    if options.encode == "date":
        _refuse(where, options, _FOR_NUMBERS[1:], "is for numbers, not for dates")
        for column in columns:
            yield f"{name}_{column}" if len(columns) > 1 else name, Pipeline(date_steps(options, features)), [column]
        return
    _refuse(where, options, _FOR_NUMBERS, "is for numbers, and the column holds text")
    if options.encode == "text":
        for column in columns:
            # A vectorizer takes one column by its name, not a list of columns.
            yield f"{name}_{column}" if len(columns) > 1 else name, Pipeline(text_steps(options)), column
        return
    yield name, Pipeline(category_steps(options, features, has_missing=has_missing)), list(columns)


def _by_kind(features: FeaturesConfig, kinds: dict[str, Kind], nullable: set[str]) -> Iterator[Branch]:
    """The columns that the config does not speak of."""
    spoken_of = {*features.columns, *(column for group in features.groups.values() for column in group.columns)}
    left = {name: kind for name, kind in kinds.items() if name not in spoken_of}
    usual = ColumnConfig()
    numbers = [name for name, kind in left.items() if kind in _NUMBERS]
    booleans = [name for name, kind in left.items() if kind is Kind.BOOLEAN]
    categories = [name for name, kind in left.items() if kind is Kind.CATEGORY]
    for name, columns, steps in (
        ("numbers", numbers, number_steps(usual, features, has_missing=bool(nullable & {*numbers}))),
        ("booleans", booleans, boolean_steps(has_missing=bool(nullable & {*booleans}))),
        ("categories", categories, category_steps(usual, features, has_missing=bool(nullable & {*categories}))),
    ):
        if columns:
            yield name, Pipeline(steps) if steps else "passthrough", columns


def _refuse(where: str, options: ColumnConfig, keys: tuple[str, ...], why: str) -> None:
    for key in keys:
        if getattr(options, key) is not None:
            raise ConfigError(f"config: {where}.{key} {why}")


def _check_names(features: FeaturesConfig, kinds: dict[str, Kind]) -> None:
    seen: dict[str, str] = {name: f"features.columns.{name}" for name in features.columns}
    named: list[tuple[str, tuple[str, ...]]]
    named = [(f"features.columns.{name}", (name,)) for name in features.columns]
    named += [(f"features.groups.{name}", group.columns) for name, group in features.groups.items()]
    for where, columns in named:
        for name in columns:
            if name not in kinds:
                raise ConfigError(f"config: {where} names the column {name!r}{closest(name, kinds)}")
            if seen.setdefault(name, where) != where:
                raise ConfigError(f"config: {where} and {seen[name]} both name the column {name!r}; take one out")
            is_text = kinds[name] is Kind.CATEGORY
            if len({kinds[column] is Kind.CATEGORY for column in columns if column in kinds}) > 1:
                what = "text" if is_text else "numbers"
                raise ConfigError(f"config: {where} holds text and numbers ({name!r} holds {what}); make two groups")
    for name in features.groups:
        if name in {*features.columns, "numbers", "booleans", "categories"}:
            raise ConfigError(f"config: features.groups.{name} has the name of another branch; rename it")
    for name in features.columns:
        if name in {"numbers", "booleans", "categories"} and len(kinds) > 1:
            raise ConfigError(f"config: the column {name!r} has the name of a branch; speak of it in a group")
