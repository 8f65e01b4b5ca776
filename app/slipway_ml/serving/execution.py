"""What really runs where, of one version, in the words of metadata and readiness."""

from slipway_ml.serving.servable import Servable


def execution_of(servable: Servable) -> dict[str, str | int]:
    """Flat, because the protocol's parameters are."""
    execution, placement = servable.options.execution, servable.session.placement
    return {
        "variant": servable.variant.name,
        "variant_reason": servable.variant.reason,
        "provider": placement.providers,
        "placement": str(placement),
        "threads": execution.threads,
        "reason": execution.reason,
        "serving": str(servable.options),
    }
