"""What TensorFlow Serving and KServe v1 clients ask about models."""

from typing import Any

from fastapi import APIRouter

from slipway_ml.api.fastapi_app.plain_routes import DOCUMENT, Json, ModelName, ModelVersion
from slipway_ml.contract.tensors import Datatype, TensorMetadata
from slipway_ml.errors import VersionNotFound
from slipway_ml.serving.data_plane import DataPlane
from slipway_ml.serving.model_table import ServedModel, VersionState
from slipway_ml.serving.servable import Servable

_DTYPES = {Datatype.BYTES: "DT_STRING", Datatype.FP16: "DT_HALF", Datatype.FP32: "DT_FLOAT", Datatype.FP64: "DT_DOUBLE"}


def router(plane: DataPlane) -> APIRouter:
    """The routes that are not hot."""
    routes = APIRouter(tags=["v1"], responses=DOCUMENT)

    @routes.get("/v1/models", summary="Models that are served")
    async def v1_models() -> Json:
        return Json({"models": list(plane.table.models)})

    @routes.get("/v1/models/{model_name}", summary="Status of a model's versions")
    async def v1_model_status(model_name: ModelName) -> Json:
        return Json(_status(plane.table.get(model_name)))

    @routes.get("/v1/models/{model_name}/versions/{model_version}", summary="Status of a version")
    async def v1_version_status(model_name: ModelName, model_version: ModelVersion) -> Json:
        return Json(_status(plane.table.get(model_name), model_version))

    @routes.get("/v1/models/{model_name}/metadata", summary="Model metadata")
    async def v1_model_metadata(model_name: ModelName) -> Json:
        return Json(_metadata(plane.resolve({"model_name": model_name})))

    @routes.get("/v1/models/{model_name}/versions/{model_version}/metadata", summary="Metadata of a version")
    async def v1_version_metadata(model_name: ModelName, model_version: ModelVersion) -> Json:
        return Json(_metadata(plane.resolve({"model_name": model_name, "model_version": model_version})))

    return routes


def _status(model: ServedModel, version: str | None = None) -> dict[str, Any]:
    """What both kinds of clients look for: TensorFlow Serving's list of states, KServe's `ready`."""
    states = dict.fromkeys(model.versions, ("AVAILABLE", "OK", ""))
    for waiting, one in model.waiting.items():
        is_loading = one.state is VersionState.LOADING
        states[waiting] = ("LOADING", "OK", "") if is_loading else ("END", "UNAVAILABLE", one.reason)
    if version is not None and version not in states:
        raise VersionNotFound(model.name, list(model.versions))
    wanted = {version: states[version]} if version is not None else states
    return {
        "name": model.name,
        "ready": version in model.versions if version is not None else model.default is not None,
        "model_version_status": [
            {"version": number, "state": state, "status": {"error_code": code, "error_message": message}}
            for number, (state, code, message) in sorted(wanted.items(), key=lambda item: int(item[0]), reverse=True)
        ],
    }


def _metadata(servable: Servable) -> dict[str, Any]:
    signature = {
        "inputs": {tensor.name: _tensor(tensor) for tensor in servable.signature.inputs},
        "outputs": {tensor.name: _tensor(tensor) for tensor in servable.signature.outputs},
        "method_name": "tensorflow/serving/predict",
    }
    return {
        "model_spec": {"name": servable.name, "signature_name": "", "version": servable.version},
        "metadata": {"signature_def": {"signature_def": {"serving_default": signature}}},
    }


def _tensor(tensor: TensorMetadata) -> dict[str, Any]:
    dimensions = [{"size": str(size), "name": ""} for size in tensor.shape]
    return {
        "dtype": _DTYPES.get(tensor.datatype, f"DT_{tensor.datatype}"),
        "tensor_shape": {"dim": dimensions, "unknown_rank": False},
        "name": f"{tensor.name}:0",
    }
