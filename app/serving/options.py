"""How a version is loaded and queued: the service's settings, and for some models options of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.contract.model_options import ModelOptions, Provider
from app.protocol.limits import ContentLimits
from app.runtime.providers import Execution, choose_execution
from app.serving.batcher import QueueLimits


@dataclass(frozen=True, slots=True)
class VersionOptions:
    """What holds for one version. `deadline` is in seconds; `variant` is None where the fastest is to be found."""

    execution: Execution
    queue: QueueLimits
    deadline: float
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class ServingOptions:
    """What the service was started with; `available` are the execution providers of its onnxruntime."""

    available: list[str]
    device: Provider
    threads: int
    queue: QueueLimits
    deadline: float
    limits: ContentLimits
    models: Mapping[str, ModelOptions] = field(default_factory=dict)

    def of(self, model_name: str) -> VersionOptions:
        """What holds for a model; raises UsageError where it demands a provider or a GPU that is not there."""
        own = self.models.get(model_name, ModelOptions())
        execution = choose_execution(
            own.provider or self.device,
            self.threads if own.threads is None else own.threads,
            self.available,
            options=own.provider_options,
            require_gpu=own.require_gpu,
        )
        queue = QueueLimits(
            own.max_batch_size or self.queue.batch_rows,
            own.max_queue_size or self.queue.queue_rows,
            own.max_queue_delay_ms / 1000,
        )
        return VersionOptions(execution, queue, own.deadline_seconds or self.deadline, own.variant)
