"""Rows: `/predict/{model_name}`, typed per model."""

from slipway_ml.api.hot.handler import PredictionHandler, Work
from slipway_ml.front.exchange import HotRequest, HotResponse
from slipway_ml.protocol.json_cuts import Steps
from slipway_ml.protocol.outputs import Outputs
from slipway_ml.protocol.quick_bodies import has_few_values
from slipway_ml.serving.servable import Servable


class PredictHandler(PredictionHandler):
    """Rows in, predictions out."""

    endpoint = "predict"

    def decode(self, servable: Servable, request: HotRequest) -> Work:
        """Rows through the model's schema."""
        part, rows = servable.rows.read_part(request.body)
        return Work(self, servable, request, part, rows)

    def is_quick(self, request: HotRequest) -> bool:
        """Rows with few values."""
        return has_few_values(request.body)

    def decode_in_steps(self, servable: Servable, request: HotRequest) -> Steps[Work]:
        """The same, some rows at a time."""
        part, rows = yield from servable.rows.read_in_steps(request.body, request.charge)
        return Work(self, servable, request, part, rows)

    def encode(self, work: Work, outputs: Outputs) -> HotResponse:
        """One prediction per row."""
        return HotResponse(work.told(work.servable.rows.encode(outputs, work.request.request_id)))

    def encode_in_steps(self, work: Work, outputs: Outputs) -> Steps[HotResponse]:
        """The same, some rows at a time."""
        request = work.request
        body = yield from work.servable.rows.encode_in_steps(outputs, request.request_id, request.charge)
        return HotResponse(work.told(body))
