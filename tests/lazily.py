"""Packages that take long to import, imported by the first test that uses them: collecting all tests stays quick."""

from importlib import import_module
from typing import Any


class _Later:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("_"):  # so asks pytest of everything in a module that it collects
            raise AttributeError(attribute)
        return getattr(import_module(self._name), attribute)


def later(name: str) -> Any:
    """The module of this name; it is imported when something of it is asked for."""
    return _Later(name)
