"""How often intervals hold the true score, and how often a slice is named where there is none to find.

Models whose true score is known are made up many times over, each with its own held-out rows. `--repeats` says how
often; the exit code is 1 where an interval holds the truth in less than 88 % of the cases, or chance alone names a
slice in more than 8 %. The same with rows in groups that are alike, as groups and, as negative control, as rows.
"""

import argparse
import sys

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from slipway_training.config.evaluation import EvaluationConfig
from slipway_training.evaluation.metrics import scores
from slipway_training.evaluation.slices import find
from tests.training.evaluation.rows import (
    classifier,
    columns,
    grouped_classifier,
    grouped_regressor,
    regressor,
)

_CONFIG = EvaluationConfig(resamples=400)
_ROWS = (60, 200, 1000)
_TRUTH = {"accuracy": 0.8, "balanced_accuracy": 0.8, "matthews_corrcoef": 0.6}
_TRUE_VALUES = {"r2": 0.75, "mean_absolute_error": 0.5 * np.sqrt(2 / np.pi), "root_mean_squared_error": 0.5}
_LEAST, _MOST = 0.88, 0.08
_GROUPS, _SIZE = (20, 50, 200), 10
_WRONG = 0.85
"""Intervals that take rows of a group for independent must hold the truth less often than this."""


def covering(rows: int, repeats: int, console: Console) -> dict[str, float]:
    """Share of intervals that hold the true score, by metric."""
    held = dict.fromkeys({**_TRUTH, **_TRUE_VALUES}, 0)
    for seed in track(range(repeats), f"intervals of {rows} rows", console=console, transient=True):
        for make, spread, truth in ((classifier, 0.2, _TRUTH), (regressor, 0.5, _TRUE_VALUES)):
            target, predictions = make(rows, spread, seed)
            for score in scores(target, predictions, config=_CONFIG):
                if score.name in truth and score.interval is not None:
                    held[score.name] += score.interval[0] <= truth[score.name] <= score.interval[1]
    return {name: count / repeats for name, count in held.items()}


def covering_groups(groups: int, repeats: int, console: Console, *, is_told: bool) -> dict[str, float]:
    """The same for rows in groups, where intervals are told of these or not."""
    held = dict.fromkeys({**_TRUTH, **_TRUE_VALUES}, 0)
    for seed in track(range(repeats), f"intervals of {groups} groups", console=console, transient=True):
        for (target, predictions, owner), truth in (
            (grouped_classifier(groups, _SIZE, seed), _TRUTH),
            (grouped_regressor(groups, _SIZE, 0.5, seed), _TRUE_VALUES),
        ):
            for score in scores(target, predictions, config=_CONFIG, groups=owner if is_told else None):
                if score.name in truth and score.interval is not None:
                    held[score.name] += score.interval[0] <= truth[score.name] <= score.interval[1]
    return {name: count / repeats for name, count in held.items()}


def false_alarms(rows: int, repeats: int, console: Console) -> float:
    """Share of data sets without any worse slice in which one is named."""
    named = 0
    for seed in track(range(repeats), f"slices of {rows} rows", console=console, transient=True):
        frame, signature = columns(rows, seed)
        loss = np.asarray(np.random.default_rng(seed + 10**6).random(rows) < 0.2, dtype=np.float64)
        named += bool(find(frame, frame, signature, loss, 30, 0.05).slices)
    return named / repeats


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=500)
    repeats = parser.parse_args().repeats
    console = Console(highlight=False)
    found = {rows: covering(rows, repeats, console) for rows in _ROWS}
    by_chance = {rows: false_alarms(rows, repeats, console) for rows in _ROWS}
    heads = (f"{rows:,} rows" for rows in _ROWS)
    table = Table("95 % interval of", *heads, title=f"how often it holds the true score, {repeats} models each")
    for name in {**_TRUTH, **_TRUE_VALUES}:
        table.add_row(name, *(f"{found[rows][name]:.1%}" for rows in _ROWS))
    table.add_section()
    table.add_row("a slice is named by chance", *(f"{by_chance[rows]:.1%}" for rows in _ROWS))
    console.print(table)
    is_kept_of_groups = prove_groups(repeats, console)
    is_kept = min(min(held.values()) for held in found.values()) >= _LEAST and max(by_chance.values()) <= _MOST
    return 0 if is_kept and is_kept_of_groups else 1


def prove_groups(repeats: int, console: Console) -> bool:
    """Print the table of groups; whether intervals hold the truth where they know of groups, and do not otherwise."""
    told, untold = (
        {groups: covering_groups(groups, repeats, console, is_told=is_told) for groups in _GROUPS}
        for is_told in (True, False)
    )
    heads = (f"{groups} groups" for groups in _GROUPS)
    table = Table("95 % interval of", *heads, title=f"rows in groups of {_SIZE}: groups drawn (rows drawn)")
    for name in {**_TRUTH, **_TRUE_VALUES}:
        table.add_row(name, *(f"{told[groups][name]:.1%} ({untold[groups][name]:.1%})" for groups in _GROUPS))
    console.print(table)
    is_wrong_untold = max(held["accuracy"] for held in untold.values()) < _WRONG
    return is_wrong_untold and min(min(held.values()) for held in told.values()) >= _LEAST


if __name__ == "__main__":
    sys.exit(main())
