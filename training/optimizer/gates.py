"""Choosing a variant: answers and size decide, latency only ranks, and only beyond a margin.

The exact graph always passes here, since its parity was proved before. A smaller variant passes when it changes no
more than the config allows and saves enough; the smallest of those that pass is chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import geometric_mean

from app.contract.manifest import Score, Variant
from app.contract.signature import Task
from training.config.proof import GateConfig
from training.errors import GateFailed
from training.optimizer.variants import EXACT, Built, Measured

LATENCY_MARGIN = 0.10
"""Timings of the same graph differ by more than a few percent from run to run; less is no reason to choose."""

_SAME_SIZE = 0.03
"""Sizes this close are equal, so that latency may rank."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Every candidate with its verdict, the one to publish, and why."""

    variants: tuple[Variant, ...]
    name: str
    reason: str
    is_portable: bool


def check_score(score: Score, gate: GateConfig) -> None:
    """Refuse a model that is worse than the config demands; raises GateFailed."""
    if gate.minimum_score is not None and score.value < gate.minimum_score:
        raise GateFailed(
            f"held-out {score.name} is {score.value:.4f}, gate.minimum_score asks for {gate.minimum_score}; "
            "train with other parameters or lower the limit, nothing was published"
        )


def choose(built: Sequence[Built], measured: Sequence[Measured], gate: GateConfig, task: Task) -> Choice:
    """Judge every candidate beside the exact graph, which comes first."""
    by_name = {one.name: one for one in measured}
    exact = by_name[EXACT]
    refusals = {one.name: refusal(one, exact, gate, task) for one in measured if one.name != EXACT}
    passing = [by_name[name] for name, why in refusals.items() if not why]
    chosen = _best(passing) if passing else exact
    variants = tuple(_entry(one, by_name.get(one.name), refusals.get(one.name, one.failure)) for one in built)
    reason = _reason(chosen, exact, passing, built, refusals)
    return Choice(variants, chosen.name, reason, chosen.built.is_portable)


def refusal(one: Measured, exact: Measured, gate: GateConfig, task: Task) -> str:
    """Why a variant may not be published, or an empty text."""
    problems = []
    noun = "probability" if task is Task.CLASSIFICATION else "value, by its spread,"
    found = one.judged
    allowed_flips = int(gate.flip_share * found.rows)
    if found.label_flips > allowed_flips:
        problems.append(f"flips {found.label_flips} labels, {allowed_flips} allowed")
    if found.largest_difference > gate.probability_change:
        problems.append(f"moves a {noun} by {found.largest_difference:.3g}, {gate.probability_change:g} allowed")
    if exact.score - one.score > gate.score_drop:
        problems.append(f"scores {exact.score - one.score:.4f} lower, {gate.score_drop:g} allowed")
    if one.size > (1 - gate.size_saving) * exact.size:
        problems.append(f"is {one.size / exact.size:.2f} of the exact size, {1 - gate.size_saving:.2f} allowed")
    return "; ".join(problems)


def _best(passing: Sequence[Measured]) -> Measured:
    # The same version must give the same answers everywhere, so integer arithmetic comes second to floats.
    eligible = [one for one in passing if one.built.is_portable] or list(passing)
    smallest = min(one.size for one in eligible)
    alike = [one for one in eligible if one.size <= smallest * (1 + _SAME_SIZE)]
    fastest = min(map(_slowness, alike))
    quick = [one for one in alike if _slowness(one) <= fastest * (1 + LATENCY_MARGIN)]
    return min(quick, key=lambda one: (one.judged.label_flips, one.judged.largest_difference, one.size, one.name))


def _slowness(one: Measured) -> float:
    """One figure of all batch sizes: the geometric mean weighs their ratios alike."""
    return geometric_mean(one.latency_us.values())


def _entry(built: Built, measured: Measured | None, why_not: str) -> Variant:
    if measured is None:
        return Variant(name=built.name, description=built.description, passed=False, verdict=why_not)
    return Variant(
        name=built.name,
        description=built.description,
        file=f"variants/{built.name}.onnx" if not why_not else None,
        size=measured.size,
        latency_us=measured.latency_us,
        score=measured.score,
        parity=measured.parity,
        passed=not why_not,
        verdict=why_not or ("exact: proved by parity" if built.name == EXACT else "passed every gate"),
    )


def _reason(
    chosen: Measured, exact: Measured, passing: Sequence[Measured], built: Sequence[Built], refusals: dict[str, str]
) -> str:
    if chosen is exact:
        named = [f"{name} {why}" for name, why in refusals.items()]
        found = "; ".join([*named, *dict.fromkeys(one.failure for one in built if one.failure)])
        return (
            f"fp32, since no smaller variant passed: {found}" if found else "fp32, since the config asks for no other"
        )
    saved = f"{chosen.size / exact.size:.2f} of the exact size"
    judged = chosen.judged
    whose = "held-out" if judged.kind == "held_out" else "given"
    flips = f"flips {judged.label_flips} of {judged.rows} {whose} labels"
    moved = f"moves no answer by more than {judged.largest_difference:.2g}"
    return f"{chosen.name} is {saved}, {flips} and {moved}; {_rank(chosen, passing)}"


def _rank(chosen: Measured, passing: Sequence[Measured]) -> str:
    if len(passing) == 1:
        return "no other smaller variant passed"
    if chosen.built.is_portable and not all(one.built.is_portable for one in passing):
        return "the others that passed compute in integers, whose answers may differ between processors"
    return f"it is the best of the {len(passing)} that passed"
