"""The graphs that were built, what they change and cost, and which one is published."""

from app.contract.manifest import Variant
from training.examination import Trained
from training.report.section import Block, Paragraph, Section, TextTable
from training.report.words import number, size

_HEAD = (
    "variant",
    "size",
    "µs for 1 row",
    "µs for 64",
    "labels changed",
    "elsewhere",
    "largest change",
    "score",
    "verdict",
)


def variants(trained: Trained) -> Section | None:
    """Always there."""
    choice = trained.choice
    built = tuple(_row(one, choice.name) for one in choice.variants if one.parity is not None)
    refused = [one for one in choice.variants if one.parity is None]
    lead = (
        "The same model in smaller or faster forms: labels and probabilities changed on the rows judged on, labels "
        "also elsewhere. Times are medians on the machine that trained it; they rank forms that are alike."
    )
    blocks: list[Block] = [TextTable(_HEAD, built, frozenset(_HEAD[1:-1])), Paragraph(f"Published: {choice.reason}.")]
    if refused:
        blocks.append(TextTable(("not built", "why"), tuple((one.name, one.verdict) for one in refused)))
    return Section("variants", "What is served", lead, tuple(blocks))


def _row(one: Variant, chosen: str) -> tuple[str, ...]:
    parity = one.parity
    if parity is None:
        raise AssertionError("a variant without measurements has no row")  # our bug
    judged = parity.kinds[0] if parity.kinds else parity
    return (
        one.name,
        size(one.size or 0),
        *(f"{one.latency_us[batch]:.0f}" if batch in one.latency_us else "" for batch in (1, 64)),
        f"{judged.label_flips:,}",
        f"{parity.label_flips - judged.label_flips:,}",
        f"{judged.largest_difference:.1e}",
        "" if one.score is None else number(one.score),
        f"chosen; {one.verdict}" if one.name == chosen else one.verdict,
    )
