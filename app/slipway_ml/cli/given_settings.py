"""Settings as they are given: options by name, the environment behind them, and one sentence about a wrong one."""

from typing import Any

from pydantic import ValidationError

from slipway_ml.errors import UsageError
from slipway_ml.settings import Settings

NAMES = {name: field.annotation is bool for name, field in Settings.model_fields.items()}
"""Every setting, and whether it is a flag."""


def read_settings(given: dict[str, Any]) -> Settings:
    """Settings from options and, for the others, the environment; raises UsageError naming the setting."""
    try:
        return Settings(**given)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        name = str(detail["loc"][0])
        option = "--" + name.replace("_", "-")
        raise UsageError(f"setting {option} (SLIPWAY_{name.upper()}): {detail['msg'].lower()}") from None
