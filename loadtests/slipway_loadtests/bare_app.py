"""The floor to measure against: an ASGI application that takes the whole body and gives a small constant response.

Whatever a server built on uvicorn costs beyond this is its own doing. The response has the size of a prediction for one
row, so that both servers write about as much.
"""

from typing import Any

_PROBABILITIES = b'{"name":"probabilities","datatype":"FP32","shape":[1,2],"data":[0.0078125,0.9921875]}'
_LABEL = b'{"name":"label","datatype":"INT64","shape":[1],"data":[1]}'
_RESPONSE = b'{"model_name":"floor","model_version":"1","outputs":[' + _LABEL + b"," + _PROBABILITIES + b"]}"
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_RESPONSE))],
}
_BODY = {"type": "http.response.body", "body": _RESPONSE}


async def app(_scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Read everything, respond always the same."""
    while (await receive()).get("more_body", False):
        pass
    await send(_START)
    await send(_BODY)
