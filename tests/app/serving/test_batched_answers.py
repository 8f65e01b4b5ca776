"""Batched equals unbatched, on real graphs of scikit-learn, for any way in which rows come in requests.

Trees give the same bits. A matrix product, and a linear model is one, adds in another order for one row than for
several, so there the answers agree within 1e-6, relative.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from skl2onnx import to_onnx
from sklearn.base import BaseEstimator
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from app.contract.tensors import Tensor
from app.protocol.outputs import Outputs
from app.runtime.session import OnnxSession
from app.serving.batcher import Batcher, QueueLimits
from app.serving.cost_line import CostLine
from tests.app.serving.futures import submit
from tests.app.serving.test_batcher import Recorder

ESTIMATORS: dict[str, tuple[BaseEstimator, float]] = {
    "linear": (LogisticRegression(), 1e-6),
    "forest": (RandomForestClassifier(12, random_state=0), 0.0),
    "boosting": (HistGradientBoostingClassifier(max_iter=12, random_state=0), 0.0),
    "network": (MLPClassifier((40, 40), max_iter=10, random_state=0), 1e-6),
}


@cache
def trained(name: str) -> tuple[OnnxSession, Tensor]:
    features, y = make_classification(300, 12, n_informative=6, n_classes=3, random_state=0)
    model = ESTIMATORS[name][0].fit(features, y)
    graph = to_onnx(model, features[:1].astype(np.float32), options={"zipmap": False})
    return OnnxSession(graph.SerializeToString()), features.astype(np.float32)


async def answer(session: OnnxSession, requests: list[Tensor]) -> list[Outputs]:
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

    batched = asyncio.run(answer(session, requests))

    alone = [session.run({"X": request}) for request in requests]
    for found, expected in zip(batched, alone, strict=True):
        np.testing.assert_array_equal(found[0], expected[0])
        np.testing.assert_allclose(found[1], expected[1], rtol=ESTIMATORS[name][1], atol=0)
