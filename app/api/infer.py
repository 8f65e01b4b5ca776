"""Inference of the Open Inference Protocol: tensors in JSON, in bytes after it, or in bytes alone."""

from app.api.hot_door import HotDoor, Work
from app.api.large_bodies import LargeBodies
from app.front.exchange import BINARY_HEADER, HotRequest, HotResponse
from app.protocol import binary_codec
from app.protocol.json_codec import encode_response, read_document, read_request
from app.protocol.limits import ContentLimits
from app.protocol.messages import InferenceRequest
from app.protocol.number_reader import NumberReader
from app.protocol.outputs import Outputs
from app.serving.data_plane import DataPlane
from app.serving.servable import Servable

_PLAIN = InferenceRequest([])
"""What a request asks for that says nothing beyond its numbers."""
_OCTETS = (b"content-type", b"application/octet-stream")


class InferDoor(HotDoor):
    """Tensors in, tensors out."""

    def __init__(self, plane: DataPlane, limits: ContentLimits, large: LargeBodies) -> None:
        super().__init__(plane, large)
        self._limits = limits
        self._reader = NumberReader()

    def decode(self, servable: Servable, request: HotRequest) -> Work:
        """A request of the protocol, checked against the model's signature."""
        if BINARY_HEADER in request.headers:
            inference = self._read_binary(servable, request.body, request.headers[BINARY_HEADER])
        else:
            document, has_booleans = read_document(request.body, self._reader)
            if servable.plain is not None:
                matrix = servable.plain.read(document, has_booleans=has_booleans)
                if matrix is not None:
                    return Work(self, servable, request, {servable.plain.name: matrix}, len(matrix), _PLAIN)
            inference = read_request(document, self._limits, None, has_booleans=has_booleans)
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

    def _read_binary(self, servable: Servable, body: bytes, header: bytes) -> InferenceRequest:
        json_length = binary_codec.read_json_length(header, body)
        if json_length == 0:
            return binary_codec.decode_raw(body, servable.signature.inputs, self._limits)
        return binary_codec.decode_request(body, json_length, self._limits)
