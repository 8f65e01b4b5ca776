"""What a route of FastAPI takes from its path, and how it responds, without a pydantic field for either.

The guard has matched the path already, so a parameter is the text found there. With the first field that FastAPI makes
it also imports the old pydantic that lies inside the new one, to see whether the field is one of its: 1.5 MiB.
"""

from typing import Annotated, Any

import orjson
from fastapi import Depends, Request, Response


async def _model_name(request: Request) -> str:
    return str(request.path_params["model_name"])


async def _model_version(request: Request) -> str:
    return str(request.path_params["model_version"])


DOCUMENT: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"schema": {"type": "object"}}}}}
"""What OpenAPI says of a response that is a document."""

ModelName = Annotated[str, Depends(_model_name)]
ModelVersion = Annotated[str, Depends(_model_version)]


class Json(Response):
    """A document as JSON."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)
