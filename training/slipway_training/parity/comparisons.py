"""Sites: the places in a fitted pipeline where a number is compared with a fixed one, wherever they are nested.

Trees of every family and bins of a discretizer. A site can be asked what it sees of raw rows, so that the raw value on
each side of a threshold can be found without knowing what the transformers before it do.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import Binarizer, KBinsDiscretizer

from slipway_training.data.table import with_columns
from slipway_training.export.estimators.xgboost_trees import BOOSTERS, used_trees
from slipway_training.export.sub_estimators import members

See = Callable[[pd.DataFrame], Any]
_NO_PAIRS = np.empty((0, 2))


@dataclass(frozen=True, slots=True)
class Site:
    """Every distinct (column, threshold); `is_single` where the comparison casts to float32 first."""

    see: See
    pairs: NDArray[np.float64]
    is_single: bool

    def ask(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """What is compared here, for raw rows."""
        seen = _with_codes(self.see(rows))
        return np.asarray(seen.toarray() if hasattr(seen, "toarray") else seen, dtype=np.float64)


def sites(fitted: Any) -> Iterator[Site]:
    """All the sites of a pipeline or an estimator, in its order."""
    yield from _walk(fitted, lambda rows: rows)


def _walk(fitted: Any, see: See) -> Iterator[Site]:
    match fitted:
        case Pipeline():
            for _, step in fitted.steps[:-1]:
                yield from _walk(step, see)
                see = _then(see, step)
            yield from _walk(fitted.steps[-1][1], see)
            return
        case ColumnTransformer():
            for name, part, _ in fitted.transformers_:
                columns = fitted._transformer_to_input_indices[name]  # noqa: SLF001  # names and slices resolved
                yield from _walk(part, _columns(see, columns))
            return
        case FeatureUnion():
            for _, part in fitted.transformer_list:
                yield from _walk(part, see)
            return
    if (encoder := getattr(fitted, "_preprocessor", None)) is not None:
        see = _then(see, encoder)  # the trees number their columns as they are behind it
    pairs, is_single = _own(fitted)
    if len(pairs):
        yield Site(see, pairs, is_single)
        return
    for member in members(fitted):
        yield from _walk(member, see)


def _own(fitted: Any) -> tuple[NDArray[np.float64], bool]:
    """The comparisons that the estimator makes itself, or that the trees make of which it consists."""
    match fitted:
        case KBinsDiscretizer():
            edges = [[(column, edge) for edge in inner[1:-1]] for column, inner in enumerate(fitted.bin_edges_)]
            # A bin begins at its edge, so what lies just below belongs to the one before.
            flat = [(column, np.nextafter(edge, -np.inf)) for inner in edges for column, edge in inner]
            return (np.array(flat) if flat else _NO_PAIRS), False
        case Binarizer():
            columns = np.arange(fitted.n_features_in_, dtype=np.float64)
            return np.column_stack([columns, np.full(len(columns), fitted.threshold)]), False
    if hasattr(fitted, "_predictors"):
        return _distinct([_binned(tree) for iteration in fitted._predictors for tree in iteration]), False  # noqa: SLF001
    if (library := _of_a_library(fitted)) is not None:
        return library
    trees = [fitted] if hasattr(fitted, "tree_") else list(members(fitted))
    if not trees or not all(hasattr(tree, "tree_") for tree in trees):
        return _NO_PAIRS, True
    subsets = getattr(fitted, "estimators_features_", [None] * len(trees))
    return _distinct([_split(tree.tree_, own) for tree, own in zip(trees, subsets, strict=True)]), True


def _of_a_library(fitted: Any) -> tuple[NDArray[np.float64], bool] | None:
    """LightGBM compares in float64, XGBoost and CatBoost in float32."""
    if hasattr(fitted, "booster_"):
        return _light(fitted.booster_), False
    if hasattr(fitted, "get_booster"):
        return _boosted(fitted), True
    if hasattr(fitted, "get_borders"):
        pairs = [(column, border) for column, borders in fitted.get_borders().items() for border in borders]
        return (np.array(pairs, dtype=np.float64) if pairs else _NO_PAIRS), True
    return None


def _with_codes(seen: Any) -> Any:
    """Columns of pandas' categories by their codes, which is how trees know them."""
    if not isinstance(seen, pd.DataFrame):
        return seen
    is_category = [isinstance(dtype, pd.CategoricalDtype) for dtype in seen.dtypes]
    coded = {name: seen[name].cat.codes for name, own in zip(seen.columns, is_category, strict=True) if own}
    return with_columns(seen, coded)


def _split(tree: Any, columns: Any) -> NDArray[np.float64]:
    is_split = tree.feature >= 0
    features = tree.feature[is_split] if columns is None else np.asarray(columns)[tree.feature[is_split]]
    return np.column_stack([features, tree.threshold[is_split]])


def _binned(predictor: Any) -> NDArray[np.float64]:
    nodes = predictor.nodes
    is_split = (nodes["is_leaf"] == 0) & (nodes["is_categorical"] == 0) & np.isfinite(nodes["num_threshold"])
    return np.column_stack([nodes["feature_idx"][is_split], nodes["num_threshold"][is_split]])


def _boosted(fitted: Any) -> NDArray[np.float64]:
    """XGBoost goes left below a threshold, so the float32 before it is the last on that side."""
    learner = json.loads(fitted.get_booster().save_raw("json"))["learner"]
    if learner["gradient_booster"].get("name") not in BOOSTERS:
        return _NO_PAIRS  # a linear booster compares nothing
    parts = []
    for used in used_trees(fitted, learner):
        tree = used.tree
        is_split = np.array(tree["left_children"]) >= 0
        edges = np.nextafter(np.array(tree["split_conditions"], dtype=np.float32)[is_split], np.float32(-np.inf))
        parts.append(np.column_stack([np.array(tree["split_indices"])[is_split], edges.astype(np.float64)]))
    return _distinct(parts)


def _light(booster: Any) -> NDArray[np.float64]:
    table = booster.trees_to_dataframe()
    splits = table[table["decision_type"] == "<="]
    names = booster.feature_name()
    columns = splits["split_feature"].map(names.index).to_numpy(dtype=np.float64)
    return _distinct([np.column_stack([columns, splits["threshold"].to_numpy(dtype=np.float64)])])


def _distinct(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.unique(np.concatenate(parts), axis=0) if parts else _NO_PAIRS


def _then(see: See, step: Any) -> See:
    if step is None or isinstance(step, str) or hasattr(step, "fit_resample"):
        return see
    return lambda rows: step.transform(see(rows))


def _columns(see: See, columns: Any) -> See:
    def chosen(rows: pd.DataFrame) -> Any:
        whole = see(rows)
        return whole.iloc[:, columns] if isinstance(whole, pd.DataFrame) else np.asarray(whole)[:, columns]

    return chosen
