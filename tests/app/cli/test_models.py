"""`slipway models`: looking at the folder and changing which version serves."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from slipway_ml.cli.main import cli
from slipway_ml.contract.evaluation import About, Comparison, Evaluation, Score, SliceScore
from slipway_ml.contract.manifest import EarlierVersion
from slipway_ml.contract.parity import RowsCompared
from slipway_ml.contract.signature import Feature, Kind, Signature, Task
from slipway_ml.errors import DamagedVersion, NothingPublished, RegistryError, SlipwayError, UsageError
from slipway_ml.registry.store import MODEL_FILE, Registry
from tests.factories import mixed_signature, publish


def models(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["models", *arguments, "--models", str(root)], env={"COLUMNS": "200"})


def words(result: Result) -> list[list[str]]:
    assert result.exception is None
    return [line.split() for line in result.output.splitlines()]


def test_list_shows_versions_and_aliases(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    publish(tmp_path, "a")
    publish(tmp_path, "b")
    Registry(tmp_path).promote("a", 2, alias="challenger")

    assert words(models(tmp_path, "list")) == [
        ["MODEL", "CHAMPION", "VERSIONS", "OTHER", "ALIASES"],
        ["a", "1", "1,", "2", "challenger:", "2"],
        ["b", "1", "1", "-"],
    ]


def test_list_of_an_empty_folder_says_what_to_do_next(tmp_path: Path) -> None:
    result = models(tmp_path, "list")

    assert result.output == f"No models in {tmp_path}. Next: slipway train breast_cancer --models {tmp_path}\n"


def test_list_shows_every_letter_of_a_long_name(tmp_path: Path) -> None:
    publish(tmp_path, "m" * 128)
    result = CliRunner().invoke(cli, ["models", "list", "--models", str(tmp_path)], env={"COLUMNS": "60"})

    assert result.output.count("m") == 128


def test_list_goes_on_past_a_damaged_desired_state(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    publish(tmp_path, "b")
    (tmp_path / "a" / "desired" / "2.json").write_text("garbage")
    result = models(tmp_path, "list")

    assert ["a", "-", "1", "-"] in words(result)
    assert ["b", "1", "1", "-"] in words(result)
    assert "slipway: a/desired/2.json cannot be read" in result.stderr


def test_show_describes_the_champion(tmp_path: Path) -> None:
    publish(tmp_path, "houses", mixed_signature())
    shown = words(models(tmp_path, "show", "houses"))

    assert shown[0] == ["houses", "version", "1", "champion"]
    assert ["published", "2026-01-02", "03:04", "UTC,", "variant", "fp32:", "the", "only", "one"] in shown
    assert ["age", "number", "allowed", "0", "to", "80"] in shown
    assert ["heating", "category", "refused", "gas,", "oil"] in shown
    assert [line[0] for line in shown[-2:]] == ["FILE", MODEL_FILE]


def test_show_prints_the_certificate_by_kind_of_row(tmp_path: Path) -> None:
    found: dict[str, Any] = {"label_flips": 0, "largest_difference": 2e-7, "p999_difference": 1e-7}
    kinds = (RowsCompared(kind="held_out", rows=8, **found), RowsCompared(kind="of a later release", rows=2, **found))
    update = {"kinds": kinds, "not_proved": ("Nobody asked about Mondays.",)}
    publish(tmp_path, change=lambda m: m.model_copy(update={"parity": m.parity.model_copy(update=update)}))

    shown = words(models(tmp_path, "show", "sum"))

    assert ["held-out", "rows", "8", "0", "2.0e-07", "1.0e-07"] in shown
    assert ["of", "a", "later", "release", "2", "0", "2.0e-07", "1.0e-07"] in shown
    assert ["not", "compared:", "Nobody", "asked", "about", "Mondays."] in shown


def test_show_says_that_a_version_is_another_one_made_smaller(tmp_path: Path) -> None:
    origin = EarlierVersion(version=7, manifest_sha256="0" * 64)
    update = {"optimized_from": origin}
    publish(tmp_path, change=lambda m: m.model_copy(update={"provenance": m.provenance.model_copy(update=update)}))

    assert "made smaller from version 7, without a fit" in models(tmp_path, "show", "sum").output


def test_show_takes_a_version(tmp_path: Path) -> None:
    publish(tmp_path)
    publish(tmp_path)

    assert words(models(tmp_path, "show", "sum", "2"))[0] == ["sum", "version", "2"]


def test_show_prints_names_as_they_are_whatever_they_look_like(tmp_path: Path) -> None:
    names = ["size [m2]", "[bold]", "[/bold]", ":smile:", "[link=x]y"]
    features = tuple(Feature(name=name, kind=Kind.NUMBER, example=1.5) for name in names)
    publish(tmp_path, "odd", Signature(task=Task.REGRESSION, layout="columns", features=features))
    result = models(tmp_path, "show", "odd")

    assert result.exception is None
    assert [name for name in names if f"{name} " not in result.output] == []


def test_show_without_a_champion_asks_for_a_version(tmp_path: Path) -> None:
    publish(tmp_path)
    (tmp_path / "sum" / "desired" / "1.json").unlink()

    assert "name a version: 1" in str(models(tmp_path, "show", "sum").exception)
    assert words(models(tmp_path, "show", "sum", "1"))[0] == ["sum", "version", "1"]


def test_promote_sets_the_champion_and_says_how_to_go_back(tmp_path: Path) -> None:
    publish(tmp_path)
    publish(tmp_path)
    result = models(tmp_path, "promote", "sum", "2")

    assert result.output.splitlines() == [
        "sum: champion is version 2 (generation 2)",
        f"Next: slipway models rollback sum --models {tmp_path}, should it disappoint",
    ]
    assert Registry(tmp_path).desired("sum").aliases == {"champion": 2}


def test_promote_sets_another_alias(tmp_path: Path) -> None:
    publish(tmp_path)
    result = models(tmp_path, "promote", "sum", "1", "--alias", "challenger")

    assert result.output.startswith("sum: challenger is version 1 (generation 2)\n")


def test_rollback_brings_the_champion_of_before_back(tmp_path: Path) -> None:
    publish(tmp_path)
    publish(tmp_path)
    models(tmp_path, "promote", "sum", "2")

    assert models(tmp_path, "rollback", "sum").output == "sum: champion is version 1 again (generation 3)\n"


REFUSED: dict[str, tuple[list[str], type[SlipwayError], str]] = {
    "unknown model": (["show", "other"], NothingPublished, "no model 'other' in {root}; there are: sum"),
    "unknown model to promote": (
        ["promote", "other", "1"],
        NothingPublished,
        "no model 'other' in {root}; there are: sum",
    ),
    "unknown model to roll back": (
        ["rollback", "other"],
        NothingPublished,
        "no model 'other' in {root}; there are: sum",
    ),
    "a name that climbs": (
        ["show", "../sum"],
        NothingPublished,
        "'../sum' is not a model name: letters, digits, '_', '-', '.', at most 128",
    ),
    "unknown version": (["show", "sum", "7"], NothingPublished, "model 'sum' has no version 7 in {root}"),
    "unknown version to promote": (
        ["promote", "sum", "7"],
        NothingPublished,
        "model 'sum' has no version 7 in {root}",
    ),
    "nothing to roll back to": (
        ["rollback", "sum"],
        NothingPublished,
        "model 'sum' has no earlier champion to roll back to",
    ),
    "an alias without a name": (
        ["promote", "sum", "1", "--alias", ""],
        UsageError,
        "an alias is a letter, then letters, digits, '_' or '-', at most 64 characters",
    ),
    "an alias that looks like a version": (
        ["promote", "sum", "1", "--alias", "1"],
        UsageError,
        "an alias is a letter, then letters, digits, '_' or '-', at most 64 characters",
    ),
}


@pytest.mark.parametrize(("arguments", "error", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_there_is_said_in_one_sentence(
    tmp_path: Path, arguments: list[str], error: type[SlipwayError], sentence: str
) -> None:
    publish(tmp_path)
    result = models(tmp_path, *arguments)

    assert type(result.exception) is error
    assert str(result.exception) == sentence.format(root=tmp_path)
    assert error.exit_code == 2


@pytest.mark.parametrize("version", ["0", "-1", "one", "1.5"])
@pytest.mark.parametrize("command", ["show", "promote"])
def test_version_that_is_no_number_from_1_is_wrong_use(tmp_path: Path, command: str, version: str) -> None:
    publish(tmp_path)

    assert models(tmp_path, command, "sum", version).exit_code == 2


def test_damaged_version_is_not_promoted(tmp_path: Path) -> None:
    stored = publish(tmp_path)
    (stored.folder / MODEL_FILE).write_bytes(b"")
    result = models(tmp_path, "promote", "sum", "1", "--alias", "challenger")

    assert isinstance(result.exception, DamagedVersion)
    assert "model.onnx has 0 bytes" in str(result.exception)


def test_disk_that_refuses_is_said(tmp_path: Path) -> None:
    publish(tmp_path)
    publish(tmp_path)
    (tmp_path / "sum" / "desired").rename(tmp_path / "elsewhere")
    (tmp_path / "sum" / "desired").write_text("not a folder")
    result = models(tmp_path, "promote", "sum", "2")

    assert type(result.exception) is RegistryError


def test_folder_comes_from_the_environment(tmp_path: Path) -> None:
    publish(tmp_path, "from_environment")
    result = CliRunner().invoke(cli, ["models", "list"], env={"SLIPWAY_MODELS": str(tmp_path)})

    assert "from_environment" in result.output


def test_show_says_who_owns_a_model_what_it_is_for_and_how_sure_its_scores_are(tmp_path: Path) -> None:
    score = Score(name="accuracy", value=0.9, interval=(0.85, 0.94))
    worse = SliceScore(name="town = [Oslo]", rows=40, score=Score(name="accuracy", value=0.5), p_value=0.001)
    baseline = Comparison(other="baseline (most frequent class)", score=Score(name="accuracy", value=0.6))
    champion = Comparison(other="version 1, the champion", note="it has other labels")
    update = {
        "about": About(owner="team [risk]", intended_use="first look", limitations=("Not for children.",)),
        "metrics": (score,),
        "evaluation": Evaluation(
            rows=90, confidence=0.95, resamples=9, found_slices=(worse,), baseline=baseline, champion=champion
        ),
    }
    publish(tmp_path, change=lambda m: m.model_copy(update=update))

    shown = models(tmp_path, "show", "sum").output.splitlines()

    assert {
        "owner: team [risk]",
        "intended use: first look",
        "limitation: Not for children.",
        "accuracy 0.9000 (0.8500 to 0.9400)",
        "baseline (most frequent class): accuracy 0.6000",
        "version 1, the champion: it has other labels",
        "worse where town = [Oslo]: accuracy 0.5000, 40 rows",
    } <= {*shown}
