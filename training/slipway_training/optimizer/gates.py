"""Choosing a variant: predictions and size decide, latency only ranks, and only beyond a margin.

Exact variants pass by the parity check, without a flip; the exported graph passed it before. Others pass when they
change no more than the config allows and save enough beside the best exact one; other models, which are asked for by
name, may change single predictions as long as their score holds. Of the 8-bit forms that pass the best is kept; it is
served by default where the graph is a network, whose exact form is four times as large, else where `optimize.serve`
asks for it. Among those that may be served the smallest is chosen, and among sizes alike the fastest;
`optimize.prefer` turns that around, `optimize.pin` names one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import geometric_mean

from slipway_ml.contract.evaluation import Score
from slipway_ml.contract.parity import ValueChange
from slipway_ml.contract.variant import Quantized, Variant
from slipway_training.config.model import ModelConfig
from slipway_training.config.proof import GateConfig
from slipway_training.errors import GateFailed
from slipway_training.evaluation.metrics import gain
from slipway_training.optimizer.quantized import why_kept, why_none
from slipway_training.optimizer.variants import Built, Measured
from slipway_training.optimizer.verdicts import Limit, Violation, in_words

LATENCY_MARGIN = 0.10
"""Timings of the same graph differ by more than a few percent from run to run; less is no reason to choose."""

QUANTIZED_FILE = "variants/quantized.onnx"

_SAME_SIZE = 0.03
_SMALL = 64 * 1024
"""Sizes this close are equal, and files this small: nobody sees the difference in memory or on the way."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Every candidate with its verdict, the one to publish, and why; `quantized` is the 8-bit form that is kept."""

    variants: tuple[Variant, ...]
    name: str
    reason: str
    is_portable: bool
    quantized: Quantized

    @property
    def order(self) -> tuple[str, ...]:
        """The variants that give the bits of the one to publish, which is the first; the others by their latency."""
        same = [one for one in self.variants if one.passed and one.bit_equal and one.name != self.name]
        return (self.name, *(one.name for one in sorted(same, key=lambda one: geometric_mean(one.latency_us.values()))))


def choose(built: Sequence[Built], measured: Sequence[Measured], config: ModelConfig, own: Score | None) -> Choice:
    """Judge every variant; the exported graph comes first. Raises GateFailed where a pinned one does not pass.

    `own` is the exported graph's score with its interval, None where nothing is known to score by.
    """
    optimize = config.optimize
    exact = [one for one in measured if one.is_exact and not one.objection]
    best = _best(exact, optimize.prefer)
    refusals = {
        one.name: one.objection
        if one.is_exact
        else in_words(violations(one, best, config, own), config.task, config.unit)
        for one in measured
    }
    passing = [one for one in measured if not refusals[one.name]]
    eight_bit = [one for one in passing if one.built.is_quantized]
    kept = _best(eight_bit, optimize.prefer) if eight_bit else None
    quantized = Quantized(
        variant=kept.name if kept else None,
        file=QUANTIZED_FILE if kept else None,
        reason=why_kept(kept, eight_bit, config.unit) if kept else why_none(built, refusals),
    )
    lossy = [one for one in passing if _may_serve(one, kept, optimize.serve)]
    chosen = (
        _pinned(optimize.pin, built, measured, refusals)
        or _asked_for(optimize.serve, kept, quantized)
        or (_best(lossy, optimize.prefer) if lossy else best)
    )
    by_name = {one.name: one for one in measured}
    kept_files = {one.name for one in passing if one is kept or one is chosen or not one.built.is_quantized}
    variants = tuple(
        _entry(
            one,
            by_name.get(one.name),
            refusals.get(one.name, one.failure),
            chosen.digest,
            _file(one, kept) if one.name in kept_files else None,
        )
        for one in built
    )
    reason = _reason(chosen, variants, measured[0], lossy, eight_bit, config)
    return Choice(variants, chosen.name, reason, chosen.built.is_portable, quantized)


def _may_serve(one: Measured, kept: Measured | None, serve: str) -> bool:
    """Whether a variant that may change predictions is served rather than the best exact one."""
    if one.is_exact or serve == "exact" or (one.built.is_quantized and one is not kept):
        return False
    return one.built.is_default


