"""Rules and their cases through the real promtool: what fires, after so long, for series that are written down.

A case is a set of series in promtool's notation (`0+60x90`: from 0, 60 more each minute, 90 times) and a minute to look
at; the answer is the alerts that fire then, however many, so that a case also says what stays quiet.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

_LONG_CASE = 600

Series = dict[str, str]

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is missing; on Debian: apt-get install prometheus"
)


def rule_problems(rules: Path) -> str:
    """What promtool has against a file of rules; empty when nothing."""
    return _promtool("check", "rules", "--lint=all", "--lint-fatal", str(rules))


def config_problems(config: Path) -> str:
    """What promtool has against a configuration of Prometheus and the files it names; empty when nothing."""
    return _promtool("check", "config", str(config))


def firing_problems(rules: Path, series: Series, minute: int, firing: set[str]) -> str:
    """How promtool says that not exactly these alerts fire at this minute; empty when they do."""
    expected = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(firing)]
    question = 'max by (alertname) (ALERTS{alertstate="firing"})'
    asked = {"expr": question, "eval_time": f"{minute}m", "exp_samples": expected}
    return _run_case(rules, series, minute, {"promql_expr_test": [asked]})


def wording_problems(rules: Path, series: Series, minute: int, name: str, expected: dict[str, Any]) -> str:
    """How promtool says that this alert does not fire once with these labels and annotations; empty when it does."""
    asked = {"alertname": name, "eval_time": f"{minute}m", "exp_alerts": [expected]}
    return _run_case(rules, series, minute, {"alert_rule_test": [asked]})


def _run_case(rules: Path, series: Series, minute: int, case: dict[str, Any]) -> str:
    """Cases of days are evaluated more seldom, because every evaluation looks back over days."""
    inputs = [{"series": name, "values": values} for name, values in series.items()]
    written = {
        "rule_files": [str(rules)],
        "evaluation_interval": "1m" if minute < _LONG_CASE else "5m",
        "tests": [{"interval": "1m", "input_series": inputs, **case}],
    }
    file = rules.with_suffix(".case.yaml")
    file.write_text(yaml.safe_dump(written))
    return _promtool("test", "rules", str(file))


def _promtool(*arguments: str) -> str:
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False, timeout=300)
    return "" if done.returncode == 0 else done.stdout + done.stderr
