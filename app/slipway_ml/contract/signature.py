"""What goes into a model and what comes out, as the training knew it.

A signature has two faces. `features` is for rows: one typed entry per column. `inputs` is for tensors: an all-numeric
model (`layout` "matrix") has the single input `X` of shape [-1, n features], FP64; any other (`layout` "columns") has
one input of shape [-1, 1] per feature, named like it. The ONNX graph of a version has exactly these inputs.
"""

import math
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from slipway_ml.contract.tensors import Datatype, TensorMetadata

Label = bool | int | str
"""A class label, in the type it had in the training data."""

MATRIX_INPUT = "X"
_SHOWN = 10

DEFAULT_MAX_CHARACTERS = 100_000
"""The longest text of a feature whose manifest sets no limit: what older releases wrote, and imported graphs."""


class Kind(StrEnum):
    """What a feature means; its wire datatype follows from this and from `nullable`."""

    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CATEGORY = "category"


class Task(StrEnum):
    """Classification has the outputs `label` and, where the model has them, `probabilities`; regression has `value`."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"


class Feature(BaseModel):
    """One column of a row.

    `minimum` and `maximum` are the range seen in training, for documentation and monitoring, never a limit.
    `at_least` and `at_most` are limits: the pipeline has no prediction for a number beyond them, such as that of a
    logarithm, so it is refused at every endpoint. `accepted` lists the only numbers that are accepted, where the
    pipeline knows no others, such as those of an encoder.
    `categories` lists the values seen in training; another value is refused when `unseen_categories` says so.
    `max_characters` is a limit: longer text is refused at every endpoint, whatever the graph would do with it.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    name: Annotated[str, Field(min_length=1, max_length=256)]
    kind: Kind
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    accepted: tuple[float, ...] | None = None
    categories: tuple[str, ...] | None = None
    unseen_categories: Literal["allowed", "refused"] = "allowed"
    max_characters: Annotated[int, Field(ge=1)] | None = None
    example: bool | int | float | str | None = None

    @property
    def character_limit(self) -> int | None:
        """The most characters (Unicode code points) that a value may have; None where values are no text."""
        return (self.max_characters or DEFAULT_MAX_CHARACTERS) if self.kind is Kind.CATEGORY else None

    @property
    def limits(self) -> str:
        """The accepted numbers as text, such as "at least 0"; empty where all are."""
        if self.accepted is not None:
            shown = ", ".join(f"{one:.17g}" for one in self.accepted[:_SHOWN])
            return f"one of {shown}" + (" and others" if len(self.accepted) > _SHOWN else "")
        words = []
        for bound, inward, including, excluding in (
            (self.at_least, -math.inf, "at least", "greater than"),
            (self.at_most, math.inf, "at most", "less than"),
        ):
            if bound is not None:
                outside = math.nextafter(bound, inward)
                # The end of an open interval has fewer digits than the number next to it.
                is_open = self.kind is Kind.NUMBER and len(f"{outside:.17g}") < len(f"{bound:.17g}")
                words.append(f"{excluding} {outside:g}" if is_open else f"{including} {bound:.17g}")
        return " and ".join(words)

    @property
    def datatype(self) -> Datatype:
        """FP64 also for integers and booleans that may be missing, since only floats and text can say "missing"."""
        if self.kind is Kind.CATEGORY:
            return Datatype.BYTES
        if self.kind is Kind.NUMBER or self.nullable:
            return Datatype.FP64
        return Datatype.INT64 if self.kind is Kind.INTEGER else Datatype.BOOL


class Signature(BaseModel):
    """Features, task and labels of one version.

    `has_probabilities` is off for classifiers that know only labels: a hinge loss, a nearest centroid, a hard vote.
    `targets` names the values of a regression that has several; with one it is None. `double_values` is on where values
    are float64: float32 has seven digits, and of values around a million none is left below the point.
    """

    model_config = ConfigDict(frozen=True)

    task: Task
    layout: Literal["matrix", "columns"]
    features: Annotated[tuple[Feature, ...], Field(min_length=1)]
    labels: tuple[Label, ...] | None = None
    has_probabilities: bool = True
    targets: tuple[str, ...] | None = None
    double_values: bool = False

    @model_validator(mode="after")
    def _is_consistent(self) -> "Signature":
        names = [feature.name for feature in self.features]
        if len(set(names)) != len(names):
            raise ValueError("two features have the same name")
        if self.layout == "matrix" and any(f.kind is not Kind.NUMBER for f in self.features):
            raise ValueError("layout 'matrix' is for number features only")
        if (self.task is Task.CLASSIFICATION) != (self.labels is not None):
            raise ValueError("labels belong to classification, and only there")
        if self.labels is not None and not _are_labels(self.labels):
            raise ValueError("labels must be of one type, and no two of them the same")
        if self.targets is not None and not self._may_have(self.targets):
            raise ValueError("targets belong to regression with several values, and no two of them may be the same")
        if self.double_values and self.labels is not None:
            raise ValueError("double_values belong to regression")
        if self.layout == "columns" and not {o.name for o in self.outputs}.isdisjoint(names):
            raise ValueError("a feature has the name of an output, which an ONNX graph cannot tell apart")
        return self

    def _may_have(self, targets: tuple[str, ...]) -> bool:
        return self.task is Task.REGRESSION and len(set(targets)) == len(targets) > 1

    def changed(self, **fields: Any) -> "Signature":
        """Another signature with these fields; `model_copy` would keep the tensors derived from the old ones."""
        return Signature(**{**{name: getattr(self, name) for name in Signature.model_fields}, **fields})

    @cached_property
    def has_limits(self) -> bool:
        """Whether some numbers of any feature are refused."""
        return any(feature.limits for feature in self.features)

    @cached_property
    def inputs(self) -> tuple[TensorMetadata, ...]:
        """The tensors the graph takes, in order."""
        if self.layout == "matrix":
            return (TensorMetadata(MATRIX_INPUT, Datatype.FP64, (-1, len(self.features))),)
        return tuple(TensorMetadata(f.name, f.datatype, (-1, 1)) for f in self.features)

    @cached_property
    def outputs(self) -> tuple[TensorMetadata, ...]:
        """The tensors the graph gives, in order."""
        if self.labels is None:
            datatype = Datatype.FP64 if self.double_values else Datatype.FP32
            return (TensorMetadata("value", datatype, (-1, len(self.targets or "1"))),)
        label = TensorMetadata("label", self.label_datatype, (-1,))
        if not self.has_probabilities:
            return (label,)
        return (label, TensorMetadata("probabilities", Datatype.FP32, (-1, len(self.labels))))

    @property
    def label_datatype(self) -> Datatype:
        """BOOL, INT64 or BYTES, after the labels of the training data."""
        first = self.labels[0] if self.labels else 0
        if isinstance(first, bool):
            return Datatype.BOOL
        return Datatype.INT64 if isinstance(first, int) else Datatype.BYTES


def _are_labels(labels: tuple[Label, ...]) -> bool:
    return len(set(map(type, labels))) == 1 and len(set(labels)) == len(labels)
