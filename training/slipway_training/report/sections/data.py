"""Warnings of the data checks, and the drift between training and held-out rows."""

from slipway_training.candidate import Trained
from slipway_training.data.checks.drift import MODERATE_SHIFT, shift_of
from slipway_training.report.plots.bars import Bar, bars
from slipway_training.report.section import Block, Figure, Paragraph, Section, TextTable

_MOST_DRAWN = 10


def data(trained: Trained) -> Section | None:
    """Always there."""
    findings = trained.candidate.findings
    blocks: list[Block] = []
    if findings:
        rows = tuple((one.message, one.remedy, f"{one.rows:,} of {one.of:,}" if one.of else "") for one in findings)
        blocks.append(TextTable(("warning", "remedy", "rows"), rows, frozenset({"rows"})))
    elif "held_out" in trained.candidate.rows:
        blocks.append(Paragraph("The data checks gave no warning."))
    if "held_out" in trained.candidate.rows:
        blocks.append(_drift(trained))
    if not blocks:
        return None
    return Section("data", "The data", f"{trained.candidate.source}.", tuple(blocks))


def _drift(trained: Trained) -> Figure:
    learn, held_out = trained.candidate.learn, trained.candidate.held_out
    shifts = [(shift_of(learn[f.name], held_out[f.name], f.kind), f.name) for f in trained.signature.features]
    worst = sorted(shifts, key=lambda one: (-one[0], one[1]))[:_MOST_DRAWN]
    lines = [Bar(name, shift) for shift, name in worst]
    label = "Population stability index of the columns, training rows against held-out rows."
    plot = bars("drift", label, lines, "population stability index", reference=MODERATE_SHIFT)
    left_out = (
        f" The {len(shifts) - len(worst)} columns that differ least are left out." if len(shifts) > len(worst) else ""
    )
    caption = (
        f"How differently columns are distributed in held-out and training rows. Above the dotted line "
        f"({MODERATE_SHIFT:g}) a shift is moderate where rows are many; small samples differ by chance alone.{left_out}"
    )
    return Figure(plot, caption)
