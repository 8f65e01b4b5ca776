"""What FastAPI serves and describes: metadata, statistics, `/metrics`, OpenAPI and `/docs`.

The only endpoint to FastAPI for `slipway_ml.main`, which imports it late: see `deferred_app`.
"""

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from slipway_ml import __version__
from slipway_ml.api.fastapi_app import docs, error_handlers, openapi, openapi_document, v1, v2, v2_extensions
from slipway_ml.api.fastapi_app.instrumentation import expose_metrics
from slipway_ml.serving.data_plane import DataPlane


def create_fastapi(plane: DataPlane, metrics: CollectorRegistry, *, shows_docs: bool, has_keys: bool) -> FastAPI:
    """The application; `metrics` is what it exposes, `has_keys` whether callers need one, which OpenAPI says."""
    app = FastAPI(
        title="Slipway",
        version=__version__,
        description="Typed predictions for the models that are served, and the Open Inference Protocol.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    openapi.declare_hot_routes(app)
    app.include_router(v2_extensions.router(plane))
    app.include_router(v2.router(plane))
    app.include_router(v1.router(plane))
    expose_metrics(app, metrics)
    error_handlers.install(app)
    if shows_docs:
        docs.add_docs(app, has_keys=has_keys)
        openapi_document.add_openapi(app, plane, has_keys=has_keys)
    return app
