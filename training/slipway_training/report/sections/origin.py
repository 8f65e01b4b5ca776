"""Reproducibility: the config that the model was trained with."""

import json

from slipway_training.candidate import Trained
from slipway_training.report.section import Section, TextTable


def origin(trained: Trained) -> Section | None:
    """Always there; paths are left out, since where a file lay says nothing about the model."""
    config = trained.config.model_dump(mode="json", exclude_defaults=True)
    said = ("name", "task", "description", "owner", "intended_use", "limitations")
    rows = []
    for section, values in config.items():
        if section in said:
            continue
        for key, value in values.items() if isinstance(values, dict) else [("", values)]:
            if key != "path":
                rows.append((f"{section}.{key}".rstrip("."), json.dumps(value, ensure_ascii=False)))
    if not rows:
        return None
    lead = (
        "The settings that differ from their defaults. The manifest beside this page holds the whole config, with "
        "digests of data, config and code."
    )
    return Section("origin", "Reproducibility", lead, (TextTable(("key", "value"), tuple(rows)),))
