"""Inference of the Open Inference Protocol: tensors in JSON, in bytes after it, or in bytes alone."""

from typing import Any

from slipway_ml.api.hot.handler import PredictionHandler, Work
from slipway_ml.api.hot.turns import LARGE, Turns
from slipway_ml.front.exchange import BINARY_HEADER, HotRequest, HotResponse
from slipway_ml.protocol import binary_codec
from slipway_ml.protocol.json_codec import encode_response, read_request
from slipway_ml.protocol.json_cuts import Steps, finish
from slipway_ml.protocol.json_values import parse
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.messages import InferenceRequest
from slipway_ml.protocol.outputs import Outputs
from slipway_ml.protocol.quick_bodies import has_only_numbers
from slipway_ml.protocol.tensor_pieces import TensorPieces
from slipway_ml.protocol.unusual_values import UnusualValues
from slipway_ml.serving.data_plane import DataPlane, widened
from slipway_ml.serving.servable import Servable

_PLAIN = InferenceRequest([])
"""What a request asks for that says nothing beyond its numbers."""
_CHECKED_AT_ONCE = 100_000
"""Values that are looked at without a thread."""
_OCTETS = (b"content-type", b"application/octet-stream")


class InferHandler(PredictionHandler):
    """Tensors in, tensors out."""

    endpoint = "infer"

    def __init__(self, plane: DataPlane, limits: ContentLimits, turns: Turns) -> None:
        super().__init__(plane, turns)
        self._limits = limits
        self._pieces = TensorPieces(limits)

    def decode(self, servable: Servable, request: HotRequest) -> Work:
        """A request of the protocol, checked against the model's signature."""
        if BINARY_HEADER in request.headers:
            inference = finish(self._read_binary(servable, request))
        else:
            document, has_booleans = self._pieces.read_at_once(request.body, request.charge)
            if servable.plain is not None:
                matrix = servable.plain.read(document, has_booleans=has_booleans)
                if matrix is not None:
                    return Work(self, servable, request, {servable.plain.name: matrix}, len(matrix), _PLAIN)
            inference = read_request(document, self._limits, None, has_booleans=has_booleans)
        tensors, rows = self._plane.prepare(servable, inference)
        return Work(self, servable, request, tensors, rows, inference, inference.parameters.timeout)

    def is_quick(self, request: HotRequest) -> bool:
        """Numbers and little else, in JSON."""
        return BINARY_HEADER not in request.headers and has_only_numbers(request.body)

    def decode_in_steps(self, servable: Servable, request: HotRequest) -> Steps[Work]:
        """The same, piece by piece; numbers are checked in a thread, where numpy lets go of the interpreter."""
        if BINARY_HEADER in request.headers:
            inference = yield from self._read_binary(servable, request)
        else:
            document, has_booleans = yield from self._pieces.read(request.body, request.charge)
            if servable.plain is not None:
                matrix = servable.plain.read(document, has_booleans=has_booleans)
                if matrix is not None:
                    return Work(self, servable, request, {servable.plain.name: matrix}, len(matrix), _PLAIN)
            inference = read_request(document, self._limits, None, has_booleans=has_booleans)
            del document
            request.body = b""  # all of it is in the tensors now
        values = sum([tensor.data.size for tensor in inference.inputs])
        if values <= _CHECKED_AT_ONCE:
            tensors, rows = self._plane.prepare(servable, inference)
        else:
            request.charge(widened(servable.signature, inference.inputs))
            tensors, rows = yield lambda: self._plane.prepare(servable, inference)
        inference.inputs = []  # where the model takes another datatype, this is a second copy
        return Work(self, servable, request, tensors, rows, inference, inference.parameters.timeout)

    def encode(self, work: Work, outputs: Outputs) -> HotResponse:
        """The outputs that were asked for, in JSON or after it."""
        inference: InferenceRequest = work.context
        if inference.outputs is None and not inference.parameters.binary_outputs:
            return HotResponse(work.servable.response.encode(outputs, inference.id, _parameters(work)))
        answer = self._plane.answer(work.servable, inference, outputs)
        answer.parameters = _parameters(work)
        if not answer.binary:
            return HotResponse(encode_response(answer))
        body, json_length = binary_codec.encode_response(answer)
        return HotResponse(body, headers=(_OCTETS, (BINARY_HEADER, b"%d" % json_length)))

    def encode_in_steps(self, work: Work, outputs: Outputs) -> Steps[HotResponse]:
        """The same: numbers in JSON piece by piece, and what is rarer in a thread."""
        inference: InferenceRequest = work.context
        if inference.outputs is None and not inference.parameters.binary_outputs:
            encoder, charge = work.servable.response, work.request.charge
            parameters = _parameters(work)
            return HotResponse((yield from encoder.encode_in_steps(outputs, inference.id, parameters, charge)))
        response: HotResponse = yield lambda: self.encode(work, outputs)
        return response

    def refusal(self, work: Work, unusual: UnusualValues) -> Exception:
        """Tensors are told the first problem."""
        return unusual.as_malformed("feature" if work.servable.signature.layout == "matrix" else "input")

    def _read_binary(self, servable: Servable, request: HotRequest) -> Steps[InferenceRequest]:
        body, limits = request.body, self._limits
        json_length = binary_codec.read_json_length(request.headers[BINARY_HEADER], body)
        if json_length == 0:
            inference = binary_codec.decode_raw(body, servable.signature.inputs, limits)
        else:
            document = body[:json_length]
            if json_length <= LARGE:
                document = parse(document)
            else:
                document, _ = yield from self._pieces.read(document, request.charge)
            inference = binary_codec.read_with_tail(document, body, json_length, limits)
        yield from binary_codec.read_texts(inference.inputs, body, request.charge)
        return inference


def _parameters(work: Work) -> dict[str, Any] | None:
    """The caller's own, and beside them what in its rows is unlike training."""
    inference: InferenceRequest = work.context
    own = inference.parameters.own
    return own if work.unusual is None else {**(own or {}), **work.unusual.as_document()}
