"""Made-up held-out rows: classifiers and regressors that are as good as a test wants, and columns to slice by."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway_ml.contract.signature import Feature, Kind, Signature, Task
from slipway_training.config.evaluation import EvaluationConfig
from slipway_training.evaluation.outcome import EvaluatedRows
from slipway_training.evaluation.predictions import Predictions

QUICK = EvaluationConfig(resamples=200)


def classifier(rows: int, wrong: float, seed: int, classes: int = 2) -> tuple[NDArray[Any], Predictions]:
    """A target of so many classes, and labels with probabilities of which a share is wrong."""
    random = np.random.default_rng(seed)
    target = random.integers(classes, size=rows)
    labels = np.where(random.random(rows) < wrong, (target + 1) % classes, target)
    numbers = random.dirichlet(np.ones(classes), size=rows)
    numbers[np.arange(rows), labels] += 1.0
    return target, Predictions(labels, numbers / numbers.sum(axis=1, keepdims=True))


def regressor(rows: int, noise: float, seed: int) -> tuple[NDArray[np.float64], Predictions]:
    """Targets of spread 1 and answers that are so far away."""
    random = np.random.default_rng(seed)
    target = random.normal(size=rows)
    return target, Predictions(None, (target + noise * random.normal(size=rows)).reshape(-1, 1))


def grouped_classifier(groups: int, size: int, seed: int) -> tuple[NDArray[Any], Predictions, NDArray[Any]]:
    """A fifth of the answers is wrong, of some groups many and of others none; the last array says whose a row is."""
    random = np.random.default_rng(seed)
    owner = np.repeat(np.arange(groups), size)
    target = random.integers(2, size=len(owner))
    wrong = random.random(len(owner)) < random.beta(1, 4, size=groups)[owner]
    labels = np.where(wrong, 1 - target, target)
    return target, Predictions(labels, np.eye(2)[labels] * 0.5 + 0.25), owner


def grouped_regressor(
    groups: int, size: int, noise: float, seed: int
) -> tuple[NDArray[np.float64], Predictions, NDArray[Any]]:
    """Targets of spread 1 and answers that are so far away; half of the squared distance is a group's own."""
    random = np.random.default_rng(seed)
    owner = np.repeat(np.arange(groups), size)
    target = random.normal(size=len(owner))
    apart = random.normal(size=groups)[owner] + random.normal(size=len(owner))
    return target, Predictions(None, (target + noise * np.sqrt(0.5) * apart).reshape(-1, 1)), owner


def columns(rows: int, seed: int) -> tuple[pd.DataFrame, Signature]:
    """A number, a category and a boolean that say nothing of each other, with what is known of them."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": random.uniform(0, 100, size=rows),
            "town": pd.Series(random.choice(["Bonn", "Lyon", "Oslo", "Turin"], size=rows), dtype=object),
            "member": random.integers(2, size=rows).astype(np.float64),
        }
    )
    features = (
        Feature(name="age", kind=Kind.NUMBER, minimum=0.0, maximum=100.0, example=50.0),
        Feature(name="town", kind=Kind.CATEGORY, categories=("Bonn", "Lyon", "Oslo", "Turin"), example="Bonn"),
        Feature(name="member", kind=Kind.BOOLEAN, minimum=0.0, maximum=1.0, example=True),
    )
    return frame, Signature(task=Task.CLASSIFICATION, layout="columns", features=features, labels=(0, 1))


def judged(rows: int = 400, wrong: float = 0.1, seed: int = 0) -> EvaluatedRows:
    """A classifier of two classes on those columns."""
    target, predictions = classifier(rows, wrong, seed)
    frame, signature = columns(rows, seed)
    return EvaluatedRows(frame, frame, target, predictions, signature)