def _asked_for(serve: str, kept: Measured | None, quantized: Quantized) -> Measured | None:
    if serve != "quantized":
        return None
    if kept is None:
        raise GateFailed(
            f"optimize.serve asks for the quantized form, and there is none: {quantized.reason}; "
            "leave --quantize out or change the limit under [gate], nothing was published"
        )
    return kept


def _file(built: Built, kept: Measured | None) -> str:
    return QUANTIZED_FILE if kept is not None and built.name == kept.name else f"variants/{built.name}.onnx"


def violations(one: Measured, exact: Measured, config: ModelConfig, own: Score | None) -> tuple[Violation, ...]:
    """The limits that a variant which may change predictions exceeds; `exact` is the best exact one."""
    gate = config.gate
    found = one.judged
    is_other = one.built.guarantee == "different_model"
    exceeded = []
    if one.built.is_for_gpu and config.optimize.hardware != "gpu":
        exceeded.append(Violation(Limit.HARDWARE))
    allowed_flips = int(gate.flip_share * found.rows)
    if found.label_flips > allowed_flips and not is_other:
        exceeded.append(Violation(Limit.CHANGED_LABELS, found.label_flips, allowed_flips))
    if found.largest_difference > gate.probability_change and not is_other:
        value = one.change.largest if one.change else None
        exceeded.append(Violation(Limit.PREDICTION_CHANGE, found.largest_difference, gate.probability_change, value))
    if one.change is not None and not is_other:
        exceeded += _changed_values(one.change, gate)
    if own is not None and one.score is not None:
        low, high = own.interval or (own.value, own.value)
        limit = low if own.higher_is_better else high
        if gain(own, one.score) > gain(own, limit):
            exceeded.append(Violation(Limit.SCORE, one.score, limit))
    elif is_other:
        exceeded.append(Violation(Limit.TRUE_TARGETS))
    if one.size > (1 - gate.size_saving) * exact.size:
        exceeded.append(Violation(Limit.SIZE, one.size / exact.size, 1 - gate.size_saving))
    elif exact.size <= _SMALL and not one.built.is_quantized:
        exceeded.append(Violation(Limit.SAVING, exact.size - one.size, _SMALL))
    return tuple(exceeded)


def _changed_values(change: ValueChange, gate: GateConfig) -> list[Violation]:
    """What speaks against the changes of all values together, and beside the values themselves."""
    exceeded = []
    if abs(change.mean_by_spread) > gate.mean_shift:
        exceeded.append(Violation(Limit.MEAN_SHIFT, change.mean_by_spread, gate.mean_shift, change.mean))
    if change.relative is not None and change.relative > gate.relative_change:
        exceeded.append(Violation(Limit.RELATIVE_CHANGE, change.relative, gate.relative_change))
    return exceeded


def _pinned(
    pin: str | None, built: Sequence[Built], measured: Sequence[Measured], refusals: dict[str, str]
) -> Measured | None:
    if pin is None:
        return None
    found = next((one for one in measured if one.name == pin), None)
    if found is not None and not refusals[pin]:
        return found
    failure = next((one.failure for one in built if one.name == pin), "there is no such variant")
    names = ", ".join(one.name for one in measured if not refusals[one.name])
    raise GateFailed(
        f"optimize.pin asks for variant {pin!r}, which may not be published: {refusals.get(pin) or failure}; "
        f"pin one of {names}, or none"
    )


def _best(passing: Sequence[Measured], prefer: str) -> Measured:
    # What is for a GPU passes only where the version is for one, and is then what was asked for. The same version must
    # give the same predictions everywhere, so integer arithmetic comes second to floats.
    passing = [one for one in passing if one.built.is_for_gpu] or passing
    eligible = [one for one in passing if one.built.is_portable] or list(passing)
    ranks = (_smallest, _fastest) if prefer == "size" else (_fastest, _smallest)
    for rank in ranks:
        eligible = rank(eligible)
    return min(eligible, key=lambda one: (one.judged.label_flips, *_nearness(one), one.size, one.name))


