# ruff: noqa: RUF001  # Greek words are what is tested
"""Words are cut and lowered as Python does, also where the lower case of a letter is none or depends on others."""

import re
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import to_tensors
from slipway_training.errors import ConversionError
from slipway_training.export.onnx_export import export
from slipway_training.workflows.signature_inference import infer
from tests.claims import for_each

DOTTED = "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"
PLAIN = ["istanbul ankara", "stanbul i̇zmir izmir", "xi abi ab", "zmir xi", "i x y istanbul"] * 4
ASKED = [f"{DOTTED}STANBUL", f"x{DOTTED}y ab{DOTTED}", f"{DOTTED}{DOTTED} x{DOTTED}{DOTTED}zmir", "ISTANBUL Xi", ""]


def predictions(vectorizer: Any, learn: list[str], asked: list[str]) -> tuple[Any, Any]:
    """The pipeline's and the graph's numbers for texts, one weight for each word so that no two words look alike."""
    target = np.arange(len(learn), dtype=float)
    model = make_pipeline(vectorizer, LinearRegression()).fit(learn, target)
    model[-1].coef_ = np.sqrt(np.arange(2, 2 + len(model[0].vocabulary_)))
    found = infer(model, learn, target, None, ())
    graph = OnnxSession(export(found.pipeline, found.signature).SerializeToString())
    rows = pd.DataFrame({found.learn.columns[0]: pd.Series(asked, dtype=object)})
    return model.predict(asked), graph.run(to_tensors(rows, found.signature))[0][:, 0]


@for_each(
    "vectorizer",
    {
        "two letters": CountVectorizer(),
        "one letter": CountVectorizer(token_pattern=r"(?u)\b\w+\b"),  # noqa: S106  # no password
        "phrases": CountVectorizer(ngram_range=(1, 2)),
        "weighed": TfidfVectorizer(),
        "as it is": CountVectorizer(lowercase=False),
    },
)
def test_capital_whose_lower_case_is_two_characters_ends_a_word(vectorizer: Any) -> None:
    expected, found = predictions(vectorizer, PLAIN, ASKED)

    assert found == pytest.approx(expected, rel=1e-6)


@for_each("asked", {"none": [""], "none of several": ["", "- !"], "a padding character": ["\x00", "ab\x00 xi"]})
def test_texts_without_a_word_are_lowered_too(asked: list[str]) -> None:
    expected, found = predictions(CountVectorizer(), PLAIN, asked)

    assert found == pytest.approx(expected, rel=1e-6)


def test_every_character_of_unicode_is_part_of_a_word_or_not_as_python_says() -> None:
    characters = [chr(code) for code in range(1, sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    asked = [" ".join(f"a{one}b" for one in characters[start : start + 2000]) for start in range(0, 0x110000, 2000)]
    pattern = r"(?u)\b\w+\b"
    vectorizer = CountVectorizer(lowercase=False, token_pattern=pattern, vocabulary=["a", "b"])

    expected, found = predictions(vectorizer, ["a b", "a", "b b"], [text for text in asked if text])

    assert found == pytest.approx(expected, rel=1e-6)


@for_each("words", {"final": ["οδος αυτο", "αυτο"], "last but for a digit": ["οδοσ1 αυτο", "αυτο"]})
def test_words_that_may_come_of_a_capital_sigma_are_refused_where_text_is_lowered(words: list[str]) -> None:
    with pytest.raises(ConversionError, match=re.escape("lower the text before Slipway and set lowercase=False")):
        predictions(CountVectorizer(), words * 3, ["ΟΔΟΣ"])


def test_advice_to_leave_lowering_out_is_exact_when_followed() -> None:
    expected, found = predictions(CountVectorizer(lowercase=False), ["οδος αυτο", "αυτο"] * 3, ["ΟΔΟΣ οδος", "αυτο"])

    assert found == pytest.approx(expected, rel=1e-6)
