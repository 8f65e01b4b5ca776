"""Rows: `/predict/{model_name}`, typed per model."""

from app.front.exchange import HotRequest, HotResponse
from app.serving.data_plane import DataPlane


class PredictDoor:
    """Decode rows, ask the data plane, encode predictions."""

    def __init__(self, plane: DataPlane) -> None:
        self._plane = plane

    async def __call__(self, request: HotRequest) -> HotResponse:
        servable = self._plane.resolve(request.params)
        tensors = servable.rows.decode(request.body)
        outputs = await self._plane.predict(servable, tensors)
        return HotResponse(servable.rows.encode(outputs, request.request_id))
