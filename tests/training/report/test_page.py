import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from slipway_training.candidate import Trained
from slipway_training.report.page import FAILED, render
from slipway_training.workflows.train import train
from tests.training.report.markup import read
from tests.training.report.models import trained
from tests.training.tables import config_for, write_csv

HOSTILE = ("<script>alert(1)</script>", '"><img src=x>', "$\\frac{", "self", "a & b; font-family: x", "{{ 7 * 7 }}")
LARGEST_PAGE = 300_000


@cache
def hostile(folder: Path) -> Trained:
    """A model whose columns have names that a page must not obey."""
    random = np.random.default_rng(0)
    numbers = {name: random.normal(size=120).round(3).tolist() for name in HOSTILE}
    labels = ["<b>yes</b>" if a + b > random.normal() else "no" for a, b, *_ in zip(*numbers.values(), strict=True)]
    path = write_csv(folder / "rows.csv", {**numbers, "y": labels})
    config = config_for(path, name="hostile", description="<i>x</i>", owner="<u>", evaluation={"slices": HOSTILE[:2]})
    return train(config, lambda _step, _result: None)


@pytest.mark.parametrize("name", ["breast_cancer", "digits", "diabetes", "titanic"])
def test_page_needs_nothing_but_itself_and_is_whole(name: str) -> None:
    page = render(trained(name))
    found = read(page)

    assert not re.search(r"https?:|<script|<link|<img|@import|src=|url\((?!#)", page)
    assert "default-src 'none'" in page
    assert FAILED not in page
    assert found.unbalanced == []
    assert len(found.ids) == len(set(found.ids))
    assert len(page) < LARGEST_PAGE


@pytest.mark.parametrize(
    ("name", "plots"),
    [
        (
            "breast_cancer",
            {"Confusion", "ROC", "Precision-recall", "Calibration", "Recall", "Permutation", "Population"},
        ),
        ("digits", {"Confusion", "ROC", "Precision-recall", "Calibration", "Permutation", "Population"}),
        ("diabetes", {"Predictions", "Residuals", "Permutation", "Population"}),
        (
            "titanic",
            {"Confusion", "ROC", "Precision-recall", "Calibration", "Recall", "accuracy", "Permutation", "Population"},
        ),
    ],
)
def test_page_has_the_plots_that_fit_the_task(name: str, plots: set[str]) -> None:
    found = read(render(trained(name)))

    assert plots <= {re.split(r"[ :]", label)[0] for label in found.labels}


def test_equal_input_gives_equal_bytes() -> None:
    assert render(trained("breast_cancer")) == render(trained("breast_cancer"))


def test_names_of_columns_and_labels_are_text_and_nothing_else(tmp_path_factory: pytest.TempPathFactory) -> None:
    page = render(hostile(tmp_path_factory.mktemp("hostile")))
    found = read(page)

    assert {"script", "img", "b", "i", "u"} & {*found.tags} <= {"b"}
    assert found.unbalanced == []
    assert FAILED not in page
    assert any("$\\frac{" in text for text in found.texts)
    assert any("{{ 7 * 7 }}" in text for text in found.texts)


def test_section_that_cannot_be_written_leaves_the_others_and_says_so() -> None:
    whole = trained("breast_cancer")
    broken = replace(whole, graphs={})

    page = render(broken)

    assert FAILED in page
    assert "Parity certificate" in page


def test_model_that_nothing_is_known_to_judge_by_has_a_page_without_scores() -> None:
    page = render(replace(trained("breast_cancer"), evaluation=None, metrics=()))

    assert FAILED not in page
    assert "no rows were given to evaluate it on" in page
    assert "Parity certificate" in page
