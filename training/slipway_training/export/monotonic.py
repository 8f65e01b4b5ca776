"""grows(transformer): whether each column it gives is a function of the same column that never falls.

Trees compare such a column in the same way before and after, with other thresholds. Sums, products with a positive
number and clipping never fall in float64 either; powers and quantiles are checked around every threshold.
"""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    Binarizer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

_ALWAYS = (
    Binarizer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)


def is_monotonic(fitted: Any) -> bool:
    """By its class and its parameters; a class of the user's own is not known, whatever it inherits from."""
    if type(fitted) is SimpleImputer:
        is_whole = fitted.keep_empty_features or not pd.isna(np.asarray(fitted.statistics_, dtype=object)).any()
        return bool(is_whole and not fitted.add_indicator and pd.isna(fitted.missing_values))
    if type(fitted) is KBinsDiscretizer:
        return bool(fitted.encode == "ordinal")
    return type(fitted) in _ALWAYS
