"""Encoders and imputers take each column by itself, so text beside numbers is taken apart: one part for each block."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from slipway_training.export.blocks import Block

_OF_EACH_COLUMN = ("categories_", "_default_to_infrequent_mappings", "_drop_idx_after_grouping", "_infrequent_indices")
"""Lists that an encoder has learnt, with one entry for a column; some are None where nothing was asked for."""


def parts(fitted: Any, blocks: Sequence[Block]) -> list[tuple[Any, Block]] | None:
    """A fitted transformer for each block; None where one matrix will do, or where columns depend on each other."""
    if len({block.is_text for block in blocks}) < 2 or not _is_columnwise(fitted):  # noqa: PLR2004  # text and numbers
        return None
    starts = np.cumsum([0, *(block.width for block in blocks)])
    return [
        (_part(fitted, slice(start, start + block.width)), block)
        for start, block in zip(starts.tolist(), blocks, strict=False)
    ]


def _is_columnwise(fitted: Any) -> bool:
    if isinstance(fitted, SimpleImputer):
        return not fitted.add_indicator
    return isinstance(fitted, OneHotEncoder | OrdinalEncoder | TargetEncoder)


def _part(fitted: Any, columns: slice) -> Any:
    """A copy that has learnt some of the columns alone."""
    own = copy.copy(fitted)
    own.n_features_in_ = columns.stop - columns.start
    if isinstance(fitted, SimpleImputer):
        own.statistics_ = fitted.statistics_[columns]
        return own
    for name in _OF_EACH_COLUMN:
        if getattr(fitted, name, None) is not None:
            setattr(own, name, getattr(fitted, name)[columns])
    if isinstance(fitted, TargetEncoder):
        targets = len(fitted.encodings_) // len(fitted.categories_)
        own.encodings_ = fitted.encodings_[columns.start * targets : columns.stop * targets]
    return own
