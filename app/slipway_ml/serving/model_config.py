"""The file of `--model-config`: options per model, in TOML.

```toml
[models.churn]
provider = "cpu"
threads = 2
deadline_seconds = 0.5
```
"""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from slipway_ml.contract.manifest import ModelName
from slipway_ml.contract.model_options import ModelOptions
from slipway_ml.errors import UsageError


class _ModelConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")

    models: dict[ModelName, ModelOptions] = {}


def read_model_config(path: Path) -> dict[str, ModelOptions]:
    """Options by model name; raises UsageError that names the entry which is wrong."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"model config {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"model config {path} is not TOML: {error}") from None
    try:
        return _ModelConfig.model_validate(document).models
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        known = ", ".join(ModelOptions.model_fields)
        hint = f"; there are: {known}" if first["type"] == "extra_forbidden" else ""
        raise UsageError(f"model config {path}: {where}: {first['msg'].lower()}{hint}") from None
