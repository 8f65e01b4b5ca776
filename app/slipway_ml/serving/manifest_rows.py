"""Rows as a manifest keeps them, as the tensors that its graph takes."""

import numpy as np

from slipway_ml.contract.manifest import Cell
from slipway_ml.contract.signature import MATRIX_INPUT, Feature, Kind, Signature
from slipway_ml.contract.tensors import NUMPY_DTYPES, Tensor


def to_tensors(signature: Signature, rows: list[dict[str, Cell]]) -> dict[str, Tensor]:
    """Rows as a manifest keeps them, as the tensors of the signature."""
    columns = {f.name: _to_column(f, [row[f.name] for row in rows]) for f in signature.features}
    return {MATRIX_INPUT: np.hstack(list(columns.values()))} if signature.layout == "matrix" else columns


def _to_column(feature: Feature, cells: list[Cell]) -> Tensor:
    missing = "" if feature.kind is Kind.CATEGORY else np.nan
    values = [missing if cell is None else cell for cell in cells]
    return np.array(values, NUMPY_DTYPES[feature.datatype]).reshape(-1, 1)
