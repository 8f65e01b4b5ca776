from dataclasses import replace

import numpy as np

from slipway_ml.contract.evaluation import Comparison, Score, SliceScore
from slipway_training.report.model_card import model_card
from tests.training.report.models import trained


def test_card_says_who_answers_for_the_model_and_what_it_is_for() -> None:
    whole = trained("breast_cancer")
    said = {"owner": "Team Risk", "intended_use": "A first look.", "limitations": ("Not for children.",)}

    card = model_card(replace(whole, config=whole.config.model_copy(update=said)), {"numpy": "2"})

    assert "- **Owner:** Team Risk\n- **Intended use:** A first look.\n" in card
    assert "## Limitations\n\n- Not for children.\n" in card


def test_card_admits_what_nobody_said() -> None:
    card = model_card(trained("breast_cancer"), {})

    assert "- **Owner:** not set\n- **Intended use:** not set\n" in card


def test_card_has_intervals_and_the_baseline() -> None:
    card = model_card(trained("breast_cancer"), {})

    assert "| accuracy | 0.9532 | 0.9104 to 0.9761 | higher |" in card
    assert "Compared with baseline (most frequent class): accuracy 0.6257 on the same rows" in card
    assert "none is worse beyond chance" in card


def test_card_says_that_whole_groups_were_drawn() -> None:
    whole = trained("returns")

    assert whole.evaluation is not None
    assert whole.evaluation.groups == len(set(np.asarray(whole.candidate.groups).tolist()))
    assert f"intervals come from resampling the {whole.evaluation.groups} groups again" in model_card(whole, {})


def test_card_names_slices_and_the_champion() -> None:
    whole = trained("titanic")
    if whole.evaluation is None:
        raise AssertionError("held-out rows are there to judge by")
    found = (SliceScore(name="a | b\nc", rows=40, score=Score(name="accuracy", value=0.5), p_value=0.01),)
    champion = Comparison(other="version 1, the champion", note="it has other labels")
    evaluation = whole.evaluation.model_copy(update={"found_slices": found, "champion": champion})

    card = model_card(replace(whole, evaluation=evaluation), {})

    assert "| sex = female | 29 |" in card
    assert "| a \\| b c | 40 | 0.5000 |  |" in card
    assert "Compared with version 1, the champion: not compared (it has other labels)." in card


def test_card_of_a_model_without_anything_to_judge_by_says_so() -> None:
    card = model_card(replace(trained("breast_cancer"), evaluation=None, metrics=()), {})

    assert "No rows were given to evaluate it on." in card
