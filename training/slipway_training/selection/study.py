"""Study: the trials of one search as Optuna keeps them, in a file or a database, so that a search can be resumed.

A study's name is a digest of what its trials depend on: the rows, the folds, the features, the families and spaces. A
search with another rule or more trials therefore goes on with what it finds; any other change begins anew. The sampler
is seeded for each trial by its number: a search that was interrupted ends as one that was not, where what is measured
does not swing.
"""

import hashlib
import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import optuna
import pandas as pd
from optuna.samplers import BaseSampler, NSGAIISampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from slipway_training.config.estimator import EstimatorType
from slipway_training.errors import ConfigError
from slipway_training.selection.spaces import Choice, Space, Span
from slipway_training.selection.trials import CompletedTrial, Serving
from slipway_training.selection.trying import TrialFolds

DEFAULT_STORAGE = Path(".slipway") / "searches.db"
_FAMILY = "family"
_STATES: Mapping[TrialState, Literal["finished", "stopped", "failed"]] = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "stopped",
    TrialState.FAIL: "failed",
}
_DIRECTIONS: Sequence[Literal["maximize", "minimize"]] = ("maximize", "minimize")
_WHATEVER = {"name", "description", "data", "gate", "parity", "quantize", "optimize", "evaluation", "curves", "pruning"}
_RULES = {"choose", "share", "max_latency_us", "max_size", "trials", "seconds", "storage"}


class Study:
    """Asks for the next trial and keeps what came of it."""

    def __init__(self, way: TrialFolds, spaces: Mapping[EstimatorType, Space]) -> None:
        self._way = way
        self._spaces = spaces
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        try:
            self._study = optuna.create_study(
                storage=_storage(way.search.storage),
                study_name=f"{way.config.name}-{fingerprint(way)[:16]}",
                directions=_DIRECTIONS[: 1 if way.search.against == "nothing" else 2],
                load_if_exists=True,
            )
        except (SQLAlchemyError, ImportError, ValueError, RuntimeError) as error:
            raise ConfigError(
                f"config: search.storage cannot be opened ({type(error).__name__}); give an SQLAlchemy address"
            ) from error
        if not self._study.trials:
            for family, space in spaces.items():
                self._study.enqueue_trial({_FAMILY: family, **_starts(family, space)})

    def tried(self) -> list[CompletedTrial]:
        """Every trial that has ended, by whichever worker."""
        return [_read(trial) for trial in self._study.trials if trial.state in _STATES]

    def ask(self) -> tuple[optuna.Trial, EstimatorType, dict[str, Any]]:
        """The next trial: its family and parameters."""
        search = self._way.search
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._study.sampler = _sampler(search.sampler, search.random_state + len(self._study.trials))
        trial = self._study.ask()
        family: EstimatorType = trial.suggest_categorical(_FAMILY, list(self._spaces))  # type: ignore[assignment]  # one of these
        space = self._spaces[family]
        return trial, family, {name: _suggest(trial, f"{family}.{name}", part) for name, part in space.items()}

    def tell(self, trial: optuna.Trial, outcome: CompletedTrial) -> None:
        """Keep what came of it."""
        serving = outcome.serving
        trial.set_user_attr("parameters", outcome.parameters)
        trial.set_user_attr("scores", outcome.scores)
        trial.set_user_attr("serving", None if serving is None else [serving.latency_us, serving.size])
        trial.set_user_attr("reason", outcome.reason)
        if outcome.state != "finished":
            self._study.tell(trial, state=TrialState.FAIL if outcome.state == "failed" else TrialState.PRUNED)
            return
        against = self._way.search.against
        self._study.tell(trial, [outcome.score] if against == "nothing" else [outcome.score, outcome.expense(against)])


def fingerprint(way: TrialFolds) -> str:
    """A digest of all that the trials of a search depend on."""
    whole = hashlib.sha256()
    document = way.config.model_dump(mode="json", exclude=_WHATEVER)
    document["search"] = {key: value for key, value in document["search"].items() if key not in _RULES}
    document["scoring"] = way.scoring
    whole.update(json.dumps(document, sort_keys=True).encode())
    whole.update(pd.util.hash_pandas_object(way.learn.frame, index=False).to_numpy().tobytes())
    whole.update(pd.util.hash_array(np.asarray(way.learn.target.astype(str), dtype=object)).tobytes())
    for fit_on, judge in way.divided:
        whole.update(fit_on.tobytes() + judge.tobytes())
    return whole.hexdigest()


def _storage(wanted: str | None) -> str | None:
    if wanted == "memory":
        return None
    if wanted is not None:
        return wanted
    DEFAULT_STORAGE.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{DEFAULT_STORAGE}"


def _sampler(name: str, seed: int) -> BaseSampler:
    if name == "nsga2":
        return NSGAIISampler(seed=seed)
    if name == "random":
        return RandomSampler(seed=seed)
    # Parameters of one family are looked at together, and apart from those of the others.
    return TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True)


def _starts(family: str, space: Space) -> dict[str, Any]:
    return {f"{family}.{name}": part.start if isinstance(part, Span) else part.words[0] for name, part in space.items()}


def _suggest(trial: optuna.Trial, name: str, part: Span | Choice) -> Any:
    if isinstance(part, Choice):
        return json.loads(trial.suggest_categorical(name, part.words))
    if part.is_whole:
        return trial.suggest_int(name, int(part.low), int(part.high), log=part.log)
    return trial.suggest_float(name, part.low, part.high, log=part.log)


def _read(trial: FrozenTrial) -> CompletedTrial:
    kept = trial.user_attrs
    serving: Sequence[Any] | None = kept.get("serving")
    return CompletedTrial(
        trial.number,
        str(trial.params.get(_FAMILY, "")),
        kept.get("parameters", {}),
        tuple(kept.get("scores", ())),
        None if serving is None else Serving(float(serving[0]), int(serving[1])),
        _STATES[trial.state],
        kept.get("reason", "the worker stopped"),
    )
