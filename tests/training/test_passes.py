import pytest

from tests.training.proofs.passes import exact_rows, trained


@pytest.mark.parametrize("name", ["linear, diabetes", "linear, 1,000,000 +- 1"])
def test_exact_variants_of_a_family_answer_distinct_rows_as_scikit_learn_does(name: str) -> None:
    model = trained(name)

    asked = exact_rows(model, 5000)

    assert model.choice.name == "compact"
    assert [(own, problem) for own, _, problem in asked] == [("exported", ""), ("compact", "")]
    assert all(rows == 5000 for _, rows, _ in asked)
