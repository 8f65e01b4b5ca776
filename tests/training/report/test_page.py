import re
from functools import cache

from tests.training.prepared import shipped
from tests.training.report.markup import read
from training.examination import Trained
from training.report.page import render
from training.workflow import train


@cache
def trained(name: str) -> Trained:
    return train(shipped(name), lambda _step, _result: None)


def test_page_needs_nothing_but_itself() -> None:
    page = render(trained("breast_cancer"))

    assert not re.search(r"https?:|//|<script|<link|<img|@import|src=", page)
    assert "default-src 'none'" in page


def test_equal_input_gives_equal_bytes() -> None:
    assert render(trained("breast_cancer")) == render(trained("breast_cancer"))


def test_every_element_is_closed_and_every_id_stands_once() -> None:
    page = read(render(trained("breast_cancer")))

    assert page.unbalanced == []
    assert len(page.ids) == len(set(page.ids))
