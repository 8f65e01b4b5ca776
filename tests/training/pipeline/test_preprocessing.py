from typing import Any

import numpy as np
import pytest

from slipway_training.config.features import FeaturesConfig
from slipway_training.data.schema import describe
from slipway_training.data.table import Table
from slipway_training.errors import ConfigError
from slipway_training.pipeline.preprocessing import preprocessing
from tests.training.prepared import prepared, shipped
from tests.training.tables import config_for, table

RANDOM = np.random.default_rng(1)
N = 80
ROWS = table(
    [0, 1] * (N // 2),
    size=RANDOM.lognormal(size=N).tolist(),
    weight=RANDOM.normal(size=N).tolist(),
    colour=RANDOM.choice(["red", "green"], N).tolist(),
    words=[f"good {n} thing" for n in range(N)],
    sold=[f"2026-{1 + n % 12:02d}-{1 + n % 28:02d}" for n in range(N)],
)


def branches(rows: Table = ROWS, **features: Any) -> dict[str, list[str]]:
    """The names of the steps by branch."""
    config = config_for(features=features)
    steps = preprocessing(config.features, describe(rows, rows, config))
    return {
        name: ["passthrough"] if part == "passthrough" else [type(step).__name__ for _, step in part.steps]
        for name, part, _ in steps[0][1].transformers
    }


def test_column_has_the_steps_it_asks_for_and_the_others_have_the_usual_ones() -> None:
    found = branches(
        scale="standard",
        columns={
            "size": {"scale": "power", "polynomial": 2},
            "words": {"encode": "text"},
            "sold": {"encode": "date", "scale": "none"},
        },
    )

    assert found == {
        "size": ["PowerTransformer", "PolynomialFeatures"],
        "words": ["TfidfVectorizer"],
        "sold": ["DateParts", "SimpleImputer"],
        "numbers": ["StandardScaler"],
        "categories": ["OneHotEncoder"],
    }


def test_group_goes_through_its_steps_together() -> None:
    found = branches(groups={"body": {"columns": ["size", "weight"], "scale": "robust", "components": 1}})

    assert found["body"] == ["RobustScaler", "PCA"]
    assert "numbers" not in found


def test_transformer_may_be_named_by_its_class() -> None:
    step = {"type": "QuantileTransformer", "parameters": {"n_quantiles": 20}}

    assert branches(columns={"size": {"steps": [step]}})["size"] == ["QuantileTransformer"]


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        ({"columns": {"siz": {"bins": 3}}}, "names the column 'siz'; did you mean 'size'?"),
        ({"columns": {"size": {"encode": "target"}}}, "features.columns.size.encode is for text"),
        (
            {"columns": {"colour": {"bins": 3}}},
            "features.columns.colour.bins is for numbers, and the column",
        ),
        (
            {"columns": {"sold": {"encode": "date", "bins": 3}}},
            "sold.bins is for numbers, not for dates",
        ),
        (
            {"columns": {"size": {}}, "groups": {"body": {"columns": ["size"]}}},
            "features.groups.body and features.columns.size both name the column 'size'",
        ),
        ({"groups": {"body": {"columns": ["size", "colour"]}}}, "features.groups.body holds text and numbers"),
        ({"groups": {"numbers": {"columns": ["size"]}}}, "has the name of another branch"),
        ({"columns": {"size": {"steps": [{"type": "PowerTransform"}]}}}, "did you mean 'PowerTransformer'?"),
        (
            {"columns": {"size": {"steps": [{"type": "PCA", "parameters": {"components": 1}}]}}},
            "features.columns.size: PCA has no parameter 'components'; did you mean 'n_components'?",
        ),
        ({"columns": {"size": {"steps": [{"type": "ColumnTransformer"}]}}}, "stands around other steps"),
        (
            {"columns": {"size": {"steps": [{"type": "PCA", "parameters": {"n_components": "all"}}]}}},
            "The 'n_components' parameter of PCA must be",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_option_that_does_not_fit_its_column_is_named(features: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        branches(**features)

    assert sentence in str(refusal.value)


def test_bins_and_splines_exclude_each_other() -> None:
    with pytest.raises(ConfigError, match="a column has either bins or splines"):
        config_for(features={"columns": {"size": {"bins": 3, "splines": 3}}})


def test_numbers_alone_stay_one_matrix_until_a_column_is_spoken_of() -> None:
    signature = prepared("diabetes").signature

    usual = preprocessing(FeaturesConfig(scale="standard"), signature)
    spoken = preprocessing(shipped("diabetes", "features.columns.bmi.bins=4").features, signature)

    assert [name for name, _ in usual] == ["scale"]
    assert [name for name, _ in spoken] == ["columns"]
