"""The decision threshold of a binary classifier, and recall, precision and cost at every other one."""

from slipway_training.candidate import Trained
from slipway_training.report.plots.thresholds import cost_by_threshold, found_by_threshold
from slipway_training.report.report_rows import report_rows
from slipway_training.report.section import Figure, Section
from slipway_training.report.words import number


def decisions(trained: Trained) -> Section | None:
    """None for values, for more than two classes and without probabilities."""
    rows = report_rows(trained)
    if rows is None or rows.positive is None or rows.probabilities is None:
        return None
    cost = trained.candidate.cost
    chosen = cost.decision.threshold if cost is not None else 0.5
    label = rows.labels[rows.positive]
    figures = []
    if cost is not None:
        curve = cost.decision.curve
        plot = cost_by_threshold([("rows it was tuned on", curve.thresholds, curve.costs)], chosen)
        caption = (
            f"Cost per row by the threshold of {label}. On held-out rows, on which nothing was tuned, the shipped "
            f"threshold costs {number(cost.cost)} per row and one of 0.5 would cost {number(cost.cost_at_half)}."
        )
        figures.append(Figure(plot, caption))
    plot = found_by_threshold(rows.truth == rows.positive, rows.probabilities[:, rows.positive], chosen)
    figures.append(Figure(plot, f"Recall and precision of {label} at every threshold of its probability."))
    lead = f"The model predicts {label} where its probability reaches {chosen:.3g}."
    if cost is None:
        lead += " No costs were configured; with [cost] the threshold is set by cost."
    return Section("decisions", "Decisions", lead, tuple(figures))
