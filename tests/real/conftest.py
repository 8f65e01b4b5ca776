"""A folder here is collected where the parts of its group are there, or where none may be missing."""

import os
from pathlib import Path

from tests.real.groups import GROUPS


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Pass over the folder of a group whose parts are missing, unless REQUIRE=all says that CI has those of its own."""
    group = GROUPS.get(collection_path.name) if collection_path.is_dir() else None
    if group is None or not group.missing():
        return None
    return None if group.is_in_ci and os.environ.get("REQUIRE") == "all" else True
