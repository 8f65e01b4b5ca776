"""A transformer of scikit-learn by the name of its class, with its parameters checked before any work is done."""

from typing import Any

from sklearn.model_selection import KFold
from sklearn.utils import all_estimators

from slipway_training.config.features import StepConfig
from slipway_training.errors import ConfigError, closest


def transformer(config: StepConfig, where: str) -> Any:
    """The unfitted transformer; raises ConfigError that names the class or the parameter that was meant."""
    known: dict[str, Any] = dict(all_estimators("transformer"))
    if config.type not in known:
        raise ConfigError(f"config: {where} names the transformer {config.type!r}{closest(config.type, known)}")
    make = known[config.type]
    try:
        parameters = make().get_params()
    except TypeError:
        raise ConfigError(f"config: {where}: {config.type} stands around other steps; name those instead") from None
    for name in config.parameters:
        if name not in parameters:
            raise ConfigError(f"config: {where}: {config.type} has no parameter {name!r}{closest(name, parameters)}")
    built = make(**config.parameters)
    # TargetEncoder's own is deprecated: its folds are given instead.
    if config.type == "TargetEncoder" and "cv" not in config.parameters:
        built.set_params(cv=KFold(5, shuffle=True, random_state=0))
    elif "random_state" in parameters and "random_state" not in config.parameters:
        built.set_params(random_state=0)
    if "sparse_output" in parameters and "sparse_output" not in config.parameters:
        built.set_params(sparse_output=False)
    try:
        built._validate_params()  # noqa: SLF001  # what fit asks first
    except ValueError as error:
        raise ConfigError(f"config: {where}: {error}") from None
    return built
