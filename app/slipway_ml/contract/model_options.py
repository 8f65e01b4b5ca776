"""How one model is to be served: what its publisher asks for, and what the machine that serves says.

The publisher's part stands in the manifest and belongs to the version: it knows how quickly a response is wanted and
what the model gains from batches, and nothing of the machine. The rest is read from the file that
`--model-config-file` names, one table per model. Every entry may be left out.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Provider = Literal["auto", "cpu", "cuda", "tensorrt", "openvino"]


class ServingRequest(BaseModel):
    """What a publisher asks for. The service's settings bound it; the machine's file overrides it."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    max_batch_size: Annotated[
        int | None, Field(ge=1, description="rows of several requests that run together; 1 for none")
    ] = None
    max_queue_size: Annotated[int | None, Field(ge=1, description="rows that may wait")] = None
    max_queue_delay_ms: Annotated[
        float | None,
        Field(ge=0, le=1000, description="how long a batch waits for more rows; without it not at all"),
    ] = None
    deadline_seconds: Annotated[float | None, Field(gt=0, le=3600, description="deadline of a response")] = None
    provider: Annotated[
        Provider | None, Field(description="where it had best run; somewhere else where that is missing")
    ] = None


class ModelOptions(ServingRequest):
    """What the machine says of one model, the publisher's entries among it."""

    model_config = ConfigDict(extra="forbid")

    provider: Annotated[
        Provider | None, Field(description="where it runs; one that is missing keeps the version from being served")
    ] = None
    provider_options: Annotated[
        dict[str, str], Field(description="options of that execution provider, as onnxruntime names them")
    ] = {}
    require_gpu: Annotated[bool, Field(description="do not serve it unless a GPU runs at least a part of it")] = False
    threads: (
        Annotated[int, Field(ge=0, le=256, description="threads of one run; 0: as many as the container may use")]
        | None
    ) = None
    variant: Annotated[
        str | None, Field(description="the stored variant to serve, out of those that give the same bits")
    ] = None
