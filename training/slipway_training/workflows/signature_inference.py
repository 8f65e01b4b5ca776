"""infer(pipeline, X, y) -> Fitted: what a fitted pipeline and its rows say about the model to be published.

The task and the labels come from the pipeline, the columns from X. Which unseen categories it takes is found by asking
it; nothing that a user could state wrongly is asked of the user.
"""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from slipway_ml.contract.signature import Kind, Signature, Task
from slipway_training.candidate import Fitted
from slipway_training.data.given import AsGiven, Given, read, read_target, target_names
from slipway_training.data.input_profile import profile_of
from slipway_training.data.schema import Unseen, assemble, describe_column, plain_labels
from slipway_training.data.table import missing, with_columns
from slipway_training.errors import ConfigError, DataCheckFailed, closest
from slipway_training.export.estimators.catboost_trees import refuse_categories
from slipway_training.parity.as_given import ask_own
from slipway_training.parity.domains import with_limits
from slipway_training.parity.edge_rows import UNSEEN_CATEGORY

_MINIMUM_ROWS = 2


def infer(pipeline: Any, rows: Any, target: Any, held_out: tuple[Any, Any] | None, nullable: tuple[str, ...]) -> Fitted:
    """Read everything; raises ConfigError or DataCheckFailed in one sentence."""
    task = _task(pipeline)
    _refuse_hashed_categories(pipeline)
    names = tuple(getattr(pipeline, "feature_names_in_", ())) or None
    given = read(rows, names)
    own_target = read_target(target, len(given.frame))
    if len(given.frame) < _MINIMUM_ROWS:
        raise DataCheckFailed(f"X has {len(given.frame)} rows; give at least {_MINIMUM_ROWS}")
    for name in nullable:
        if name not in given.kinds:
            raise ConfigError(f"nullable names the column {name!r}, which X has not{closest(name, given.kinds)}")
    way_back = _with_empty_text(pipeline, given)
    whole = Pipeline([("given", way_back), ("model", pipeline)])
    targets = target_names(target, own_target.shape[1]) if own_target.ndim > 1 else None
    if targets is not None:
        _check_targets(task, targets)
    signature = _signature(pipeline, given, task, nullable, _unseen(whole, given), targets)
    signature = with_limits(whole, signature, given.frame)
    if held_out is None:
        judged, judged_target, counts = given.frame, own_target, {"given": len(own_target)}
    else:
        judged = read(held_out[0], names).frame
        judged_target = read_target(held_out[1], len(judged))
        counts = {"train": len(own_target), "held_out": len(judged_target)}
    source = "the rows that were given with the fitted pipeline"
    asked = [(rows, given.frame)] + ([] if held_out is None else [(held_out[0], judged)])
    return Fitted(
        pipeline=whole,
        signature=signature,
        learn=given.frame,
        learn_target=own_target,
        held_out=judged,
        target=judged_target,
        rows=counts,
        source=source,
        about=_about(pipeline),
        profile=profile_of(signature, given.frame),
        as_used=tuple(ask_own(pipeline, own, frame, signature) for own, frame in asked),
    )


def _check_targets(task: Task, targets: tuple[str, ...]) -> None:
    if task is Task.CLASSIFICATION:
        raise DataCheckFailed("y has several columns and the pipeline is a classifier; publish one model per target")
    if len(set(targets)) != len(targets):
        raise DataCheckFailed("two columns of y have the same name; rename one")


def _refuse_hashed_categories(pipeline: Any) -> None:
    """CatBoost with categories of its own, before it is asked about rows for which it raises errors of its own."""
    for part in (pipeline, *pipeline.get_params(deep=True).values()):
        if hasattr(part, "get_cat_feature_indices"):
            refuse_categories(part, f"step {type(part).__name__}: {type(part).__name__}")


def _task(pipeline: Any) -> Task:
    try:
        check_is_fitted(pipeline)
    except NotFittedError:
        raise ConfigError("the pipeline is not fitted; call fit(X, y) first") from None
    except TypeError:
        raise ConfigError(
            "this is no scikit-learn estimator; give a fitted pipeline, classifier or regressor"
        ) from None
    if is_classifier(pipeline):
        if isinstance(getattr(pipeline, "classes_", None), list):
            raise ConfigError("the classifier has several outputs; publish one model per output")
        return Task.CLASSIFICATION
    if is_regressor(pipeline):
        return Task.REGRESSION
    raise ConfigError("the pipeline ends in neither a classifier nor a regressor, so it has no prediction to serve")


def _signature(
    pipeline: Any,
    given: Given,
    task: Task,
    nullable: tuple[str, ...],
    unseen: Callable[[str], Unseen],
    targets: tuple[str, ...] | None,
) -> Signature:
    features = []
    for name, kind in given.kinds.items():
        column = given.frame[name]
        if missing(column).all():
            raise DataCheckFailed(f"column {name!r} is missing in every row of X, so nothing is known of it; drop it")
        may_lack = name in nullable or bool(missing(column).any())
        features.append(describe_column(name, kind, column, nullable=may_lack, unseen=unseen(name)))
    if task is Task.REGRESSION:
        return assemble(task, tuple(features), None, targets=targets)
    labels = tuple(plain_labels(np.asarray(pipeline.classes_)))
    return assemble(task, tuple(features), labels, has_probabilities=hasattr(pipeline, "predict_proba"))


def _with_empty_text(pipeline: Any, given: Given) -> AsGiven:
    """Let '' be missing in text columns where none is missing yet, if the pipeline can predict that.

    A request cannot tell the two apart. A vectorizer refuses NaN and takes '', an imputer is there to be told NaN.
    """
    way_back = given.way_back
    for name, column in way_back.columns.items():
        is_text = given.kinds[name] is Kind.CATEGORY
        if is_text and not column.has_missing and not (given.frame[name] == "").any():
            other = way_back.with_column(name, replace(column, has_missing=True, mark=np.nan))
            if _predictions(
                Pipeline([("given", other), ("model", pipeline)]), with_columns(given.frame.iloc[:1], {name: ""})
            ):
                way_back = other
    return way_back


def _predictions(whole: Pipeline, row: pd.DataFrame) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # encoders warn of what is tried here on purpose
            whole.predict(row)
    except (ValueError, TypeError, AttributeError):
        return False
    return True


def _unseen(whole: Pipeline, given: Given) -> Callable[[str], Unseen]:
    """Whether the pipeline takes a category that it has not seen, found by asking it."""

    def ask(name: str) -> Unseen:
        if given.kinds[name] is not Kind.CATEGORY:
            return "allowed"
        row: pd.DataFrame = with_columns(given.frame.iloc[:1], {name: UNSEEN_CATEGORY})
        return "allowed" if _predictions(whole, row) else "refused"

    return ask


def _about(pipeline: Any) -> str:
    """The estimators in words: StandardScaler, RandomForestClassifier."""
    steps = [step for _, step in pipeline.steps] if isinstance(pipeline, Pipeline) else [pipeline]
    return ", ".join(type(step).__name__ for step in steps if step is not None and not isinstance(step, str))
