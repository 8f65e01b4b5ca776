"""Where the nodes of a loaded graph really run, as onnxruntime assigned them: asking for a GPU is not getting one."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slipway_ml.runtime.providers import CPU_PROVIDER, GPU_PROVIDERS, short

ASSIGNMENT_KEY = "session.record_ep_graph_assignment_info"
_TREES = "TreeEnsemble"


@dataclass(frozen=True, slots=True)
class Placement:
    """Nodes per provider, most first, and the operators that run on the CPU though another provider was there."""

    nodes: Mapping[str, int]
    left_on_cpu: tuple[str, ...] = ()
    operators: frozenset[str] = frozenset()
    """Those of the graph as onnxruntime runs it."""

    @property
    def uses_gpu(self) -> bool:
        """Whether a GPU runs at least a part of the graph."""
        return not GPU_PROVIDERS.isdisjoint(self.nodes)

    @property
    def providers(self) -> str:
        """Names of the providers that run something, joined: "CUDA+CPU"."""
        return "+".join(map(short, self.nodes)) or short(CPU_PROVIDER)

    def __str__(self) -> str:
        counted = ", ".join(f"{short(name)} runs {count} operators" for name, count in self.nodes.items())
        if not self.left_on_cpu:
            return counted
        trees = "; trees have kernels for the CPU alone" if any(_TREES in name for name in self.left_on_cpu) else ""
        return f"{counted}, on the CPU are left: {', '.join(self.left_on_cpu)}{trees}"


def read_placement(session: Any) -> Placement:
    """The placement of an onnxruntime session that was made with ASSIGNMENT_KEY set to "1"."""
    nodes: Counter[str] = Counter()
    on_cpu: set[str] = set()
    operators: set[str] = set()
    for part in session.get_provider_graph_assignment_info():
        for node in part.get_nodes():
            nodes[part.ep_name] += 1
            operators.add(node.op_type)
            if part.ep_name == CPU_PROVIDER:
                on_cpu.add(node.op_type)
    has_others = len(session.get_providers()) > 1
    left = tuple(sorted(on_cpu)) if has_others else ()
    return Placement(dict(nodes.most_common()), left, frozenset(operators))
