"""Answers of the Open Inference Protocol in JSON, for requests that want all outputs of a version, as most do.

Gives the very bytes that `json_codec.encode_response` gives, without making messages first.
"""

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import orjson

from slipway_ml.contract.tensors import Datatype, TensorMetadata
from slipway_ml.protocol.json_cuts import Steps
from slipway_ml.protocol.messages import Value
from slipway_ml.protocol.outputs import Outputs

_NUMPY = orjson.OPT_SERIALIZE_NUMPY
_AT_ONCE = 8000
"""Values that are written at once."""


class ResponseEncoder:
    """Encodes the answers of one version."""

    def __init__(self, model_name: str, model_version: str, outputs: Sequence[TensorMetadata]) -> None:
        self._model_name = model_name
        self._model_version = model_version
        self._outputs = [(output.name, str(output.datatype), output.datatype is Datatype.BYTES) for output in outputs]

    def encode(self, outputs: Outputs, request_id: str | None, parameters: Mapping[str, Value] | None) -> bytes:
        """All outputs, with the id and the parameters that come back; NaN and infinities become null."""
        start, stop = outputs.start, outputs.stop
        written: list[dict[str, Any]] = []
        document = self._head(request_id, parameters)
        document["outputs"] = written
        for (name, datatype, is_text), tensor in zip(self._outputs, outputs.run.tensors, strict=True):
            rows = tensor[start:stop]
            data = rows.ravel()  # copies only what is not contiguous, which orjson does not read
            shape = rows.shape
            written.append(
                {"name": name, "datatype": datatype, "shape": shape, "data": data.tolist() if is_text else data}
            )
        return orjson.dumps(document, option=_NUMPY)

    def encode_in_steps(
        self,
        outputs: Outputs,
        request_id: str | None,
        parameters: Mapping[str, Value] | None,
        charge: Callable[[int], None],
    ) -> Steps[bytearray]:
        """The same bytes, some values at a time."""
        body = bytearray(orjson.dumps(self._head(request_id, parameters))[:-1] + b',"outputs":[')
        for (name, datatype, is_text), tensor in zip(self._outputs, outputs.run.tensors, strict=True):
            rows = tensor[outputs.start : outputs.stop]
            head = orjson.dumps({"name": name, "datatype": datatype, "shape": rows.shape})
            body += head[:-1] + b',"data":['
            at_once = max(1, _AT_ONCE // max(1, prod(rows.shape[1:])))
            for first in range(0, len(rows), at_once):
                data = rows[first : first + at_once].ravel()
                text = orjson.dumps(data.tolist() if is_text else data, option=_NUMPY)
                charge(len(text))
                body += memoryview(text)[1:-1]
                body += b","
                yield None
            body[-1:] = b"]},"
        body[-1:] = b"]}"
        return body

    def _head(self, request_id: str | None, parameters: Mapping[str, Value] | None) -> dict[str, Any]:
        document: dict[str, Any] = {"model_name": self._model_name, "model_version": self._model_version}
        if request_id is not None:
            document["id"] = request_id
        if parameters is not None:
            document["parameters"] = parameters
        return document
