"""run(config, …): from a config to a published version. The steps in order, and nothing else happens.

load -> validate -> split -> fit -> draw curves -> evaluate -> export -> check parity -> optimize -> gate -> publish

Nothing is written before the last step, so a refusal at any step leaves the models folder as it was. From the fitted
pipeline on it is the way that every pipeline takes, wherever it was fitted.
"""

from dataclasses import dataclass

from slipway_ml.registry.store import Registry, StoredVersion
from slipway_training.candidate import Fitted, Trained, examine
from slipway_training.config.model import TrainingConfig
from slipway_training.data import lineage, sources
from slipway_training.data.amounts import with_amounts
from slipway_training.data.checks.inspection import inspect_split
from slipway_training.data.findings import in_words, stop
from slipway_training.data.gathering import gather
from slipway_training.data.input_profile import profile_of
from slipway_training.data.schema import describe, responded_by
from slipway_training.data.splits import split
from slipway_training.evaluation.compared_models import Incumbent, current_champion
from slipway_training.export.dry_run import try_export
from slipway_training.pipeline import estimators
from slipway_training.pipeline.build import build
from slipway_training.progress import UNDER_WAY, Progress
from slipway_training.publishing import write
from slipway_training.selection.curves import curves
from slipway_training.selection.fitting import CostOutcome, fit, tune_threshold
from slipway_training.selection.pruning import Pruned, prune
from slipway_training.selection.search import SearchOutcome, search


@dataclass(frozen=True, slots=True)
class Outcome:
    """The version that was written and what it is made of."""

    version: StoredVersion
    trained: Trained


def prepare(config: TrainingConfig, progress: Progress) -> Fitted:
    """Every step up to the fitted pipeline; raises SlipwayError."""
    gathered = gather(config, progress)
    stop(gathered.findings)
    table = with_amounts(gathered.table, config.cost)
    if config.search is None:  # a search leaves out families that do not know the labels
        estimators.check_labels(config.estimator.type, table.target)
    progress("validate", f"columns, target and missing values are usable, {in_words(gathered.findings)}")
    learn, held_out = split(table, config.split, config.task)
    about_split = inspect_split(learn, held_out, config)
    stop(about_split)
    counts = f"{len(learn.target)} rows to learn from, {len(held_out.target)} held out"
    progress("split", f"{counts}, no column leaks, {in_words(about_split)}")
    signature = describe(table, learn, config)
    config.inputs.check(table.kinds)
    if not try_export(build(config, signature), signature, learn.frame, learn.target):
        progress(
            "try export", "not possible, since a few rows are too few for it; whether it exports is seen after the fit"
        )
    found = None
    if config.search is not None:
        found = search(config, config.search, signature, learn, progress)
        config = config.model_copy(update={"estimator": found.estimator})
        progress("search", found.in_words)
    pruned = None
    if config.pruning is not None:
        pruned = prune(config, config.pruning, signature, learn)
        config = pruned.config
        progress("prune", pruned.in_words)
    progress(UNDER_WAY, f"fitting {config.estimator.type} to {len(learn.target):,} rows")
    model = fit(config, signature, learn)
    model = pruned.finish(model, learn) if pruned is not None else model
    signature = responded_by(model.pipeline, signature)
    progress("fit", config.estimator.type + model.note)
    cost = (
        None
        if config.cost is None
        else tune_threshold(model, config.cost, held_out, signature.labels or (), config.evaluation)
    )
    if cost is not None:
        progress("decide", cost.in_words)
    drawn = curves(config, signature, learn, progress)
    if drawn:
        progress("curves", f"{sum(len(curve.points) for curve in drawn)} points on {len(drawn)} curve(s)")
    return Fitted(
        pipeline=model.pipeline,
        signature=signature,
        learn=learn.frame,
        learn_target=learn.target,
        held_out=held_out.frame,
        target=held_out.target,
        rows={**gathered.rows, "train": len(learn.target), "held_out": len(held_out.target)},
        source=sources.in_words(config.data),
        about=_about(config, found, pruned, cost),
        findings=(*gathered.findings, *about_split),
        cost=cost,
        sources=gathered.sources,
        search=found,
        curves=drawn,
        groups=held_out.groups,
        profile=profile_of(signature, learn.frame, config.features),
    )


def _about(config: TrainingConfig, found: SearchOutcome | None, pruned: Pruned | None, cost: CostOutcome | None) -> str:
    """The estimator, how it was found and pruned and where it decides, in words for the card."""
    chosen = f", {found.rule} of {len(found.tried)} trials" if found else ""
    decided = (
        f", which says {cost.decision.positive} from a probability of {cost.decision.threshold:.4g} on" if cost else ""
    )
    smaller = f", {pruned.about}" if pruned else ""
    return config.estimator.type + chosen + smaller + decided


def train(config: TrainingConfig, progress: Progress, champion: Incumbent | None = None) -> Trained:
    """Every step but the last; raises SlipwayError, whose message names what is wrong and what to do.

    `champion` is the version to be compared with on the held-out rows.
    """
    return examine(prepare(config, progress), config, progress, champion)


def run(
    config: TrainingConfig, registry: Registry, progress: Progress, *, promote: bool = False, report: bool = True
) -> Outcome:
    """Train and publish; the first version better than the baseline becomes the champion, any when asked to."""
    recipe = lineage.recipe(config)
    trained = train(config, progress, current_champion(registry, config.name))
    return Outcome(write(registry, trained, recipe, promote=promote, report=report, progress=progress), trained)
