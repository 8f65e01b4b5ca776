"""One claim about many cases is one test, which tells every case that breaks it, and how."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

import pytest

Claim = Callable[..., None]


def for_each(argument: str, cases: Mapping[str, Any]) -> Callable[[Claim], Claim]:
    """The claim as one test of all cases, by name; `argument` may be several with commas; the others are fixtures."""
    names = argument.split(", ")

    def together(claim: Claim) -> Claim:
        @wraps(claim)
        def check(subtests: pytest.Subtests, **fixtures: Any) -> None:
            assert cases
            for name, case in cases.items():
                asked = dict(zip(names, case if len(names) > 1 else (case,), strict=True))
                try:
                    claim(**asked, **fixtures)
                except (Exception, pytest.fail.Exception):
                    with subtests.test(name):  # told as one of several; what holds needs no report of its own
                        raise

        own = inspect.signature(claim)
        others = [one for name, one in own.parameters.items() if name not in names]
        wanted = inspect.Parameter("subtests", inspect.Parameter.KEYWORD_ONLY, annotation=pytest.Subtests)
        check.__signature__ = own.replace(parameters=[*others, wanted])  # type: ignore[attr-defined]  # pytest reads it
        return check

    return together


def by_name(cases: Iterable[Any], name: Callable[[Any], str] = str) -> dict[str, Any]:
    """Cases that say themselves what they are."""
    return {name(case): case for case in cases}
