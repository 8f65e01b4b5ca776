"""The process that attacks: made ready, told to go by a line on its standard input, and counted when its time is over.

usage: python -m tests.e2e.attack.attacker NAME PORT KEY SECONDS; prints what came of it as JSON.
"""

import json
import os
import resource
import sys
import time
from math import inf
from threading import Thread

from tests.e2e.attack.attacks import ATTACKS, Attack, Step
from tests.e2e.attack.sender import Sender

_GRACE_SECONDS = 0.3


def main() -> None:
    name, port, key, seconds = sys.argv[1:5]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    attack = ATTACKS[name]
    sender = Sender(int(port), key, inf)
    step = attack.prepare(sender)
    _say("ready")
    sys.stdin.readline()
    sender.ends = time.monotonic() + float(seconds)
    callers = [
        Thread(target=_repeat, args=(attack, sender, step, number), daemon=True) for number in range(attack.threads)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(max(0.0, sender.ends - time.monotonic()) + _GRACE_SECONDS)
    _say(json.dumps({"sent": sender.sent, "answers": sender.answers, "surplus": sender.largest_surplus}))
    os._exit(0)  # callers that still wait for an answer wait in vain


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _repeat(attack: Attack, sender: Sender, step: Step, number: int) -> None:
    """One of the callers: its share of the steps, in turn with the others."""
    pause = attack.threads / attack.per_second
    due = time.monotonic() + number / attack.per_second
    while not sender.is_over():
        time.sleep(max(0.0, min(due, sender.ends) - time.monotonic()))
        if sender.is_over():
            return
        step()
        due = max(due + pause, time.monotonic() - pause)


if __name__ == "__main__":
    main()
