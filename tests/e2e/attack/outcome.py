"""What one attack did to the service, and the judgement: nothing here touches a process."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from slipway_loadtests.bench.open_loop import quantile
from tests.e2e.attack.good_client import PREDICTION, PROBE, Asked

MOST_RATIO = 3.0
MOST_KEPT_MIB = 64.0
MOST_SURPLUS = 1024
MOST_CPU_RATIO = 2.0


@dataclass(frozen=True, slots=True)
class Latency:
    """What the good client saw over some time: 99th percentiles in milliseconds, by kind."""

    predictions_ms: float
    probes_ms: float

    @classmethod
    def of(cls, asked: Iterable[Asked]) -> "Latency":
        by_kind: dict[str, list[float]] = {PREDICTION: [], PROBE: []}
        for one in asked:
            by_kind[one.kind].append(one.milliseconds)
        return cls(*(quantile(sorted(by_kind[kind]), 0.99) for kind in (PREDICTION, PROBE)))

    def ratio(self, base: "Latency") -> float:
        """How many times the base it is, of the kind that suffers more."""
        return max(self.predictions_ms / max(base.predictions_ms, 0.001), self.probes_ms / max(base.probes_ms, 0.001))


@dataclass
class Outcome:
    """One attack, or all at once. Memory in MiB, times in seconds of the monotonic clock, latencies in milliseconds."""

    name: str
    about: str
    limit_mib: float
    calm_from: float = 0.0
    starts: float = 0.0
    ends: float = 0.0
    sent: int = 0
    answers: dict[str, dict[str, int]] = field(default_factory=dict)
    """What each attacker was told."""
    wrong_answers: dict[str, int] = field(default_factory=dict)
    rss_before: float = 0.0
    rss_peak: float = 0.0
    rss_after: float = 0.0
    kills: int = 0
    surplus: int = 0
    cpu_ratio: float | None = None
    health_worst_ms: float = 0.0
    asked: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    latency: Latency = Latency(0.0, 0.0)
    base: Latency = Latency(0.0, 0.0)
    measures_bodies: bool = False
    rss: list[tuple[float, float]] = field(default_factory=list)
    requests: list[Asked] = field(default_factory=list)

    def see(self, requests: Sequence[Asked], forgiven: float) -> None:
        """Take in what the good client saw, from the start of the attack on; not the seconds that are forgiven."""
        self.requests = list(requests)
        begun = self.starts + forgiven
        during = [one for one in requests if begun <= one.begun <= self.ends]
        self.asked = sum(one.begun >= begun for one in requests)
        self.errors = dict(Counter(one.status for one in requests if one.begun >= begun and not one.is_good))
        self.latency = Latency.of(during)
        self.health_worst_ms = max((one.milliseconds for one in during if one.kind == PROBE), default=0.0)

    @property
    def before(self) -> list[Asked]:
        """The good client's requests before the attack, once everybody is warm."""
        return [one for one in self.requests if self.calm_from <= one.begun < self.starts]

    @property
    def ratio(self) -> float:
        return self.latency.ratio(self.base)

    @property
    def problems(self) -> list[str]:
        """Every promise that was broken, in words; empty when the good client noticed nothing."""
        found = [
            (self.kills > 0, f"killed at the limit of {self.limit_mib:.0f} MiB"),
            (bool(self.errors), f"errors for the good client: {_counts(self.errors)}"),
            (self.asked == 0, "the good client got no request through"),
            (self.ratio > MOST_RATIO, f"p99 x {self.ratio:.1f}"),
            (
                self.rss_after > self.rss_before + MOST_KEPT_MIB,
                f"memory kept: {self.rss_after - self.rss_before:.0f} MiB",
            ),
            (bool(self.wrong_answers), f"told the attacker {_counts(self.wrong_answers)}"),
            (
                self.measures_bodies and self.surplus > MOST_SURPLUS,
                f"a response {self.surplus} bytes longer than its request",
            ),
            (
                self.cpu_ratio is not None and self.cpu_ratio > MOST_CPU_RATIO,
                f"a wrong body costs {self.cpu_ratio or 0:.1f} good ones",
            ),
        ]
        return [words for is_broken, words in found if is_broken]


def base_of(outcomes: Sequence[Outcome]) -> Latency:
    """The good client's latency without an attack, over everything before the attacks of a run."""
    return Latency.of(one for outcome in outcomes for one in outcome.before)


def _counts(counted: dict[str, int]) -> str:
    """The commonest two, and how many others there are."""
    common = Counter(counted).most_common()
    words = [f"{number} x {what}" for what, number in common[:2]]
    others = sum(number for _, number in common[2:])
    return ", ".join(words + ([f"{others} others"] if others else []))
