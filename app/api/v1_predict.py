"""`:predict` of TensorFlow Serving and KServe v1 clients: rows or columns in, the same out."""

import orjson

from app.api.hot_door import HotDoor, Work
from app.front.exchange import HotRequest, HotResponse
from app.protocol.outputs import Outputs
from app.protocol.row_requests import is_plain, rewrite
from app.serving.servable import Servable


class V1PredictDoor(HotDoor):
    """`instances` are answered with `predictions`, columns of `inputs` with columns of `outputs`."""

    def decode(self, servable: Servable, request: HotRequest) -> Work:
        """Rows through the model's schema, once they have the form that it reads."""
        body, by_column = request.body, False
        if not is_plain(body):
            body, by_column = rewrite(body, servable.signature)
        part, rows = servable.rows.read_part(body)
        return Work(self, servable, request, part, rows, by_column)

    def encode(self, work: Work, outputs: Outputs) -> HotResponse:
        """As it was asked: one prediction per row, or one column per output."""
        if work.context:
            return HotResponse(_columns(work.servable, outputs))
        return HotResponse(work.servable.rows.encode_predictions(outputs))


def _columns(servable: Servable, outputs: Outputs) -> bytes:
    by_name = {
        declared.name: output.tolist() for declared, output in zip(servable.signature.outputs, outputs, strict=True)
    }
    return orjson.dumps({"outputs": by_name if len(by_name) > 1 else next(iter(by_name.values()))})
