"""What can be compared of a graph without the pipeline it came from: it agrees with itself, and its predictions are
numbers.

Every row is asked alone, then among others, since a server batches what arrives together. What nothing was compared
with is said in sentences, so that nobody takes this certificate for one of parity.
"""

import numpy as np
import pandas as pd

from slipway_ml.contract.parity import Parity
from slipway_ml.contract.signature import Kind, Signature, Task
from slipway_ml.contract.tensors import Datatype
from slipway_ml.errors import InferenceError
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import to_tensors
from slipway_training.errors import ConfigError, DataCheckFailed, ParityError
from slipway_training.evaluation.predictions import (
    Predictions,
    are_scores,
    ask_one_by_one,
    centre_of,
    predict_with_session,
    some,
    spread_of,
)
from slipway_training.parity.certificate import certify
from slipway_training.parity.edge_rows import column_edges, span
from slipway_training.parity.golden_rows import TOLERANCE
from slipway_training.parity.probes import Probes, of_kind, together
from slipway_training.workflows.importing.interface import Interface

REFERENCE = "itself, one row at a time"
_REAL_ROWS = 1000
_MADE_UP_ROWS = 200


def synthetic_rows(signature: Signature, count: int = _MADE_UP_ROWS) -> pd.DataFrame:
    """Random rows where none were given: numbers over the range known or a wide one, categories or the example."""
    random = np.random.default_rng(0)

    def column(feature_number: int) -> "pd.Series":
        feature = signature.features[feature_number]
        if feature.kind is Kind.CATEGORY:
            return pd.Series(random.choice(feature.categories or (str(feature.example),), count), dtype=object)
        low, high = span(feature)
        scale = 10.0 ** random.integers(-3, 1, count)
        values = random.uniform(low, high, count) * (1.0 if feature.kind is Kind.BOOLEAN else scale)
        return pd.Series(values if feature.kind is Kind.NUMBER else np.round(values))

    return pd.DataFrame({feature.name: column(number) for number, feature in enumerate(signature.features)})


def first_predictions(session: OnnxSession, signature: Signature, given: pd.DataFrame | None) -> Predictions:
    """What the graph predicts for the rows given, else for random ones; raises ParityError."""
    rows = synthetic_rows(signature) if given is None else given
    try:
        return predict_with_session(session, to_tensors(rows, signature), signature.task)
    except InferenceError as error:
        raise ParityError(f"step parity: onnxruntime cannot run the graph on these rows: {error}") from error


def check_against_itself(
    session: OnnxSession, signature: Signature, interface: Interface, given: pd.DataFrame | None
) -> tuple[Parity, Predictions]:
    """The certificate, and the predictions for the rows given; raises ParityError, DataCheckFailed or ConfigError."""
    real = of_kind("made_up", synthetic_rows(signature)) if given is None else of_kind("given", given)
    sample = real.take(np.unique(np.linspace(0, len(real) - 1, _REAL_ROWS).astype(int)))
    probes = together([sample, *column_edges(signature, sample.frame)])
    try:
        predictions = predict_with_session(session, to_tensors(real.frame, signature), signature.task)
        alone = ask_one_by_one(session, to_tensors(probes.frame, signature), range(len(probes)), signature.task)
        scale = spread_of(some(alone, slice(len(sample))))
        centre = centre_of(some(alone, slice(len(sample)))) if signature.double_values else 0.0
        parity = certify(session, probes, alone, signature, spread=scale, tolerance=TOLERANCE, centre=centre)
    except InferenceError as error:
        raise ParityError(f"step parity: onnxruntime cannot run the graph on these rows: {error}") from error
    _check_labels(alone, signature)
    if parity.label_flips or parity.largest_difference > TOLERANCE:
        raise ParityError(
            "step parity: the graph gives a single row another prediction than in a batch, so a batching "
            "server would be wrong; export it with a first dimension that varies"
        )
    lacking = ~np.isfinite(predictions.numbers).all(axis=1)
    if given is not None and lacking.any():
        raise DataCheckFailed(
            f"the graph predicts {int(lacking.sum())} of {len(given)} given rows without a finite number; "
            "name the columns that may be missing with --nullable, or give rows that it can predict"
        )
    sentences = tuple(_not_proved(interface, signature, given is None, probes, alone))
    return parity.model_copy(update={"reference": REFERENCE, "not_proved": sentences}), predictions


def _check_labels(predictions: Predictions, signature: Signature) -> None:
    if predictions.labels is None or signature.labels is None:
        return
    unknown = set(predictions.labels.tolist()) - set(signature.labels)
    if unknown:
        raise ConfigError("the graph returns a label that is not among its labels; pass all of them with --labels")


def _not_proved(
    interface: Interface, signature: Signature, nothing_given: bool, probes: Probes, predictions: Predictions
) -> list[str]:
    sentences = ["No pipeline came with the graph, so it was not compared with the model it was exported from."]
    if nothing_given:
        sentences.append("No rows were given, so ranges, categories and missing values of its columns are not known.")
    singles = [one.tensor.name for one in interface.inputs if one.tensor.datatype is Datatype.FP32]
    if singles:
        sentences.append(
            f"The graph takes float32 ({', '.join(singles)}), so a decimal is rounded before it is compared with a "
            "threshold: close to one the prediction may differ from the original model's."
        )
    endless = ~np.isfinite(predictions.numbers).all(axis=1)
    if endless.any():
        kinds = ", ".join(sorted(set(probes.kinds[endless])))
        sentences.append(
            f"{int(endless.sum())} of {len(probes)} rows ({kinds}) have predictions without a finite number."
        )
    is_classifier = signature.task is Task.CLASSIFICATION
    if is_classifier and interface.numbers is not None and not signature.has_probabilities:
        sentences.append(
            f"The numbers of output {interface.numbers.name!r} are scores and no probabilities, since they lie outside "
            "of 0 to 1 or do not add up to 1, so that responses have the label alone; with --task regression and "
            "--number-output they are served as values."
        )
    elif is_classifier and are_scores(predictions):
        sentences.append("For some made-up rows what it calls probabilities is outside of 0 to 1 or not 1 in all.")
    return sentences
