"""Groups of rows on which the model does worse: those that were declared, and those that were found."""

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
        head = ("worse beyond chance", "rows", name, "interval", "p, corrected")
        blocks.append(TextTable(head, rows, frozenset(head[1:])))
    elif evaluation.slices_tried:
        blocks.append(Paragraph("Of the groups that were tried, none is worse than the rest beyond chance."))
    lead = (
        f"{evaluation.slices_tried:,} groups of at least {trained.config.evaluation.slice_rows} rows were tried: every "
        f"category, every quarter of a number, and pairs of them. Those named stay worse than the rest with "
        f"{evaluation.confidence:.0%} confidence though so many were tried."
        if evaluation.slices_tried
        else "Columns that were declared, group by group."
    )
    return Section("slices", "Slices", lead, tuple(blocks))


def _declared(declared: tuple[SliceScore, ...], metrics: tuple[Score, ...]) -> list[Block]:
    first = declared[0].score
    whole = next((score.value for score in metrics if score.name == first.name), None)
    bars = [Bar(one.name, one.score.value, one.score.interval, _is_worse(one, whole)) for one in declared[:_MOST_DRAWN]]
    label = f"{metric(first.name)} of each declared group of rows, with its interval."
    figure = Figure(
        dots("slices", label, bars, metric(first.name), reference=whole, width=FULL[0]),
        "Each declared group with its interval; the dotted line is all rows. Squares: all of the interval is worse.",
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
