"""How good the model is: every metric on rows that it has not learnt from."""

from training.examination import Trained
from training.report.section import Section, TextTable


def scores(trained: Trained) -> Section | None:
    """Always there."""
    rows = tuple(
        (score.name.replace("_", " "), f"{score.value:.4f}", "higher" if score.higher_is_better else "lower")
        for score in trained.metrics
    )
    table = TextTable(("metric", "value", "better"), rows, frozenset({"value"}))
    return Section("scores", "Scores", f"On {len(trained.fitted.target)} rows.", (table,))
