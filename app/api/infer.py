"""Inference of the Open Inference Protocol: tensors in JSON, in bytes after it, or in bytes alone."""

from app.api.hot_door import HotDoor, Work
from app.api.large_bodies import LargeBodies
from app.front.exchange import BINARY_HEADER, HotRequest, HotResponse
from app.protocol import binary_codec
from app.protocol.json_codec import decode_request, encode_response
from app.protocol.limits import ContentLimits
from app.protocol.messages import InferenceRequest
from app.protocol.number_reader import NumberReader
from app.protocol.outputs import Outputs
from app.serving.data_plane import DataPlane
from app.serving.servable import Servable

_OCTETS = (b"content-type", b"application/octet-stream")


class InferDoor(HotDoor):
    """Tensors in, tensors out."""

    def __init__(self, plane: DataPlane, limits: ContentLimits, large: LargeBodies) -> None:
        super().__init__(plane, large)
        self._limits = limits
        self._reader = NumberReader()

    def decode(self, servable: Servable, request: HotRequest) -> Work:
        """A request of the protocol, checked against the model's signature."""
        inference = self._read(servable, request)
        tensors, rows = self._plane.prepare(servable, inference)
        return Work(self, servable, request, tensors, rows, inference, inference.parameters.timeout)

    def encode(self, work: Work, outputs: Outputs) -> HotResponse:
        """The outputs that were asked for, in JSON or after it."""
        inference: InferenceRequest = work.context
        if inference.outputs is None and not inference.parameters.binary_outputs:
            return HotResponse(work.servable.response.encode(outputs, inference.id, inference.parameters.own))
        answer = self._plane.answer(work.servable, inference, outputs)
        if not answer.binary:
            return HotResponse(encode_response(answer))
        body, json_length = binary_codec.encode_response(answer)
        return HotResponse(body, headers=(_OCTETS, (BINARY_HEADER, b"%d" % json_length)))

    def _read(self, servable: Servable, request: HotRequest) -> InferenceRequest:
        header = request.headers.get(BINARY_HEADER)
        if header is None:
            return decode_request(request.body, self._limits, self._reader)
        json_length = binary_codec.read_json_length(header, request.body)
        if json_length == 0:
            return binary_codec.decode_raw(request.body, servable.signature.inputs, self._limits)
        return binary_codec.decode_request(request.body, json_length, self._limits)
