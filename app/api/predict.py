"""Rows: `/predict/{model_name}`, typed per model."""

from app.api.large_bodies import LARGE, LargeBodies
from app.api.timeouts import timeout_of
from app.front.exchange import HotRequest, HotResponse
from app.serving.data_plane import DataPlane


class PredictDoor:
    """Decode rows, ask the data plane, encode predictions."""

    def __init__(self, plane: DataPlane, large: LargeBodies) -> None:
        self._plane = plane
        self._large = large

    async def __call__(self, request: HotRequest) -> HotResponse:
        servable, latest = self._plane.admit(request.params, timeout_of(request.headers))
        decode, body = servable.rows.decode, request.body
        if len(body) <= LARGE:
            tensors = decode(body)
        else:
            tensors = await self._large.decode(decode, body, model_name=servable.name, latest=latest)
        outputs = await self._plane.predict(servable, tensors, latest)
        return HotResponse(servable.rows.encode(outputs, request.request_id))
