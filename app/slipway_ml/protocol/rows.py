"""Rows ⇄ tensors for one model: typed, strict, and with every problem of a request reported at once.

`RowCodec` turns `{"instances": [{…} | […], …]}` into the tensors of the signature, straight from the bytes through a
validator made for the model, and turns the outputs into `predictions`, assembled from parts encoded beforehand.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import orjson
from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from slipway_ml.contract.signature import Feature, Kind, Label, Signature
from slipway_ml.contract.tensors import NUMPY_DTYPES, Tensor
from slipway_ml.errors import InferenceError
from slipway_ml.protocol.json_cuts import PIECE, Steps
from slipway_ml.protocol.json_values import InvalidJson
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.outputs import Outputs, as_outputs
from slipway_ml.protocol.parts import Part, PendingRows
from slipway_ml.protocol.quick_bodies import count
from slipway_ml.protocol.row_pieces import Charge, RowPieces, load, no_rows, too_many_rows, without_nan
from slipway_ml.protocol.row_problems import ProblemList, RowChecker, is_no_json
from slipway_ml.protocol.row_schema import object_request
from slipway_ml.protocol.row_validator import (
    Extra,
    list_requests,
    object_requests,
    pieces_of_lists,
    pieces_of_objects,
)

_FEW = 64
_SHORTEST_MEMBER = len(b":1,")
_ENCODED_AT_ONCE = 2000
"""Values of the answer."""
_FIRST_INSTANCE = re.compile(rb'\s*\{\s*"instances"\s*:\s*\[\s*(.)', re.DOTALL)


class RowCodec:
    """Decodes and encodes row requests of one version of a model."""

    def __init__(
        self, model_name: str, model_version: str, signature: Signature, limits: ContentLimits, extra: Extra = "forbid"
    ) -> None:
        self.signature = signature
        self._limits = limits
        self.extra: Extra = extra
        self._objects = object_requests(signature, limits.instances, extra)
        self.names = [feature.name for feature in signature.features]
        self._shortest_row = 2 + sum([len(orjson.dumps(name)) + _SHORTEST_MEMBER for name in self.names])
        """Bytes of an object that has all fields, and of the comma after it."""
        self._head = b'{"model":%b,"version":%b,"request_id":' % (orjson.dumps(model_name), orjson.dumps(model_version))
        self._template = _prediction_template(signature)
        self._labels = _encoded_labels(signature)

    # Made when somebody needs them, which not everybody does.

    @cached_property
    def _lists(self) -> SchemaValidator:
        return list_requests(self.signature, self._limits.instances)

    @cached_property
    def checker(self) -> RowChecker:
        """Says what is wrong with rows that were refused."""
        return RowChecker(self.signature, self.extra)

    @cached_property
    def _pieces_of_objects(self) -> SchemaValidator:
        return pieces_of_objects(self.signature, self.extra)

    @cached_property
    def _pieces_of_lists(self) -> SchemaValidator:
        return pieces_of_lists(self.signature)

    def request_schema(self) -> dict[str, Any]:
        """JSON schema of a request with rows as objects, self-contained."""
        request: TypeAdapter[Any] = TypeAdapter(object_request(self.signature, self._limits.instances, self.extra))
        return request.json_schema(ref_template="#/components/schemas/{model}")

    def decode(self, body: bytes) -> dict[str, Tensor]:
        """Tensors of the signature's inputs; raises InvalidRows, MalformedRequest or RequestTooLarge."""
        read = self.read(body)
        return read.build(read.rows)

    def read_part(self, body: bytes, size: int | None = None) -> tuple[Part, int]:
        """What a request brings to its batch, and how many rows; raises what `decode` raises.

        `size` is that of the request where the body is not as it came.
        """
        read = self.read(body, size)
        count = len(read.rows)
        # Many rows gain nothing from company, and where they are decoded may be a better place than where they run.
        return (read if count <= _FEW else read.build(read.rows)), count

    def read(self, body: bytes, size: int | None = None) -> PendingRows:
        """Rows that are good, not yet turned into tensors; raises what `decode` raises."""
        by_position = _has_lists(body)
        if not by_position and self._has_short_rows(body):
            return self._read_again(body, KeyError(), size)
        validator = self._lists if by_position else self._objects
        try:
            rows = validator.validate_json(body)["instances"]
        except (ValidationError, KeyError) as error:
            return self._read_again(body, error, size)
        # The schema lets features be absent, but none be there that is not the model's.
        if not by_position and set(map(len, rows)) != {len(self.names)}:
            return self._read_again(body, KeyError(), size)
        return self.pending(rows, by_position=by_position)

    def pending(self, rows: list[Any], *, by_position: bool) -> PendingRows:
        """Rows that were found good."""
        return PendingRows(rows, self._by_position if by_position else self._by_name)

    def read_in_steps(self, body: bytes, charge: Charge, piece: int = PIECE) -> Steps[tuple[Part, int]]:
        """What `read_part` gives, for a long body: piece by piece, in memory that is charged before it is taken."""
        pieces = self.pieces(len(body), charge, piece)
        yield from pieces.read(body)
        return pieces.finish()

    def pieces(self, size: int, charge: Charge, piece: int = PIECE) -> RowPieces:
        """For the rows of a long body of that size."""
        return RowPieces(self, size, charge, self._limits, piece)

    def read_piece(self, text: bytes, *, by_position: bool) -> list[Any] | None:
        """The rows of a JSON list, None where it is none or a row is not good."""
        try:
            if by_position:
                return self._pieces_of_lists.validate_json(text)  # type: ignore[no-any-return]
            if self._has_short_rows(text):
                return None
            rows: list[Any] = self._pieces_of_objects.validate_json(text)
        except ValidationError:
            return None
        return rows if set(map(len, rows)) <= {len(self.names)} else None

    def _has_short_rows(self, text: bytes) -> bool:
        """Whether there are more objects than could have all fields; their validator looks for every field in each."""
        return count(text, b"{") > len(text) // self._shortest_row + 1

    def _read_again(self, body: bytes, error: ValidationError | KeyError, size: int | None) -> PendingRows:
        """Bare NaN means missing, which no JSON schema can say; everything else ends in the list of problems."""
        if isinstance(error, ValidationError) and is_no_json(error):
            raise InvalidJson
        document = load(body)
        rows = document.get("instances") if isinstance(document, dict) and len(document) == 1 else None
        if not isinstance(rows, list) or not rows:
            raise no_rows()
        if len(rows) > self._limits.instances:
            raise too_many_rows(self._limits)
        by_position = type(rows[0]) is list
        problems = ProblemList(lambda: self.checker, len(body) if size is None else size)
        valid = problems.check(without_nan(rows, body), 0, by_position=by_position)
        problems.refuse()
        return self.pending(valid or [], by_position=by_position)

    def _by_name(self, rows: list[dict[str, Any]]) -> dict[str, Tensor]:
        if self.signature.layout == "matrix":
            return {"X": _numbers([row[name] for row in rows for name in self.names]).reshape(len(rows), -1)}
        return {f.name: _column(f, [row[f.name] for row in rows]) for f in self.signature.features}

    def _by_position(self, rows: list[list[Any]]) -> dict[str, Tensor]:
        if self.signature.layout == "matrix":
            return {"X": _numbers([value for row in rows for value in row]).reshape(len(rows), -1)}
        columns = list(zip(*rows, strict=True))
        return {f.name: _column(f, list(columns[i])) for i, f in enumerate(self.signature.features)}

    def encode(self, outputs: Sequence[Tensor], request_id: str) -> bytes:
        """The answer's bytes for the graph's outputs, one prediction per row."""
        predictions = b",".join(self._predictions(as_outputs(outputs)))
        return b'%b%b,"predictions":[%b]}' % (self._head, orjson.dumps(request_id), predictions)

    def encode_in_steps(self, outputs: Outputs, request_id: str | None, charge: Charge) -> Steps[bytearray]:
        """What `encode` gives for many rows, or `encode_predictions` where there is no id."""
        body = bytearray(b"{" if request_id is None else b"%b%b," % (self._head, orjson.dumps(request_id)))
        body += b'"predictions":['
        for some in outputs.pieces(_ENCODED_AT_ONCE):
            text = b",".join(self._predictions(some))
            charge(len(text))
            body += text
            body += b","
            yield None
        body[-1:] = b"]}"
        return body

    def encode_predictions(self, outputs: Sequence[Tensor]) -> bytes:
        """The answer's bytes as version 1 of the protocols writes them: the predictions alone."""
        return b'{"predictions":[%b]}' % b",".join(self._predictions(as_outputs(outputs)))

    def _predictions(self, outputs: Outputs) -> list[bytes]:
        if self.signature.targets is not None:
            return [self._template % tuple(text.split(b",")) for text in outputs.texts(0)]
        if self._labels is None:
            return [self._template % value for value in outputs.texts(0)]
        labels = outputs.values(0)
        try:
            if not self.signature.has_probabilities:
                return [self._template % self._labels[label] for label in labels]
            return [
                self._template % (self._labels[label], *text.split(b","))
                for label, text in zip(labels, outputs.texts(1), strict=True)
            ]
        except KeyError:
            raise InferenceError("the graph returned a label that its manifest does not name") from None


