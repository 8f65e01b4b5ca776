import datetime as dt
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper

from slipway_ml.contract.dates import DateOrder
from slipway_ml.runtime.session import OnnxSession
from slipway_training.export.assembly import MICROSOFT, TARGET, Assembly
from slipway_training.export.blocks import Block
from slipway_training.export.transformers import dates
from slipway_training.pipeline.dates import DateParts

ALL = ("year", "month", "day", "weekday", "day_of_year", "hour", "minute", "days")
Zone = Literal["utc", "as_written"]
ZONES: tuple[Zone, ...] = ("utc", "as_written")
OTHER_FORMS = ("15.01.20", "20260131", "2026-02-29", "2026-04-31", "on 2026-01-31", "2026-01-31.5", "31.01.2026")
"""None of which may be read as another date."""
MOMENTS = st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 12, 31))  # noqa: DTZ001  # in UTC, which Z says
DATELIKE = r"[0-9]{1,5}[-/ ][0-9]{0,3}[-/ ][0-9]{0,25}([T :][0-9.]{1,3}){0,3} ?([-+][0-9]{2}(:?[0-9]{2})?)?\n?"


def graph(zone: Zone, order: DateOrder = "ymd") -> OnnxSession:
    """The parts alone as a graph of one text input."""
    assembly = Assembly()
    found = dates.split(assembly, DateParts(ALL, zone, order), Block("text", 1, is_text=True), "date")
    assembly.rename(found.wire, "parts")
    text = helper.make_tensor_value_info("text", TensorProto.STRING, [None, 1])
    parts = helper.make_tensor_value_info("parts", TensorProto.DOUBLE, [None, len(ALL)])
    made = helper.make_graph(assembly.nodes, "dates", [text], [parts], assembly.initializers)
    opsets = [helper.make_opsetid(domain, version) for domain, version in {**TARGET, MICROSOFT: 1}.items()]
    return OnnxSession(helper.make_model(made, opset_imports=opsets, ir_version=9).SerializeToString())


SESSIONS: dict[Zone, OnnxSession] = {"utc": graph("utc"), "as_written": graph("as_written")}


def both(texts: list[str], zone: Zone = "utc") -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows = np.array(texts, dtype=object).reshape(-1, 1)
    return DateParts(ALL, zone).transform(rows), SESSIONS[zone].run({"text": rows})[0]


def ordered(texts: list[str], order: DateOrder) -> tuple[list[list[float]], list[list[float]]]:
    """Year, month and day, here and in the graph."""
    rows = np.array(texts, dtype=object).reshape(-1, 1)
    here, there = DateParts(ALL, "utc", order).transform(rows), graph("utc", order).run({"text": rows})[0]
    return here[:, :3].tolist(), there[:, :3].tolist()


def parts_of(moment: dt.datetime) -> list[float]:
    """What Python's own calendar says."""
    date = [moment.year, moment.month, moment.day, moment.weekday(), moment.timetuple().tm_yday]
    return [*date, moment.hour, moment.minute, moment.toordinal() - 719163]


@settings(deadline=None)
@given(st.lists(st.datetimes(min_value=dt.datetime(1, 1, 1)), min_size=1, max_size=5))  # noqa: DTZ001  # no zone
def test_parts_of_a_date_are_the_calendars_here_and_in_the_graph(moments: list[dt.datetime]) -> None:
    wanted = [parts_of(moment) for moment in moments]

    here, there = both([moment.isoformat() for moment in moments])

    assert here.tolist() == wanted
    assert there.tolist() == wanted


@settings(deadline=None)
@given(moment=MOMENTS, minutes=st.integers(-1439, 1439), separator=st.sampled_from([":", ""]))
def test_moment_has_the_parts_of_utc_whatever_its_offset(moment: dt.datetime, minutes: int, separator: str) -> None:
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{separator}{abs(minutes) % 60:02}"
    local = (moment + dt.timedelta(minutes=minutes)).isoformat()

    here, there = both([f"{local}{offset}", moment.isoformat(), f"{moment.isoformat()}Z"])

    assert here.tolist() == [parts_of(moment)] * 3
    assert there.tolist() == [parts_of(moment)] * 3


def test_hour_that_summer_time_repeats_is_told_apart_by_its_offset() -> None:
    zone = ZoneInfo("Europe/Berlin")
    first, second = (dt.datetime(2026, 10, 25, 2, 30, tzinfo=zone, fold=fold) for fold in (0, 1))

    here, there = both([first.isoformat(), second.isoformat()])

    assert here[:, 5].tolist() == [0, 1]
    assert there[:, 5].tolist() == [0, 1]


@pytest.mark.parametrize("text", ["2026-03-01T23:30:00-05:00", "2026-03-01 23:30-05", "2026-03-01T23:30:00.250-0500"])
def test_clock_as_it_was_written_is_kept_on_request(text: str) -> None:
    moved, _ = both([text])
    here, there = both([text], "as_written")

    assert moved[0, :7].tolist() == [2026, 3, 2, 0, 61, 4, 30]
    assert here[0, :7].tolist() == there[0, :7].tolist() == [2026, 3, 1, 6, 60, 23, 30]


@pytest.mark.parametrize("text", ["2026-03-01", "2026-12-31", "2026-03-01 07:05", "2026-03-01T07:05:09"])
def test_day_or_month_is_not_taken_for_an_offset(text: str) -> None:
    moved, written = both([text]), both([text], "as_written")

    assert moved[0].tolist() == moved[1].tolist() == written[0].tolist()


@settings(deadline=None)
@given(texts=st.lists(st.one_of(st.text(), st.from_regex(DATELIKE)), min_size=1), zone=st.sampled_from(ZONES))
def test_any_text_says_the_same_here_and_in_the_graph(texts: list[str], zone: Zone) -> None:
    here, there = both([text.replace("\x00", "") for text in texts], zone)

    assert np.array_equal(here, there, equal_nan=True)


@pytest.mark.parametrize(
    "text", ["", "soon", "2026", "2026-13-01", "2026-00-10", "2026-01-32", "0000-01-01", *OTHER_FORMS]
)
def test_what_is_no_date_is_missing(text: str) -> None:
    here, there = both([text])

    assert np.isnan(here).all()
    assert np.isnan(there).all()


def test_day_without_a_time_begins_at_midnight() -> None:
    here, _ = both(["2026-03-01", "2026-03-01T07:05:09Z"])

    assert here[:, 5:7].tolist() == [[0, 0], [7, 5]]


def test_parts_are_named_after_their_column() -> None:
    assert DateParts(("year", "weekday")).get_feature_names_out(["sold"]).tolist() == ["sold_year", "sold_weekday"]


@pytest.mark.parametrize(("order", "text"), [("dmy", "05.03.2026"), ("dmy", "5/3/2026 07:30"), ("mdy", "03/05/2026")])
def test_date_is_read_in_its_order_here_and_in_the_graph(order: DateOrder, text: str) -> None:
    assert ordered([text, "2026-03-05"], order)[0][0] == [2026, 3, 5]
    assert ordered([text], order)[0] == ordered([text], order)[1]
