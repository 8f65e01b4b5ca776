"""Large forests: the operator they are written in, what they say, and the memory that export and loading take."""

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
from onnx import ModelProto
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from slipway_ml.runtime.session import OnnxSession
from slipway_training.export.onnx_export import export
from slipway_training.export.sub_estimators import tree_nodes
from slipway_training.export.trees.writing import LARGE
from slipway_training.workflows.signature_inference import infer

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(size=(8_000, 4))
VALUES = ROWS[:, 0] + RANDOM.normal(size=len(ROWS))
LABELS = (VALUES > 0).astype(np.int64)


def graph_of(forest: Any, target: Any) -> tuple[Any, ModelProto]:
    fitted = forest.fit(pd.DataFrame(ROWS, columns=list("abcd")), target)
    signature = infer(fitted, pd.DataFrame(ROWS, columns=list("abcd")), target, None, ()).signature
    return fitted, export(fitted, signature)


def operators(graph: ModelProto) -> list[str]:
    return [node.op_type for node in graph.graph.node if node.op_type.startswith("Tree")]


def test_means_of_a_large_forest_are_scikit_learns_over_several_nodes() -> None:
    fitted, graph = graph_of(RandomForestRegressor(16, random_state=0), VALUES)

    assert tree_nodes(fitted) > LARGE
    assert operators(graph) == ["TreeEnsemble"] * 2
    found = OnnxSession(graph.SerializeToString()).run({"X": ROWS})[0].ravel()
    assert np.array_equal(found, fitted.predict(pd.DataFrame(ROWS, columns=list("abcd"))).astype(np.float32))


def test_votes_of_a_large_forest_are_scikit_learns_to_the_bit() -> None:
    fitted, graph = graph_of(RandomForestClassifier(60, random_state=0), LABELS)
    frame = pd.DataFrame(RANDOM.normal(size=(4_000, 4)), columns=list("abcd"))

    assert len(operators(graph)) > 1
    label, shares = OnnxSession(graph.SerializeToString()).run({"X": frame.to_numpy()})
    assert np.array_equal(label, fitted.predict(frame))
    assert np.array_equal(shares, fitted.predict_proba(frame).astype(np.float32))


def test_leaves_of_several_classes_stay_in_the_older_operator() -> None:
    fitted, graph = graph_of(RandomForestClassifier(80, min_samples_leaf=2, random_state=0), LABELS)

    assert tree_nodes(fitted) > LARGE
    assert operators(graph) == ["TreeEnsembleClassifier"]


def test_export_and_loading_take_a_few_times_the_memory_of_the_file() -> None:
    """In a process of its own, whose peak begins anew with each; the older operator takes 500 bytes a node to load."""
    done = subprocess.run([sys.executable, "-c", _MEASURE], capture_output=True, text=True, check=True)
    nodes, exporting, peak, after = map(int, done.stdout.split())

    assert nodes > LARGE
    assert exporting < 350 * nodes
    assert peak < 1.3 * after


_MEASURE = """
from pathlib import Path
import numpy as np
from sklearn.ensemble import RandomForestRegressor
from slipway_ml.runtime.memory import bound_free_memory, return_free_memory
from slipway_ml.runtime.session import OnnxSession
from slipway_training.export.onnx_export import export
from slipway_training.export.sub_estimators import tree_nodes
from slipway_training.workflows.signature_inference import infer

def memory(field):
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith(field))
    return int(line.split()[1]) * 1024

def begin():
    return_free_memory()
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")

bound_free_memory()
rows = np.random.default_rng(0).normal(size=(20_000, 4))
few = rows[:50], rows[:50, 0]
signature = infer(RandomForestRegressor(1).fit(*few), *few, None, ()).signature
OnnxSession(export(RandomForestRegressor(1).fit(*few), signature).SerializeToString())
fitted = RandomForestRegressor(10, random_state=0).fit(rows, rows[:, 0] * rows[:, 1])
before = begin()
model = export(fitted, signature).SerializeToString()
exporting = memory("VmHWM") - before
begin()
kept = OnnxSession(model)
del model
peak = memory("VmHWM")
return_free_memory()
print(tree_nodes(fitted), exporting, peak, memory("VmRSS"))
"""
