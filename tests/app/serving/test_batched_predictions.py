"""Batched equals unbatched to the bit, on real graphs of scikit-learn, for any way in which rows come in requests."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from skl2onnx import to_onnx
from sklearn.base import BaseEstimator, is_classifier
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVR

from slipway_ml.contract.tensors import Tensor
from slipway_ml.protocol.outputs import Outputs
from slipway_ml.runtime.session import OnnxSession
from slipway_ml.serving.batcher import Batcher, QueueLimits
from slipway_ml.serving.cost_line import CostLine
from tests.app.serving.futures import submit
from tests.app.serving.recorder import Recorder

ESTIMATORS: dict[str, BaseEstimator] = {
    "linear": LogisticRegression(),
    "regression": Ridge(),
    "generic linear": SGDClassifier(loss="log_loss", random_state=0),
    "forest": RandomForestClassifier(12, random_state=0),
    "boosting": HistGradientBoostingClassifier(max_iter=12, random_state=0),
    "network": MLPClassifier((40, 40), max_iter=10, random_state=0),
    "vectors": SVR(),
    "neighbours": KNeighborsClassifier(3),
}


@cache
def trained(name: str) -> tuple[OnnxSession, Tensor]:
    features, y = make_classification(300, 12, n_informative=6, n_classes=3, random_state=0)
    model = ESTIMATORS[name].fit(features, y)
    options = {"zipmap": False} if is_classifier(model) else None
    graph = to_onnx(model, features[:1].astype(np.float32), options=options)
    return OnnxSession(graph.SerializeToString()), features.astype(np.float32)


async def response(session: OnnxSession, requests: list[Tensor]) -> list[Outputs]:
    with ThreadPoolExecutor(1) as executor:
        queue = Batcher("m", session.run, CostLine(1e-6, 0.0), executor, Recorder(), QueueLimits(64, 1000))
        return await asyncio.gather(*[submit(queue, {"X": request}, len(request)) for request in requests])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("name", ESTIMATORS)
@given(split=st.lists(st.integers(1, 40), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_batched_answers_are_those_of_each_request_alone(name: str, split: list[int]) -> None:
    session, features = trained(name)
    starts = np.cumsum([0, *split])[:-1] % 200
    requests = [features[start : start + rows] for start, rows in zip(starts, split, strict=True)]

    batched = asyncio.run(response(session, requests))

    alone = [session.run({"X": request}) for request in requests]
    for found, expected in zip(batched, alone, strict=True):
        for output, wanted in zip(found, expected, strict=True):
            np.testing.assert_array_equal(output, wanted)
