"""What a version is given when it is opened."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from slipway_ml.monitoring.metrics import Metrics
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.runtime.providers import CPU_PROVIDER
from slipway_ml.serving.batcher import QueueLimits
from slipway_ml.serving.options import ServingOptions
from slipway_ml.serving.servable import open_servable
from tests.app.serving.futures import submit
from tests.factories import matrix_signature, publish
from tests.graphs import quantizing_graph


def test_requests_share_no_run_where_each_would_change_the_others_answers(tmp_path: Path) -> None:
    signature = matrix_signature()
    stored = publish(tmp_path, "m", signature, quantizing_graph(signature))
    options = ServingOptions([CPU_PROVIDER], "cpu", 1, QueueLimits(8, 80), 1.0, ContentLimits())
    own, large = np.array([[1.0, 2.0, 3.0]]), np.array([[1000.0, 2000.0, 3000.0]])

    async def ask() -> list[float]:
        found = await asyncio.gather(*[submit(servable.batcher, {"X": row}, 1) for row in (own, large)])
        return [outputs[0].item() for outputs in found]

    with ThreadPoolExecutor(1) as executor:
        servable = open_servable(stored, options, executor, Metrics())
        outputs = asyncio.run(ask())

    alone = [servable.session.run({"X": row})[0].item() for row in (own, large)]
    together = servable.session.run({"X": np.concatenate((own, large))})[0].ravel().tolist()
    assert outputs == alone != together
    assert servable.options.queue.batch_rows == 1
