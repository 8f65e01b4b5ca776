"""Learning curves and validation curves."""

from slipway_training.candidate import Trained
from slipway_training.report.plots.curves import plot_curve
from slipway_training.report.section import Figure, Section
from slipway_training.selection.curves import Curve


def curves(trained: Trained) -> Section | None:
    """Only where the config asks for curves."""
    found = [curve for curve in trained.candidate.curves if curve.points]
    if not found:
        return None
    lead = "Cross-validated on the training rows; the band is one standard error over the folds."
    return Section(
        "curves",
        "Learning and validation curves",
        lead,
        tuple(Figure(plot_curve(curve), _caption(curve)) for curve in found),
    )


def _caption(curve: Curve) -> str:
    if curve.along == "rows":
        return "Where the solid line still rises at its right end, more rows would improve the model."
    return f"Where the dashed line is far above the solid one, the model overfits at that value of {curve.along}."
