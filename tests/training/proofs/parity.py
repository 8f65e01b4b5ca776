"""Every shipped configuration on 100,000 different rows, through its graph and through HTTP, against scikit-learn.

Run as a program it prints a certificate for each and fails where one label is another, a threshold was not hit on both
sides, a number is out of tolerance, or the usual export of `cancer_forest` passes the check it must fail.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from slipway_ml.contract.signature import Kind
from slipway_ml.registry.store import Registry
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import to_tensors
from slipway_training.evaluation.predictions import compare, predict_with_pipeline, predict_with_session
from slipway_training.parity.comparisons import sites
from slipway_training.parity.mixed_rows import many_rows
from slipway_training.parity.parity import Reference, real_rows
from slipway_training.parity.probes import of_kind
from slipway_training.workflows.train import run
from tests.server import running_server
from tests.training.prepared import MODELS, Prepared, prepared, shipped
from tests.training.proofs.over_http import as_predictions, post
from tests.training.usual_export import plain_export, wrong_rows

_DECIMAL_ROWS = 5000
_BATCH = 500


def certify(model: Prepared, rows: pd.DataFrame) -> tuple[bool, str]:
    """Whether the graph says what the pipeline says on all the rows, and the figures."""
    task = model.signature.task
    expected = predict_with_pipeline(model.pipeline, rows, task)
    given = predict_with_session(OnnxSession(model.graph.SerializeToString()), to_tensors(rows, model.signature), task)
    differences = compare(expected, given, model.expected.spread)
    flips, largest = int(differences.flips.sum()), differences.largest
    usual = float(np.quantile(differences.change, 0.999))
    thresholds, missed = count_thresholds(model, rows)
    text = f"{len(rows)} distinct rows, {flips} flips, largest {largest:.1e}, 99.9 % {usual:.1e}, "
    text += f"{thresholds} thresholds, {missed} of them not hit on both sides"
    return flips == 0 and largest <= model.config.parity.tolerance and missed == 0, text


def count_thresholds(model: Prepared, rows: pd.DataFrame) -> tuple[int, int]:
    """How many there are, and how many lack a row within a few float32 steps on one of their sides."""
    count = missed = 0
    for site in sites(model.pipeline):
        seen = np.sort(site.ask(rows).astype(np.float32).astype(np.float64), axis=0)
        for column, threshold in site.pairs:
            values = seen[:, int(column)]
            above = int(np.searchsorted(values, threshold, side="right"))
            near = 8 * float(np.spacing(np.float32(max(abs(threshold), 1e-3))))
            is_hit = (
                0 < above < len(values) and threshold - values[above - 1] < near and values[above] - threshold < near
            )
            count += 1
            missed += not is_hit
    return count, missed


def over_http(name: str, model: Prepared, rows: pd.DataFrame) -> tuple[bool, str]:
    """Decimal numbers as people type them, through a real server, against scikit-learn on the same float64."""
    # The server refuses missing text where nothing was missing; the graph alone was asked about it above.
    strict = [f.name for f in model.signature.features if f.kind is Kind.CATEGORY and not f.nullable]
    asked = rows[(rows[strict] != "").all(axis=1)].sample(_DECIMAL_ROWS, random_state=0)
    asked = asked.round(3).drop_duplicates(ignore_index=True)
    instances = [_instance(model, row) for row in asked.to_dict("records")]
    with TemporaryDirectory() as folder:
        config = shipped(name, "optimize.candidates=[]")
        run(config, Registry(Path(folder)), lambda _step, _result: None)
        with running_server(Path(folder)) as server:
            predictions = [
                output
                for start in range(0, len(instances), _BATCH)
                for output in post(f"{server.url}/predict/{name}", instances[start : start + _BATCH])
            ]
    expected = predict_with_pipeline(model.pipeline, asked, model.signature.task)
    differences = compare(expected, as_predictions(predictions), model.expected.spread)
    flips = int(differences.flips.sum())
    text = f"{len(asked)} decimal rows over HTTP, {flips} flips, largest {differences.largest:.1e}"
    return flips == 0 and differences.largest <= model.config.parity.tolerance, text


def _instance(model: Prepared, row: dict[Any, Any]) -> dict[str, Any]:
    found = {}
    for feature in model.signature.features:
        cell = row[feature.name]
        if feature.kind is Kind.CATEGORY:
            found[feature.name] = cell
        elif np.isnan(cell):
            found[feature.name] = None
        else:
            found[feature.name] = bool(cell) if feature.kind is Kind.BOOLEAN else float(cell)
    return found


def control(model: Prepared, rows: pd.DataFrame) -> tuple[bool, str]:
    """The usual export on the same rows: the check must be able to fail."""
    predictions = predict_with_pipeline(model.pipeline, rows, model.signature.task)
    reference = Reference(of_kind("mixed", rows), 0, predictions, model.expected.spread)
    usual = wrong_rows(plain_export(model.pipeline, model.signature), reference, model.signature, 1e-5)
    return usual.edge > 0 and usual.label_flips > 0, f"{usual.edge} rows wrong, {usual.label_flips} labels flipped"


def main() -> int:
    """Print a certificate for each shipped configuration."""
    parser = argparse.ArgumentParser(prog="scripts/prove parity", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="different rows for each configuration")
    count = parser.parse_args().rows
    holds = True
    for name in MODELS:
        model = prepared(name)
        rows = many_rows(model.pipeline, model.signature, real_rows(model.held_out.frame), count).frame
        checks = [certify(model, rows), over_http(name, model, rows), (len(rows) >= count, f"{count} rows wanted")]
        if name == "cancer_forest":
            is_caught, text = control(model, rows)
            checks.append((is_caught, f"negative control, the usual export: {text}"))
        for is_true, text in checks:
            sys.stdout.write(f"{'holds ' if is_true else 'BROKEN'} {name}: {text}\n")
            sys.stdout.flush()
            holds &= is_true
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
