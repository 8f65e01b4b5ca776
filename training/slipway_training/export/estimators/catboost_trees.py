"""CatBoost's classifier and regressor on numbers: symmetric trees whose borders are float32, `above` counts a bit.

The model is read from CatBoost's own JSON. Its ONNX export is not used: it takes float32 rows and adds up in float32,
so a decimal near a border falls on the wrong side.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from slipway_training.errors import ConversionError
from slipway_training.export.blocks import Block, EstimatorOutput, join
from slipway_training.export.estimators.raw_scores import linked, summed
from slipway_training.export.pipeline_walk import Translation
from slipway_training.export.trees.building import Building

_LOSSES = {"Logloss", "CrossEntropy", "MultiClass", "RMSE", "MAE", "Quantile", "MAPE", "Huber", "LogCosh", "Expectile"}


def catboost_model(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The sum of the trees, scaled and shifted, through the link of the loss."""
    name = type(fitted).__name__
    what = f"step {path or name}: {name}"
    model = dump(fitted)
    loss = str(fitted.get_all_params().get("loss_function", "")).partition(":")[0]
    refuse_categories(fitted, what)
    if loss not in _LOSSES or "oblivious_trees" not in model:
        raise ConversionError(f"{what} has a form with grow_policy='SymmetricTree' and a usual loss only")
    assembly = translation.assembly
    block = translation.numbers(join(assembly, blocks, what), fitted, path)
    scale, biases = model["scale_and_bias"]
    features = model["features_info"]["float_features"]
    building = Building()
    for number, tree in enumerate(model["oblivious_trees"]):
        _grow(building, tree, number, features, len(biases), scale)
    raw = summed(translation, building.ensemble(), block, len(biases), is_single=True)
    raw = assembly.add("Add", [raw, assembly.constant(np.array(biases, dtype=np.float64))])
    return linked(translation, fitted, raw)


def refuse_categories(fitted: Any, what: str) -> None:
    """Raise ConversionError for a model that hashes categories or text itself, which no graph can repeat."""
    if fitted.get_cat_feature_indices() or fitted.get_text_feature_indices():
        raise ConversionError(f"{what} with categories or text has no exact form; encode them with OneHotEncoder")


def dump(fitted: Any) -> dict[str, Any]:
    """The model as CatBoost writes it, which it does into files only."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        fitted.save_model(str(path), format="json")
        model: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return model


def _grow(
    building: Building,
    tree: dict[str, Any],
    number: int,
    features: Sequence[dict[str, Any]],
    targets: int,
    scale: float,
) -> None:
    """Every node of a level asks the same; which leaf it is says one bit for each level, the first the lowest."""
    splits = tree["splits"] or []
    values = np.array(tree["leaf_values"], dtype=np.float64).reshape(-1, targets) * scale

    def place(depth: int, leaf: int) -> int:
        if depth == len(splits):
            return building.end(number, *enumerate(values[leaf].tolist()))
        split = splits[depth]
        feature = features[split["float_feature_index"]]
        # Missing counts as below every border unless CatBoost learned it as above.
        is_left = feature["nan_value_treatment"] != "AsTrue"
        position = building.split(number, feature["flat_feature_index"], split["border"], missing_left=is_left)
        building.left[position] = place(depth + 1, leaf)
        building.right[position] = place(depth + 1, leaf | (1 << depth))
        return position

    place(0, 0)
