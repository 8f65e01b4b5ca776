"""Why a version keeps this 8-bit form, or none: the reason that manifest, report and command line show."""

from collections.abc import Mapping, Sequence

from slipway_training.optimizer.passes import NOT_APPLICABLE
from slipway_training.optimizer.variants import Built, Measured
from slipway_training.optimizer.verdicts import with_unit


def why_kept(kept: Measured, passing: Sequence[Measured], unit: str) -> str:
    """Why this 8-bit form is kept; of a regression with what it does to the values."""
    why = f"{kept.name} passed every gate"
    if len(passing) > 1:
        why = f"of {len(passing)} that passed {kept.name} is the best"
    if kept.change is None:
        return why
    largest, mean = with_unit(kept.change.largest, unit), with_unit(kept.change.mean, unit)
    return f"{why}; it changes no value by more than {largest}, and values by {mean} on average"


def why_none(built: Sequence[Built], refusals: Mapping[str, str]) -> str:
    """Why no 8-bit form is kept: what the gates hold against those that were built, else why none was."""
    tried = [one for one in built if one.is_quantized]
    if not tried:
        return "optimize.candidates names no 8-bit form"
    verdicts = {one.name: refusals.get(one.name) or one.failure for one in tried}
    measured = {name: why for name, why in verdicts.items() if name in refusals}
    fits = {name: why for name, why in verdicts.items() if not why.startswith(NOT_APPLICABLE)}
    grouped: dict[str, list[str]] = {}
    for name, why in (measured or fits or verdicts).items():
        grouped.setdefault(why, []).append(name)
    if not fits:
        missing = " and ".join(why.removeprefix(NOT_APPLICABLE) for why in grouped)
        return f"no 8-bit form is known for it: {missing}"
    return "; ".join(f"{', '.join(names)}: {why}" for why, names in grouped.items())
