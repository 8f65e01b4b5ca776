"""`/metrics`, exposed by prometheus-fastapi-instrumentator.

Its middleware is not used: the guard stands before FastAPI and counts every request there, hot ones and refused ones
too, under the instrumentator's metric names.
"""

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from prometheus_fastapi_instrumentator import Instrumentator


def expose_metrics(app: FastAPI, registry: CollectorRegistry) -> None:
    """Add `GET /metrics` for one registry of metrics."""
    Instrumentator(registry=registry).expose(app, endpoint="/metrics", tags=["metrics"], summary="Prometheus metrics")
