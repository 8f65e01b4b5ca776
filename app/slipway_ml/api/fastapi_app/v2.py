"""Metadata and readiness of models in the Open Inference Protocol."""

from typing import Any

from fastapi import APIRouter

from slipway_ml import __version__
from slipway_ml.api.fastapi_app.plain_routes import DOCUMENT, Json, ModelName, ModelVersion
from slipway_ml.contract.signature import Signature
from slipway_ml.contract.tensors import Datatype, TensorMetadata
from slipway_ml.serving.data_plane import DataPlane
from slipway_ml.serving.execution import execution_of
from slipway_ml.serving.model_table import ServedModel
from slipway_ml.serving.servable import Servable

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


def router(plane: DataPlane) -> APIRouter:
    """The protocol's routes that are not hot."""
    routes = APIRouter(tags=["Open Inference Protocol"], responses=DOCUMENT)

    @routes.get("/v2", summary="Server metadata")
    async def server_metadata() -> Json:
        return Json({"name": "slipway", "version": __version__, "extensions": EXTENSIONS})

    @routes.get("/v2/models", summary="Models that are served")
    async def models() -> Json:
        return Json({"models": [_listing(model) for model in plane.table.models.values()]})

    @routes.get("/v2/models/{model_name}", summary="Model metadata")
    async def model_metadata(model_name: ModelName) -> Json:
        return Json(_metadata(plane, plane.resolve({"model_name": model_name})))

    @routes.get("/v2/models/{model_name}/versions/{model_version}", summary="Model metadata of a version")
    async def version_metadata(model_name: ModelName, model_version: ModelVersion) -> Json:
        return Json(_metadata(plane, plane.resolve({"model_name": model_name, "model_version": model_version})))

    @routes.get("/v2/models/{model_name}/ready", summary="Whether a model is ready")
    async def model_ready(model_name: ModelName) -> Json:
        return Json({"name": plane.resolve({"model_name": model_name}).name, "ready": True})

    @routes.get("/v2/models/{model_name}/versions/{model_version}/ready", summary="Whether a version is ready")
    async def version_ready(model_name: ModelName, model_version: ModelVersion) -> Json:
        return Json(
            {"name": plane.resolve({"model_name": model_name, "model_version": model_version}).name, "ready": True}
        )

    return routes


def _metadata(plane: DataPlane, servable: Servable) -> dict[str, Any]:
    signature, found = servable.signature, execution_of(servable)
    return {
        "name": servable.name,
        "versions": list(plane.table.models[servable.name].versions),
        "platform": PLATFORM,
        "inputs": [_input(tensor, signature) for tensor in signature.inputs],
        "outputs": [_tensor(tensor) for tensor in signature.outputs],
        "parameters": {key: found[key] for key in ("variant", "provider", "threads")},
    }


def _input(tensor: TensorMetadata, signature: Signature) -> dict[str, Any]:
    """An input of text also says how long a text may be, which the protocol has no field for."""
    limits = {feature.name: feature.character_limit for feature in signature.features}
    limit = limits[tensor.name] if tensor.datatype is Datatype.BYTES else None
    return _tensor(tensor) if limit is None else {**_tensor(tensor), "parameters": {"max_characters": limit}}


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
