"""Answers of the Open Inference Protocol in JSON, assembled from parts that were encoded when the version was loaded.

Gives the very bytes that `json_codec.encode_response` gives for all outputs of a version.
"""

from collections.abc import Mapping, Sequence

import orjson

from app.contract.tensors import TensorMetadata
from app.protocol.messages import Value
from app.protocol.outputs import Outputs


class ResponseTemplate:
    """Encodes the answers of one version."""

    def __init__(self, model_name: str, model_version: str, outputs: Sequence[TensorMetadata]) -> None:
        names = (orjson.dumps(model_name), orjson.dumps(model_version))
        self._head = b'{"model_name":%b,"model_version":%b' % names
        self._heads = [
            b'{"name":%b,"datatype":"%b","shape":[' % (orjson.dumps(output.name), output.datatype.encode())
            for output in outputs
        ]
        self._dimensions: dict[tuple[int, ...], bytes] = {}

    def encode(self, outputs: Outputs, request_id: str | None, parameters: Mapping[str, Value] | None) -> bytes:
        """All outputs, with the id and the parameters that come back."""
        rows = outputs.stop - outputs.start
        parts = [
            b'%b%d%b],"data":[%b]}' % (head, rows, self._after_rows(tensor.shape[1:]), outputs.text(number))
            for number, (head, tensor) in enumerate(zip(self._heads, outputs.run.tensors, strict=True))
        ]
        head = self._head
        if request_id is not None:
            head = b'%b,"id":%b' % (head, orjson.dumps(request_id))
        if parameters is not None:
            head = b'%b,"parameters":%b' % (head, orjson.dumps(parameters))
        return b'%b,"outputs":[%b]}' % (head, b",".join(parts))

    def _after_rows(self, dimensions: tuple[int, ...]) -> bytes:
        """Dimensions after the first, as they stand in a shape; outputs have always the same few."""
        found = self._dimensions.get(dimensions)
        if found is None:
            found = self._dimensions[dimensions] = b"".join([b",%d" % size for size in dimensions])
        return found
