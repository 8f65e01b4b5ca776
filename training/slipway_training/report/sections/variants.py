"""The variants that were built: guarantee, cost and changes of each, and why the published one was chosen."""

from slipway_ml.contract.parity import Parity
from slipway_ml.contract.variant import Variant
from slipway_training.candidate import Trained
from slipway_training.report.plots.variants import cost_plots
from slipway_training.report.section import Block, Figure, Paragraph, Section, TextTable
from slipway_training.report.words import size

_BATCHES = (1, 64, 1000)
_HEAD = (
    "variant",
    "guarantee",
    "size",
    "µs, 1 row",
    "64 rows",
    "1,000 rows",
    "load, ms",
    "memory",
    "changed labels",
    "other rows",
    "largest change",
)
_GUARANTEES = {"exact": "exact", "bounded": "within the gate", "different_model": "different model"}


def variants(trained: Trained) -> Section | None:
    """Always there; the plots where there is something to compare."""
    choice = trained.choice
    measured = [variant for variant in choice.variants if variant.parity is not None]
    rows = tuple(_row(variant, variant.parity) for variant in measured if variant.parity is not None)
    refused = tuple((variant.name, variant.verdict) for variant in choice.variants if not variant.passed)
    lead = (
        "Forms of the same model. Exact ones passed the parity check; what others change is counted on the held-out "
        "rows and on all other rows that were compared. Times are medians on the machine that trained the model."
    )
    blocks: list[Block] = [
        *(_plots(trained) if len(measured) > 1 else ()),
        Paragraph(f"Published: {choice.reason}."),
        Paragraph(f"Quantized form: {choice.quantized.variant or 'none'}; {choice.quantized.reason}."),
        TextTable(_HEAD, rows, frozenset(_HEAD[2:])),
    ]
    if refused:
        reasons: dict[str, list[str]] = {}
        for name, why in refused:
            reasons.setdefault(why, []).append(name)
        blocks.append(
            TextTable(("not published", "reason"), tuple((", ".join(names), why) for why, names in reasons.items()))
        )
    return Section("variants", "Variants", lead, tuple(blocks))


def _plots(trained: Trained) -> tuple[Figure, Figure]:
    choice = trained.choice
    sizes, speeds = cost_plots(choice.variants, choice.name, trained.config.gate.probability_change)
    return (
        Figure(
            sizes,
            "Size against change. The ring is the published variant; the line is the Pareto front of those that "
            "passed.",
        ),
        Figure(speeds, "Latency against change: the geometric mean over batches of 1, 64 and 1,000 rows."),
    )


def _row(variant: Variant, parity: Parity) -> tuple[str, ...]:
    judged = parity.kinds[0] if parity.kinds else parity
    return (
        variant.name,
        _GUARANTEES[variant.guarantee],
        size(variant.size or 0),
        *(f"{variant.latency_us[batch]:,.0f}" if batch in variant.latency_us else "" for batch in _BATCHES),
        "" if variant.load_ms is None else f"{variant.load_ms:.1f}",
        "" if variant.memory is None else size(variant.memory),
        f"{judged.label_flips:,}",
        f"{parity.label_flips - judged.label_flips:,}",
        f"{judged.largest_difference:.1e}",
    )
