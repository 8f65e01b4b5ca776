"""What is unlike training in a run: found at every size, and by no rule but the documented one."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.contract.input_policy import InputPolicy, Treatment
from slipway_ml.contract.manifest import Cell
from slipway_ml.contract.profile import FeatureProfile, Profile
from slipway_ml.contract.signature import Feature, Kind, Signature, Task
from slipway_ml.contract.tensors import Tensor
from slipway_ml.serving.input_check import input_check
from slipway_ml.serving.manifest_rows import to_tensors
from tests.claims import for_each
from tests.factories import matrix_signature, mixed_signature
from tests.profiles import house_profile, number_profile
from tests.strategies import MANY

NUMBERS = st.floats(-1e3, 1e3) | st.sampled_from([-4.5, 5.5, -0.0, 1e300, float("nan")])


def found(signature: Signature, profile: Profile, policy: InputPolicy, tensors: dict[str, Tensor]) -> Any:
    """(row, feature, is refused) of everything that is unusual."""
    look = input_check(signature, profile, policy)
    run = None if look is None else look(tensors)
    unusual = None if run is None else run.within(0, len(next(iter(tensors.values()))))
    if unusual is None:
        return set()
    return {
        (one.row, one.field, listed is unusual.refused)
        for listed in (unusual.warned, unusual.refused)
        for one in listed.problems
    }


@MANY
@given(st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=1, max_size=12), st.sampled_from([1, 900]))
def test_number_of_a_matrix_is_unusual_where_it_is_outside_of_its_bounds(rows: list[list[float]], times: int) -> None:
    matrix = np.array(rows)
    expected = {
        (row, f"f{column}", False)
        for row, values in enumerate(rows)
        for column, value in enumerate(values)
        if column != 1 and not np.isnan(value) and not -4.5 <= value <= 5.5
    }
    usual = np.full((len(rows) * times - len(rows), 3), 0.5)  # beyond 2,048 values another way is taken

    assert (
        found(matrix_signature(), number_profile(3, 1), InputPolicy(), {"X": np.concatenate((matrix, usual))})
        == expected
    )


@for_each(
    "values, expected",
    {
        "a usual row": ({}, set()),
        "missing values": ({"age": None, "floors": None, "city": None}, set()),
        "a number": ({"age": 131.0}, {"age"}),
        "an integer": ({"rooms": 70_000}, {"rooms"}),
        "an integer that may be missing": ({"floors": -9}, {"floors"}),
        "a category": ({"city": "ulm"}, {"city"}),
        "several": ({"age": -51.0, "city": "Rom"}, {"age", "city"}),
    },
)
def test_value_of_every_kind_is_looked_at_alone_and_among_others(values: dict[str, Cell], expected: set[str]) -> None:
    signature = mixed_signature()
    usual: dict[str, Cell] = {"age": 30.0, "rooms": 3, "floors": 2, "garden": True, "city": "Ulm", "heating": "gas"}
    alone = to_tensors(signature, [{**usual, **values}])
    among = to_tensors(signature, [usual, {**usual, **values}, usual])

    assert found(signature, house_profile(), InputPolicy(), alone) == {(0, name, False) for name in expected}
    assert found(signature, house_profile(), InputPolicy(), among) == {(1, name, False) for name in expected}


@for_each(
    "unusual, columns, expected",
    {
        "accepted all": ("accept", {}, set()),
        "one accepted": ("warn", {"age": "accept"}, {("city", False)}),
        "one refused": ("warn", {"age": "refuse"}, {("age", True), ("city", False)}),
        "all but one refused": ("refuse", {"city": "warn"}, {("age", True), ("city", False)}),
    },
)
def test_policy_decides_by_feature(
    unusual: Treatment, columns: dict[str, Treatment], expected: set[tuple[str, bool]]
) -> None:
    row: dict[str, Cell] = {"age": 1e6, "rooms": 3, "floors": 2, "garden": True, "city": "ulm", "heating": "gas"}
    policy = InputPolicy(unusual=unusual, columns=columns)

    seen = found(mixed_signature(), house_profile(), policy, to_tensors(mixed_signature(), [row]))

    assert {(name, is_refused) for _, name, is_refused in seen} == expected


def test_nothing_is_looked_at_where_every_feature_accepts_or_nothing_is_known() -> None:
    accepting = InputPolicy(unusual="accept")
    nothing = Profile(rows=0, features=tuple(FeatureProfile(name=f"f{n}", count=0) for n in range(3)))

    assert input_check(matrix_signature(), number_profile(3), accepting) is None
    assert input_check(matrix_signature(), nothing, InputPolicy()) is None
    assert input_check(matrix_signature(), Profile(rows=0, features=()), InputPolicy()) is None


@for_each(
    "is_parsed, policy, is_refused",
    {
        "read by the model": (True, InputPolicy(), True),
        "read by the model, its column accepting less": (True, InputPolicy(columns={"day": "warn"}), False),
        "free text": (False, InputPolicy(), False),
    },
)
def test_date_in_another_form_is_refused_where_the_model_could_not_read_it(
    is_parsed: bool, policy: InputPolicy, is_refused: bool
) -> None:
    feature = Feature(name="day", kind=Kind.CATEGORY, nullable=True)
    signature = Signature(task=Task.REGRESSION, layout="columns", features=(feature,))
    known = FeatureProfile(name="day", count=9, date_form="dmy", is_parsed=is_parsed)
    days = ["31.01.2026", "", "2026-01-31", "31.02.2026", "1.2.2026 10:00"]

    seen = found(signature, Profile(rows=9, features=(known,)), policy, {"day": np.array([[day] for day in days], "O")})

    assert seen == {(2, "day", is_refused), (3, "day", is_refused)}


def test_problem_of_a_category_names_the_one_that_was_meant() -> None:
    look = input_check(mixed_signature(), house_profile(), InputPolicy())
    row: dict[str, Cell] = {"age": 1.0, "rooms": 3, "floors": 2, "garden": True, "heating": "gas"}
    run = look(to_tensors(mixed_signature(), [{**row, "city": city} for city in (" ULM", "Rom")])) if look else None
    unusual = run.within(0, 2) if run else None

    assert unusual is not None
    first, second = (one.problem for one in unusual.warned.problems)
    assert first.endswith("did you mean 'Ulm'?")
    assert second == "is no category that was seen in training"


def test_requests_of_one_run_get_their_own_rows_first_hundred_and_count() -> None:
    look = input_check(matrix_signature(1), number_profile(1), InputPolicy())
    run = look({"X": np.array([[0.0], *[[9.0]] * 250, [0.0]])}) if look else None

    assert run is not None
    assert run.within(0, 1) is None
    assert run.within(251, 252) is None
    whole = run.within(1, 251)
    assert whole is not None
    assert ([one.row for one in whole.warned.problems], whole.warned.total) == (list(range(100)), 250)
    assert whole.as_document()["warnings_not_listed"] == 150
    assert whole.counts["far_number"] == 250
