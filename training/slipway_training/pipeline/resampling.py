"""What `[imbalance]` adds to a pipeline: a weight per class, or a sampler before the estimator.

A sampler is a step of imbalanced-learn's pipeline, which runs it while fitting and at no other time; so rows that a
fold is evaluated on are neither repeated nor made up, and the export knows nothing of it.
"""

from importlib import import_module
from typing import Any

from slipway_training.config.cost import ImbalanceConfig
from slipway_training.config.estimator import EstimatorConfig
from slipway_training.errors import ConfigError
from slipway_training.pipeline import estimators

_SAMPLERS = {
    "oversample": ("imblearn.over_sampling", "RandomOverSampler"),
    "undersample": ("imblearn.under_sampling", "RandomUnderSampler"),
    "smote": ("imblearn.over_sampling", "SMOTE"),
}


def weighted(estimator: EstimatorConfig, config: ImbalanceConfig) -> EstimatorConfig:
    """The estimator with balanced class weights where the config asks for them; raises ConfigError if it has none."""
    if config.method != "class_weight":
        return estimator
    if "class_weight" not in estimators.parameters(estimator.type):
        raise ConfigError(
            f"config: {estimator.type} takes no class weights; "
            "set imbalance.method = 'oversample' or take RandomForestClassifier or LogisticRegression"
        )
    return estimator.model_copy(update={"parameters": {"class_weight": "balanced", **estimator.parameters}})


def sampler(config: ImbalanceConfig) -> Any:
    """A step that changes the rows while fitting, or None; raises ConfigError where the library is missing."""
    if config.method not in _SAMPLERS:
        return None
    module, name = _SAMPLERS[config.method]
    strategy = "auto" if config.ratio is None else config.ratio
    return getattr(_imbalanced(module), name)(sampling_strategy=strategy, random_state=config.random_state)


def with_sampler(steps: list[tuple[str, Any]], step: Any) -> Any:
    """A pipeline of imbalanced-learn with the sampler before the last step."""
    return _imbalanced("imblearn.pipeline").Pipeline([*steps[:-1], ("sample", step), steps[-1]])


def _imbalanced(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise ConfigError("config: samplers need imbalanced-learn; install slipway-ml[imbalanced]") from None
