"""Messages of the Open Inference Protocol as typed values, whatever the bytes they came in.

A codec makes them from bytes and makes bytes from them; whether a request fits a model is the data plane's to say.
"""

from dataclasses import dataclass

from slipway_ml.contract.tensors import Datatype, Tensor

Value = str | int | float | bool
"""What a parameter may be."""


@dataclass(slots=True)
class NamedTensor:
    """One input or output; `data` has exactly the declared `shape` and the dtype of `datatype`.

    A missing value is NaN in floating tensors and the empty string in BYTES. `is_finite` says that there is neither NaN
    nor infinity, where that is known already.
    """

    name: str
    datatype: Datatype
    data: Tensor
    is_finite: bool = False


@dataclass(frozen=True, slots=True)
class RequestedOutput:
    """One wanted output: as bytes or as JSON, and as it is or as the names of its `classes` highest values."""

    name: str
    binary: bool
    classes: int | None = None


@dataclass(frozen=True, slots=True)
class RequestParameters:
    """`timeout` is in seconds; `own` is what the caller sent for itself, which comes back with the answer."""

    binary_outputs: bool = False
    timeout: float | None = None
    own: dict[str, Value] | None = None


NO_PARAMETERS = RequestParameters()
NO_NAMES: frozenset[str] = frozenset()


@dataclass(slots=True)
class InferenceRequest:
    """Inputs as sent, and the outputs wanted (None: all of them)."""

    inputs: list[NamedTensor]
    outputs: list[RequestedOutput] | None = None
    id: str | None = None
    parameters: RequestParameters = NO_PARAMETERS


@dataclass(slots=True)
class InferenceResponse:
    """The answer for a request; `id` comes back as it was sent. `binary` names the outputs that go as bytes."""

    model_name: str
    model_version: str
    outputs: list[NamedTensor]
    id: str | None = None
    parameters: dict[str, Value] | None = None
    binary: frozenset[str] = NO_NAMES
