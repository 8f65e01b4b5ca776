"""onnxruntime's own int8 quantizers, dynamic and static, from bytes to bytes.

They write files and log to the root logger; both stay in here. Softmax is left out of static quantization, which fails
on a classifier that ends in a partly quantized one.
"""

# isort: off
import app.runtime.session  # noqa: F401  # silences onnxruntime's telemetry before its first import
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

# isort: on
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
from onnx import ModelProto

from app.contract.tensors import Tensor
from training.data.tensors import take

_OPERATORS = ["MatMul", "Gemm"]
_CALIBRATION_BATCH = 64


def dynamic(model: ModelProto, *, per_channel: bool = False, unsigned: bool = False) -> ModelProto:
    """8-bit weights; activations are scaled by the range of each batch."""
    with _quietly(), TemporaryDirectory() as folder:
        target = Path(folder) / "small.onnx"
        quantize_dynamic(
            _copy(model),
            target,
            op_types_to_quantize=_OPERATORS,
            per_channel=per_channel,
            weight_type=QuantType.QUInt8 if unsigned else QuantType.QInt8,
        )
        return onnx.load(target)


def static(model: ModelProto, rows: dict[str, Tensor], *, per_channel: bool = False) -> ModelProto:
    """8-bit weights and activations, whose ranges are taken from training rows."""
    with _quietly(), TemporaryDirectory() as folder:
        target = Path(folder) / "small.onnx"
        quantize_static(
            _copy(model),
            target,
            _Rows(rows),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=_OPERATORS,
            per_channel=per_channel,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(target)


class _Rows(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    def __init__(self, rows: dict[str, Tensor]) -> None:
        count = len(next(iter(rows.values())))
        self._batches: Iterator[dict[str, Tensor]] = iter(
            [take(rows, slice(start, start + _CALIBRATION_BATCH)) for start in range(0, count, _CALIBRATION_BATCH)]
        )

    def get_next(self) -> dict[str, Tensor] | None:
        return next(self._batches, None)


def _copy(model: ModelProto) -> ModelProto:
    own = ModelProto()
    own.CopyFrom(model)
    return own


@contextmanager
def _quietly() -> Iterator[None]:
    logger = logging.getLogger()
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
