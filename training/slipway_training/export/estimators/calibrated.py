"""CalibratedClassifierCV: each fold's classifier, its calibrators class by class, and the mean of the folds."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from slipway_training.errors import ConversionError
from slipway_training.export.blocks import Block, EstimatorOutput
from slipway_training.export.estimators.decisions import decision, exact_decision
from slipway_training.export.pipeline_walk import Translation


def calibrated(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """Sigmoid and isotonic calibration."""
    folds = [
        _fold(translation, fold, blocks, f"{path}.{number}")
        for number, fold in enumerate(fitted.calibrated_classifiers_)
    ]
    add, constant = translation.assembly.add, translation.assembly.constant
    total = folds[0]
    for fold in folds[1:]:
        total = add("Add", [total, fold])
    numbers = add("Div", [total, constant(np.array([float(len(folds))]))])
    return EstimatorOutput(translation.pick_label(numbers, fitted.classes_), numbers)


def _fold(translation: Translation, fold: Any, blocks: Sequence[Block], path: str) -> str:
    add, constant = translation.assembly.add, translation.assembly.constant
    if fold.method not in {"sigmoid", "isotonic"}:
        raise ConversionError(
            f"step {path}: calibration by {fold.method!r} has no exact form; use 'sigmoid' or 'isotonic'"
        )
    if len(fold.estimator.classes_) != len(fold.classes):
        raise ConversionError(f"step {path}: a fold has not seen every class; calibrate with fewer folds or more rows")
    ask = exact_decision if fold.method == "isotonic" else decision
    found = ask(translation, fold.estimator, blocks, path)
    columns = []
    for number, calibrator in enumerate(fold.calibrators):
        column = add("Gather", [found, constant(np.array([number]))], axis=1)
        columns.append(_calibrate(translation, calibrator, column))
    if len(columns) == 1:
        first = add("Sub", [constant(np.array([1.0])), columns[0]])
        return add("Concat", [first, columns[0]], axis=1)
    wide = add("Concat", columns, axis=1)
    total = add("ReduceSum", [wide, constant(np.array([1]))], keepdims=1)
    is_none = add("Equal", [total, constant(np.array([0.0]))])
    even = constant(np.full((1, len(columns)), 1 / len(columns)))
    return add("Where", [is_none, even, add("Div", [wide, total])])


def _calibrate(translation: Translation, calibrator: Any, column: str) -> str:
    add, constant = translation.assembly.add, translation.assembly.constant
    if hasattr(calibrator, "a_"):
        inner = add(
            "Add", [add("Mul", [column, constant(np.array([calibrator.a_]))]), constant(np.array([calibrator.b_]))]
        )
        return add("Sigmoid", [add("Neg", [inner])])
    return _isotonic(translation, calibrator, column)


def _isotonic(translation: Translation, calibrator: Any, column: str) -> str:
    """Straight lines between the fitted points: the segment is found by counting the points passed."""
    add, constant = translation.assembly.add, translation.assembly.constant
    x = np.asarray(calibrator.X_thresholds_, dtype=np.float64)
    y = np.asarray(calibrator.y_thresholds_, dtype=np.float64)
    if len(x) == 1:
        return add("Add", [add("Mul", [column, constant(np.array([0.0]))]), constant(y)])
    clipped = add("Max", [add("Min", [column, constant(x[-1:])]), constant(x[:1])])
    passed = add("Cast", [add("Greater", [clipped, constant(x[np.newaxis, 1:-1])])], to=7) if len(x) > 2 else ""  # noqa: PLR2004
    if passed:
        segment = add("ReduceSum", [passed, constant(np.array([1]))], keepdims=1)
    else:
        segment = add("Cast", [add("Mul", [clipped, constant(np.array([0.0]))])], to=7)
    slopes = np.diff(y) / np.diff(x)
    start, base, slope = (add("Gather", [constant(values), segment]) for values in (x[:-1], y[:-1], slopes))
    return add("Add", [add("Mul", [add("Sub", [clipped, start]), slope]), base])
