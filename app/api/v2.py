"""Inference, metadata and readiness of the Open Inference Protocol."""

from typing import Any

from fastapi import APIRouter

from app import __version__
from app.api.execution import execution_of
from app.api.hot_door import HotDoor, Work
from app.api.large_bodies import LargeBodies
from app.contract.tensors import TensorMetadata
from app.front.exchange import BINARY_HEADER, HotRequest, HotResponse
from app.protocol import binary_codec
from app.protocol.json_codec import decode_request, encode_response
from app.protocol.limits import ContentLimits
from app.protocol.messages import InferenceRequest
from app.protocol.number_reader import NumberReader
from app.protocol.outputs import Outputs
from app.serving.data_plane import DataPlane
from app.serving.model_table import ServedModel
from app.serving.servable import Servable

PLATFORM = "onnx_onnxv1"
EXTENSIONS = [
    "binary_tensor_data",
    "classification",
    "model_configuration",
    "model_repository",
    "parameters",
    "schedule_policy",
    "statistics",
]

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


def router(plane: DataPlane) -> APIRouter:
    """The protocol's routes that are not hot."""
    routes = APIRouter(tags=["Open Inference Protocol"])

    @routes.get("/v2", summary="Server metadata")
    async def server_metadata() -> dict[str, Any]:
        return {"name": "slipway", "version": __version__, "extensions": EXTENSIONS}

    @routes.get("/v2/models", summary="Models that are served")
    async def models() -> dict[str, Any]:
        return {"models": [_listing(model) for model in plane.table.models.values()]}

    @routes.get("/v2/models/{model_name}", summary="Model metadata")
    async def model_metadata(model_name: str) -> dict[str, Any]:
        return _metadata(plane, plane.resolve({"model_name": model_name}))

    @routes.get("/v2/models/{model_name}/versions/{model_version}", summary="Model metadata of a version")
    async def version_metadata(model_name: str, model_version: str) -> dict[str, Any]:
        return _metadata(plane, plane.resolve({"model_name": model_name, "model_version": model_version}))

    @routes.get("/v2/models/{model_name}/ready", summary="Whether a model is ready")
    async def model_ready(model_name: str) -> dict[str, Any]:
        return {"name": plane.resolve({"model_name": model_name}).name, "ready": True}

    @routes.get("/v2/models/{model_name}/versions/{model_version}/ready", summary="Whether a version is ready")
    async def version_ready(model_name: str, model_version: str) -> dict[str, Any]:
        return {"name": plane.resolve({"model_name": model_name, "model_version": model_version}).name, "ready": True}

    return routes


def _metadata(plane: DataPlane, servable: Servable) -> dict[str, Any]:
    signature, found = servable.signature, execution_of(servable)
    return {
        "name": servable.name,
        "versions": list(plane.table.models[servable.name].versions),
        "platform": PLATFORM,
        "inputs": [_tensor(tensor) for tensor in signature.inputs],
        "outputs": [_tensor(tensor) for tensor in signature.outputs],
        "parameters": {key: found[key] for key in ("variant", "provider", "threads")},
    }


def _tensor(tensor: TensorMetadata) -> dict[str, Any]:
    return {"name": tensor.name, "datatype": tensor.datatype, "shape": list(tensor.shape)}


def _listing(model: ServedModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "default_version": model.default,
        "versions": list(model.versions),
        "ready": model.default is not None,
        "degraded": model.degraded,
        "generation": model.generation,
    }
