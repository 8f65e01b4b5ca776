"""Which step of a refused pipeline is most likely at fault: the first whose numbers are not scikit-learn's.

Every transformer, however nested, gets an output of its own in one graph; the rows of the parity check are run through
it and through the fitted steps side by side. Where all of them agree to the last bit, the estimator itself is at fault.
"""

import warnings
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from slipway_ml.contract.signature import Signature
from slipway_ml.contract.tensors import Datatype, TensorMetadata
from slipway_ml.errors import SlipwayError
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import to_tensors
from slipway_training.export.assembly import Assembly
from slipway_training.export.blocks import Block, join, select
from slipway_training.export.estimators.catalogue import EXPORTERS
from slipway_training.export.onnx_export import inputs
from slipway_training.export.pipeline_walk import Translation, below, does_nothing
from slipway_training.export.sub_estimators import flat
from slipway_training.parity.neighbor_ties import tied

_REFUSALS = (SlipwayError, ValueError, TypeError, IndexError, KeyError, AttributeError)
"""What a step may raise that is asked alone; it is then no suspect, and nothing hides the refusal itself."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One transformer: the columns after it in the graph and as scikit-learn has them."""

    name: str
    block: Block
    expected: Any


_Walk = Generator[_Seen, None, tuple[list[Block], Any]]


def first_difference(pipeline: Any, signature: Signature, rows: pd.DataFrame) -> str:
    """A clause that names the step and says what to do with it; empty where nothing could be found out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = _first_apart(pipeline, signature, rows)
            ties = tied(pipeline, rows)
    except _REFUSALS:
        return ""
    if found is not None:
        return "step {} is the first whose numbers differ from scikit-learn's, by {:.1g}: replace that step".format(
            *found
        )
    last = type(flat(pipeline)[-1][1]).__name__
    if ties:
        return (
            f"{ties} of {len(rows)} rows have the last neighbour that counts and the next one equally far, and which "
            f"of them {last} takes is left to the order of its search: scale the columns, so that distances differ"
        )
    return f"every step before {last} agrees to the last bit, so the difference begins there"


def _first_apart(pipeline: Any, signature: Signature, rows: pd.DataFrame) -> tuple[str, float] | None:
    assembly = Assembly()
    translation = Translation(assembly, EXPORTERS)
    before = Pipeline([*flat(pipeline)[:-1], ("end", None)])
    walk = _through(translation, before, inputs(assembly, signature), rows, "")
    seen = [one for one in walk if not one.block.is_text]
    outputs = [_output(assembly, one.block, number) for number, one in enumerate(seen)]
    if not outputs:
        return None
    model = assembly.model("steps", signature.inputs, outputs)
    found = OnnxSession(model.SerializeToString()).run(to_tensors(rows, signature))
    for one, numbers in zip(seen, found, strict=True):
        expected = _dense(one.expected)
        if not np.array_equal(expected, numbers, equal_nan=True):
            apart = np.abs(expected - np.asarray(numbers))
            return one.name, float(np.nanmax(np.where(np.isfinite(apart), apart, np.nan), initial=0.0))
    return None


def _output(assembly: Assembly, block: Block, number: int) -> TensorMetadata:
    name = assembly.add("Identity", [block.wire], f"seen/{number}")
    return TensorMetadata(name, Datatype.FP64, (-1, block.width))


def _through(translation: Translation, fitted: Any, blocks: list[Block], table: Any, path: str) -> _Walk:
    """The leaves among the steps in their order; returns what comes out at the end of both."""
    if does_nothing(fitted):
        return blocks, (fitted.transform(table) if hasattr(fitted, "transform") else table)
    match fitted:
        case Pipeline():
            for name, step in fitted.steps:
                blocks, table = yield from _through(translation, step, blocks, table, below(path, name))
            return blocks, table
        case ColumnTransformer():
            found: list[Block] = []
            for name, part, wanted in fitted.transformers_:
                columns = list(fitted._transformer_to_input_indices[name])  # noqa: SLF001  # names and slices resolved
                if columns and not (isinstance(part, str) and part == "drop"):
                    own = select(translation.assembly, blocks, columns)
                    given = _columns(table, columns, wanted)
                    found += (yield from _through(translation, part, own, given, below(path, name)))[0]
        case FeatureUnion():
            found = []
            for name, part in fitted.transformer_list:
                found += (yield from _through(translation, part, blocks, table, below(path, name)))[0]
        case _:
            found = translation.transform(fitted, blocks, path)
            joined = join(translation.assembly, found, path)
            expected = fitted.transform(table)
            yield _Seen(f"{path} ({type(fitted).__name__})", joined, expected)
            return [joined], expected
    return found, fitted.transform(table)


def _columns(table: Any, columns: list[int], wanted: Any) -> Any:
    """One column that was asked for by its name alone is a series, as text transformers want it."""
    if isinstance(table, pd.DataFrame):
        return table.iloc[:, columns[0]] if isinstance(wanted, str) else table.iloc[:, columns]
    return table[:, columns]


def _dense(found: Any) -> NDArray[np.float64]:
    return np.asarray(found.toarray() if hasattr(found, "toarray") else found, dtype=np.float64)
