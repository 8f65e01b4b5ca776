"""JSON documents of a version, which say the number of their schema."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


class UnreadableDocument(ValueError):
    """The bytes are not a document this code can read; the message says why in a few words."""


def read_document(content: bytes, name: str, model: type[Model], newest: int) -> Model:
    """A document of the file `name`; raises UnreadableDocument when it is damaged or its schema is above `newest`."""
    try:
        document: Any = json.loads(content)
    except (ValueError, RecursionError):
        raise UnreadableDocument(f"{name} is not JSON") from None
    number = document.get("schema") if isinstance(document, dict) else None
    if type(number) is not int or number < 1:
        raise UnreadableDocument(f"{name} has no schema number")
    if number > newest:
        raise UnreadableDocument(f"{name} has schema {number}, this release reads up to {newest}; upgrade the server")
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UnreadableDocument(": ".join(filter(None, (name, where, first["msg"])))) from None


def written(document: dict[str, Any]) -> bytes:
    """Indented JSON, the same bytes for equal documents."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"
