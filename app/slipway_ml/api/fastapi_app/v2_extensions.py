"""Statistics and model configuration, as the protocol's extensions write them and the perf tools read them."""

from typing import Any

from fastapi import APIRouter

from slipway_ml.api.fastapi_app.plain_routes import DOCUMENT, Json, ModelName, ModelVersion
from slipway_ml.contract.tensors import Datatype, TensorMetadata
from slipway_ml.serving.data_plane import DataPlane
from slipway_ml.serving.execution import execution_of
from slipway_ml.serving.options import VersionOptions
from slipway_ml.serving.servable import Servable
from slipway_ml.serving.statistics import VersionStatistics

_NANOSECONDS = 1e9
_MICROSECONDS = 1e6


def router(plane: DataPlane) -> APIRouter:
    """`/stats` and `/config`. A path that ends in `/v2/models/stats` must come before the models' own."""
    routes = APIRouter(tags=["Open Inference Protocol"], responses=DOCUMENT)

    @routes.get("/v2/models/stats", summary="Statistics of every version")
    async def all_statistics() -> Json:
        found = [servable for model in plane.table.models.values() for servable in model.versions.values()]
        return Json({"model_stats": [_statistics(servable) for servable in found]})

    @routes.get("/v2/models/{model_name}/stats", summary="Statistics of a model's versions")
    async def model_statistics(model_name: ModelName) -> Json:
        plane.resolve({"model_name": model_name})
        return Json({"model_stats": [_statistics(found) for found in plane.table.models[model_name].versions.values()]})

    @routes.get("/v2/models/{model_name}/versions/{model_version}/stats", summary="Statistics of a version")
    async def version_statistics(model_name: ModelName, model_version: ModelVersion) -> Json:
        return Json({"model_stats": [_statistics(plane.resolve(_params(model_name, model_version)))]})

    @routes.get("/v2/models/{model_name}/config", summary="Model configuration")
    async def model_configuration(model_name: ModelName) -> Json:
        return Json(_configuration(plane.resolve({"model_name": model_name})))

    @routes.get("/v2/models/{model_name}/versions/{model_version}/config", summary="Configuration of a version")
    async def version_configuration(model_name: ModelName, model_version: ModelVersion) -> Json:
        return Json(_configuration(plane.resolve(_params(model_name, model_version))))

    return routes


def _params(model_name: str, model_version: str) -> dict[str, str]:
    return {"model_name": model_name, "model_version": model_version}


def _statistics(servable: Servable) -> dict[str, Any]:
    statistics = servable.statistics
    return {
        "name": servable.name,
        "version": servable.version,
        "last_inference": statistics.last_inference,
        "inference_count": statistics.ran.rows - statistics.failed.rows,
        "execution_count": statistics.runs,
        "inference_stats": _inference_statistics(statistics),
        "response_stats": {},
        "batch_stats": [
            {
                "batch_size": rows,
                "compute_input": _duration(count),
                "compute_infer": _duration(count, seconds),
                "compute_output": _duration(count),
            }
            for rows, (count, seconds) in sorted(statistics.batches.items())
        ],
        "memory_usage": [],
    }


def _inference_statistics(statistics: VersionStatistics) -> dict[str, Any]:
    ran, failed, refused = statistics.ran, statistics.failed, statistics.refused
    count = ran.requests - failed.requests
    waited, computed = ran.waited - failed.waited, ran.computed - failed.computed
    return {
        "success": _duration(count, waited + computed),
        "fail": _duration(statistics.metrics.failures(), failed.waited + failed.computed + refused.waited),
        "queue": _duration(count, waited),
        "compute_input": _duration(count),
        "compute_infer": _duration(count, computed),
        "compute_output": _duration(count),
        "cache_hit": _duration(0),
        "cache_miss": _duration(0),
    }


def _duration(count: int, seconds: float = 0.0) -> dict[str, int]:
    # What failed is subtracted from what ran, and sums of floats may come out a hair below zero.
    return {"count": count, "ns": max(0, round(seconds * _NANOSECONDS))}


def _configuration(servable: Servable) -> dict[str, Any]:
    signature = servable.signature
    return {
        "name": servable.name,
        "platform": "onnxruntime_onnx",
        "backend": "onnxruntime",
        "version_policy": {"specific": {"versions": [servable.manifest.model_version]}},
        "max_batch_size": servable.options.queue.batch_rows,
        "input": [_tensor(tensor) for tensor in signature.inputs],
        "output": [_tensor(tensor) for tensor in signature.outputs],
        "dynamic_batching": _batching(servable.options),
        "instance_group": [{"count": 1, "kind": "KIND_GPU" if servable.session.placement.uses_gpu else "KIND_CPU"}],
        "parameters": {key: {"string_value": str(value)} for key, value in execution_of(servable).items()},
        "model_transaction_policy": {"decoupled": False},
    }


def _batching(options: VersionOptions) -> dict[str, Any]:
    return {
        "max_queue_delay_microseconds": round(options.queue.delay * _MICROSECONDS),
        "default_queue_policy": {
            "max_queue_size": options.queue.queue_rows,
            "default_timeout_microseconds": round(options.deadline * _MICROSECONDS),
            "timeout_action": "REJECT",
            "allow_timeout_override": True,
        },
    }


def _tensor(tensor: TensorMetadata) -> dict[str, Any]:
    """Without the dimension of the batch; what has no other is written as one element that is shaped away."""
    name = "STRING" if tensor.datatype is Datatype.BYTES else tensor.datatype.value
    described: dict[str, Any] = {"name": tensor.name, "data_type": f"TYPE_{name}", "dims": list(tensor.shape[1:])}
    return described if described["dims"] else {**described, "dims": [1], "reshape": {"shape": []}}
