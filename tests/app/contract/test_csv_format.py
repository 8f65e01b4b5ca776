import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from slipway_ml.contract.csv_format import CsvFormat
from slipway_ml.contract.dates import EXAMPLES, is_date
from slipway_ml.contract.signature import Feature, Kind

GERMAN = CsvFormat(delimiter=";", decimal=",", thousands=".", percent=True)


@pytest.mark.parametrize(
    ("csv_format", "cell", "number"),
    [
        (CsvFormat(), "1.5", 1.5),
        (CsvFormat(), "-.5e3", -500.0),
        (CsvFormat(), "1,5", None),
        (CsvFormat(), "1_000", None),
        (CsvFormat(), "١٢", None),
        (CsvFormat(), "inf", None),
        (CsvFormat(), "nan", None),
        (CsvFormat(), "0x10", None),
        (CsvFormat(), "1e999", None),
        (CsvFormat(), "12%", None),
        (GERMAN, "1.234,5", 1234.5),
        (GERMAN, "1.234", 1234.0),
        (GERMAN, "12.50", None),
        (GERMAN, "1.23.456", None),
        (GERMAN, "17,3%", 0.173),
        (GERMAN, "17,3 %", 0.173),
        (CsvFormat(thousands=" ", decimal=","), "1\u202f234\u00a0567,8", 1234567.8),
        (CsvFormat(thousands="'"), "1'234.5", 1234.5),
    ],
)
def test_number_is_read_in_the_format_or_not_at_all(csv_format: CsvFormat, cell: str, number: float | None) -> None:
    assert csv_format.number(cell) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_number_is_the_same_however_it_is_written(value: float) -> None:
    assert CsvFormat().number(repr(value)) == value
    assert CsvFormat(decimal=",").number(repr(value).replace(".", ",")) == value


@given(st.integers(-(10**9), 10**9), st.sampled_from([",", " ", "'", "_"]))
def test_grouped_integer_is_the_integer(value: int, group: str) -> None:
    assert CsvFormat.model_validate({"thousands": group}).integer(f"{value:,}".replace(",", group)) == value


@pytest.mark.parametrize("cell", ["9007199254740992", "1.5", "", "x"])
def test_integer_that_a_float_does_not_tell_from_its_neighbours_is_none(cell: str) -> None:
    assert CsvFormat().integer(cell) is None


@pytest.mark.parametrize("kind", Kind)
def test_word_is_missing_only_where_the_format_says_so(kind: Kind) -> None:
    feature = Feature(name="a", kind=kind, nullable=True)

    assert CsvFormat().read(feature, "NA") == "NA"
    assert CsvFormat(missing=("NA",)).read(feature, " NA ") is None
    assert CsvFormat(missing={"b": ("NA",)}).read(feature, "NA") == "NA"
    assert CsvFormat().read(feature, " ") is None


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"decimal": ",", "thousands": ","}, "decimal and thousands are both ','"),
        ({"delimiter": '"'}, "must be two characters"),
        ({"encoding": "klingon"}, "encoding 'klingon' is none that Python knows"),
        ({"encoding": "hex"}, "encoding 'hex' is none that Python knows"),
        ({"delimiter": ";;"}, "at most 1 character"),
    ],
)
def test_format_that_could_be_read_in_two_ways_is_refused(keys: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        CsvFormat.model_validate(keys)


def test_date_has_the_form_of_its_order() -> None:
    for order, text in EXAMPLES.items():
        assert [other for other in EXAMPLES if is_date(text, other)] == [order]
        assert is_date(f"{text}T23:59:59.5+02:00", order)


@pytest.mark.parametrize(
    "text", ["15.01.20", "2026-02-30", "20260131", "2026-01-31T25:00", "2026-01-31 soon", "26-01-31"]
)
def test_text_of_another_form_is_no_date(text: str) -> None:
    assert not any(is_date(text, order) for order in EXAMPLES)
