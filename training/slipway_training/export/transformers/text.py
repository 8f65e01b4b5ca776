"""CountVectorizer, TfidfTransformer and TfidfVectorizer: words as scikit-learn cuts them, counted exactly, weighed in
float64.

skl2onnx replaces the default token pattern by ASCII letters, so that every accented word is another one. onnxruntime's
tokenizer does not know what a word of Unicode is, so it is given every letter and digit that Python knows.

Words are cut before they are lowered, for one capital becomes two characters of which the second is no letter: a word
ends behind it. What becomes of a capital sigma depends on its neighbours, so words that may come of one are refused.
"""

import re
import sys
from functools import cache
from itertools import groupby
from typing import Any

import numpy as np
from onnx import TensorProto
from sklearn.feature_extraction.text import TfidfVectorizer

from slipway_training.errors import ConversionError
from slipway_training.export.assembly import MICROSOFT, Assembly
from slipway_training.export.blocks import Block

_PATTERNS = {r"(?u)\b\w\w+\b": ("{0}{{2,}}", "{0}+{1}|{0}{{2,}}"), r"(?u)\b\w+\b": ("{0}+", "{0}*{1}|{0}+")}
"""Per token pattern the words of texts as they are, and of lowered ones; {0} is a letter, {1} ends a word."""

_ENDS_A_WORD = "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"
_SIGMA = "\N{GREEK SMALL LETTER SIGMA}"
_FINAL_SIGMA = "\N{GREEK SMALL LETTER FINAL SIGMA}"
_PADDING = "\x00"
_LOCALE = "C.UTF-8"
"""Every glibc has it, unlike the default en_US, without which a slim image cannot load the graph."""


def vectorize(assembly: Assembly, fitted: Any, block: Block, path: str) -> Block:
    """One text column becomes one number per word or phrase; raises ConversionError for options without a form."""
    pattern = _check(fitted, block, path)
    add, constant = assembly.add, assembly.constant
    texts = add("Reshape", [block.wire, constant(np.array([-1], dtype=np.int64))])
    words = add("Tokenizer", [texts], domain=MICROSOFT, mark=1, mincharnum=1, pad_value=_PADDING, tokenexp=pattern)
    if fitted.lowercase:
        # Where no text has a word there is nothing to lower, which the operator takes for one empty text.
        one_each = add("Concat", [add("Shape", [texts]), constant(np.array([1], dtype=np.int64))], axis=0)
        padding = add("Expand", [constant(np.array([[_PADDING]], dtype=object)), one_each])
        words = add("Concat", [words, padding], axis=1)
        flat = add("Reshape", [words, constant(np.array([-1], dtype=np.int64))])
        lowered = add("StringNormalizer", [flat], case_change_action="LOWER", is_case_sensitive=1, locale=_LOCALE)
        words = add("Reshape", [lowered, add("Shape", [words])])
    counts = add("TfIdfVectorizer", [words], **_pool(fitted))
    width = len(fitted.vocabulary_)
    numbers = add("Cast", [counts], to=TensorProto.DOUBLE)
    if fitted.binary:
        numbers = add("Min", [numbers, constant(np.array([1.0]))])
    if isinstance(fitted, TfidfVectorizer):
        numbers = weigh(assembly, fitted, numbers)
    return Block(numbers, width)


