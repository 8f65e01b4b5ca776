"""Our converters by scikit-learn class, handed to skl2onnx per call; nothing is registered globally."""

from typing import Any

from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    Binarizer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)

from slipway_training.export.transformers.arrays import float64_like_input
from slipway_training.export.transformers.bins import binarizer, k_bins_discretizer, k_bins_shape
from slipway_training.export.transformers.imputer import imputer_shape, simple_imputer
from slipway_training.export.transformers.one_hot_encoder import one_hot_encoder, one_hot_shape
from slipway_training.export.transformers.ordinal_encoder import ordinal_encoder, ordinal_shape
from slipway_training.export.transformers.polynomial_features import polynomial_features, polynomial_shape
from slipway_training.export.transformers.scalers import max_abs_scaler, min_max_scaler, robust_scaler, standard_scaler
from slipway_training.export.transformers.splines import spline_shape, spline_transformer
from slipway_training.export.transformers.target_encoder import target_encoder, target_encoder_shape

CONVERTERS: dict[Any, Any] = {
    Binarizer: binarizer,
    KBinsDiscretizer: k_bins_discretizer,
    MaxAbsScaler: max_abs_scaler,
    MinMaxScaler: min_max_scaler,
    OneHotEncoder: one_hot_encoder,
    OrdinalEncoder: ordinal_encoder,
    PolynomialFeatures: polynomial_features,
    RobustScaler: robust_scaler,
    SimpleImputer: simple_imputer,
    SplineTransformer: spline_transformer,
    StandardScaler: standard_scaler,
    TargetEncoder: target_encoder,
}
SHAPES: dict[Any, Any] = {
    Binarizer: float64_like_input,
    KBinsDiscretizer: k_bins_shape,
    MaxAbsScaler: float64_like_input,
    MinMaxScaler: float64_like_input,
    OneHotEncoder: one_hot_shape,
    OrdinalEncoder: ordinal_shape,
    PolynomialFeatures: polynomial_shape,
    RobustScaler: float64_like_input,
    SimpleImputer: imputer_shape,
    SplineTransformer: spline_shape,
    StandardScaler: float64_like_input,
    TargetEncoder: target_encoder_shape,
}
