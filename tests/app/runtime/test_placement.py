"""What is said of a placement; the sessions of providers that are not here are drawn from what onnxruntime reports."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from slipway_ml.runtime.placement import Placement, read_placement
from slipway_ml.runtime.providers import CPU_PROVIDER, CUDA_PROVIDER


@dataclass
class Reported:
    """The two questions that are asked of a session."""

    parts: list[tuple[str, list[str]]]
    providers: list[str]

    def get_providers(self) -> list[str]:
        return self.providers

    def get_provider_graph_assignment_info(self) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(ep_name=name, get_nodes=lambda types=types: [SimpleNamespace(op_type=t) for t in types])
            for name, types in self.parts
        ]


BOTH = [CUDA_PROVIDER, CPU_PROVIDER]


def test_trees_on_a_gpu_are_told_that_they_run_on_the_cpu() -> None:
    parts = [(CUDA_PROVIDER, ["Sub", "Div"]), (CPU_PROVIDER, ["TreeEnsembleClassifier"]), (CUDA_PROVIDER, ["Cast"])]

    placement = read_placement(Reported(parts, BOTH))

    assert (placement.providers, placement.uses_gpu) == ("CUDA+CPU", True)
    assert str(placement) == (
        "CUDA runs 3 operators, CPU runs 1 operators, on the CPU are left: TreeEnsembleClassifier; "
        "trees have kernels for the CPU alone"
    )


def test_gpu_session_that_runs_on_the_cpu_alone_does_not_use_the_gpu() -> None:
    placement = read_placement(Reported([(CPU_PROVIDER, ["Loop"])], BOTH))

    assert (placement.uses_gpu, placement.left_on_cpu) == (False, ("Loop",))


@pytest.mark.parametrize("nodes", [{}, {CPU_PROVIDER: 2}])
def test_graph_on_the_cpu_alone_needs_no_more_words(nodes: dict[str, int]) -> None:
    assert Placement(nodes).providers == "CPU"
