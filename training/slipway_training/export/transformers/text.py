"""CountVectorizer and TfidfVectorizer: words as scikit-learn cuts them, counted exactly and weighed in float64.

skl2onnx replaces the default token pattern by ASCII letters, so that every accented word is another one. onnxruntime's
tokenizer does not know what a word of Unicode is, but it knows letters and digits of Unicode, which is the same.
"""

from typing import Any

import numpy as np
from onnx import TensorProto
from sklearn.feature_extraction.text import TfidfVectorizer

from slipway_training.errors import ConversionError
from slipway_training.export.assembly import MICROSOFT, Assembly
from slipway_training.export.blocks import Block

_WORD = r"[\pL\pN_]"
_PATTERNS = {r"(?u)\b\w\w+\b": f"{_WORD}{_WORD}+", r"(?u)\b\w+\b": f"{_WORD}+"}
_PADDING = "\x00"
_LOCALE = "C.UTF-8"
"""Every glibc has it, unlike the default en_US, without which a slim image cannot load the graph."""


def vectorize(assembly: Assembly, fitted: Any, block: Block, path: str) -> Block:
    """One text column becomes one number per word or phrase; raises ConversionError for options without a form."""
    pattern = _check(fitted, block, path)
    add, constant = assembly.add, assembly.constant
    texts = add("Reshape", [block.wire, constant(np.array([-1], dtype=np.int64))])
    if fitted.lowercase:
        texts = add("StringNormalizer", [texts], case_change_action="LOWER", is_case_sensitive=1, locale=_LOCALE)
    words = add("Tokenizer", [texts], domain=MICROSOFT, mark=1, mincharnum=1, pad_value=_PADDING, tokenexp=pattern)
    counts = add("TfIdfVectorizer", [words], **_pool(fitted))
    width = len(fitted.vocabulary_)
    numbers = add("Cast", [counts], to=TensorProto.DOUBLE)
    if fitted.binary:
        numbers = add("Min", [numbers, constant(np.array([1.0]))])
    if isinstance(fitted, TfidfVectorizer):
        numbers = _weigh(assembly, fitted, numbers)
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
    if fitted.analyzer != "word":
        raise ConversionError(f"step {path}: {name} by characters has no exact ONNX form; use analyzer='word'")
    if fitted.token_pattern not in _PATTERNS:
        raise ConversionError(
            f"step {path}: {name} has a token_pattern of its own; use the default or r'(?u)\\b\\w+\\b'"
        )
    if fitted.stop_words is not None and fitted.ngram_range[1] > 1:
        raise ConversionError(f"step {path}: {name} with stop_words and phrases has no exact ONNX form; leave one out")
    return _PATTERNS[fitted.token_pattern]


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


def _weigh(assembly: Assembly, fitted: Any, numbers: str) -> str:
    add, constant = assembly.add, assembly.constant
    one = constant(np.array([1.0]))
    if fitted.sublinear_tf:
        logged = add("Add", [add("Log", [add("Max", [numbers, one])]), one])
        is_there = add("Greater", [numbers, constant(np.array([0.0]))])
        numbers = add("Where", [is_there, logged, numbers])
    if fitted.use_idf:
        numbers = add("Mul", [numbers, constant(np.asarray(fitted.idf_, dtype=np.float64))])
    if fitted.norm is None:
        return numbers
    size = numbers if fitted.norm == "l1" else add("Mul", [numbers, numbers])
    total = add("ReduceSum", [add("Abs", [size]), constant(np.array([1], dtype=np.int64))], keepdims=1)
    length = total if fitted.norm == "l1" else add("Sqrt", [total])
    is_empty = add("Equal", [length, constant(np.array([0.0]))])
    return add("Div", [numbers, add("Where", [is_empty, one, length])])
