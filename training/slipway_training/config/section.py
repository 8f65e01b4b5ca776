"""Section: what every part of a config has in common: its keys are known, and nothing changes it later."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A key that is not declared is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
