"""What training refuses, as one tree under SlipwayError; each message is one sentence and never quotes data values.

SlipwayError
├── ConfigError          the config file or an option cannot be used          exit 2
├── DataCheckFailed      the data cannot be read or must not be trained on    exit 2
├── ConversionError      a step of the pipeline has no exact ONNX form        exit 2
├── ParityError          the exported graph does not say what the pipeline says   exit 3
│   └── DtypeDifference  it does, but not for the data types of the rows given    exit 3
└── GateFailed           the trained model is worse than the config allows    exit 3
"""

from collections.abc import Iterable
from difflib import get_close_matches

from slipway_ml.errors import SlipwayError


class ConfigError(SlipwayError):
    """The config file, or an option that changes it, cannot be used."""


class DataCheckFailed(SlipwayError):
    """The data cannot be read, or a model trained on it would be worthless."""


class ConversionError(SlipwayError):
    """A step of the pipeline cannot be written as ONNX without changing its predictions."""


class ParityError(SlipwayError):
    """The ONNX graph predicts otherwise than the scikit-learn pipeline; nothing is published."""

    exit_code = 3


class DtypeDifference(ParityError):
    """The rows given, in their own data types, get other predictions than over HTTP; nobody has accepted that."""


class GateFailed(SlipwayError):
    """The trained model does not reach what the config demands; nothing is published."""

    exit_code = 3


def closest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence: the word that was meant, else the known words, else nothing."""
    words = sorted(known)
    near = get_close_matches(word, words, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    shown = ", ".join(words[:20]) + (", …" if len(words) > 20 else "")  # noqa: PLR2004  # a line, not a page
    return f"; known: {shown}" if words else ""
