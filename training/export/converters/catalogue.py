"""Our converters by scikit-learn class, handed to skl2onnx per call; nothing is registered globally."""

from typing import Any

from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from training.export.converters.arrays import float64_like_input
from training.export.converters.imputer import simple_imputer
from training.export.converters.one_hot_encoder import one_hot_encoder, one_hot_shape
from training.export.converters.scalers import min_max_scaler, standard_scaler

CONVERTERS: dict[Any, Any] = {
    MinMaxScaler: min_max_scaler,
    OneHotEncoder: one_hot_encoder,
    SimpleImputer: simple_imputer,
    StandardScaler: standard_scaler,
}
SHAPES: dict[Any, Any] = {
    MinMaxScaler: float64_like_input,
    OneHotEncoder: one_hot_shape,
    SimpleImputer: float64_like_input,
    StandardScaler: float64_like_input,
}
