"""profile_of(signature, rows) -> Profile: what the training rows were like, for a server to compare requests with."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway_ml.contract.dates import DateOrder
from slipway_ml.contract.profile import FEWEST_ROWS, FeatureProfile, Profile
from slipway_ml.contract.signature import Feature, Kind, Signature
from slipway_training.config.features import FeaturesConfig
from slipway_training.data.date_forms import order_of
from slipway_training.data.table import missing


def profile_of(signature: Signature, rows: pd.DataFrame, features: FeaturesConfig | None = None) -> Profile:
    """The profile of rows in the conventions of Table, which have the columns of the signature.

    `features` says which columns of text are read as dates or as words, where our own config says it.
    """
    features = features or FeaturesConfig()
    described = []
    for feature in signature.features:
        column = rows[feature.name]
        present = column[~missing(column)]
        options = features.options(feature.name)
        if feature.kind is not Kind.CATEGORY:
            about: Mapping[str, Any] = _numbers(present.to_numpy(dtype=np.float64))
        elif options.encode == "date":
            about = {"date_form": options.order, "is_parsed": True}
        elif options.encode == "text":
            about = {}
        else:
            about = _texts(feature, present)
        described.append(FeatureProfile(name=feature.name, count=len(present), **about))
    return Profile(rows=len(rows), features=tuple(described))


def _numbers(values: NDArray[np.float64]) -> dict[str, float]:
    """The four figures; none of a column without a value, or with a spread that no float64 can hold."""
    if not values.size:
        return {}
    with np.errstate(over="ignore", invalid="ignore"):
        mean, spread = float(values.mean()), float(values.std())
    if not (math.isfinite(mean) and math.isfinite(spread)):
        return {"minimum": float(values.min()), "maximum": float(values.max())}
    return {
        "minimum": float(values.min()),
        "maximum": float(values.max()),
        "mean": mean,
        "standard_deviation": spread,
    }


def _texts(feature: Feature, present: "pd.Series[Any]") -> dict[str, dict[str, int] | DateOrder | None]:
    """Categories where text repeats, as the signature has found; of free text only whether it is dates."""
    if feature.categories is None:
        return {"date_form": order_of(present.unique().tolist())}
    counts = present.value_counts()
    return {"categories": {str(text): int(counts[text]) for text in sorted(counts[counts >= FEWEST_ROWS].index)}}
