"""Public names of the recipe: `publish` takes a fitted pipeline to a version of a model."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slipway_training.workflows.publish_fitted import publish

__all__ = ["publish"]


def __getattr__(name: str) -> Any:
    if name == "publish":
        # scikit-learn takes seconds to import, which the commands and most modules do without.
        from slipway_training.workflows.publish_fitted import publish  # noqa: PLC0415

        return publish
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
