"""How long a run takes: a line through two measurements, kept true by the runs that follow.

The line is drawn when a model is loaded, from the fastest of a few quiet runs. A busy server is slower than that, and
golden rows may be easier than real ones, so what runs really take, over what the line says, is followed as `slowness`.
"""

from dataclasses import dataclass

_WEIGHT = 0.2
_LEAST = 0.5
_LARGEST_STEP = 10.0


@dataclass(slots=True)
class CostLine:
    """Seconds a run takes: `fixed` plus `per_row` for each row, times `slowness`."""

    fixed: float
    per_row: float
    slowness: float = 1.0

    def seconds(self, rows: int, runs: int = 1) -> float:
        """Seconds for this many rows, in this many runs."""
        return self.slowness * (self.fixed * runs + self.per_row * rows)

    def rows_worth_joining(self, seconds: float, share: float) -> int:
        """Rows after which a batch only makes its members wait: it takes `seconds`, and `fixed` is a small share."""
        if not self.per_row:
            return 2**31
        within = (seconds / self.slowness - self.fixed) / self.per_row
        return max(1, int(within), int(self.fixed / self.per_row / share))

    def learn(self, rows: int, seconds: float) -> None:
        """Follow what a run of this many rows took, slowly, so that one hiccup does not count for much."""
        line = self.fixed + self.per_row * rows
        if line:
            ratio = max(_LEAST, min(seconds / line, _LARGEST_STEP * self.slowness))
            self.slowness += _WEIGHT * (ratio - self.slowness)
