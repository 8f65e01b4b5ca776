"""Every trial of the search, the Pareto front, and the rule by which one was chosen."""

from slipway_training.candidate import Trained
from slipway_training.report.plots.trials import plot_trials
from slipway_training.report.section import Figure, Paragraph, Section, TextTable
from slipway_training.selection.trials import CompletedTrial

_COLUMNS = ("estimator", "score", "standard error", "µs a row", "KiB", "parameters")


def search(trained: Trained) -> Section | None:
    """Only where there was a search."""
    found = trained.candidate.search
    if found is None:
        return None
    caption = (
        "Each mark is a trial: further left is cheaper to serve, further up is better. The line is the Pareto front. "
        "Trials far below are drawn on the lower edge; the bar is one standard error over the folds."
    )
    rows = tuple(_row(one) for one in (*found.front, *(() if found.chosen in found.front else (found.chosen,))))
    table = TextTable(_COLUMNS, rows, frozenset(_COLUMNS[1:5]), "The Pareto front, cheapest first.")
    refused = "".join(f" {name} was left out: {why}." for name, why in found.refused.items())
    return Section(
        "search",
        "Search",
        f"{len(found.tried)} trials; chosen is {found.rule}: {found.chosen.family}.",
        (Figure(plot_trials(found), caption), table, *((Paragraph(refused.strip()),) if refused else ())),
    )


def _row(one: CompletedTrial) -> tuple[str, ...]:
    served = ("", "") if one.serving is None else (f"{one.serving.latency_us:.0f}", f"{one.serving.size / 1024:.1f}")
    parameters = ", ".join(
        f"{name} = {value:.3g}" if isinstance(value, float) else f"{name} = {value}"
        for name, value in one.parameters.items()
    )
    return (one.family, f"{one.score:.4f}", f"{one.standard_error:.4f}", *served, parameters)
