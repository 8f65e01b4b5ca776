from typing import Any

import pytest

from slipway_ml.contract.evaluation import Comparison, Evaluation, Score, SliceScore
from slipway_training.config.proof import GateConfig
from slipway_training.errors import GateFailed
from slipway_training.evaluation.gates import check

METRICS = (
    Score(name="accuracy", value=0.8),
    Score(name="recall", value=0.6),
    Score(name="log_loss", value=0.5, higher_is_better=False),
)
SLICE = SliceScore(name="sex = female", rows=40, score=Score(name="accuracy", value=0.7))


def evaluation(difference: float | None = 0.0, interval: tuple[float, float] | None = None) -> Evaluation:
    """Beside a champion that is worse by `difference`; None for one that cannot be compared."""
    its = None if difference is None else Score(name="accuracy", value=0.8 - difference)
    note = "it has other labels" if difference is None else ""
    champion = Comparison(
        other="version 2, the champion", score=its, difference=difference, interval=interval, note=note
    )
    return Evaluation(rows=200, confidence=0.95, resamples=1000, slices=(SLICE,), champion=champion)


def gate(**limits: Any) -> GateConfig:
    return GateConfig.model_validate(limits)


@pytest.mark.parametrize(
    ("limits", "beside", "sentence"),
    [
        ({"minimum_score": 0.81}, {}, r"held-out accuracy is 0\.8000, gate\.minimum_score asks for 0\.81; train"),
        ({"limits": {"recall": 0.7}}, {}, r"held-out recall is 0\.6000, gate\.limits\.recall asks for 0\.7; train"),
        ({"limits": {"log_loss": 0.4}}, {}, r"held-out log_loss is 0\.5000, gate\.limits\.log_loss asks for 0\.4"),
        ({"limits": {"roc_auc": 0.4}}, {}, r"held-out roc_auc cannot be computed for this model"),
        (
            {"champion": "not_worse"},
            {"difference": -0.01},
            r"accuracy is 0\.8000, that of version 2, the champion on the same rows 0\.8100; .* not worse",
        ),
        ({"champion": "better"}, {"difference": 0.1, "interval": (-0.01, 0.2)}, "which may be chance"),
        ({"champion": "better"}, {"difference": 0.0, "interval": None}, "which may be chance"),
        ({"champion": "better", "champion_margin": 0.05}, {"difference": 0.1, "interval": (0.04, 0.2)}, "asks for one"),
        ({"champion": "not_worse"}, {"difference": None}, r"cannot be compared \(it has other labels\)"),
        (
            {"slice_score": 0.75},
            {},
            r"accuracy is 0\.7000 where sex = female \(40 rows\), gate\.slice_score asks for 0\.75; train",
        ),
        (
            {"slice_gap": 0.05},
            {},
            r"where sex = female \(40 rows\) and 0\.8000 on all rows, gate\.slice_gap allows 0\.05",
        ),
    ],
)
def test_each_gate_refuses_in_one_sentence_with_exit_code_3(
    limits: dict[str, Any], beside: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(GateFailed, match=sentence) as refused:
        check(METRICS, evaluation(**beside), gate(**limits))

    assert refused.value.exit_code == 3
    assert "nothing was published" in str(refused.value)


@pytest.mark.parametrize(
    ("limits", "beside"),
    [
        ({}, {"difference": -0.5}),
        ({"minimum_score": 0.8, "limits": {"recall": 0.6, "log_loss": 0.5}}, {}),
        ({"champion": "not_worse"}, {"difference": 0.0}),
        ({"champion": "not_worse", "champion_margin": 0.02}, {"difference": -0.02}),
        ({"champion": "better"}, {"difference": 0.1, "interval": (0.01, 0.2)}),
        ({"slice_score": 0.7, "slice_gap": 0.11}, {}),
    ],
)
def test_each_gate_passes_what_is_at_its_limit(limits: dict[str, Any], beside: dict[str, Any]) -> None:
    check(METRICS, evaluation(**beside), gate(**limits))


def test_first_version_has_no_champion_to_beat() -> None:
    alone = Evaluation(rows=200, confidence=0.95, resamples=1000)

    check(METRICS, alone, gate(champion="better"))


def test_metric_that_is_better_when_lower_has_a_highest_value() -> None:
    with pytest.raises(GateFailed, match=r"mean_absolute_error is 3\.0000, gate\.minimum_score asks for 2\.0"):
        check(
            (Score(name="mean_absolute_error", value=3.0, higher_is_better=False),),
            evaluation(),
            gate(minimum_score=2.0),
        )
