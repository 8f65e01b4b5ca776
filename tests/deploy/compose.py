"""compose.yaml, read: its services and the files that it writes itself."""

from typing import Any

import yaml

from tests.deploy.dockerfile import DOCKERFILE

COMPOSE: dict[str, Any] = yaml.safe_load((DOCKERFILE.parent / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SLIPWAY = SERVICES["slipway"]
CONFIGS: dict[str, str] = {name: config["content"] for name, config in COMPOSE["configs"].items()}
