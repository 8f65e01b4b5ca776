"""One server under attack: started under a memory limit, well used, attacked, watched, and given time to recover."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from slipway_loadtests import service
from slipway_loadtests.bench.machine import two_cores
from slipway_loadtests.errors import CannotRun
from slipway_loadtests.http import OK, call
from slipway_loadtests.service import Server
from tests.e2e.attack.attacks import BUSY, Attack
from tests.e2e.attack.body_costs import cpu_ratio
from tests.e2e.attack.good_client import read_log
from tests.e2e.attack.memory_group import MemoryGroup
from tests.e2e.attack.memory_watch import MemoryWatch
from tests.e2e.attack.outcome import MOST_KEPT_MIB, Outcome

_WARM_SECONDS = 1.0
_LOOK_SECONDS = 0.1
_END_SECONDS = 20.0
_SERVERS, _CALLERS = 0, 1
"""The cores."""
_INTERRUPTED = ("chrt", "--idle", "0")
"""Runs a command so that any ordinary process on its core goes first, at once."""


@dataclass(frozen=True, slots=True)
class AttackRun:
    """What is started, whose keys are used, and how long each part takes.

    `group` is None where the watch limits memory in place of the kernel. The server has the first core to itself,
    whoever asks and who watches the second. There the good client interrupts the attackers whenever it wakes, which a
    nice value would not do: its latencies are to be the server's.
    """

    command: Sequence[str]
    good_key: str
    attacker_key: str
    calm_seconds: float = 2.0
    attack_seconds: float = 6.0
    recovery_seconds: float = 2.5
    limit_mib: float = 512.0
    takes_options: bool = True
    """Whether the server knows the options that some attacks ask for."""

    def run(
        self, name: str, about: str, attacks: Sequence[Attack], group: MemoryGroup | None, *, elsewhere: bool = False
    ) -> Outcome:
        """Let these attacks loose at the same time on a server of their own.

        `elsewhere` lets them loose on yet another one, on the callers' core: what the good client notices then comes
        from that core alone, and not from the server it asks.
        """
        outcome = Outcome(name, about, self.limit_mib)
        forgiven = max((attack.forgiven_seconds for attack in attacks), default=0.0)
        with ExitStack() as stack:
            options = _options(attacks) if self.takes_options else []
            server = stack.enter_context(self._serving(options, group))
            port = attacked = _port(server)
            _wait_until_whole(server, self.good_key)
            if elsewhere:
                attacked = _port(stack.enter_context(self._serving(options, None, _CALLERS)))
            watch = stack.enter_context(
                MemoryWatch(lambda: _processes(server, group), None if group else self.limit_mib, two_cores()[_CALLERS])
            )
            attackers = {attack: stack.enter_context(self._attacker(attack, attacked, forgiven)) for attack in attacks}
            seen = Path(stack.enter_context(TemporaryDirectory()), "seen")
            with _good_client(port, self.good_key, seen):
                _wait_until_ready(attackers)
                time.sleep(_WARM_SECONDS)
                outcome.calm_from = time.monotonic()
                time.sleep(self.calm_seconds)
                outcome.rss_before = watch.now()
                watch.start_over()
                outcome.starts = time.monotonic()
                _attack(attackers, outcome, BUSY if len(attackers) > 1 else frozenset())
                outcome.ends = time.monotonic()
                self._recover(outcome, watch)
            outcome.rss_after, outcome.rss_peak = watch.now(), watch.peak()
            outcome.kills = group.kills() if group is not None else int(server.process.poll() is not None)
            outcome.rss = list(watch.samples)
            outcome.see(read_log(seen), forgiven)
            outcome.measures_bodies = any(attack.measures_bodies for attack in attacks)
            if outcome.measures_bodies and server.process.poll() is None:
                outcome.cpu_ratio = cpu_ratio(port, self.good_key, lambda: _processes(server, group))
        return outcome

    @contextmanager
    def _serving(self, options: Sequence[str], group: MemoryGroup | None, core: int = _SERVERS) -> Iterator[Server]:
        command = [*self.command, *options]
        limited = group.command(command) if group is not None else command
        ahead = [] if core == _SERVERS else _INTERRUPTED
        with service.running(["taskset", "--cpu-list", str(two_cores()[core]), *ahead, *limited]) as server:
            try:
                yield server
            finally:
                _kill(server)

    @contextmanager
    def _attacker(self, attack: Attack, port: int, forgiven: float) -> Iterator[subprocess.Popen[str]]:
        arguments = [attack.name, str(port), self.attacker_key, str(self.attack_seconds + forgiven)]
        with _beside(_INTERRUPTED, "attacker", *arguments) as process:
            yield process

    def _recover(self, outcome: Outcome, watch: MemoryWatch) -> None:
        """Until the memory is given back, or it has had the time for it."""
        until = time.monotonic() + self.recovery_seconds
        while time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
            is_late = time.monotonic() > until - self.recovery_seconds / 2
            if is_late and watch.now() <= outcome.rss_before + MOST_KEPT_MIB / 2:
                return


def _port(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


def _options(attacks: Sequence[Attack]) -> list[str]:
    return [option for attack in attacks for option in attack.options]


def _processes(server: Server, group: MemoryGroup | None) -> list[int]:
    if group is not None:
        return group.processes()
    with suppress(psutil.Error):
        root = psutil.Process(server.process.pid)
        return [root.pid, *(child.pid for child in root.children(recursive=True))]
    return []


def _kill(server: Server) -> None:
    """All of it at once: how it stops is another proof's matter, and a worker that hangs outlives its supervisor."""
    with suppress(psutil.Error):
        root = psutil.Process(server.process.pid)
        for process in [*root.children(recursive=True), root]:
            with suppress(psutil.Error):
                process.kill()


@contextmanager
def _beside(ahead: Sequence[str], module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process of the parity check, on the core that the server does not have."""
    pin = ["taskset", "--cpu-list", str(two_cores()[_CALLERS]), *ahead]
    command = [*pin, sys.executable, "-m", f"tests.e2e.attack.{module}", *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        assert process.stdin
        assert process.stdout
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


@contextmanager
def _good_client(port: int, key: str, seen: Path) -> Iterator[None]:
    with _beside([], "good_client", str(port), key, str(seen)):
        yield


def _wait_until_whole(server: Server, key: str) -> None:
    """Some routes are loaded after the server is ready; the calm before an attack should not have that in it."""
    until = time.monotonic() + _END_SECONDS
    while call(f"{server.url}/metrics", headers={"Authorization": f"Bearer {key}"})[0] != OK:
        if time.monotonic() > until:
            raise CannotRun("the server does not answer /metrics")
        time.sleep(_LOOK_SECONDS)


def _wait_until_ready(attackers: dict[Attack, subprocess.Popen[str]]) -> None:
    for attack, process in attackers.items():
        assert process.stdout
        if process.stdout.readline().strip() != "ready":
            raise CannotRun(f"the attack {attack.name!r} could not be made ready")


def _attack(attackers: dict[Attack, subprocess.Popen[str]], outcome: Outcome, shared: frozenset[str]) -> None:
    """`shared` are what each may be told besides, since all are one caller and use up each other's share."""
    for process in attackers.values():
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    wrong: Counter[str] = Counter()
    for attack, process in attackers.items():
        assert process.stdout
        found = json.loads(process.stdout.readline())
        outcome.sent += found["sent"]
        outcome.answers[attack.name] = found["answers"]
        wrong.update({told: count for told, count in found["answers"].items() if told not in attack.answers | shared})
        if attack.measures_bodies:
            outcome.surplus = found["surplus"]
    outcome.wrong_answers = dict(wrong)
