"""`:predict` of TensorFlow Serving and KServe v1 clients: rows or columns in, the same out."""

import orjson

from slipway_ml.api.hot.handler import PredictionHandler, Work
from slipway_ml.front.exchange import HotRequest, HotResponse
from slipway_ml.protocol.column_requests import read_in_steps
from slipway_ml.protocol.json_cuts import Steps
from slipway_ml.protocol.outputs import Outputs
from slipway_ml.protocol.quick_bodies import has_few_values
from slipway_ml.protocol.row_pieces import Charge
from slipway_ml.protocol.row_requests import is_plain, rewrite
from slipway_ml.serving.servable import Servable

_COMMA = ord(",")
_ENCODED_AT_ONCE = 4000
"""Values of the answer."""


class V1PredictHandler(PredictionHandler):
    """`instances` are answered with `predictions`, columns of `inputs` with columns of `outputs`."""

    endpoint = "v1"

    def decode(self, servable: Servable, request: HotRequest) -> Work:
        """Rows through the model's schema, once they have the form that it reads."""
        body, by_column = request.body, False
        if not is_plain(body):
            body, by_column = rewrite(body, servable.signature, servable.rows.extra)
        part, rows = servable.rows.read_part(body, len(request.body))
        return Work(self, servable, request, part, rows, by_column)

    def is_quick(self, request: HotRequest) -> bool:
        """Rows or columns with few values."""
        return has_few_values(request.body)

    def decode_in_steps(self, servable: Servable, request: HotRequest) -> Steps[Work]:
        """The same, some rows at a time."""
        part, rows, by_column = yield from read_in_steps(request.body, servable.rows, request.charge)
        return Work(self, servable, request, part, rows, by_column)

    def encode(self, work: Work, outputs: Outputs) -> HotResponse:
        """As it was asked: one prediction per row, or one column per output."""
        if work.context:
            return HotResponse(work.told(_columns(work.servable, outputs)))
        return HotResponse(work.told(work.servable.rows.encode_predictions(outputs)))

    def encode_in_steps(self, work: Work, outputs: Outputs) -> Steps[HotResponse]:
        """The same, some rows at a time."""
        charge = work.request.charge
        if work.context:
            return HotResponse(work.told((yield from _columns_in_steps(work.servable, outputs, charge))))
        return HotResponse(work.told((yield from work.servable.rows.encode_in_steps(outputs, None, charge))))


def _columns(servable: Servable, outputs: Outputs) -> bytes:
    by_name = {
        declared.name: output.tolist() for declared, output in zip(servable.signature.outputs, outputs, strict=True)
    }
    return orjson.dumps({"outputs": by_name if len(by_name) > 1 else next(iter(by_name.values()))})


def _columns_in_steps(servable: Servable, outputs: Outputs, charge: Charge) -> Steps[bytes]:
    columns = [bytearray(b"[") for _ in servable.signature.outputs]
    for some in outputs.pieces(_ENCODED_AT_ONCE):
        for column, output in zip(columns, some, strict=True):
            text = orjson.dumps(output.tolist())
            charge(len(text))
            column.extend(memoryview(text)[1:-1])
            column.append(_COMMA)
        yield None
    for column in columns:
        column[-1:] = b"]"
    if len(columns) == 1:
        return b"".join([b'{"outputs":', columns[0], b"}"])
    parts: list[bytes | bytearray] = [b'{"outputs":{']
    for declared, column in zip(servable.signature.outputs, columns, strict=True):
        parts += [orjson.dumps(declared.name), b":", column, b","]
    return b"".join([*parts[:-1], b"}}"])
