import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper

from app.runtime.session import OnnxSession
from training.export.assembly import MICROSOFT, TARGET, Assembly
from training.export.blocks import Block
from training.export.converters import dates
from training.features.dates import DateParts

ALL = ("year", "month", "day", "weekday", "day_of_year", "hour", "minute", "days")


def graph() -> OnnxSession:
    """The parts alone as a graph of one text input."""
    assembly = Assembly()
    found = dates.split(assembly, DateParts(ALL), Block("text", 1, is_text=True), "date")
    assembly.rename(found.wire, "parts")
    text = helper.make_tensor_value_info("text", TensorProto.STRING, [None, 1])
    parts = helper.make_tensor_value_info("parts", TensorProto.DOUBLE, [None, len(ALL)])
    made = helper.make_graph(assembly.nodes, "dates", [text], [parts], assembly.initializers)
    opsets = [helper.make_opsetid(domain, version) for domain, version in {**TARGET, MICROSOFT: 1}.items()]
    return OnnxSession(helper.make_model(made, opset_imports=opsets, ir_version=9).SerializeToString())


SESSION = graph()


def both(texts: list[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows = np.array(texts, dtype=object).reshape(-1, 1)
    return DateParts(ALL).transform(rows), SESSION.run({"text": rows})[0]


@settings(deadline=None)
@given(st.lists(st.datetimes(min_value=dt.datetime(1, 1, 1)), min_size=1, max_size=5))  # noqa: DTZ001  # no zone
def test_parts_of_a_date_are_the_calendars_here_and_in_the_graph(moments: list[dt.datetime]) -> None:
    wanted = [
        [m.year, m.month, m.day, m.weekday(), m.timetuple().tm_yday, m.hour, m.minute, m.toordinal() - 719163]
        for m in moments
    ]

    here, there = both([moment.isoformat() for moment in moments])

    assert here.tolist() == wanted
    assert there.tolist() == wanted


@settings(deadline=None)
@given(st.lists(st.one_of(st.text(), st.from_regex(r"[0-9]{1,5}[-/ ][0-9]{0,3}[-/ ][0-9]{0,25}")), min_size=1))
def test_any_text_says_the_same_here_and_in_the_graph(texts: list[str]) -> None:
    here, there = both([text.replace("\x00", "") for text in texts])

    assert np.array_equal(here, there, equal_nan=True)


@pytest.mark.parametrize("text", ["", "soon", "2026", "2026-13-01", "2026-00-10", "2026-01-32", "0000-01-01"])
def test_what_is_no_date_is_missing(text: str) -> None:
    here, there = both([text])

    assert np.isnan(here).all()
    assert np.isnan(there).all()


def test_day_without_a_time_begins_at_midnight() -> None:
    here, _ = both(["2026-03-01", "2026-03-01T07:05:09Z"])

    assert here[:, 5:7].tolist() == [[0, 0], [7, 5]]


def test_parts_are_named_after_their_column() -> None:
    assert DateParts(("year", "weekday")).get_feature_names_out(["sold"]).tolist() == ["sold_year", "sold_weekday"]
