"""Row requests as TensorFlow Serving and KServe v1 clients write them, rewritten to the one form that rows are read in.

`instances` is that form already. `inputs` holds columns: an object of one list per feature, or a list of rows for the
only tensor of a model. `signature_name` is ignored: a version has one signature.
"""

from typing import Any

import orjson

from slipway_ml.contract.signature import MATRIX_INPUT, Signature
from slipway_ml.errors import MalformedRequest
from slipway_ml.protocol.json_beside import Span
from slipway_ml.protocol.json_values import parse
from slipway_ml.protocol.row_validator import Extra

KEYS_OF_OTHERS = (b'"inputs"', b'"signature_name"')
"""As they stand in a body that the rows' own codec cannot be given as it is."""
_FORM = "the body must be an object with 'instances', a list of rows, or with 'inputs', an object of columns"
_IGNORED = {"signature_name"}


def is_plain(body: bytes) -> bool:
    """Whether a body can be given to the rows' own codec as it is; looks only for the keys that it does not know."""
    return KEYS_OF_OTHERS[0] not in body and KEYS_OF_OTHERS[1] not in body


def rewrite(body: bytes, signature: Signature, extra: Extra = "forbid") -> tuple[bytes, bool]:
    """The body as `{"instances": …}`, and whether it came in columns; raises MalformedRequest."""
    document = parse(body)
    check_form(document)
    by_column = "inputs" in document
    rows = _rows(document["inputs"], signature, extra) if by_column else document["instances"]
    return orjson.dumps({"instances": rows}), by_column


def check_form(document: Any) -> None:
    """Raise MalformedRequest unless there are either rows or columns."""
    if type(document) is not dict or document.keys() - _IGNORED not in ({"instances"}, {"inputs"}):
        raise MalformedRequest(_FORM)


def _rows(inputs: Any, signature: Signature, extra: Extra) -> list[Any]:
    if type(inputs) is dict and inputs.keys() == {MATRIX_INPUT} and signature.layout == "matrix":
        inputs = inputs[MATRIX_INPUT]
    if type(inputs) is list:
        return inputs
    names = [feature.name for feature in signature.features]
    check_columns(inputs, names, extra)
    check_lengths({len(inputs[name]) for name in names})
    # By position: names would be repeated in every row.
    return list(zip(*[[value(cell) for cell in inputs[name]] for name in names], strict=True))


def check_columns(inputs: Any, names: list[str], extra: Extra) -> None:
    """Raise MalformedRequest unless there is one column for each feature, and no other where these are forbidden."""
    if type(inputs) is not dict or not all(type(column) in {list, Span} for column in inputs.values()):
        raise MalformedRequest(_FORM)
    if not inputs.keys() >= set(names) or (extra == "forbid" and len(inputs) != len(names)):
        raise MalformedRequest(f"'inputs' must hold one column for each feature of the model: {', '.join(names[:20])}")


def check_lengths(lengths: set[int]) -> None:
    """Raise MalformedRequest unless all columns are as long."""
    if len(lengths) != 1:
        raise MalformedRequest("the columns of 'inputs' must have the same number of values")


def value(cell: Any) -> Any:
    """A column of shape [-1, 1] holds its values in lists of one."""
    return cell[0] if type(cell) is list and len(cell) == 1 else cell
