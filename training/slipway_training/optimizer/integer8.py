"""onnxruntime's own int8 quantizers, dynamic and static, from bytes to bytes.

They write files and log to the root logger; both stay in here. Softmax is left out of static quantization, which fails
on a classifier that ends in a partly quantized one.
"""

# isort: off
import slipway_ml.runtime.session  # noqa: F401  # silences onnxruntime's telemetry before its first import
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType
from onnxruntime.quantization import quantize_dynamic, quantize_static

# isort: on
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import onnx
from onnx import ModelProto

from slipway_ml.contract.tensors import Tensor
from slipway_training.data.tensors import take
from slipway_training.optimizer.weights import OPERATORS

_CALIBRATION_BATCH = 64


Calibration = Literal["MinMax", "Entropy", "Percentile"]


def dynamic(
    model: ModelProto, *, per_channel: bool = False, unsigned: bool = False, reduced: bool = False
) -> ModelProto:
    """8-bit weights, or 7-bit ones where `reduced`; activations are scaled by the range of each batch."""
    with _without_warnings(), TemporaryDirectory() as folder:
        target = Path(folder) / "small.onnx"
        quantize_dynamic(
            _copy(model),
            target,
            op_types_to_quantize=list(OPERATORS),
            per_channel=per_channel,
            reduce_range=reduced,
            weight_type=QuantType.QUInt8 if unsigned else QuantType.QInt8,
        )
        return onnx.load(target)


def static(
    model: ModelProto,
    rows: dict[str, Tensor],
    *,
    per_channel: bool = False,
    reduced: bool = False,
    calibration: Calibration = "MinMax",
) -> ModelProto:
    """8-bit weights and activations, whose ranges are taken from training rows by the method of `calibration`."""
    with _without_warnings(), TemporaryDirectory() as folder:
        target = Path(folder) / "small.onnx"
        quantize_static(
            _copy(model),
            target,
            _Rows(rows),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(OPERATORS),
            per_channel=per_channel,
            reduce_range=reduced,
            calibrate_method=CalibrationMethod[calibration],
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(target)


class _Rows(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    def __init__(self, rows: dict[str, Tensor]) -> None:
        count = len(next(iter(rows.values())))
        # Histograms want batches of one size, so the rows that fill none are left out.
        starts = range(0, max(count - _CALIBRATION_BATCH, 0) + 1, _CALIBRATION_BATCH)
        self._batches: Iterator[dict[str, Tensor]] = iter(
            [take(rows, slice(start, start + _CALIBRATION_BATCH)) for start in starts]
        )

    def get_next(self) -> dict[str, Tensor] | None:
        return next(self._batches, None)


def _copy(model: ModelProto) -> ModelProto:
    own = ModelProto()
    own.CopyFrom(model)
    return own


@contextmanager
def _without_warnings() -> Iterator[None]:
    logger = logging.getLogger()
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with redirect_stdout(StringIO()):  # histograms are announced with print
            yield
    finally:
        logger.setLevel(before)
