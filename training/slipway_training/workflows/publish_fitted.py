"""publish(pipeline, X, y, name=…): a fitted scikit-learn pipeline becomes a new version of a model, in two lines.

X is read, the signature inferred, the export compared against the pipeline on X and on edge rows, smaller variants are
tried and gated, and the best is written through the registry.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway_ml.contract.merit import shortcomings
from slipway_ml.registry.desired_state import CHAMPION
from slipway_ml.registry.store import Registry, StoredVersion
from slipway_training.candidate import examine
from slipway_training.config import documents as configs
from slipway_training.data.lineage import extras_of, recipe_of_fitted
from slipway_training.evaluation.compared_models import current_champion
from slipway_training.optimizer.variants import EXPORTED
from slipway_training.progress import Progress, say
from slipway_training.publishing import write
from slipway_training.workflows.signature_inference import infer

logger = logging.getLogger("slipway.training")


def publish(
    pipeline: Any,
    X: Any,  # noqa: N803  # scikit-learn's own name
    y: Any,
    *,
    name: str,
    description: str = "",
    owner: str = "",
    intended_use: str = "",
    models: Path | str = "models",
    held_out: tuple[Any, Any] | None = None,
    nullable: tuple[str, ...] = (),
    promote: bool = False,
    quantize: bool = False,
    accept_dtype_difference: bool = False,
    report: bool = True,
    settings: Mapping[str, Any] | None = None,
    progress: Progress = say,
) -> StoredVersion:
    """Prove a fitted pipeline on X and y, and write it as the next version of the model `name`.

    `held_out` are rows the pipeline has not seen, for scores that mean something; without them X and y are used.
    `accept_dtype_difference` publishes what HTTP predicts, from float64 numbers, although the pipeline predicts
    otherwise for X in the data types it has; count and reason are then in the manifest. `nullable` names columns that
    may be missing later though no row of X lacks them. `quantize` serves the 8-bit form, or raises GateFailed.
    `settings` are further parts of a config: unit, limitations, and the sections parity, gate, optimize, evaluation and
    inputs. Raises SlipwayError; nothing is then written. Without `report` no page of plots is written. `progress` is
    told of each step, which by default is a line on standard error.
    """
    fitted = infer(pipeline, X, y, held_out, nullable)
    said = {"description": description, "owner": owner, "intended_use": intended_use}
    document = {"name": name, **said, "task": fitted.signature.task, **(settings or {})}
    if accept_dtype_difference:
        document["parity"] = {**document.get("parity", {}), "accept_dtype_difference": True}
    if quantize:
        document["optimize"] = {**document.get("optimize", {}), "serve": "quantized"}
    config = configs.for_fitted(document)
    config.inputs.check([feature.name for feature in fitted.signature.features])
    progress("read", f"{len(fitted.learn)} rows, {len(fitted.signature.features)} columns; {fitted.about}")
    registry = Registry(Path(models))
    trained = examine(fitted, config, progress, current_champion(registry, name))
    data = fitted.learn.to_csv(index=False) + "\n".join(map(str, fitted.target.tolist()))
    recipe = recipe_of_fitted(config, fitted.about, data.encode(), trained.graphs[EXPORTED], extras_of(pipeline))
    version = write(registry, trained, recipe, promote=promote, report=report, progress=progress)
    for sentence in shortcomings(version.manifest):
        logger.warning("%s; %s", sentence, "it serves as it was promoted" if promote else "it is not made the champion")
    champion = registry.desired(name).aliases.get(CHAMPION)
    progress("champion", f"version {champion}" if champion else "none; promote=True makes this version the champion")
    return version
