"""A model's signature as pydantic's validators: what `/predict` reads rows with.

They are put together from pydantic's schemas of values, one per kind of value, instead of from a type with all
features: that would take 3 ms for 30 numbers, and a server of 200 models spends it 200 times before it is ready. The
types that `/docs` shows are made of the same values.
"""

from functools import lru_cache
from typing import Literal

from pydantic import TypeAdapter
from pydantic_core import CoreSchema, SchemaValidator, core_schema

from slipway_ml.contract.signature import Feature, Signature
from slipway_ml.protocol.row_schema import ValueKind, kind_of, value_type

Extra = Literal["forbid", "ignore"]
"""What becomes of fields that are no features: they are a problem, or are left out."""


def object_requests(signature: Signature, max_instances: int, extra: Extra = "forbid") -> SchemaValidator:
    """Reads `{"instances": [{feature: value, …}, …]}`.

    Features may be absent: pydantic copies a whole row for each one that is missing from it, which one wide row turns
    into gigabytes. Count them afterwards.
    """
    return _requests(_object_row(signature, extra, is_complete=False), max_instances)


def list_requests(signature: Signature, max_instances: int) -> SchemaValidator:
    """Reads `{"instances": [[value, …], …]}`, values in the order of the features."""
    return _requests(_list_row(signature), max_instances)


def pieces_of_objects(signature: Signature, extra: Extra = "forbid") -> SchemaValidator:
    """Reads some of the rows of such a list, of which there may be none; features may be absent."""
    return SchemaValidator(core_schema.list_schema(_object_row(signature, extra, is_complete=False), fail_fast=True))


def pieces_of_lists(signature: Signature) -> SchemaValidator:
    """Reads some of the rows of a list of lists."""
    return SchemaValidator(core_schema.list_schema(_list_row(signature), fail_fast=True))


def list_of_objects(signature: Signature) -> SchemaValidator:
    """Counts the problems of rows as objects but for the features that are absent, for whose count see the rows."""
    return SchemaValidator(core_schema.list_schema(_object_row(signature, "forbid", is_complete=False)))


def list_of_lists(signature: Signature) -> SchemaValidator:
    """Counts the problems of rows as lists of the right length."""
    return SchemaValidator(core_schema.list_schema(_list_row(signature)))


def object_rows(signature: Signature, extra: Extra = "forbid") -> SchemaValidator:
    """Reads one row as an object, and tells every problem of it."""
    return SchemaValidator(_object_row(signature, extra, is_complete=True))


def list_rows(signature: Signature) -> SchemaValidator:
    """Reads one row as a list, and tells every problem of it."""
    return SchemaValidator(_list_row(signature))


def _requests(row: CoreSchema, max_instances: int) -> SchemaValidator:
    # The first bad row ends it: the problems of all rows are collected elsewhere, in bounded memory.
    instances = core_schema.list_schema(row, min_length=1, max_length=max_instances, fail_fast=True)
    fields = {"instances": core_schema.typed_dict_field(instances)}
    return SchemaValidator(core_schema.typed_dict_schema(fields, extra_behavior="forbid"))


def _object_row(signature: Signature, extra: Extra, *, is_complete: bool) -> CoreSchema:
    fields = {
        feature.name: core_schema.typed_dict_field(_value(feature), required=is_complete)
        for feature in signature.features
    }
    return core_schema.typed_dict_schema(fields, extra_behavior=extra)


def _list_row(signature: Signature) -> CoreSchema:
    return core_schema.tuple_schema([_value(feature) for feature in signature.features])


def _value(feature: Feature) -> CoreSchema:
    return _schema_of(kind_of(feature))


@lru_cache(maxsize=1024)
def _schema_of(value: ValueKind) -> CoreSchema:
    return TypeAdapter(value_type(value)).core_schema
