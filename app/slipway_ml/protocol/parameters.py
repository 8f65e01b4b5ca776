"""The `parameters` objects of inference requests: those that mean something here, and those that only come back.

A request's own keys are returned with the answer as they were sent. Keys that the protocol's extensions reserve are
read or ignored, and not returned.
"""

from typing import Any

from slipway_ml.errors import MalformedRequest
from slipway_ml.protocol.json_values import shown
from slipway_ml.protocol.messages import NO_PARAMETERS, RequestedOutput, RequestParameters, Value

MAX_CLASSES = 100_000

_TYPES = {str, int, float, bool}
_MICROSECOND = 1e-6
_RESERVED = frozenset(
    {"sequence_id", "sequence_start", "sequence_end", "priority", "timeout", "headers", "binary_data_output"}
)
_RESERVED_PREFIX = "triton_"


def check_parameters(where: str, parameters: Any) -> dict[str, Value]:
    """The parameters of one object of the request; raises MalformedRequest unless all are of the protocol's types."""
    if parameters is None:
        return {}
    if type(parameters) is not dict or not set(map(type, parameters.values())) <= _TYPES:
        raise MalformedRequest(f"{where}: 'parameters' must be an object of strings, numbers and booleans")
    return parameters


def read_request_parameters(parameters: Any) -> RequestParameters:
    """What a request's parameters say; raises MalformedRequest."""
    given = check_parameters("the request", parameters)
    if not given:
        return NO_PARAMETERS
    own = {key: given[key] for key in given if key not in _RESERVED and not key.startswith(_RESERVED_PREFIX)}
    binary = _flag("the request", "binary_data_output", given.get("binary_data_output", False))
    return RequestParameters(binary, _timeout(given.get("timeout", 0)), own or None)


def read_output(name: str, parameters: Any, *, binary: bool) -> RequestedOutput:
    """A wanted output with its parameters; `binary` is what holds where it says nothing itself."""
    where = f"output {shown(name)}"
    given = check_parameters(where, parameters)
    if not given:
        return RequestedOutput(name, binary)
    _refuse_shared_memory(where, given)
    classes = given.get("classification")
    if classes is not None and (type(classes) is not int or not 1 <= classes <= MAX_CLASSES):
        raise MalformedRequest(f"{where}: 'classification' must be an integer from 1 to {MAX_CLASSES}")
    return RequestedOutput(name, _flag(where, "binary_data", given.get("binary_data", binary)), classes)


def read_binary_size(name: str, parameters: Any) -> int | None:
    """How many of the bytes after the JSON are this input's; None where it is in the JSON."""
    where = f"input {shown(name)}"
    given = check_parameters(where, parameters)
    _refuse_shared_memory(where, given)
    size = given.get("binary_data_size")
    if size is not None and (type(size) is not int or size < 0):
        raise MalformedRequest(f"{where}: 'binary_data_size' must be an integer that is not negative")
    return size


def _flag(where: str, key: str, value: Value) -> bool:
    if type(value) is not bool:
        raise MalformedRequest(f"{where}: '{key}' must be true or false")
    return value


def _timeout(value: Value) -> float | None:
    if type(value) is not int or value < 0:
        raise MalformedRequest("the request: 'timeout' must be an integer of microseconds")
    return value * _MICROSECOND if value else None


def _refuse_shared_memory(where: str, given: dict[str, Value]) -> None:
    if "shared_memory_region" in given:
        raise MalformedRequest(f"{where}: shared memory is not offered; send the tensor in the body")
