"""How one model is to be served, where that differs from the service's settings; every entry may be left out.

Read from the file that `--model-config` names, one table per model.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Provider = Literal["auto", "cpu", "cuda", "tensorrt", "openvino"]


class ModelOptions(BaseModel):
    """Options of one model."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    max_batch_size: Annotated[int, Field(ge=1, description="rows of several requests that run together")] | None = None
    max_queue_size: Annotated[int, Field(ge=1, description="rows that may wait")] | None = None
    max_queue_delay_ms: Annotated[
        float, Field(ge=0, le=1000, description="how long a batch waits for more rows; 0, the default, is not at all")
    ] = 0.0
    deadline_seconds: Annotated[float, Field(gt=0, le=3600, description="how long an answer may take")] | None = None
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
