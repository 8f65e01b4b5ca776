"""bring_in(path, …): a graph made elsewhere becomes a version that every endpoint serves.

find -> infer its interface -> adapt inputs and outputs -> compare what can be compared -> score where targets are given
-> publish. What could not be compared is written into the certificate.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from slipway_ml.contract.evaluation import Evaluation, Score
from slipway_ml.contract.parity import Parity
from slipway_ml.contract.signature import Feature, Kind, Signature, Task
from slipway_ml.contract.tensors import Datatype
from slipway_ml.contract.variant import Quantized, Variant
from slipway_ml.registry.store import Registry, StoredVersion
from slipway_ml.runtime.session import OnnxSession, UnloadableModel
from slipway_training.candidate import ModelCandidate, Trained
from slipway_training.config import documents as configs
from slipway_training.config.model import ModelConfig
from slipway_training.config.proof import ParityConfig
from slipway_training.data.conforming import conform, true_targets
from slipway_training.data.input_profile import profile_of
from slipway_training.data.lineage import Recipe, recipe_of_fitted
from slipway_training.data.schema import assemble, describe_column
from slipway_training.data.table import missing
from slipway_training.errors import ConfigError, DataCheckFailed
from slipway_training.evaluation.compared_models import baseline
from slipway_training.evaluation.outcome import EvaluatedRows, evaluate
from slipway_training.evaluation.predictions import Predictions, are_scores, as_probabilities, needs_double
from slipway_training.optimizer.gates import Choice
from slipway_training.optimizer.variants import EXPORTED
from slipway_training.progress import Progress
from slipway_training.publishing import write
from slipway_training.workflows.importing.adaptation import adapt
from slipway_training.workflows.importing.foreign import Foreign
from slipway_training.workflows.importing.interface import Interface, Overrides, feature_of, infer
from slipway_training.workflows.importing.self_check import check_against_itself, first_predictions, synthetic_rows
from slipway_training.workflows.importing.sources import find

NOT_BUILT = "an imported graph stays as it came; 'slipway optimize NAME --data FILE --quantize' builds its 8-bit form"

Rows = tuple[pd.DataFrame, "pd.Series | None"]


def import_graph(
    path: Path,
    wishes: Overrides,
    *,
    name: str,
    description: str = "",
    unit: str = "",
    models: Path = Path("models"),
    rows: Rows | None = None,
    source_version: int | None = None,
    promote: bool = False,
    progress: Progress = lambda _step, _result: None,
) -> StoredVersion:
    """Publish what is found at a path; `rows` are a table and the target's values where they are known.

    Raises SlipwayError with one sentence that says which option is missing; nothing is then written.
    """
    trained, recipe = take_in(
        path,
        wishes,
        name=name,
        description=description,
        unit=unit,
        rows=rows,
        source_version=source_version,
        progress=progress,
    )
    return write(Registry(models), trained, recipe, promote=promote, progress=progress)


def take_in(
    path: Path,
    wishes: Overrides,
    *,
    name: str,
    description: str = "",
    unit: str = "",
    rows: Rows | None = None,
    source_version: int | None = None,
    progress: Progress,
) -> tuple[Trained, Recipe]:
    """Every step but the last: what would be published; raises SlipwayError."""
    foreign = find(path, source_version)
    if not wishes.columns and not foreign.hints.columns and rows is not None:
        wishes = Overrides(**{**_fields(wishes), "columns": tuple(map(str, rows[0].columns))})
    interface = infer(foreign, wishes)
    progress("read", f"{foreign.about}: {_in_words(interface)}")
    frame = _frame(interface, rows[0] if rows is not None else foreign.hints.example)
    signature = _signature(interface, frame, wishes.nullable | foreign.hints.nullable)
    signature = _as_predicted(foreign, interface, signature, frame)
    graph, session = _adapted(foreign, interface, signature)
    progress("adapt", f"{len(signature.features)} columns in, {', '.join(o.name for o in signature.outputs)} out")
    proof, predictions = check_against_itself(session, signature, interface, frame)
    asked = proof.rows + proof.edge_rows
    progress("prove", f"each of {asked} rows has the same prediction alone and in a batch; no pipeline to compare with")
    config = configs.for_fitted({"name": name, "description": description, "unit": unit, "task": signature.task})
    target = None if rows is None or rows[1] is None else true_targets(rows[1], signature, len(rows[0]))
    metrics: tuple[Score, ...] = ()
    evaluation = None
    if target is not None and frame is not None:
        rows_evaluated = EvaluatedRows(frame, frame, target, as_probabilities(predictions), signature)
        # Nothing is known of what it learned from, so the baseline knows the very targets it is judged by.
        known = baseline(target, frame, signature.task)
        metrics, evaluation = evaluate(rows_evaluated, config.evaluation, known, None)
        progress("evaluate", ", ".join(f"{score.name} {score.value:.4f}" for score in metrics))
    trained = _trained(foreign, config, signature, frame, predictions, metrics, evaluation, proof, graph, target)
    data = b"" if frame is None else frame.to_csv(index=False).encode()
    return trained, recipe_of_fitted(trained.config, foreign.about, data, graph)


def _adapted(foreign: Foreign, interface: Interface, signature: Signature) -> tuple[bytes, OnnxSession]:
    graph = adapt(foreign.model, interface, signature).SerializeToString()
    try:
        return graph, OnnxSession(graph)
    except UnloadableModel as error:
        raise ConfigError(f"the graph cannot be joined to typed columns: {error}") from None


def _as_predicted(
    foreign: Foreign, interface: Interface, signature: Signature, frame: pd.DataFrame | None
) -> Signature:
    """The signature with what only predictions tell: whether numbers are probabilities, and which digits values need.

    Raises ConfigError where a graph without a label gives scores, of which nothing says how they divide the classes.
    """
    if interface.numbers is None:
        return signature
    if signature.task is Task.REGRESSION:
        double = signature.changed(double_values=True)
        if interface.numbers.datatype is not Datatype.FP64:
            return signature
        found = first_predictions(_adapted(foreign, interface, double)[1], double, frame)
        return double if needs_double(found, ParityConfig().tolerance) else signature
    found = first_predictions(_adapted(foreign, interface, signature)[1], signature, frame)
    if not are_scores(found):
        return signature
    if interface.label is None and interface.width == 1:
        raise ConfigError(
            f"output {interface.numbers.name!r} gives scores outside of 0 to 1, which are no probabilities and do not "
            "say where one class ends; name the label with --label-output, or serve the score with --task regression"
        )
    return signature.changed(has_probabilities=False)


def _fields(wishes: Overrides) -> dict[str, Any]:
    return {name: getattr(wishes, name) for name in wishes.__slots__}


def _in_words(interface: Interface) -> str:
    columns = sum(len(one.features) for one in interface.inputs)
    is_classifier = interface.task is Task.CLASSIFICATION
    what = f"of {len(interface.labels)} classes" if is_classifier else f"of {interface.width} value(s) a row"
    return f"{columns} columns, {interface.task} {what}"


def _frame(interface: Interface, table: pd.DataFrame | None) -> pd.DataFrame | None:
    """The rows given, in our conventions and the order of the features; raises DataCheckFailed."""
    if table is None:
        return None
    frame = conform(table, interface.kinds, "check --input-names")
    for name, kind in interface.kinds.items():
        if kind in {Kind.INTEGER, Kind.BOOLEAN} and missing(frame[name]).any():
            raise DataCheckFailed(f"column {name!r} lacks values, and the graph's type there cannot say missing")
    return frame


def _signature(interface: Interface, frame: pd.DataFrame | None, nullable: frozenset[str]) -> Signature:
    features: list[Feature] = []
    for name, kind in interface.kinds.items():
        may_lack = name in nullable and kind in {Kind.NUMBER, Kind.CATEGORY}
        if frame is None or missing(frame[name]).all():
            features.append(feature_of(name, kind, nullable=may_lack))
        else:
            lacks = may_lack or bool(missing(frame[name]).any())
            features.append(describe_column(name, kind, frame[name], nullable=lacks))
    if interface.task is Task.REGRESSION:
        several = interface.targets or tuple(f"y{number}" for number in range(interface.width))
        return assemble(interface.task, tuple(features), None, targets=several if interface.width > 1 else None)
    return assemble(interface.task, tuple(features), interface.labels, has_probabilities=interface.numbers is not None)


def _trained(
    foreign: Foreign,
    config: ModelConfig,
    signature: Signature,
    frame: pd.DataFrame | None,
    predictions: Predictions,
    metrics: tuple[Score, ...],
    evaluation: Evaluation | None,
    proof: Parity,
    graph: bytes,
    target: NDArray[Any] | None,
) -> Trained:
    rows = synthetic_rows(signature) if frame is None else frame
    counts = {} if frame is None else {"given": len(frame)}
    candidate = ModelCandidate(
        signature=signature,
        learn=rows,
        held_out=rows,
        rows=counts,
        source=foreign.source,
        about=foreign.about,
        profile=None if frame is None else profile_of(signature, frame),
    )
    if target is not None:
        candidate = replace(candidate, target=target)
    variant = Variant(
        name=EXPORTED,
        description="the graph as it came, between typed inputs and outputs",
        size=len(graph),
        guarantee="exact",
        parity=proof,
        passed=True,
        verdict="imported: nothing inside was changed",
    )
    reason = "the graph as it came; slipway optimize tries smaller ones"
    choice = Choice((variant,), EXPORTED, reason, True, Quantized(reason=NOT_BUILT))
    return Trained(config, candidate, predictions, evaluation, metrics, proof, choice, {EXPORTED: graph})
