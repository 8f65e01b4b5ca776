"""Errors and calibration: confusion matrix, ranking and reliability, or residuals of values."""

import numpy as np

from slipway_training.candidate import Trained
from slipway_training.report.plots.confusion import confusion
from slipway_training.report.plots.ranking import precision_recall, roc
from slipway_training.report.plots.reliability import reliability
from slipway_training.report.plots.values import predicted_against_actual, residuals
from slipway_training.report.report_rows import ReportRows, report_rows
from slipway_training.report.section import Figure, Section


def errors(trained: Trained) -> Section | None:
    """None where no rows were given to evaluate on, or the rows hold labels that the model does not know."""
    if trained.evaluation is None:
        return None
    if trained.signature.labels is None:
        return _values(trained)
    rows = report_rows(trained)
    if rows is None:
        return None
    figures = [Figure(confusion(rows.truth, rows.given, rows.labels), _confusion_in_words(rows))]
    if rows.probabilities is not None:
        figures += _ranking(rows, rows.probabilities)
        figures.append(_calibration(rows, rows.probabilities, trained.evaluation.confidence))
    return Section("errors", "Errors and calibration", "Predictions for the evaluated rows.", tuple(figures))


def _confusion_in_words(rows: ReportRows) -> str:
    wrong = rows.truth != rows.given
    if not wrong.any():
        return f"None of the {len(rows.truth):,} rows is wrong."
    pairs = rows.truth[wrong] * len(rows.labels) + rows.given[wrong]
    common = int(np.bincount(pairs).argmax())
    truth, given = rows.labels[common // len(rows.labels)], rows.labels[common % len(rows.labels)]
    return (
        f"{int(wrong.sum()):,} of {len(wrong):,} rows are wrong; most often {truth} is taken for {given} "
        f"({int((pairs == common).sum())} times). Shading: share of the true class."
    )


def _ranking(rows: ReportRows, probabilities: np.ndarray) -> list[Figure]:
    present = np.unique(rows.truth)
    if len(present) < len(rows.labels):
        return []
    classes = [rows.positive] if rows.positive is not None else list(map(int, present))
    whose = (
        f"of {rows.labels[classes[0]]}" if len(classes) == 1 else "of each class against all others, the worst by name"
    )
    beside = "The dotted line is chance."
    return [
        Figure(roc(rows.truth, probabilities, rows.labels, classes), f"ROC curve {whose}. {beside}"),
        Figure(
            precision_recall(rows.truth, probabilities, rows.labels, classes),
            f"Precision and recall {whose}{'. ' + beside if len(classes) == 1 else '.'}",
        ),
    ]


def _calibration(rows: ReportRows, probabilities: np.ndarray, confidence: float) -> Figure:
    if rows.positive is not None:
        is_class, probability = rows.truth == rows.positive, probabilities[:, rows.positive]
        whose = f"Calibration of the probability of {rows.labels[rows.positive]}"
    else:
        best = probabilities.argmax(axis=1)
        is_class, probability = rows.truth == best, probabilities.max(axis=1)
        whose = "Calibration of the largest probability"
    plot = reliability(is_class, probability, confidence)
    bars = f"Bars: {confidence:.0%} interval of each tenth of the rows."
    return Figure(plot, f"{whose}: the dotted line is perfect calibration. {bars}")


def _values(trained: Trained) -> Section:
    truth, given = np.asarray(trained.candidate.target, dtype=np.float64).ravel(), trained.predictions.numbers.ravel()
    off = np.abs(given - truth)
    half, most = np.quantile(off, [0.5, 0.9])
    spread = f"Half of the predictions are off by less than {half:.3g}, nine in ten by less than {most:.3g}."
    figures = (
        Figure(predicted_against_actual(truth, given), f"The dotted line is an exact prediction. {spread}"),
        Figure(
            residuals(truth, given), "Predictions above the line are too high; the squares, medians, should lie on it."
        ),
    )
    return Section("errors", "Errors and calibration", "Predictions for the evaluated rows.", figures)
