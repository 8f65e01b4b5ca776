"""Whether a row gets the same prediction alone as in a batch, to the bit, and what has to be done for it.

onnxruntime multiplies a matrix of one row by another routine than one of several, which adds in another order; from two
rows on, every row comes out the same wherever it stands. So a row alone is run as two equal rows where its graph has
such products: always for linear models, whose rare differences are rare enough to be overlooked, and for other products
where a trial says that it helps. A graph that quantizes its inputs while it runs takes the scale from all rows
together: there no two requests may share a run.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from slipway_ml.contract.tensors import NUMPY_DTYPES, Datatype, Tensor, TensorMetadata

Run = Callable[[Mapping[str, Tensor]], list[Tensor]]

_LINEAR = frozenset({"LinearClassifier", "LinearRegressor"})
_PRODUCTS = ("Gemm", "MatMul", "SVM", "Conv")
_MIXING = "DynamicQuantize"
_TRIED_ROWS = 16
_UNKNOWN_SIZE = 4


def mixes_rows(operators: Iterable[str]) -> bool:
    """Whether the prediction for a row depends on the rows beside it, by more than rounding."""
    return any(_MIXING in name for name in operators)


def wants_pairs(operators: frozenset[str], inputs: Sequence[TensorMetadata], run: Run) -> bool:
    """Whether a row alone has to be run as two equal rows in order to get the prediction that it has in a batch."""
    takes_any_number = all(declared.shape[:1] == (-1,) for declared in inputs)
    if mixes_rows(operators) or not takes_any_number:
        return False
    if _LINEAR & operators:
        return True
    return any(word in name for name in operators for word in _PRODUCTS) and _helps(inputs, run)


def run_as_pair(run: Run, tensors: Mapping[str, Tensor]) -> list[Tensor]:
    """The outputs for one row."""
    doubled = {name: tensor.repeat(2, 0) for name, tensor in tensors.items()}
    return [output[:1] for output in run(doubled)]


def _helps(inputs: Sequence[TensorMetadata], run: Run) -> bool:
    """By trial on rows that are the same at every load, so that all replicas decide alike."""
    random = np.random.default_rng(0)
    rows = {declared.name: _draw(declared, random) for declared in inputs}
    try:
        together = run(rows)
        each = [{name: tensor[n : n + 1] for name, tensor in rows.items()} for n in range(_TRIED_ROWS)]
        alone = [run(row) for row in each]
        paired = [run_as_pair(run, row) for row in each]
    except Exception:  # noqa: BLE001  # a graph that refuses such rows is run as it is
        return False
    return not _are_equal(alone, together) and _are_equal(paired, together)


def _draw(declared: TensorMetadata, random: np.random.Generator) -> Tensor:
    shape = [_TRIED_ROWS, *(_UNKNOWN_SIZE if size < 0 else size for size in declared.shape[1:])]
    if declared.datatype is Datatype.BYTES:
        return np.full(shape, "", object)
    return random.normal(0.0, 3.0, shape).astype(NUMPY_DTYPES[declared.datatype])


def _are_equal(rows: Sequence[Sequence[Tensor]], together: Sequence[Tensor]) -> bool:
    return all(
        np.array_equal(output, whole[n : n + 1], equal_nan=output.dtype.kind == "f")
        for n, outputs in enumerate(rows)
        for output, whole in zip(outputs, together, strict=True)
    )
