"""FastAPI's own errors, and those that its routes raise, with the responses of all others."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from slipway_ml.api.error_responses import error_body, error_response
from slipway_ml.errors import SlipwayError


def install(app: FastAPI) -> None:
    """Make FastAPI respond to its own errors and to ours in the same way."""
    app.add_exception_handler(SlipwayError, _answer)
    app.add_exception_handler(HTTPException, _http_error_response)


async def _answer(request: Request, error: Exception) -> Response:
    exchange = request.scope.get("exchange")
    if exchange is not None and isinstance(error, SlipwayError):
        exchange.reason = error.counted_as  # for the access log
    answer = error_response(error)
    return Response(answer.body, answer.status, {name.decode(): value.decode() for name, value in answer.headers})


async def _http_error_response(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = "not found" if status == HTTPStatus.NOT_FOUND else "refused"
    return Response(error_body(said), status, media_type="application/json")
