"""thinner(network) and chain(…): a multilayer perceptron loses hidden units, a quarter at a time, and is fitted on.

Whole units go instead of single weights, because onnxruntime multiplies dense matrices: a zero in one costs as much as
any number, a row less makes the file and the product smaller. A unit weighs as much as the norm of what comes in times
the norm of what goes out, which stays the same when a ReLU's input is scaled and its output scaled back. To prune by
magnitude and train on is Han et al., "Learning both Weights and Connections for Efficient Neural Networks", 2015; whole
units by their norm is Li et al., "Pruning Filters for Efficient ConvNets", 2017.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway_training.data.table import Table
from slipway_training.pipeline.build import fit_without_warnings

KEPT = 0.75
"""Share of the hidden units of each layer that one step leaves."""


def chain(pipeline: Any, learn: Table) -> Iterator[Any]:
    """The fitted pipeline, then each with fewer hidden units than the one before, fitted on, down to one each."""
    yield pipeline
    while max(sizes(pipeline), default=0) > 1:
        pipeline = _without_units(pipeline, learn)
        yield pipeline


def sizes(pipeline: Any) -> tuple[int, ...]:
    """How many units each hidden layer has."""
    return tuple(len(biases) for biases in pipeline[-1].intercepts_[:-1])


def with_fewer_units(network: Any) -> Any:
    """A copy of a fitted network without its lightest units, ready to be fitted on from the weights that are left."""
    thin = deepcopy(network)
    weights, biases = thin.coefs_, thin.intercepts_
    for layer in range(len(biases) - 1):
        stay = _largest_norms(weights[layer], biases[layer], weights[layer + 1])
        weights[layer], biases[layer] = weights[layer][:, stay], biases[layer][stay]
        weights[layer + 1] = weights[layer + 1][stay]
    thin.set_params(hidden_layer_sizes=tuple(len(part) for part in biases[:-1]), warm_start=True)
    # What was best before was another network's: the first round counts as progress, and its weights are kept.
    if getattr(thin, "best_loss_", None) is not None:
        thin.best_loss_ = np.inf
    if getattr(thin, "best_validation_score_", None) is not None:
        thin.best_validation_score_ = -np.inf
    return thin


def _without_units(pipeline: Any, learn: Table) -> Any:
    own = deepcopy(pipeline)
    name, network = own.steps[-1]
    own.steps[-1] = (name, with_fewer_units(network))
    fit_without_warnings(own, learn, type(network).__name__)
    own[-1].set_params(warm_start=network.warm_start)
    return own


def _largest_norms(into: NDArray[Any], biases: NDArray[Any], out: NDArray[Any]) -> NDArray[np.int64]:
    """Places of the units that stay, in their order; of equals the first."""
    weight = np.hypot(np.linalg.norm(into, axis=0), biases) * np.linalg.norm(out, axis=1)
    count = max(1, int(KEPT * len(weight)))
    return np.sort(np.argsort(-weight, kind="stable")[:count])