def _has_lists(body: bytes) -> bool:
    first = _FIRST_INSTANCE.match(body)
    if first:
        return first[1] == b"["
    try:
        instances = orjson.loads(body)["instances"]
        return type(instances[0]) is list
    except (orjson.JSONDecodeError, TypeError, KeyError, IndexError):
        return False


def _numbers(values: list[float | None]) -> Tensor:
    return np.array(values, np.float64)  # None becomes NaN


def _column(feature: Feature, values: list[Any]) -> Tensor:
    dtype = NUMPY_DTYPES[feature.datatype]
    if feature.kind is Kind.CATEGORY:
        column = np.empty(len(values), np.object_)
        column[:] = ["" if value is None else value for value in values]
        return column.reshape(-1, 1)
    if feature.kind is Kind.INTEGER:
        # The schema lets 2.9999999999999996 pass, which must not become 2.
        values = [value if value is None else round(value) for value in values]
    return np.array(values, dtype).reshape(-1, 1)


def _encoded_labels(signature: Signature) -> dict[Label, bytes] | None:
    return None if signature.labels is None else {label: orjson.dumps(label) for label in signature.labels}


def _prediction_template(signature: Signature) -> bytes:
    if signature.targets is not None:
        return b'{"value":{' + b",".join(_slot(orjson.dumps(target)) for target in signature.targets) + b"}}"
    if signature.labels is None:
        return b'{"value":%b}'
    if not signature.has_probabilities:
        return b'{"label":%b}'
    keys = [
        orjson.dumps(label if isinstance(label, str) else orjson.dumps(label).decode()) for label in signature.labels
    ]
    return b'{"label":%b,"probabilities":{' + b",".join(map(_slot, keys)) + b"}}"


def _slot(key: bytes) -> bytes:
    return key.replace(b"%", b"%%") + b":%b"
