"""The mean change of values is taken from a rounded network."""

import numpy as np
import pandas as pd
import pytest
from sklearn.neural_network import MLPRegressor

from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import to_tensors
from slipway_training.export.onnx_export import export
from slipway_training.optimizer.mean_shift import without_shift
from slipway_training.optimizer.passes import Material
from slipway_training.optimizer.weights import quantize_weights
from slipway_training.workflows.signature_inference import infer


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_rounded_network_has_the_mean_of_the_exact_one_on_its_training_rows() -> None:
    random = np.random.default_rng(0)
    rows = pd.DataFrame(random.normal(size=(300, 8)), columns=list("abcdefgh"))
    model = MLPRegressor(hidden_layer_sizes=(64, 64), max_iter=100, early_stopping=True, random_state=0).fit(
        rows, 50 + rows["a"] * 9
    )
    fitted = infer(model, rows, 50 + rows["a"] * 9, None, ())
    material = Material(to_tensors(fitted.learn, fitted.signature), fitted.signature)
    exact = export(fitted.pipeline, fitted.signature)

    def change(graph: bytes) -> float:
        values = [OnnxSession(one).run(material.rows)[0] for one in (graph, exact.SerializeToString())]
        return float((values[0].astype(float) - values[1]).mean())

    small = quantize_weights(exact)
    before = change(small.SerializeToString())
    after = change(without_shift(small, exact, material).SerializeToString())

    assert abs(before) > 1e-3
    assert abs(after) < 1e-5
