"""InputCheck: finds what is unlike training in the rows of a run, whatever endpoint they came through.

It looks at the tensors that the graph gets, all rows of a run at once: a matrix costs two operations and a comparison
of bytes where nothing is wrong, which is nearly always. Missing values are not its business: the signature says where
they may be.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np

from slipway_ml.contract.dates import EXAMPLES, is_date
from slipway_ml.contract.input_policy import InputPolicy
from slipway_ml.contract.profile import PROFILE_FILE, FeatureProfile, Profile, profile_from_json
from slipway_ml.contract.signature import MATRIX_INPUT, Feature, Kind, Signature
from slipway_ml.contract.stored_document import UnreadableDocument
from slipway_ml.contract.tensors import Tensor
from slipway_ml.errors import DamagedVersion
from slipway_ml.protocol.unusual_values import Unlike, UnusualColumn, UnusualRun
from slipway_ml.registry.store import StoredVersion

Look = Callable[[Mapping[str, Tensor]], UnusualRun | None]
_FEW = 2048
"""Values whose bytes are compared sooner than the values."""


def input_check_of(stored: StoredVersion) -> Look | None:
    """The check that a stored version asks for, None where it has no profile; raises DamagedVersion."""
    manifest = stored.manifest
    if PROFILE_FILE not in manifest.files:
        return None
    try:
        profile = profile_from_json(stored.read_file(PROFILE_FILE))
    except UnreadableDocument as error:
        raise DamagedVersion(manifest.model_name, manifest.model_version, str(error)) from None
    return input_check(manifest.signature, profile, manifest.inputs)


def input_check(signature: Signature, profile: Profile, policy: InputPolicy) -> Look | None:
    """What looks at the tensors of a run; None where every feature accepts whatever comes, or nothing is known."""
    profiles = {one.name: one for one in profile.features}
    checks = [
        check
        for place, feature in enumerate(signature.features)
        if feature.name in profiles and (check := _check_of(place, feature, profiles[feature.name], policy)) is not None
    ]
    if not checks:
        return None
    if signature.layout == "matrix":
        return _MatrixCheck(len(signature.features), [one for one in checks if isinstance(one, _Range)]).look
    return _ColumnsCheck(checks).look


@dataclass(frozen=True, slots=True)
class _Range:
    """Numbers of one feature, which is the column `place` of a matrix."""

    feature: Feature
    place: int
    lowest: float
    highest: float
    is_refused: bool

    def found(self, column: Tensor) -> UnusualColumn | None:
        """What is far from training in a column; NaN is on neither side."""
        rows = np.flatnonzero((column < self.lowest) | (column > self.highest))
        if not rows.size:
            return None
        return UnusualColumn(self.feature.name, Unlike.FAR_NUMBER, self.is_refused, rows, self._tell)

    def _tell(self, _row: int) -> str:
        low, high = self.feature.minimum, self.feature.maximum
        seen = "" if low is None or high is None else f", which was from {low:g} to {high:g}"
        return f"is far outside of what was seen in training{seen}"


@dataclass(frozen=True, slots=True)
class _Texts:
    """Texts of one feature; `is_usual` says of a text whether it is one of those that are like training."""

    feature: Feature
    unlike: Unlike
    is_refused: bool
    is_usual: Callable[[str], bool]
    tell: Callable[[str], str]

    def found(self, column: Tensor) -> UnusualColumn | None:
        """What is odd in a column; texts repeat, so each is looked at once."""
        texts: list[str] = column.tolist()
        odd = {text for text in set(texts) if not self.is_usual(text)}
        if not odd:
            return None
        rows = np.array([row for row, text in enumerate(texts) if text in odd], dtype=np.int64)
        return UnusualColumn(self.feature.name, self.unlike, self.is_refused, rows, lambda row: self.tell(texts[row]))


class _MatrixCheck:
    """Numbers of a matrix."""

    def __init__(self, width: int, checks: list[_Range]) -> None:
        self._checks = checks
        # Of the shape of one row, since numpy takes as long again to stretch a shorter one.
        self._lowest = np.full((1, width), -inf)
        self._highest = np.full((1, width), inf)
        for one in checks:
            self._lowest[0, one.place], self._highest[0, one.place] = one.lowest, one.highest

    def look(self, tensors: Mapping[str, Tensor]) -> UnusualRun | None:
        """Nothing, or every number that is far."""
        matrix = tensors[MATRIX_INPUT]
        if matrix.size <= _FEW:
            within = np.minimum(np.maximum(matrix, self._lowest), self._highest)
            if within.tobytes() == matrix.tobytes():  # NaN is itself here, as it is not to numpy
                return None
        elif not ((matrix < self._lowest).any() or (matrix > self._highest).any()):
            return None
        return _of([one.found(matrix[:, one.place]) for one in self._checks])


class _ColumnsCheck:
    """One tensor per feature."""

    def __init__(self, checks: list[_Range | _Texts]) -> None:
        self._checks = [(one.feature.name, one) for one in checks]
        self._ranges = [(one.feature.name, one.lowest, one.highest) for one in checks if isinstance(one, _Range)]
        self._texts = [(one.feature.name, one.is_usual) for one in checks if isinstance(one, _Texts)]

    def look(self, tensors: Mapping[str, Tensor]) -> UnusualRun | None:
        """Nothing, or every value that is unusual."""
        if tensors[self._checks[0][0]].size == 1 and self._is_usual(tensors):
            return None
        return _of([one.found(tensors[name].ravel()) for name, one in self._checks])

    def _is_usual(self, tensors: Mapping[str, Tensor]) -> bool:
        """Whether nothing is wrong with a single row, for which arrays take longer than Python's own numbers."""
        for name, lowest, highest in self._ranges:
            value = tensors[name].item()
            if value < lowest or value > highest:
                return False
        for name, is_usual in self._texts:  # noqa: SIM110  # the generator for `all` would double the time of the check
            if not is_usual(tensors[name].item()):
                return False
        return True


class _Categories:
    """The categories that training saw, and which of them may have been meant by another text."""

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known
        self.has = frozenset({"", *known}).__contains__

    @cached_property
    def _spellings(self) -> dict[str, str]:
        return {_folded(category): category for category in sorted(self._known, reverse=True)}

    def tell(self, text: str) -> str:
        """What is wrong with a text that is none of them."""
        meant = self._spellings.get(_folded(text))
        hint = "" if meant is None else f"; did you mean {meant!r}?"
        return f"is no category that was seen in training{hint}"


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def _check_of(place: int, feature: Feature, known: FeatureProfile, policy: InputPolicy) -> _Range | _Texts | None:
    treatment = policy.of(known)
    if treatment == "accept":
        return None
    is_refused = treatment == "refuse"
    if feature.kind in {Kind.NUMBER, Kind.INTEGER}:
        return None if known.bounds is None else _Range(feature, place, *known.bounds, is_refused)
    if feature.kind is not Kind.CATEGORY:
        return None
    order = known.date_form
    if order is not None:
        sentence = f"is no date such as {EXAMPLES[order]}, the form of those in training"
        return _Texts(
            feature, Unlike.DATE_FORM, is_refused, lambda text: not text or is_date(text, order), lambda _text: sentence
        )
    if known.categories is None or feature.unseen_categories == "refused":
        return None
    categories = _Categories(frozenset(known.categories) | frozenset(feature.categories or ()))
    return _Texts(feature, Unlike.UNKNOWN_CATEGORY, is_refused, categories.has, categories.tell)


def _of(found: list[UnusualColumn | None]) -> UnusualRun | None:
    columns = [one for one in found if one is not None]
    return UnusualRun(columns) if columns else None
