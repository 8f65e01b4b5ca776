"""Slices on which the model performs worse: those that were declared, and those that were found."""

from slipway_ml.contract.evaluation import Score, SliceScore
from slipway_training.candidate import Trained
from slipway_training.report.plots.bars import Bar, dots
from slipway_training.report.plots.style import FULL
from slipway_training.report.section import Block, Figure, Paragraph, Section, TextTable
from slipway_training.report.words import metric, number

_MOST_DRAWN = 16


def slices(trained: Trained) -> Section | None:
    """None where slices were neither declared nor looked for."""
    evaluation = trained.evaluation
    if evaluation is None or not (evaluation.slices or evaluation.slices_tried):
        return None
    blocks: list[Block] = []
    if evaluation.slices:
        blocks += _declared(evaluation.slices, trained.metrics)
    if evaluation.found_slices:
        name = metric(evaluation.found_slices[0].score.name)
        rows = tuple((*_row(one), f"{one.p_value:.1g}") for one in evaluation.found_slices)
        head = ("significantly worse", "rows", name, "interval", "p, corrected")
        blocks.append(TextTable(head, rows, frozenset(head[1:])))
    elif evaluation.slices_tried:
        blocks.append(Paragraph("No slice is significantly worse than the other rows."))
    lead = (
        f"{evaluation.slices_tried:,} slices of at least {trained.config.evaluation.slice_rows} rows were tested: "
        f"every category, every quartile of a number, and pairs of them. A slice is listed where it is worse than the "
        f"other rows with {evaluation.confidence:.0%} confidence, corrected for the number of tests."
        if evaluation.slices_tried
        else "The declared columns, slice by slice."
    )
    return Section("slices", "Slices", lead, tuple(blocks))


def _declared(declared: tuple[SliceScore, ...], metrics: tuple[Score, ...]) -> list[Block]:
    first = declared[0].score
    whole = next((score.value for score in metrics if score.name == first.name), None)
    bars = [Bar(one.name, one.score.value, one.score.interval, _is_worse(one, whole)) for one in declared[:_MOST_DRAWN]]
    label = f"{metric(first.name)} of each declared slice, with its interval."
    figure = Figure(
        dots("slices", label, bars, metric(first.name), reference=whole, width=FULL[0]),
        "Each declared slice with its interval; the dotted line is all rows. Squares: the whole interval is worse.",
    )
    head = ("declared", "rows", metric(first.name), "interval")
    return [figure, TextTable(head, tuple(map(_row, declared)), frozenset(head[1:]))]


def _is_worse(one: SliceScore, whole: float | None) -> bool:
    if whole is None or one.score.interval is None:
        return False
    low, high = one.score.interval
    return high < whole if one.score.higher_is_better else low > whole


def _row(one: SliceScore) -> tuple[str, str, str, str]:
    low, high = one.score.interval or (None, None)
    interval = "none" if low is None or high is None else f"{number(low)} to {number(high)}"
    return (one.name, f"{one.rows:,}", number(one.score.value), interval)
