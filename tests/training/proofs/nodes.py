"""Where the time of a graph goes: it is cut off after each of its nodes, and the cuts take turns.

The difference between two cuts is what a node costs. The first figure is a run of onnxruntime that computes next to
nothing, below which no graph can go.
"""

import time
from collections.abc import Mapping
from statistics import median

import numpy as np
from onnx import ModelProto, ValueInfoProto, helper

from slipway_ml.contract.tensors import Tensor
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import take

_ROWS = 1000
_TURNS = 300


def where_time_goes(graph: bytes, tensors: Mapping[str, Tensor]) -> str:
    """Microseconds for 1,000 rows up to each node, in the order of the graph."""
    model = ModelProto.FromString(graph)
    names = ["nothing", *(node.op_type for node in model.graph.node)]
    sessions = [OnnxSession(_cut(model, count).SerializeToString()) for count in range(len(names) - 1)]
    sessions.append(OnnxSession(graph))
    rows = len(next(iter(tensors.values())))
    random = np.random.default_rng(0)
    taken: list[list[float]] = [[] for _ in sessions]
    for turn in range(_TURNS):
        start = turn * _ROWS % (rows - _ROWS + 1)
        inputs = take(tensors, slice(start, start + _ROWS))
        for number in random.permutation(len(sessions)):
            begin = time.thread_time()
            sessions[number].run(inputs)
            taken[number].append((time.thread_time() - begin) * 1e6)
    return ", ".join(f"{name} {median(times):.1f}" for name, times in zip(names, taken, strict=True))


def _cut(model: ModelProto, count: int) -> ModelProto:
    """The graph up to its node of that number, or a count of its inputs' dimensions where that is none."""
    cut = ModelProto()
    cut.CopyFrom(model)
    nodes = list(model.graph.node)[:count]
    if not nodes:
        nodes = [helper.make_node("Shape", [model.graph.input[0].name], ["shape"])]
    del cut.graph.node[:], cut.graph.output[:]
    cut.graph.node.extend(nodes)
    cut.graph.output.append(ValueInfoProto(name=nodes[-1].output[0]))
    return cut
