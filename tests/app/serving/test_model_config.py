"""Options of single models: read from a file, laid over the service's settings."""

from pathlib import Path

import pytest

from slipway_ml.contract.model_options import ModelOptions, ServingRequest
from slipway_ml.errors import UsageError
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.runtime.providers import CPU_PROVIDER, CUDA_PROVIDER
from slipway_ml.serving.batcher import QueueLimits
from slipway_ml.serving.model_config import read_model_config
from slipway_ml.serving.options import ServingOptions


def read(tmp_path: Path, text: str) -> dict[str, ModelOptions]:
    file = tmp_path / "models.toml"
    file.write_text(text)
    return read_model_config(file)


def test_options_are_read_by_model(tmp_path: Path) -> None:
    found = read(tmp_path, '[models."a.b"]\nthreads = 2\nprovider = "cpu"\n[models.c]\n')

    assert found == {"a.b": ModelOptions(threads=2, provider="cpu"), "c": ModelOptions()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[models.a]\nthread = 2", r"models\.a\.thread: extra inputs are not permitted; there are: max_batch_size"),
        ("[models.a]\nthreads = -1", r"models\.a\.threads: input should be greater than or equal to 0"),
        ("[models.a]\nprovider = 'tpu'", r"models\.a\.provider: input should be 'auto'"),
        ("[models.'no/name']\nthreads = 1", r"models\.no/name\.\[key\]: string should match"),
        ("[model.a]\nthreads = 1", "model: extra inputs"),
        ("threads =", "is not TOML"),
    ],
)
def test_wrong_entry_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(tmp_path, text)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.toml cannot be read: No such file"):
        read_model_config(tmp_path / "none.toml")


def options(**own: object) -> ServingOptions:
    models = {"m": ModelOptions.model_validate(own)}
    return ServingOptions([CPU_PROVIDER], "auto", 3, QueueLimits(64, 100), 10.0, ContentLimits(), models)


def test_own_options_beat_the_settings_and_leave_other_models_alone() -> None:
    both = options(
        max_batch_size=8, max_queue_size=9, max_queue_delay_ms=2, deadline_seconds=0.5, threads=0, provider="cpu"
    )

    own, other = both.of("m"), both.of("other")

    assert (own.queue, own.deadline) == (QueueLimits(8, 9, 0.002), 0.5)
    assert own.execution.reason.endswith("as asked")
    assert (other.queue, other.deadline, other.execution.threads) == (QueueLimits(64, 100), 10.0, 3)


def test_model_that_demands_what_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="a GPU is required"):
        options(require_gpu=True).of("m")


def test_version_is_served_as_it_asks_within_the_settings() -> None:
    asked = ServingRequest(max_batch_size=8, max_queue_size=9, max_queue_delay_ms=2, deadline_seconds=0.5)

    found = options().of("other", asked)

    assert (found.queue, found.deadline) == (QueueLimits(8, 9, 0.002), 0.5)
    assert str(found).startswith("up to 8 rows run together, 9 may wait, 0.5 s deadline (max_batch_size by the version")


def test_version_cannot_ask_for_more_than_the_settings_allow() -> None:
    asked = ServingRequest(max_batch_size=10_000, max_queue_size=10_000, deadline_seconds=3600)

    found = options().of("m", asked)

    assert (found.queue, found.deadline) == (QueueLimits(64, 100), 10.0)


def test_the_machines_file_beats_what_the_version_asks_for_and_may_allow_more() -> None:
    asked = ServingRequest(max_batch_size=8, max_queue_delay_ms=5, deadline_seconds=0.5, provider="cpu")

    found = options(max_batch_size=500, max_queue_delay_ms=0, deadline_seconds=60).of("m", asked)

    assert (found.queue, found.deadline) == (QueueLimits(500, 100, 0.0), 60.0)
    assert found.says_who == {
        "max_batch_size": "the machine's file",
        "max_queue_delay_ms": "the machine's file",
        "deadline_seconds": "the machine's file",
        "provider": "the version",
    }


def test_a_provider_that_a_version_wishes_for_is_taken_where_it_is_and_never_demanded() -> None:
    both = ServingOptions([CUDA_PROVIDER, CPU_PROVIDER], "auto", 1, QueueLimits(1, 1), 1.0, ContentLimits(), {})

    there, elsewhere = both.of("m", ServingRequest(provider="cuda")), options().of("m", ServingRequest(provider="cuda"))

    assert (there.execution.providers, there.execution.is_demanded) == ((CUDA_PROVIDER, CPU_PROVIDER), False)
    assert elsewhere.execution.providers == (CPU_PROVIDER,)
    assert both.of("m", ServingRequest(provider="cpu")).execution.providers == (CPU_PROVIDER,)
