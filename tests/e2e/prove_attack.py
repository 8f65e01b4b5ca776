"""One caller against everybody else: each attack alone, then all at once, under a real memory limit of 512 MiB.

The server has one core and default settings, whoever calls has another. A good client with a key of its own asks for
rows and tensors of two models on kept connections, and for liveness, readiness and metrics on new ones, steadily: it
must see no error, and a 99th percentile of at most three times that which it has while nobody attacks. A control tells
how much of that comes from the callers' own core: the attackers attack another server there. Prints a table, draws
memory and latencies over time, and exits with 1 where a promise is broken, with 2 where no limit can be set.

usage: python -m tests.e2e.prove_attack [--only NAME]… [--seconds S] [--json FILE] [--before FILE] [--plot FILE]
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from slipway_loadtests import service
from slipway_loadtests.bench.machine import raise_priority, this_machine
from slipway_loadtests.errors import CannotRun
from slipway_ml.security.keys import Scope
from tests.e2e.attack.attack_run import AttackRun
from tests.e2e.attack.attacked_models import publish_attacked_models
from tests.e2e.attack.attacks import ATTACKS, Attack
from tests.e2e.attack.memory_group import memory_group
from tests.e2e.attack.outcome import Outcome, base_of
from tests.e2e.attack.report import draw, figures, table
from tests.keyring import add_key

_MIB = 1024 * 1024
_LIMIT_MIB = 512
_TOGETHER = "all at once"


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/prove attack", description=__doc__)
    names = [*ATTACKS, _TOGETHER]
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", help=f"one of: {', '.join(names)}")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each attack")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--before", type=Path, help="figures of an earlier run, to be put beside these")
    parser.add_argument("--plot", type=Path, help="draw memory and latencies here, as .svg or .png")
    given = parser.parse_args()
    earlier = json.loads(given.before.read_text())["attacks"] if given.before else {}
    console = Console(stderr=True)
    try:
        outcomes, control = _run(given.only or names, given.seconds, console)
    except CannotRun as error:
        console.print(f"prove attack: {error}", style="red", highlight=False, markup=False)
        return 2
    if given.json:
        found = {
            "machine": str(this_machine()),
            "attacks": {outcome.name: figures(outcome) for outcome in outcomes},
            "control": figures(control),
        }
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    if given.plot:
        draw(outcomes, given.plot)
    _print(outcomes, control, earlier)
    return 1 if any(outcome.problems for outcome in outcomes) else 0


def _run(names: Iterable[str], seconds: float, console: Console) -> tuple[list[Outcome], Outcome]:
    """What each attack does, and what the last of them does to somebody who asks another server."""
    chosen = [name for name in [*ATTACKS, _TOGETHER] if name in set(names)]
    outcomes = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        tempfile.TemporaryDirectory(prefix="slipway-") as temporary,
        raise_priority(),
        Progress(*columns, console=console) as progress,
    ):
        task = progress.add_task("publishing models", total=len(chosen) + 1)
        planned = _attack_run(Path(temporary), seconds, is_single=len(chosen) == 1)
        for name in chosen:
            progress.update(task, description=name)
            attacks = [ATTACKS[name]] if name in ATTACKS else _together()
            about = ATTACKS[name].about if name in ATTACKS else f"{len(attacks)} of them"
            with memory_group(_LIMIT_MIB * _MIB) as group:
                outcomes.append(planned.run(name, about, attacks, group))
            progress.advance(task)
        progress.update(task, description="control")
        with memory_group(_LIMIT_MIB * _MIB) as group:
            control = planned.run(f"{name}, elsewhere", about, attacks, group, elsewhere=True)
        progress.advance(task)
    base = base_of(outcomes)
    for outcome in [*outcomes, control]:
        outcome.base = base
    return outcomes, control


def _attack_run(folder: Path, seconds: float, *, is_single: bool) -> AttackRun:
    publish_attacked_models(folder / "models")
    keys = folder / "keys.json"
    good = add_key(keys, Scope.PREDICT, Scope.METRICS)
    attacker = add_key(keys, Scope.PREDICT)
    command = [*service.slipway_command(folder / "models"), "--keys", str(keys)]
    calm = 8.0 if is_single else 2.0
    return AttackRun(command, good, attacker, calm_seconds=calm, attack_seconds=seconds, limit_mib=float(_LIMIT_MIB))


def _together() -> list[Attack]:
    """Those that need no server of their own."""
    return [attack for attack in ATTACKS.values() if not attack.options]


def _print(outcomes: list[Outcome], control: Outcome, earlier: dict[str, dict[str, object]]) -> None:
    wide = Console(width=None if sys.stdout.isatty() else 160)
    base = outcomes[0].base
    wide.print(f"{this_machine()}; memory limit {_LIMIT_MIB} MiB", highlight=False)
    wide.print(
        f"without an attack: p99 {base.predictions_ms:.1f} ms for predictions, {base.probes_ms:.1f} ms for probes",
        highlight=False,
    )
    wide.print(
        f"control ({control.name}): p99 x {control.ratio:.1f} by the callers' own core, "
        f"{sum(control.errors.values())} errors; the attackers attack another server there",
        highlight=False,
    )
    wide.print(table(outcomes, earlier))
    broken = [outcome.name for outcome in outcomes if outcome.problems]
    wide.print("kept" if not broken else f"BROKEN by {len(broken)} of {len(outcomes)}: {', '.join(broken)}")


if __name__ == "__main__":
    raise SystemExit(main())
