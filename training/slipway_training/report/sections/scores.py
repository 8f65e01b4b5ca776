"""Every metric with its interval, and the primary one compared with the baseline and the champion."""

from slipway_ml.contract.evaluation import Comparison, Evaluation, Score
from slipway_training.candidate import Trained
from slipway_training.report.leading import ordered
from slipway_training.report.section import Block, Paragraph, Section, TextTable
from slipway_training.report.words import metric, number, p_value


def scores(trained: Trained) -> Section | None:
    """None where no rows were given to evaluate on."""
    evaluation = trained.evaluation
    if evaluation is None:
        return None
    table = TextTable(
        ("metric", "value", f"{evaluation.confidence:.0%} interval", "better"),
        tuple(_row(score, trained.config.unit) for score in ordered(trained)),
        frozenset({"value", f"{evaluation.confidence:.0%} interval"}),
    )
    blocks: list[Block] = [table]
    first = metric(trained.metrics[0].name, trained.config.unit)
    head = ("compared with, on the same rows", first, "this version is better by", "interval", "p", "test")
    compared_models = [
        compared_model for compared_model in (evaluation.baseline, evaluation.champion) if compared_model is not None
    ]
    if compared_models:
        blocks.append(TextTable(head, tuple(map(_comparison, compared_models)), frozenset(head[1:-1])))
        blocks += [
            Paragraph(f"{compared_model.other}: {compared_model.note}.")
            for compared_model in compared_models
            if compared_model.note
        ]
    lead = (
        f"On {_rows_evaluated(trained, evaluation.rows)}. An interval estimates the metric on other rows of the same "
        f"kind: by {evaluation.resamples:,} bootstrap resamples, for accuracy by Wilson's formula"
        f"{_resampled_groups(evaluation)}."
    )
    return Section("scores", "Scores", lead, tuple(blocks))


def _rows_evaluated(trained: Trained, rows: int) -> str:
    if "held_out" in trained.candidate.rows:
        return f"{rows:,} held-out rows"
    return f"the {rows:,} rows that were given, which it may have been trained on, so that the scores are optimistic"


def _resampled_groups(evaluation: Evaluation) -> str:
    if evaluation.groups is None:
        return ""
    return f". Rows of one group are dependent, so the {evaluation.groups:,} groups were resampled, not the rows"


def _row(score: Score, unit: str) -> tuple[str, ...]:
    better = "higher" if score.higher_is_better else "lower"
    return (metric(score.name, unit), number(score.value), _interval(score.interval), better)


def _comparison(compared_model: Comparison) -> tuple[str, ...]:
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
