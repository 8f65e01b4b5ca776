import pytest

from slipway_training.errors import ConfigError
from slipway_training.pipeline.build import build, fit
from tests.training.prepared import prepared, shipped


def steps(name: str, *changes: str) -> list[str]:
    return [step for step, _ in build(shipped(name, *changes), prepared(name).signature).steps]


def test_step_that_would_do_nothing_is_left_out() -> None:
    assert steps("diabetes") == ["estimator"]
    assert steps("diabetes", 'features.scale="standard"') == ["scale", "estimator"]


def test_mixed_columns_have_one_branch_per_kind() -> None:
    pipeline = prepared("titanic").pipeline

    branches = {name: [step for step, _ in steps.steps] for name, steps, _ in pipeline[0].transformers[::2]}

    assert branches == {"numbers": ["impute", "scale"], "categories": ["impute", "encode"]}
    assert pipeline[0].transformers[1] == ("booleans", "passthrough", ["adult_male", "alone"])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("estimator.parameters.C='big'", "config: The 'C' parameter of LogisticRegression must be a float"),
        ("estimator.parameters.solver='newton-cholesky'", "LogisticRegression cannot be fitted with these parameters"),
    ],
)
def test_parameter_that_the_estimator_refuses_is_an_error_of_the_config(change: str, sentence: str) -> None:
    model = prepared("breast_cancer")

    with pytest.raises(ConfigError) as refusal:
        fit(shipped("breast_cancer", change, "estimator.parameters.l1_ratio=0.5"), model.signature, model.learn)

    assert sentence in str(refusal.value)


def test_misspelt_parameter_of_the_estimator_names_the_closest() -> None:
    with pytest.raises(ConfigError, match=r"LogisticRegression has no parameter 'max_itr'; did you mean 'max_iter'\?"):
        build(shipped("breast_cancer", "estimator.parameters.max_itr=5"), prepared("breast_cancer").signature)
