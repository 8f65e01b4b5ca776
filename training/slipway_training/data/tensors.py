"""Frames and rows as the tensors of a signature: the bridge between scikit-learn's world and the graph's."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slipway_ml.contract.manifest import Cell
from slipway_ml.contract.signature import MATRIX_INPUT, Feature, Kind, Signature
from slipway_ml.contract.tensors import NUMPY_DTYPES, Tensor


def to_tensors(frame: pd.DataFrame, signature: Signature) -> dict[str, Tensor]:
    """The inputs of the graph for the rows of a frame that follows the conventions of Table."""
    if signature.layout == "matrix":
        return {MATRIX_INPUT: np.ascontiguousarray(frame.to_numpy(dtype=np.float64))}
    return {
        feature.name: frame[feature.name].to_numpy().astype(NUMPY_DTYPES[feature.datatype]).reshape(-1, 1)
        for feature in signature.features
    }


def to_frame(rows: list[dict[str, Cell]], signature: Signature) -> pd.DataFrame:
    """Rows as a client sends them, None for missing, in the conventions of Table."""
    return pd.DataFrame({f.name: _column([row[f.name] for row in rows], f) for f in signature.features})


def take(tensors: Mapping[str, Tensor], rows: slice) -> dict[str, Tensor]:
    """Some rows of every tensor."""
    return {name: tensor[rows] for name, tensor in tensors.items()}


def _column(cells: list[Cell], feature: Feature) -> "pd.Series[str] | pd.Series[float]":
    if feature.kind is Kind.CATEGORY:
        return pd.Series(["" if cell is None else str(cell) for cell in cells], dtype=object)
    return pd.Series([np.nan if cell is None else float(cell) for cell in cells], dtype=np.float64)