def _check(fitted: Any, block: Block, path: str) -> str:
    name = type(fitted).__name__
    if not block.is_text or block.width != 1:
        raise ConversionError(f"step {path}: {name} takes one text column; name it as text, not as a list")
    for option in ("strip_accents", "preprocessor", "tokenizer"):
        if getattr(fitted, option) is not None:
            raise ConversionError(
                f"step {path}: {name} with {option} has no ONNX form; prepare the text before Slipway"
            )
    if fitted.input != "content":
        raise ConversionError(f"step {path}: {name} with input={fitted.input!r} reads files; use input='content'")
    if fitted.analyzer != "word":
        raise ConversionError(f"step {path}: {name} by characters has no exact ONNX form; use analyzer='word'")
    if fitted.token_pattern not in _PATTERNS:
        raise ConversionError(
            f"step {path}: {name} has a token_pattern of its own; use the default or r'(?u)\\b\\w+\\b'"
        )
    if fitted.stop_words is not None and fitted.ngram_range[1] > 1:
        raise ConversionError(f"step {path}: {name} with stop_words and phrases has no exact ONNX form; leave one out")
    if fitted.lowercase and any(map(_may_be_of_a_capital_sigma, fitted.vocabulary_)):
        raise ConversionError(
            f"step {path}: {name} with lowercase=True knows words that end in a sigma, whose lower case depends on its "
            "neighbours; lower the text before Slipway and set lowercase=False"
        )
    as_is, lowered = _PATTERNS[fitted.token_pattern]
    if fitted.lowercase:
        return lowered.format(_letters(_ENDS_A_WORD), _ENDS_A_WORD)
    return as_is.format(_letters(""))


def _may_be_of_a_capital_sigma(phrase: str) -> bool:
    """Whether Python and the graph may lower a capital sigma in it to different letters."""
    sure = all(phrase[end : end + 1].isalpha() for end in (found.end() for found in re.finditer(_SIGMA, phrase)))
    return _FINAL_SIGMA in phrase or not sure


@cache
def _letters(but: str) -> str:
    """The class of the characters that Python takes for part of a word, save those in `but`."""
    codes = [c for c in range(sys.maxunicode + 1) if ((one := chr(c)).isalnum() or one == "_") and one not in but]
    runs = [[code for _, code in run] for _, run in groupby(enumerate(codes), lambda pair: pair[1] - pair[0])]
    return "[" + "".join(f"\\x{{{run[0]:x}}}-\\x{{{run[-1]:x}}}" for run in runs) + "]"


def _pool(fitted: Any) -> dict[str, Any]:
    """The vocabulary by length of phrase, as the operator wants it; each phrase counts in the column it has."""
    shortest, longest = fitted.ngram_range
    phrases = sorted(
        (len(text.split(" ")), int(column), text.split(" ")) for text, column in fitted.vocabulary_.items()
    )
    starts: list[int] = []
    pool: list[str] = []
    for length in range(1, longest + 1):
        starts.append(len(pool))
        pool += [word for count, _, words in phrases if count == length for word in words]
    return {
        "max_gram_length": longest,
        "min_gram_length": shortest,
        "max_skip_count": 0,
        "mode": "TF",
        "ngram_counts": starts,
        "ngram_indexes": [column for _, column, _ in phrases],
        "pool_strings": pool,
    }


def weigh(assembly: Assembly, fitted: Any, numbers: str) -> str:
    """Counts as TfidfVectorizer or TfidfTransformer weighs them, row by row; zero, which is not stored, stays zero."""
    add, constant = assembly.add, assembly.constant
    one = constant(np.array([1.0]))
    if fitted.sublinear_tf:
        is_absent = add("Equal", [numbers, constant(np.array([0.0]))])
        logged = add("Add", [add("Log", [add("Where", [is_absent, one, numbers])]), one])
        numbers = add("Where", [is_absent, numbers, logged])
    if fitted.use_idf:
        numbers = add("Mul", [numbers, constant(np.asarray(fitted.idf_, dtype=np.float64))])
    if fitted.norm is None:
        return numbers
    size = numbers if fitted.norm == "l1" else add("Mul", [numbers, numbers])
    total = add("ReduceSum", [add("Abs", [size]), constant(np.array([1], dtype=np.int64))], keepdims=1)
    length = total if fitted.norm == "l1" else add("Sqrt", [total])
    is_empty = add("Equal", [length, constant(np.array([0.0]))])
    return add("Div", [numbers, add("Where", [is_empty, one, length])])