def _smallest(eligible: Sequence[Measured]) -> list[Measured]:
    smallest = min(one.size for one in eligible)
    return [one for one in eligible if one.size <= max(smallest * (1 + _SAME_SIZE), _SMALL)]


def _fastest(eligible: Sequence[Measured]) -> list[Measured]:
    fastest = min(map(slowness, eligible))
    return [one for one in eligible if slowness(one) <= fastest * (1 + LATENCY_MARGIN)]


def slowness(one: Measured) -> float:
    """One figure of all batch sizes: the geometric mean weighs their ratios alike."""
    return geometric_mean(one.latency_us.values())


def _nearness(one: Measured) -> tuple[float, ...]:
    """How far predictions moved; within the parity check's tolerance that is rounding, which is no reason to choose."""
    return () if one.is_exact else (one.judged.largest_difference,)


def _entry(built: Built, measured: Measured | None, why_not: str, chosen: str, file: str | None) -> Variant:
    done = Variant(
        name=built.name,
        description=built.description,
        guarantee=built.guarantee,
        passes=built.passes,
        declined=dict(built.declined),
        bound=built.bound,
        passed=False,
        verdict=why_not,
    )
    if measured is None:
        return done
    others = "passed by its score" if built.guarantee == "different_model" else "passed every gate"
    proved = "passed the parity check" if measured.is_exact else others
    found = measured.footprint
    return done.model_copy(
        update={
            "file": file,
            "size": measured.size,
            "bit_equal": measured.digest == chosen,
            "latency_us": measured.latency_us,
            "load_ms": found.load_ms if found else None,
            "memory": found.memory if found else None,
            "score": measured.score,
            "parity": measured.parity,
            "change": measured.change,
            "passed": not why_not,
            "verdict": why_not or proved,
        }
    )


def _reason(
    chosen: Measured,
    variants: Sequence[Variant],
    exported: Measured,
    lossy: Sequence[Measured],
    eight_bit: Sequence[Measured],
    config: ModelConfig,
) -> str:
    found = _figures(chosen, exported)
    if config.optimize.pin is not None:
        return f"{found}; it is pinned by optimize.pin"
    if chosen.built.is_quantized:
        asked = "; optimize.serve asks for it" if config.optimize.serve == "quantized" else ""
        return f"{found}; {_rank(chosen, eight_bit)}{asked}"
    if not chosen.is_exact:
        return f"{found}; {_rank(chosen, lossy)}"
    if eight_bit:
        return f"{found}; exact forms are served unless optimize.serve asks for the quantized one, which is kept"
    others: dict[str, list[str]] = {}
    for one in variants:
        if not one.passed and one.parity is not None:
            others.setdefault(one.verdict, []).append(one.name)
    refused = "; ".join(f"{', '.join(names)}: {why}" for why, names in others.items())
    return f"{found}, and no other passed that saves more" + (f" ({refused})" if refused else "")


def _figures(chosen: Measured, exported: Measured) -> str:
    if chosen is exported:
        return "the graph as it was exported"
    share = f"{chosen.size / exported.size:.2f} of the exported size"
    speed = f"{slowness(chosen) / slowness(exported):.2f} of its latency"
    # Exact variants are counted on synthetic rows too, others on the rows they are evaluated on.
    rows = chosen.parity.rows + chosen.parity.edge_rows if chosen.is_exact else chosen.judged.rows
    found = chosen.parity if chosen.is_exact else chosen.judged
    flips = f"changes {found.label_flips} of {rows} labels"
    moved = f"changes no prediction by more than {found.largest_difference:.2g}"
    return f"{chosen.name} is {share} and {speed}, {flips} and {moved}"


def _rank(chosen: Measured, lossy: Sequence[Measured]) -> str:
    if len(lossy) == 1:
        return "no other that saves as much passed"
    if chosen.built.is_portable and not all(one.built.is_portable for one in lossy):
        return "the others that passed compute in integers, whose predictions may differ between processors"
    return f"it is the best of the {len(lossy)} that passed"
