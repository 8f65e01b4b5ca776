"""Each converter is bit-equal to its transformer in float64, whatever the numbers; splines but for rounding."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, StringTensorType
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

from slipway_ml.runtime.session import OnnxSession
from slipway_training.errors import ConversionError
from slipway_training.export.assembly import TARGET
from slipway_training.export.transformers.catalogue import CONVERTERS, SHAPES

LEARNT = np.random.default_rng(0).normal(3.0, 7.0, size=(50, 3))
TEXT = np.array([["a", "x"], ["b", ""], ["", "y"], ["a", "x"]], dtype=object)
ROWS = hnp.arrays(np.float64, st.tuples(st.integers(1, 8), st.just(3)), elements=st.floats(-1e12, 1e12))
WORD_PAIRS = st.tuples(st.sampled_from(["a", "b", "", "ü"]), st.sampled_from(["x", "", "z"]))
WORDS = st.lists(WORD_PAIRS, min_size=1, max_size=8)

OF_NUMBERS = [
    StandardScaler(),
    StandardScaler(with_mean=False),
    StandardScaler(with_std=False),
    MinMaxScaler(),
    MinMaxScaler(feature_range=(-1, 2), clip=True),
    MaxAbsScaler(),
    RobustScaler(),
    RobustScaler(with_centering=False),
    PolynomialFeatures(3),
    PolynomialFeatures(2, interaction_only=True, include_bias=False),
    Binarizer(threshold=2.5),
    KBinsDiscretizer(4, encode="onehot-dense", quantile_method="averaged_inverted_cdf"),
    KBinsDiscretizer(4, encode="ordinal", strategy="uniform"),
]
OF_CURVES = [SplineTransformer(n_knots=4, degree=degree) for degree in (1, 2, 3)]
WITH_GAPS = np.where(LEARNT > 12, np.nan, LEARNT)
OF_GAPS = [SimpleImputer(strategy=how) for how in ("median", "mean", "most_frequent")]
OF_CATEGORIES = [
    *(OneHotEncoder(handle_unknown="ignore", drop=drop, sparse_output=False) for drop in (None, "first", "if_binary")),
    OneHotEncoder(min_frequency=2, handle_unknown="infrequent_if_exist", sparse_output=False),
    OneHotEncoder(max_categories=2, handle_unknown="ignore", sparse_output=False),
    OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-3),
    TargetEncoder(cv=2, random_state=0),
]


@cache
def learnt(step: Any, on: str) -> Any:
    """The step fitted on these rows, once for all the examples that ask it."""
    rows, target = {"numbers": (LEARNT, None), "gaps": (WITH_GAPS, None), "text": (TEXT, [0.0, 1.0, 0.5, 0.25])}[on]
    return step.fit(rows, target)


@cache
def session_of(fitted: Any, *, is_text: bool) -> OnnxSession:
    """The converted transformer, made once for all the examples that ask it."""
    kind = StringTensorType if is_text else DoubleTensorType
    model = convert_sklearn(
        fitted,
        initial_types=[("X", kind([None, fitted.n_features_in_]))],
        target_opset=TARGET,
        custom_conversion_functions=CONVERTERS,
        custom_shape_calculators=SHAPES,
    )
    return OnnxSession(model.SerializeToString())


def through_onnx(fitted: Any, rows: NDArray[Any]) -> NDArray[Any]:
    return session_of(fitted, is_text=rows.dtype == object).run({"X": rows})[0]


@pytest.mark.parametrize(
    "step",
    OF_NUMBERS,
    ids=str,
)
@settings(deadline=None)
@given(rows=ROWS)
def test_numbers_are_transformed_in_float64_as_scikit_learn_does(step: Any, rows: NDArray[np.float64]) -> None:
    fitted = learnt(step, "numbers")
    assert np.array_equal(through_onnx(fitted, rows), fitted.transform(rows))


@pytest.mark.parametrize("step", OF_CURVES, ids=str)
@settings(deadline=None)
@given(rows=ROWS)
def test_curves_are_the_same_but_for_rounding(step: Any, rows: NDArray[np.float64]) -> None:
    fitted = learnt(step, "numbers")
    assert np.allclose(through_onnx(fitted, rows), fitted.transform(rows), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "step",
    OF_GAPS,
    ids=str,
)
@settings(deadline=None)
@given(rows=ROWS, holes=hnp.arrays(np.bool_, 3))
def test_numbers_are_imputed_in_float64(step: Any, rows: NDArray[np.float64], holes: NDArray[np.bool_]) -> None:
    fitted = learnt(step, "gaps")
    asked = np.where(holes, np.nan, rows)

    assert np.array_equal(through_onnx(fitted, asked), fitted.transform(asked))


@pytest.mark.parametrize(
    "step",
    [
        SimpleImputer(missing_values="", strategy="most_frequent"),
        SimpleImputer(missing_values="", strategy="constant", fill_value="none"),
    ],
    ids=str,
)
@settings(deadline=None)
@given(words=WORDS)
def test_missing_text_is_imputed(step: Any, words: list[tuple[str, str]]) -> None:
    fitted = learnt(step, "text")
    asked = np.array(words, dtype=object)

    assert through_onnx(fitted, asked).tolist() == fitted.transform(asked).tolist()


@pytest.mark.parametrize(
    "step",
    OF_CATEGORIES,
    ids=str,
)
@settings(deadline=None)
@given(words=WORDS)
@pytest.mark.filterwarnings("ignore:Found unknown categories:UserWarning")
def test_categories_are_encoded_and_unseen_ones_are_all_zeros(step: Any, words: list[tuple[str, str]]) -> None:
    fitted = learnt(step, "text")
    asked = np.array(words, dtype=object)

    assert np.array_equal(through_onnx(fitted, asked), fitted.transform(asked))


@pytest.mark.parametrize(
    ("step", "on", "sentence"),
    [
        (SimpleImputer(missing_values=-1.0), "numbers", "must have missing_values=NaN"),
        (
            SimpleImputer(missing_values="?", strategy="most_frequent"),
            "text",
            "must have missing_values=NaN or",
        ),
        (OrdinalEncoder(min_frequency=2), "text", "leave min_frequency unset"),
    ],
)
def test_option_without_an_exact_form_is_refused(step: Any, on: str, sentence: str) -> None:
    fitted = learnt(step, on)

    with pytest.raises(ConversionError) as refusal:
        through_onnx(fitted, LEARNT if on == "numbers" else TEXT)

    assert sentence in str(refusal.value)


def test_every_converter_of_ours_is_asked() -> None:
    asked = {type(fitted) for fitted in (*OF_NUMBERS, *OF_CURVES, *OF_GAPS, *OF_CATEGORIES)}

    assert asked == set(CONVERTERS) == set(SHAPES)
