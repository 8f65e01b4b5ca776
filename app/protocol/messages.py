"""Messages of the Open Inference Protocol as typed values, whatever the bytes they came in.

A codec makes them from bytes and makes bytes from them; whether a request fits a model is the data plane's to say.
"""

from dataclasses import dataclass

from app.contract.tensors import Datatype, Tensor


@dataclass(slots=True)
class NamedTensor:
    """One input or output; `data` has exactly the declared `shape` and the dtype of `datatype`.

    A missing value is NaN in floating tensors and the empty string in BYTES.
    """

    name: str
    datatype: Datatype
    data: Tensor


@dataclass(slots=True)
class InferenceRequest:
    """Inputs as sent, and the names of the outputs wanted (None: all of them)."""

    inputs: list[NamedTensor]
    output_names: list[str] | None = None
    id: str | None = None


@dataclass(slots=True)
class InferenceResponse:
    """The answer for a request; `id` comes back as it was sent."""

    model_name: str
    model_version: str
    outputs: list[NamedTensor]
    id: str | None = None
