"""A model of 14 mixed fields for the row endpoint: numbers, integers, booleans and text, some of them missing.

Most models of tables look like this, and a folder need not hold one. So a table is drawn and `slipway train` makes a
model of it, once per machine: what was trained before is used again as long as the recipe is the same.
"""

import csv
import os
import subprocess
import sysconfig
from pathlib import Path
from random import Random

from slipway_loadtests.errors import CannotRun

NAME = "bench_mixed"
FIELDS = 14

_ROWS = 2000
_SHARE_MISSING = 0.05
_SHARE_GIFTS = 0.2
_SHARE_MEMBERS = 0.5
_CONFIG = f"""\
name = "{NAME}"
task = "classification"
description = "Drawn for the benchmark: whether an order comes back."

[data]
source = "csv"
target = "returned"

[features]
scale = "standard"
missing_numbers = "median"
missing_categories = "constant"
unseen_categories = "allowed"

[estimator]
type = "LogisticRegression"
parameters = {{ max_iter = 1000 }}

[gate]
minimum_score = 0.6
"""


def mixed_models(folder: Path | None = None) -> Path:
    """A models folder with that model in it; raises CannotRun where it cannot be trained."""
    folder = folder or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "slipway", "bench")
    folder.mkdir(parents=True, exist_ok=True)
    table, config, models = folder / "orders.csv", folder / f"{NAME}.toml", folder / "models"
    _write_table(table)
    config.write_text(_CONFIG, encoding="utf-8")
    program = Path(sysconfig.get_path("scripts"), "slipway")
    command = [str(program), "train", str(config), "--data", str(table), "--models", str(models), "--reuse"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip())[-200:]
        raise CannotRun(f"the model of {FIELDS} mixed fields cannot be trained: {reason}")
    return models


def _write_table(path: Path) -> None:
    random = Random(0)  # noqa: S311 - test data
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = [_row(random) for _ in range(_ROWS)]
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _row(random: Random) -> dict[str, object]:
    """One order; what is missing is left empty."""
    price, discount, pages = random.lognormvariate(3.5, 0.8), random.random() * 0.4, random.randint(1, 60)
    is_gift, channel = random.random() < _SHARE_GIFTS, random.choice(("web", "shop", "phone"))
    score = 0.03 * (price - 40) - 3.0 * discount + (0.9 if channel == "web" else -0.5) - (1.2 if is_gift else 0.0)
    row: dict[str, object] = {
        "price": round(price, 2),
        "discount": round(discount, 3),
        "weight": round(random.uniform(0.1, 20.0), 2),
        "distance": round(random.expovariate(0.01), 1),
        "rating": round(random.gauss(3.8, 0.6), 2),
        "days_since_last": round(random.expovariate(0.02), 1),
        "items": random.randint(1, 9),
        "pages": pages,
        "orders_before": random.randint(0, 40),
        "is_gift": str(is_gift).lower(),
        "is_member": str(random.random() < _SHARE_MEMBERS).lower(),
        "channel": channel,
        "country": random.choice(("AT", "CH", "DE", "DK", "FR", "IT", "NL", "PL")),
        "category": random.choice(("books", "clothes", "garden", "music", "shoes", "tools", "toys")),
    }
    for name in ("rating", "distance", "category"):
        if random.random() < _SHARE_MISSING:
            row[name] = ""
    return {**row, "returned": int(random.gauss(score, 0.8) > 0)}
