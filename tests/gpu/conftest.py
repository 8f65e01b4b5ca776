"""Tests that need an NVIDIA GPU and onnxruntime-gpu; `scripts/test-gpu` runs them, and nothing else does.

There they fail where the GPU is missing, rather than be skipped: whoever asks for them wants to know.
"""

from pathlib import Path

import pytest

from slipway_ml.runtime.providers import CUDA_PROVIDER
from slipway_ml.runtime.session import available_providers

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The marker of a folder, so that no test has to carry it."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.gpu)


@pytest.fixture(autouse=True)
def _has_a_gpu() -> None:
    if CUDA_PROVIDER not in available_providers():
        pytest.fail("this onnxruntime cannot use a GPU; install requirements/gpu.txt on a machine that has one")
