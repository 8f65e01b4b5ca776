"""How a version is loaded and queued: the service's settings, what its publisher asks for, and what this machine says.

The machine's file about a model beats what the version asks for. The settings bound what a version may ask for, so that
nobody who publishes can make a server keep more or wait longer than whoever runs it allows; the file may go beyond.
Only the delay of a batch has no setting: a version may ask for up to a second, which the file can take back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from slipway_ml.contract.model_options import ModelOptions, Provider, ServingRequest
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.runtime.providers import PROVIDERS, Execution, choose_execution
from slipway_ml.serving.batcher import QueueLimits

_MILLI = 1000
_NOTHING = ServingRequest()


@dataclass(frozen=True, slots=True)
class VersionOptions:
    """What holds for one version. `deadline` is in seconds; `variant` is None where the manifest decides.

    `says_who` tells where each entry comes from that is not the service's setting.
    """

    execution: Execution
    queue: QueueLimits
    deadline: float
    variant: str | None = None
    says_who: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        rows, waiting = self.queue.batch_rows, self.queue.queue_rows
        said = f"up to {rows:,} rows run together, {waiting:,} may wait, {self.deadline:g} s deadline"
        sources = [f"{entry} by {source}" for entry, source in self.says_who.items()]
        return f"{said} ({', '.join(sources)})" if sources else said


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

    def of(self, model_name: str, asked: ServingRequest = _NOTHING) -> VersionOptions:
        """What holds for a version that asks for this.

        Raises UsageError where the machine's file demands a provider or a GPU that is not there.
        """
        own = self.models.get(model_name, ModelOptions())
        delay = own.max_queue_delay_ms if own.max_queue_delay_ms is not None else asked.max_queue_delay_ms or 0.0
        queue = QueueLimits(
            own.max_batch_size or min(self.queue.batch_rows, asked.max_batch_size or self.queue.batch_rows),
            own.max_queue_size or min(self.queue.queue_rows, asked.max_queue_size or self.queue.queue_rows),
            delay / _MILLI,
        )
        deadline = own.deadline_seconds or min(self.deadline, asked.deadline_seconds or self.deadline)
        return VersionOptions(self._execution(own, asked), queue, deadline, own.variant, _origin_text(own, asked))

    def _execution(self, own: ModelOptions, asked: ServingRequest) -> Execution:
        wish = asked.provider
        is_wish = own.provider is None and self.device == "auto" and wish is not None and self._has(wish)
        execution = choose_execution(
            wish if is_wish and wish else own.provider or self.device,
            self.threads if own.threads is None else own.threads,
            self.available,
            options=own.provider_options,
            require_gpu=own.require_gpu,
        )
        # What a version only wishes for must not keep it from being served where the device turns out to be missing.
        return replace(execution, is_demanded=False) if is_wish else execution

    def _has(self, provider: Provider) -> bool:
        return provider in {"auto", "cpu"} or PROVIDERS[provider] in self.available


def _origin_text(own: ModelOptions, asked: ServingRequest) -> dict[str, str]:
    """Entry → "the machine's file" or "the version"."""
    version, machine = (given.model_dump(exclude_defaults=True) for given in (asked, own))
    return dict.fromkeys(version, "the version") | dict.fromkeys(machine, "the machine's file")
