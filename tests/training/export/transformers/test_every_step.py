"""Everything that a config can do to columns is exported with parity, or refused by name before it is fitted."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from slipway_training.candidate import Trained
from slipway_training.errors import ConversionError
from slipway_training.workflows.train import train
from tests.training.tables import config_for

N = 120


def write(folder: Path) -> Path:
    """Numbers, text of two kinds and dates, with gaps in each, and a target that depends on all of them."""
    random = np.random.default_rng(5)
    size, weight = random.lognormal(size=N), random.normal(size=N)
    colour = random.choice(["red", "green", "blue"], N)
    mood = random.choice(["good", "bad", "odd"], N)
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(11 * random.integers(0, 60, N), unit="D")
    score = size + weight + (colour == "red") + (mood == "good") + (days.day_of_week > 4) + random.normal(0, 0.5, N)
    frame = pd.DataFrame(
        {
            "size": np.where(random.random(N) < 0.1, np.nan, size.round(4)),
            "weight": weight.round(4),
            "colour": colour,
            "words": [f"{word} thing of {paint}" for word, paint in zip(mood, colour, strict=True)],
            "sold": np.where(random.random(N) < 0.1, "", days.strftime("%Y-%m-%d")),
            "y": (score > np.median(score)).astype(int),
        }
    )
    frame.to_csv(folder / "rows.csv", index=False)
    return folder / "rows.csv"


def trained(folder: Path, **features: Any) -> Trained:
    config = config_for(
        write(folder), features=features, data={"drop": []}, optimize={"candidates": []}, parity={"max_edge_rows": 5000}
    )
    return train(config, lambda _step, _result: None)


@pytest.mark.parametrize(
    "features",
    [
        *({"scale": scale} for scale in ("standard", "minmax", "robust", "max_abs", "power", "quantile", "none")),
        {"columns": {"size": {"bins": 5}, "weight": {"splines": 4}}},
        {"groups": {"body": {"columns": ["size", "weight"], "polynomial": 3, "scale": "standard"}}},
        {"groups": {"body": {"columns": ["size", "weight"], "components": 1, "scale": "robust"}}},
        {"encode": "ordinal"},
        {"encode": "target"},
        {"columns": {"words": {"encode": "text", "words": 4}}},
        {"columns": {"sold": {"encode": "date", "parts": ["year", "day_of_year", "weekday", "days"]}}},
        {"select": 5},
        {"components": 3, "scale": "standard"},
        {"columns": {"weight": {"steps": [{"type": "SplineTransformer", "parameters": {"degree": 2}}]}}},
    ],
    ids=str,
)
def test_step_of_a_config_is_exported_with_parity(tmp_path: Path, features: dict[str, Any]) -> None:
    model = trained(tmp_path, **features)

    assert model.parity.label_flips == 0
    assert model.parity.largest_difference <= 1e-5


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ({"type": "KNNImputer"}, r"step columns\.size\.1_knnimputer: KNNImputer .* use SimpleImputer instead"),
        ({"type": "Isomap"}, r"no ONNX converter is available for Isomap; use PCA or TruncatedSVD instead"),
        (
            {"type": "QuantileTransformer", "parameters": {"output_distribution": "normal", "n_quantiles": 50}},
            "use output_distribution='uniform' or PowerTransformer instead",
        ),
        (
            {"type": "SplineTransformer", "parameters": {"extrapolation": "linear"}},
            "no ONNX converter is available for SplineTransformer with extrapolation='linear'; use 'constant'",
        ),
    ],
    ids=str,
)
def test_step_without_an_exact_form_is_refused_before_the_fit(
    tmp_path: Path, step: dict[str, Any], sentence: str
) -> None:
    told: list[str] = []
    impute = [] if step["type"] == "KNNImputer" else [{"type": "SimpleImputer"}]
    config = config_for(write(tmp_path), features={"columns": {"size": {"steps": [*impute, step]}}})

    with pytest.raises(ConversionError, match=sentence):
        train(config, lambda name, _result: told.append(name))

    assert told == ["load", "validate", "split"]
