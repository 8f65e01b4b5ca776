"""search(config, …) -> SearchOutcome: families that can be exported, trial after trial, and the one that is taken."""

import time
from dataclasses import dataclass

from slipway_ml.contract import manifest
from slipway_ml.contract.signature import Signature
from slipway_ml.errors import SlipwayError
from slipway_training.config.estimator import EstimatorConfig, EstimatorType
from slipway_training.config.model import TrainingConfig
from slipway_training.config.search import Against, SearchConfig
from slipway_training.data.table import Table
from slipway_training.progress import UNDER_WAY, Progress
from slipway_training.selection import rules
from slipway_training.selection.spaces import Choice, Space, families_of, space_of
from slipway_training.selection.trials import CompletedTrial, front
from slipway_training.selection.trying import TrialFolds, admit, attempt, configured, course


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """Every trial, the Pareto front of those that finished, the one taken and the rule it was taken by, in words.

    `refused` says of families that cannot be exported why, before anything was tried; `earlier` counts the trials that
    a run before this one had made.
    """

    tried: tuple[CompletedTrial, ...]
    front: tuple[CompletedTrial, ...]
    chosen: CompletedTrial
    estimator: EstimatorConfig
    rule: str
    scoring: str
    against: Against
    refused: dict[str, str]
    earlier: int
    seconds: float

    @property
    def in_words(self) -> str:
        """For people."""
        counts = {state: sum(one.state == state for one in self.tried) for state in ("finished", "stopped", "failed")}
        made = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
        again = f", {self.earlier} of them earlier" if self.earlier else ""
        return f"{len(self.tried)} trials ({made}{again}); {self.rule}: {describe(self.chosen)}"

    @property
    def recorded(self) -> manifest.Selection:
        """As the manifest has it."""
        return manifest.Selection(
            rule=self.rule,
            scoring=self.scoring,
            against=self.against,
            trials=len(self.tried),
            chosen=_recorded(self.chosen),
            front=tuple(map(_recorded, self.front)),
        )


def _recorded(one: CompletedTrial) -> manifest.Trial:
    if one.serving is None:
        raise AssertionError("a finished trial was not measured")  # our bug
    return manifest.Trial(
        estimator=one.family,
        parameters=one.parameters,
        score=one.score,
        standard_error=one.standard_error,
        latency_us=one.serving.latency_us,
        size=one.serving.size,
    )


def describe(one: CompletedTrial) -> str:
    """A trial in a line."""
    served = f", {one.serving.latency_us:.0f} us, {one.serving.size} bytes" if one.serving else ""
    return f"{one.family} {one.score:.4f} ± {one.standard_error:.4f}{served}"


def search(
    config: TrainingConfig, wanted: SearchConfig, signature: Signature, learn: Table, progress: Progress
) -> SearchOutcome:
    """Raises ConfigError, ConversionError for a named family that cannot be exported, GateFailed by the rule."""
    started = time.monotonic()
    way = course(config, wanted, signature, learn)
    spaces, refused = admitted(way)
    from slipway_training.selection.study import Study  # noqa: PLC0415  # Optuna and SQLAlchemy, which most trainings do without

    study = Study(way, spaces)
    tried = study.tried()
    earlier = len(tried)
    progress("admit", f"{len(spaces)} families can be exported" + "".join(f", not {name}" for name in refused))
    while len(tried) < wanted.trials and not (wanted.seconds and time.monotonic() - started > wanted.seconds):
        trial, family, parameters = study.ask()
        progress(UNDER_WAY, f"{len(tried) + 1} of {wanted.trials}: {family}{_best(tried)}")
        study.tell(trial, attempt(way, trial.number, family, parameters, tried))
        tried = study.tried()
    chosen = rules.choose(tried, wanted)
    return SearchOutcome(
        tuple(tried),
        tuple(front(tried, wanted.against)),
        chosen,
        configured(config, _known(chosen, spaces), chosen.parameters).estimator,
        rules.in_words(wanted, way.scoring),
        way.scoring,
        wanted.against,
        refused,
        earlier,
        time.monotonic() - started,
    )


def admitted(way: TrialFolds) -> tuple[dict[EstimatorType, Space], dict[str, str]]:
    """The spaces of the families that can be exported, and why the others cannot; a named family must be among them."""
    spaces: dict[EstimatorType, Space] = {}
    refused: dict[str, str] = {}
    first: SlipwayError | None = None
    for family in families_of(way.search, way.config.task):
        space = space_of(family, way.search)
        start = {name: part.values[0] if isinstance(part, Choice) else part.start for name, part in space.items()}
        try:
            admit(way, family, start)
        except SlipwayError as error:
            if way.search.families:
                raise
            refused[family] = str(error)
            first = first or error
        else:
            spaces[family] = space
    if not spaces and first is not None:
        raise first
    return spaces, refused


def _known(chosen: CompletedTrial, spaces: dict[EstimatorType, Space]) -> EstimatorType:
    return next(family for family in spaces if family == chosen.family)


def _best(tried: list[CompletedTrial]) -> str:
    done = [one for one in tried if one.state == "finished"]
    return f" (best so far {describe(max(done, key=lambda one: one.score))})" if done else ""
