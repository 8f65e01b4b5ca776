"""Gates on the model itself: what its scores must reach, alone, beside the champion, and in every slice.

What smaller variants of it may change is the optimiser's matter.
"""

from collections.abc import Sequence

from slipway_ml.contract.evaluation import Comparison, Evaluation, Score
from slipway_training.config.proof import GateConfig
from slipway_training.errors import GateFailed
from slipway_training.evaluation.metrics import gain

_REMEDY = "train with other parameters or change the limit, nothing was published"


def check(metrics: Sequence[Score], evaluation: Evaluation, gate: GateConfig) -> None:
    """Refuse a model that is worse than the config demands; raises GateFailed."""
    check_score(metrics[0], gate)
    _check_limits(metrics, gate)
    _check_slices(metrics, evaluation, gate)
    if gate.champion != "any" and evaluation.champion is not None:
        _check_champion(metrics[0], evaluation.champion, gate)


def check_score(score: Score, gate: GateConfig) -> None:
    """The first metric alone; raises GateFailed."""
    if gate.minimum_score is not None and gain(score, gate.minimum_score) < 0:
        raise GateFailed(
            f"held-out {score.name} is {score.value:.4f}, gate.minimum_score asks for {gate.minimum_score}; "
            "train with other parameters or lower the limit, nothing was published"
        )


def _check_limits(metrics: Sequence[Score], gate: GateConfig) -> None:
    by_name = {score.name: score for score in metrics}
    for name, limit in gate.limits.items():
        score = by_name.get(name)
        if score is None:
            raise GateFailed(
                f"held-out {name} cannot be computed for this model, gate.limits.{name} asks for {limit}; "
                "remove the limit or choose a model with probabilities, nothing was published"
            )
        if gain(score, limit) < 0:
            raise GateFailed(f"held-out {name} is {score.value:.4f}, gate.limits.{name} asks for {limit}; {_REMEDY}")


def _check_slices(metrics: Sequence[Score], evaluation: Evaluation, gate: GateConfig) -> None:
    whole = {score.name: score for score in metrics}
    for one in evaluation.slices:
        name, value = one.score.name, one.score.value
        where = f"held-out {name} is {value:.4f} where {one.name} ({one.rows} rows)"
        if gate.slice_score is not None and gain(one.score, gate.slice_score) < 0:
            raise GateFailed(f"{where}, gate.slice_score asks for {gate.slice_score}; {_REMEDY}")
        if gate.slice_gap is not None and gain(whole[name], value) > gate.slice_gap:
            raise GateFailed(
                f"{where} and {whole[name].value:.4f} on all rows, gate.slice_gap allows {gate.slice_gap}; {_REMEDY}"
            )


def _check_champion(score: Score, champion: Comparison, gate: GateConfig) -> None:
    if champion.difference is None or champion.score is None:
        raise GateFailed(
            f"{champion.other} cannot be compared ({champion.note}), gate.champion asks for {gate.champion!r}; "
            "set gate.champion = 'any' for this once, nothing was published"
        )
    its = f"that of {champion.other} on the same rows {champion.score.value:.4f}"
    said = f"held-out {score.name} is {score.value:.4f}, {its}"
    if gate.champion == "not_worse" and champion.difference < -gate.champion_margin:
        raise GateFailed(f"{said}; gate.champion asks for one that is not worse; {_REMEDY}")
    surely = champion.interval[0] if champion.interval is not None else 0.0
    if gate.champion == "better" and surely <= gate.champion_margin:
        raise GateFailed(f"{said}, which may be chance; gate.champion asks for one that is better; {_REMEDY}")
