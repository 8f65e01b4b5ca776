"""Every value is explained where it is set, and the README says the same."""

from pathlib import Path

import pytest

from tests.chart.rendering import CHART
from tests.chart.values_table import bare_keys, documented_keys, readme_with_table


@pytest.mark.parametrize("file", ["values.yaml", "values-gpu.yaml", "values-production.yaml"])
def test_every_value_has_a_comment(file: str) -> None:
    assert bare_keys((CHART / file).read_text()) == []


def test_key_without_a_comment_is_found() -> None:
    text = "# Said.\nimage:\n  # Said.\n  tag: x\n  digest: y\n\nreplicaCount: 2\n"

    assert bare_keys(text) == ["image.digest", "replicaCount"]


def test_keys_inside_lists_are_not_taken_for_values() -> None:
    text = "# Spread.\nspread:\n  - maxSkew: 1\n    topologyKey: zone\n# Name.\nname: x\n"

    assert [key.path for key in documented_keys(text)] == ["spread", "name"]


def test_readme_table_is_fresh() -> None:
    assert (CHART / "README.md").read_text() == readme_with_table(CHART)


def test_stale_readme_table_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text((CHART / "README.md").read_text())
    (tmp_path / "values.yaml").write_text("# Pods.\nreplicaCount: 3\n")

    assert readme_with_table(tmp_path) != (tmp_path / "README.md").read_text()
