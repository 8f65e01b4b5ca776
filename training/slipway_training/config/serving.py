"""How the version asks to be served: defaults for every server that loads it, kept in its manifest."""

from pydantic import ConfigDict

from slipway_ml.contract.model_options import ServingRequest


class ServingConfig(ServingRequest):
    """What the version asks of a server: within its settings, and unless its `--model-config-file` says otherwise."""

    model_config = ConfigDict(extra="forbid")
