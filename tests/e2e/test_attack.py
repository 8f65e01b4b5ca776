"""The proof of attacks can fail: each is seen to harm a server without guards, and a good server is not blamed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from slipway_loadtests import service
from slipway_loadtests.errors import CannotRun
from slipway_ml.security.keys import Scope
from tests.e2e.attack.attack_run import AttackRun
from tests.e2e.attack.attacked_models import publish_attacked_models
from tests.e2e.attack.attacks import ATTACKS
from tests.e2e.attack.good_client import PREDICTION, PROBE, Asked
from tests.e2e.attack.memory_group import MemoryGroup, memory_group
from tests.e2e.attack.memory_watch import MemoryWatch
from tests.e2e.attack.outcome import Latency, Outcome, base_of
from tests.e2e.attack.report import figures, table
from tests.keyring import add_key

MIB = 1024 * 1024
SECONDS = 2.0
CONNECTIONS = 60

HARM = {
    "trailers": "p99 x",
    "zip bomb": "killed at the limit of 256 MiB",
    "shapes": "p99 x",
    "many keys": "told the attacker",
    "long text": "killed at the limit of 256 MiB",
    "never read": "p99 x",
    "unread places": "p99 x",
    "stalled bodies": "killed at the limit of 256 MiB",
    "silent": "x 503",
    "wrong key": "x unanswered",
    "500 makers": "x 500",
    "pipelined": "x unanswered",
    "h2c": "x 400",
    "wrong bodies": "longer than its request",
    "endless run": "the good client got no request through",
}
"""What each does to a server without guards, in the words of the parity check."""


@pytest.fixture
def group(request: pytest.FixtureRequest) -> Iterator[MemoryGroup | None]:
    """A memory limit that the kernel holds, 256 MiB unless others are asked for; None where it cannot be had."""
    with ExitStack() as stack:
        try:
            made = stack.enter_context(memory_group(getattr(request, "param", 256) * MIB))
        except CannotRun:
            made = None
        yield made


def the_service(folder: Path, *, with_text: bool = True) -> tuple[list[str], str, str]:
    """The command that serves all of them, the good client's key and the attacker's."""
    publish_attacked_models(folder / "models", with_text=with_text)
    keys = folder / "keys.json"
    good, attacker = add_key(keys, Scope.PREDICT, Scope.METRICS), add_key(keys)
    return [*service.slipway_command(folder / "models"), "--keys", str(keys)], good, attacker


@pytest.mark.parametrize(("name", "words"), HARM.items(), ids=HARM)
def test_attack_on_a_server_without_guards_breaks_a_promise(name: str, words: str, group: MemoryGroup | None) -> None:
    command = [sys.executable, "-m", "tests.e2e.attack.unguarded_server", str(CONNECTIONS)]
    planned = AttackRun(command, "good", "attacker", 0.5, SECONDS, 0.5, 256.0, takes_options=False)

    outcome = planned.run(name, "", [ATTACKS[name]], group)
    outcome.base = base_of([outcome])

    assert outcome.before
    assert words in "; ".join(outcome.problems)


def test_every_attack_has_its_negative_control() -> None:
    assert HARM.keys() == ATTACKS.keys()


@pytest.mark.parametrize("group", [512], indirect=True)
def test_all_attacks_at_once_cost_the_good_client_no_request(tmp_path: Path, group: MemoryGroup | None) -> None:
    """At full length, each alone, and with latencies: scripts/prove attack."""
    attacks = [attack for attack in ATTACKS.values() if not attack.options]

    outcome = AttackRun(*the_service(tmp_path), 0.5, 3 * SECONDS, 2.0).run("all at once", "", attacks, group)

    assert (outcome.kills, outcome.errors, outcome.wrong_answers) == (0, {}, {})


def test_good_client_alone_sees_no_error_of_the_service(tmp_path: Path, group: MemoryGroup | None) -> None:
    planned = AttackRun(*the_service(tmp_path, with_text=False), 1.0, 0.1, 0.5, 256.0)

    outcome = planned.run("nothing", "", [], group)

    assert len(outcome.before) > 20
    assert outcome.errors == {}
    assert outcome.kills == 0


def test_more_memory_than_the_limit_is_the_end(group: MemoryGroup | None) -> None:
    greedy = [
        sys.executable,
        "-c",
        f"import time; kept = bytes({300 * MIB}).replace(bytes(1), bytes(2)); time.sleep(60)",
    ]
    with (
        subprocess.Popen(group.command(greedy) if group else greedy) as process,
        MemoryWatch(lambda: [process.pid], None if group else 256.0),
    ):
        process.wait(timeout=60)

    assert process.returncode == -signal.SIGKILL
    assert group is None or group.kills() == 1


def test_machine_where_no_group_can_be_made_is_told_in_one_sentence(tmp_path: Path) -> None:
    words = r"^no control group with a memory limit can be made in .*; run as root where"

    with pytest.raises(CannotRun, match=words), memory_group(MIB, tmp_path / "missing"):
        pass


def _asked(begun: float, kind: str, milliseconds: float, status: str = "200") -> Asked:
    return Asked(begun, kind, milliseconds, status)


def _calm() -> list[Asked]:
    return [_asked(0.5, kind, 2.0) for kind in (PREDICTION, PROBE) for _ in range(50)]


def _outcome(*during: Asked) -> Outcome:
    outcome = Outcome("a", "", 512.0, starts=1.0, ends=2.0, rss_before=100, rss_peak=200, rss_after=110)
    outcome.see([*_calm(), *during], 0.0)
    outcome.base = Latency.of(outcome.before)
    return outcome


def test_attack_that_nobody_notices_breaks_nothing() -> None:
    assert _outcome(_asked(1.5, PREDICTION, 5.9), _asked(1.5, PROBE, 5.9)).problems == []


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (_asked(1.5, PREDICTION, 6.5), "p99 x 3.2"),
        (_asked(1.5, PROBE, 6.5), "p99 x 3.2"),
        (_asked(1.5, PROBE, 1.0, "503"), "errors for the good client: 1 x 503"),
        (_asked(2.5, PREDICTION, 1.0, "TimeoutError"), "errors for the good client: 1 x TimeoutError"),
    ],
)
def test_what_the_good_client_notices_is_told(asked: Asked, words: str) -> None:
    assert words in _outcome(asked).problems


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kills": 1}, "killed at the limit of 512 MiB"),
        ({"rss_after": 170.0}, "memory kept: 70 MiB"),
        ({"wrong_answers": {"500": 2}}, "told the attacker 2 x 500"),
        ({"measures_bodies": True, "surplus": 1025}, "a response 1025 bytes longer than its request"),
        ({"cpu_ratio": 2.1}, "a wrong body costs 2.1 good ones"),
    ],
)
def test_what_the_server_does_wrong_is_told(change: dict[str, object], words: str) -> None:
    outcome = _outcome(_asked(1.5, PREDICTION, 2.0))
    for name, value in change.items():
        setattr(outcome, name, value)

    assert outcome.problems == [words]


def test_errors_within_the_forgiven_seconds_do_not_count() -> None:
    outcome = Outcome("a", "", 512.0, starts=1.0, ends=9.0)
    outcome.see([_asked(1.5, PROBE, 1.0, "TimeoutError"), _asked(7.5, PROBE, 1.0)], forgiven=5.5)

    assert outcome.errors == {}


def test_table_shows_an_earlier_run_before_this_one() -> None:
    outcome = _outcome(_asked(1.5, PREDICTION, 2.0))
    earlier = {**figures(outcome), "rss_peak_mib": 864.0}

    made = table([outcome], {"a": earlier})

    peaks = list(made.columns[2].cells)
    assert peaks == ["864 → 200"]
