"""How the version asks to be served: defaults for every server that loads it, kept in its manifest."""

from collections.abc import Collection

from pydantic import ConfigDict

from slipway_ml.contract.input_policy import InputPolicy
from slipway_ml.contract.model_options import ServingRequest
from slipway_training.errors import ConfigError, closest


class ServingConfig(ServingRequest):
    """What the version asks of a server: within its settings, and unless its `--model-config-file` says otherwise."""

    model_config = ConfigDict(extra="forbid")


class InputsConfig(InputPolicy):
    """What a server does about values that are unlike those of training, and about fields that are no features.

    Unlike those of training are categories that it did not see, numbers far outside of what it saw, and dates in
    another form.
    """

    model_config = ConfigDict(extra="forbid")

    def check(self, names: Collection[str]) -> None:
        """Raise ConfigError where a column is named that is no feature."""
        for name in self.columns:
            if name not in names:
                raise ConfigError(f"inputs.columns names {name!r}, which is no feature{closest(name, names)}")
