"""The summary of the report: the primary metric, parity, latency and size, and the number of warnings."""

from slipway_ml.contract import certificate
from slipway_ml.contract.evaluation import Comparison, Score
from slipway_ml.contract.variant import Variant
from slipway_training.candidate import Trained
from slipway_training.report.leading import shortcomings
from slipway_training.report.section import Block, KeyFigure, Section, TextTable
from slipway_training.report.words import metric, number, p_value, size
from slipway_training.selection.fitting import CostOutcome


def summary(trained: Trained) -> Section | None:
    """Always there."""
    evaluation = trained.evaluation
    blocks: list[Block] = []
    lead = "The imported model; no rows were given to evaluate it on."
    if evaluation is not None:
        lead = f"What was trained, and its primary metric on {evaluation.rows:,} rows."
        if trained.candidate.cost is not None:
            blocks.append(_cost(trained.candidate.cost, evaluation.confidence))
        blocks.append(_score(trained.metrics[0], evaluation.baseline, evaluation.confidence, trained.config.unit))
        if evaluation.champion is not None:
            blocks.append(_champion(trained.metrics[0], evaluation.champion))
    warnings = [KeyFigure("not to be served unasked", "warning", one, "warning") for one in shortcomings(trained)]
    blocks += [*warnings, _parity_figure(trained), _served(trained)]
    if evaluation is not None:
        blocks.append(_care(len(evaluation.found_slices), len(trained.candidate.findings), evaluation.slices_tried))
    blocks.append(TextTable(("", ""), tuple(_about(trained))))
    return Section("summary", "Summary", lead, tuple(blocks))


def _score(first: Score, baseline: Comparison | None, confidence: float, unit: str) -> KeyFigure:
    sure = ""
    if first.interval is not None:
        sure = f"{number(first.interval[0])} to {number(first.interval[1])} with {confidence:.0%} confidence; "
    if baseline is None or baseline.score is None:
        return KeyFigure(metric(first.name, unit), number(first.value), sure.removesuffix("; "))
    is_better = baseline.interval is not None and baseline.interval[0] > 0
    remark = f"{sure}{baseline.other}: {number(baseline.score.value)}"
    return KeyFigure(metric(first.name, unit), number(first.value), remark, "good" if is_better else "warning")


def _champion(first: Score, champion: Comparison) -> KeyFigure:
    if champion.difference is None:
        return KeyFigure("compared with the champion", "not compared", champion.note, "warning")
    low, high = champion.interval or (0.0, 0.0)
    verdict = "better" if low > 0 else "worse" if high < 0 else "no clear difference"
    grade = {"better": "good", "worse": "warning"}.get(verdict, "")
    remark = f"{metric(first.name)} {champion.difference:+.4f} compared with {champion.other}"
    if champion.p_value is not None:
        remark += f", p {p_value(champion.p_value)}"
    return KeyFigure(
        "compared with the champion", verdict, f"{remark}{'; ' if champion.note else ''}{champion.note}", grade
    )


def _cost(cost: CostOutcome, confidence: float) -> KeyFigure:
    sure = ""
    if cost.interval is not None:
        sure = f"{number(cost.interval[0])} to {number(cost.interval[1])} with {confidence:.0%} confidence; "
    others = f"{number(cost.cost_at_half)} at 0.5; {number(cost.constant_cost)} for always {cost.constant}"
    remark = f"{sure}per row at threshold {cost.decision.threshold:.3g}; {others}"
    grade = "warning" if cost.cost >= cost.constant_cost else "good" if cost.cost < cost.cost_at_half else ""
    return KeyFigure("cost of decisions", number(cost.cost), remark, grade)


def _parity_figure(trained: Trained) -> KeyFigure:
    proof = served(trained).parity or trained.parity
    rows = f"on {proof.rows:,} real rows and {proof.edge_rows:,} generated edge rows"
    if not trained.signature.labels:
        remark = f"largest difference from {proof.reference}, relative to the spread of all predictions, {rows}"
        return KeyFigure("changed when served", f"{proof.largest_difference:.1g}", remark, "good")
    remark = f"compared with {proof.reference}, {rows}"
    real = sum(one.label_flips for one in proof.kinds if one.kind in certificate.REAL)
    if proof.label_flips:
        remark += f"; {real or 'none'} of these on real rows"
    grade = "warning" if real else "" if proof.label_flips else "good"
    return KeyFigure("labels changed when served", f"{proof.label_flips or 'none'}", remark, grade)


def _served(trained: Trained) -> KeyFigure:
    chosen = served(trained)
    microseconds = chosen.latency_us.get(1)
    if microseconds is None:
        return KeyFigure("size when served", size(chosen.size or 0), f"variant {chosen.name}")
    remark = f"for one row, in {size(chosen.size or 0)}, variant {chosen.name}, on the machine that trained it"
    return KeyFigure("time when served", f"{microseconds:.0f} µs", remark)


def _care(slices: int, findings: int, tried: int) -> KeyFigure:
    parts = []
    if slices:
        parts.append(f"significantly worse on {slices} slice{'s' * (slices > 1)}")
    if findings:
        parts.append(f"{findings} warning{'s' * (findings > 1)} about the data")
    if parts:
        return KeyFigure("warnings", str(slices + findings), "; ".join(parts), "warning")
    remark = f"none from the data checks, and none of {tried:,} slices is significantly worse"
    return KeyFigure("warnings", "none", remark, "good")


def served(trained: Trained) -> Variant:
    """The variant that is published."""
    return next(variant for variant in trained.choice.variants if variant.name == trained.choice.name)


def _about(trained: Trained) -> list[tuple[str, str]]:
    config, rows = trained.config, trained.candidate.rows
    labels = trained.signature.labels
    counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in rows.items())
    return [
        ("owner", config.owner or "not set; set owner in the config"),
        ("intended use", config.intended_use or "not set; set intended_use in the config"),
        *(("limitation", sentence) for sentence in config.limitations),
        (
            "task",
            f"{config.task}, {len(labels)} classes"
            if labels
            else ", in ".join(filter(None, (config.task, config.unit))),
        ),
        ("model", trained.candidate.about),
        ("data", f"{trained.candidate.source}; {len(trained.signature.features)} columns; rows: {counts}"),
    ]
