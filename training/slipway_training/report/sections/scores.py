"""How good the model is: every metric with its interval, and what the first one is beside."""

from slipway_ml.contract.evaluation import Comparison, Evaluation, Score
from slipway_training.candidate import Trained
from slipway_training.report.section import Block, Paragraph, Section, TextTable
from slipway_training.report.words import metric, number, p_value


def scores(trained: Trained) -> Section | None:
    """None where there is nothing to judge by."""
    evaluation = trained.evaluation
    if evaluation is None:
        return None
    table = TextTable(
        ("metric", "value", f"{evaluation.confidence:.0%} interval", "better"),
        tuple(map(_row, trained.metrics)),
        frozenset({"value", f"{evaluation.confidence:.0%} interval"}),
    )
    blocks: list[Block] = [table]
    first = metric(trained.metrics[0].name)
    head = ("compared with, on the same rows", first, "this one is better by", "interval", "p", "test")
    compared_models = [
        compared_model for compared_model in (evaluation.baseline, evaluation.champion) if compared_model is not None
    ]
    if compared_models:
        blocks.append(TextTable(head, tuple(map(_beside, compared_models)), frozenset(head[1:-1])))
        blocks += [
            Paragraph(f"{compared_model.other}: {compared_model.note}.")
            for compared_model in compared_models
            if compared_model.note
        ]
    lead = (
        f"On {_judged(trained, evaluation.rows)}. An interval says where the metric would lie on other rows of the "
        f"same kind: by {evaluation.resamples:,} bootstrap resamples, for accuracy by Wilson's formula"
        f"{_together(evaluation)}."
    )
    return Section("scores", "Scores", lead, tuple(blocks))


def _judged(trained: Trained, rows: int) -> str:
    if "held_out" in trained.candidate.rows:
        return f"{rows:,} held-out rows"
    return f"the {rows:,} rows that were given, which it may have learnt from, so that they flatter it"


def _together(evaluation: Evaluation) -> str:
    if evaluation.groups is None:
        return ""
    return f". Rows of one group are alike, so the {evaluation.groups:,} groups were drawn, not the rows"


def _row(score: Score) -> tuple[str, ...]:
    better = "higher" if score.higher_is_better else "lower"
    return (metric(score.name), number(score.value), _interval(score.interval), better)


def _beside(compared_model: Comparison) -> tuple[str, ...]:
    if compared_model.score is None or compared_model.difference is None:
        return (compared_model.other, "not compared", "", "", "", "")
    return (
        compared_model.other,
        number(compared_model.score.value),
        f"{compared_model.difference:+.4f}",
        _interval(compared_model.interval),
        p_value(compared_model.p_value),
        compared_model.test,
    )


def _interval(interval: tuple[float, float] | None) -> str:
    return "none" if interval is None else f"{number(interval[0])} to {number(interval[1])}"
