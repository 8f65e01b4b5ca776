"""A searched and a priced model from the command to the manifest, the card, the report and the repeated proof."""

from pathlib import Path

import pytest
import typer
from onnx import load_from_string
from typer.testing import CliRunner, Result

from slipway_ml.contract.manifest import manifest_from_json, manifest_to_json
from slipway_ml.registry.store import Registry
from slipway_training.cli.train import train
from slipway_training.cli.verify import verify
from slipway_training.workflows.train import train as train_only
from tests.training.prepared import shipped

QUICK = (
    *("--set", "search.trials=3", "--set", "search.storage='memory'", "--set", "search.max_latency_us=20000.0"),
    *("--set", "search.families=['LogisticRegression', 'DecisionTreeClassifier']", "--set", "split.folds=3"),
)


def command(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command("train")(train)
    app.command("verify")(verify)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The models folder, and what the command printed."""
    folder = tmp_path_factory.mktemp("models")
    return folder, command("train", "cancer_search", "--models", folder, *QUICK)


def test_command_shows_the_front_and_the_rule(searched: tuple[Path, Result]) -> None:
    _, result = searched

    assert result.exit_code == 0, result.exception
    assert "Pareto front" in result.output
    assert "Taken: the fastest within one standard error of the best roc_auc under 20000 us a row" in result.output


def test_manifest_and_card_say_how_the_estimator_was_found(searched: tuple[Path, Result]) -> None:
    stored = Registry(searched[0]).read("cancer_search", 1)

    selection = stored.manifest.selection
    assert selection is not None
    assert selection.trials == 3
    assert manifest_from_json(manifest_to_json(stored.manifest)).selection == selection
    assert f"{selection.chosen.estimator}, {selection.rule} of 3 trials" in stored.read_file("model_card.md").decode()


def test_proof_is_repeated_on_the_estimator_that_was_taken(searched: tuple[Path, Result]) -> None:
    result = command("verify", "cancer_search", "--models", searched[0], "--rows", "3000")

    assert result.exit_code == 0, result.output
    assert "rows against scikit-learn: 0 labels differ" in result.output


def test_threshold_is_in_the_graph_and_its_saving_in_the_manifest(tmp_path: Path) -> None:
    result = command("train", "cancer_cost", "--models", tmp_path)

    stored = Registry(tmp_path).read("cancer_cost", 1)
    decision = stored.manifest.decision
    assert decision is not None
    assert decision.cost < decision.cost_at_half
    assert f"threshold {decision.threshold:.4g} for class malignant" in result.output
    assert {"expected_cost", "expected_cost_at_half"} <= {score.name for score in stored.manifest.metrics}
    assert "GreaterOrEqual" in {node.op_type for node in load_from_string(stored.read_model()).graph.node}


def test_rare_class_is_found_by_weights_and_a_threshold_that_its_amounts_set() -> None:
    trained = train_only(shipped("fraud", "split.folds=2", "optimize.candidates=[]"), lambda _step, _result: None)

    first, baseline = trained.metrics[0], trained.evaluation.baseline if trained.evaluation else None
    assert baseline is not None
    assert baseline.score is not None
    assert first.name == "average_precision"
    assert first.value > 20 * baseline.score.value
    assert trained.candidate.cost is not None
    assert trained.candidate.cost.decision.cost < trained.candidate.cost.decision.cost_at_half / 2
    assert [f.remedy for f in trained.candidate.findings] == ["its figures are rough, bring more of it"]
