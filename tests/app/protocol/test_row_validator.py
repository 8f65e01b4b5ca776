"""What reads rows, beside the types that `/docs` shows of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from slipway_ml.protocol.row_schema import object_request
from slipway_ml.protocol.row_validator import list_rows, object_requests, object_rows
from tests.factories import mixed_signature

SIGNATURE = mixed_signature()
NAMES = [feature.name for feature in SIGNATURE.features]
DOCUMENTED: TypeAdapter[Any] = TypeAdapter(object_request(SIGNATURE, 5))

numbers = st.floats(allow_nan=False, allow_infinity=False)
good = st.fixed_dictionaries(
    {
        "age": st.none() | numbers,
        "rooms": st.integers(-9, 9) | st.sampled_from([3.0, 2.9999999999999996]),
        "floors": st.none() | st.integers(-9, 9),
        "garden": st.booleans(),
        "city": st.none() | st.text(max_size=3),
        "heating": st.sampled_from(["gas", "oil"]),
    }
)
cells = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(["gas", ""]), st.text(max_size=3)
)
wrong = st.dictionaries(st.sampled_from([*NAMES, "stranger"]), cells, max_size=2)
rows = st.builds(lambda row, changes: {**row, **changes}, good, wrong) | wrong


def outcome(read: Any, document: Any) -> Any:
    try:
        return read(document)
    except ValidationError as error:
        return sorted(str((detail["loc"][-1:], detail["type"])) for detail in error.errors(include_url=False))


@given(rows)
def test_row_is_read_as_the_documented_type_reads_it(row: dict[str, Any]) -> None:
    documented = outcome(lambda row: DOCUMENTED.validate_python({"instances": [row]})["instances"][0], row)

    assert repr(outcome(object_rows(SIGNATURE).validate_python, row)) == repr(documented)


@given(good)
def test_list_is_read_as_the_same_values_by_name(row: dict[str, Any]) -> None:
    by_position = list_rows(SIGNATURE).validate_python([row[name] for name in NAMES])

    assert by_position == tuple(object_rows(SIGNATURE).validate_python(row).values())


@pytest.mark.parametrize("count", [0, 6])
def test_request_of_no_rows_or_too_many_is_refused(count: int) -> None:
    with pytest.raises(ValidationError, match="instances"):
        object_requests(SIGNATURE, 5).validate_python({"instances": [{}] * count})
