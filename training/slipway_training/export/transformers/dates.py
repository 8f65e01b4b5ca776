"""DateParts: digits are cut out of the text by the runtime's tokenizer, and the rest is whole-number arithmetic.

The tokenizer gives as many columns as the longest text has tokens, so a synthetic date is put below the rows and taken
away again: there are then always enough. An offset is cut out of what the tokenizer finds at the end of the text.
"""

import numpy as np
from onnx import TensorProto

from slipway_ml.contract.dates import OFFSET, PATTERNS, DateOrder
from slipway_training.errors import ConversionError
from slipway_training.export.assembly import MICROSOFT, Assembly
from slipway_training.export.blocks import Block
from slipway_training.pipeline.dates import HIGHEST, LOWEST, TIME_WITH_OFFSET, TOKENS, DateParts, places

_FULL: dict[DateOrder, str] = {
    "ymd": "0001-01-01T00:00:00-00:00",
    "dmy": "01-01-0001T00:00:00-00:00",
    "mdy": "01-01-0001T00:00:00-00:00",
}


def split(assembly: Assembly, fitted: DateParts, block: Block, path: str) -> Block:
    """One text column becomes one number per part; raises ConversionError for anything else."""
    if not block.is_text or block.width != 1:
        raise ConversionError(f"step {path}: DateParts takes one text column; give each date a step of its own")
    add, constant = assembly.add, assembly.constant
    flat = constant(np.array([-1], dtype=np.int64))
    texts = add("Reshape", [block.wire, flat])
    longer = add("Concat", [texts, constant(np.array([_FULL[fitted.order]], dtype=object))], axis=0)
    longer = add("Reshape", [_cut(assembly, longer, f"^{PATTERNS[fitted.order]}$", "none"), flat])
    numbers = _numbers(assembly, longer, "[0-9]+", TOKENS)
    year_month_day = constant(np.array(places(fitted.order), dtype=np.int64))
    date = add("Gather", [numbers, year_month_day], axis=1)
    is_low = add("GreaterOrEqual", [date, _row(assembly, LOWEST)])
    is_high = add("LessOrEqual", [date, _row(assembly, HIGHEST)])
    within = add("Cast", [add("And", [is_low, is_high])], to=TensorProto.DOUBLE)
    axis = constant(np.array([1], dtype=np.int64))
    in_month = add("Cast", [_is_in_month(assembly, date)], to=TensorProto.DOUBLE)
    fitting = add("Add", [add("ReduceSum", [within, axis], keepdims=1), in_month])
    is_date = add("Equal", [fitting, _row(assembly, [4.0])])
    wires = _parts(assembly, date, numbers, _minutes_ahead(assembly, longer) if fitted.zone == "utc" else None)
    found = add("Concat", [wires[part] for part in fitted.parts], axis=1)
    return Block(add("Where", [is_date, found, _row(assembly, [np.nan])]), len(fitted.parts))


def _cut(assembly: Assembly, texts: str, pattern: str, pad: str = "NaN") -> str:
    """[texts, most tokens]: what matches the pattern, in its order."""
    return assembly.add("Tokenizer", [texts], domain=MICROSOFT, mark=0, mincharnum=1, pad_value=pad, tokenexp=pattern)


def _numbers(assembly: Assembly, texts: str, pattern: str, count: int) -> str:
    """[rows, count] of float64, NaN where the text has fewer numbers; the text below the rows is left out."""
    start, end = (assembly.constant(np.array(place, dtype=np.int64)) for place in ([0, 0], [-1, count]))
    tokens = assembly.add("Slice", [_cut(assembly, texts, pattern), start, end])
    return assembly.add("Cast", [tokens], to=TensorProto.DOUBLE)


def _minutes_ahead(assembly: Assembly, texts: str) -> str:
    """[rows, 1]: by how much a clock with the offset is ahead of UTC, 0 without one."""
    add = assembly.add
    flat = assembly.constant(np.array([-1], dtype=np.int64))
    time = add("Reshape", [_cut(assembly, texts, f"{TIME_WITH_OFFSET}$", "none"), flat])
    offset = add("Reshape", [_cut(assembly, time, f"{OFFSET}$", "none"), flat])
    is_ahead = add("IsNaN", [_numbers(assembly, offset, "-[0-9]{2}", 1)])
    sign = add("Where", [is_ahead, _row(assembly, [1.0]), _row(assembly, [-1.0])])
    numbers = _numbers(assembly, offset, "[0-9]{2}", 2)
    known = add("Where", [add("IsNaN", [numbers]), _row(assembly, [0.0]), numbers])
    minutes = add("MatMul", [known, assembly.constant(np.array([[60.0], [1.0]]))])
    return add("Mul", [sign, minutes])


def _is_in_month(assembly: Assembly, date: str) -> str:
    """[rows, 1]: whether the month has the day, as `slipway_training.pipeline.dates.days_of_month` counts them."""
    add = assembly.add
    year, month, day = (_columns(assembly, date, place, place + 1) for place in range(3))
    one = _row(assembly, [1.0])
    is_last = add("GreaterOrEqual", [month, _row(assembly, [12.0])])
    later_year = add("Where", [is_last, _plus(assembly, year, 1.0), year])
    later_month = add("Where", [is_last, one, _plus(assembly, month, 1.0)])
    days = add("Sub", [_days(assembly, later_year, later_month, one), _days(assembly, year, month, one)])
    return add("LessOrEqual", [day, days])


def _parts(assembly: Assembly, date: str, numbers: str, ahead: str | None) -> dict[str, str]:
    """Every part of the date, moved to UTC by what its clock is ahead."""
    add = assembly.add
    year, month, day = (_columns(assembly, date, place, place + 1) for place in range(3))
    one = _row(assembly, [1.0])
    days = _days(assembly, year, month, day)
    clock = _columns(assembly, numbers, 3, 5)
    clock = add("Where", [add("IsNaN", [clock]), _row(assembly, [0.0]), clock])
    hour, minute = (_columns(assembly, clock, place, place + 1) for place in range(2))
    if ahead is not None:
        at = add("Sub", [add("Add", [_times(assembly, hour, 60.0), minute]), ahead])
        later = _floored(assembly, at, 1440.0)
        at, days = add("Sub", [at, _times(assembly, later, 1440.0)]), add("Add", [days, later])
        hour = _floored(assembly, at, 60.0)
        minute = add("Sub", [at, _times(assembly, hour, 60.0)])
        year, month, day = _date(assembly, days)
    monday = add("Add", [days, _row(assembly, [3.0])])
    weekday = add("Sub", [monday, _times(assembly, _floored(assembly, monday, 7.0), 7.0)])
    new_year = _days(assembly, year, one, one)
    return {
        "year": year,
        "month": month,
        "day": day,
        "weekday": weekday,
        "day_of_year": add("Add", [add("Sub", [days, new_year]), one]),
        "hour": hour,
        "minute": minute,
        "days": days,
    }


def _days(assembly: Assembly, year: str, month: str, day: str) -> str:
    """As `slipway_training.pipeline.dates.days_since_1970` has it."""
    add = assembly.add
    is_early = add("LessOrEqual", [month, _row(assembly, [2.0])])
    march_year = add("Where", [is_early, _plus(assembly, year, -1.0), year])
    march_month = add("Where", [is_early, _plus(assembly, month, 9.0), _plus(assembly, month, -3.0)])
    fourths, hundredths, eras = (_floored(assembly, march_year, years) for years in (4.0, 100.0, 400.0))
    leap_days = add("Add", [add("Sub", [fourths, hundredths]), eras])
    years = add("Add", [_times(assembly, march_year, 365.0), leap_days])
    within = add("Add", [add("Add", [years, _before_month(assembly, march_month)]), day])
    return _plus(assembly, within, -719469.0)


def _date(assembly: Assembly, days: str) -> tuple[str, str, str]:
    """As `slipway_training.pipeline.dates.date_of` has it."""
    add = assembly.add
    since = _plus(assembly, days, 719468.0)
    era = _floored(assembly, since, 146097.0)
    day = add("Sub", [since, _times(assembly, era, 146097.0)])
    fourths, hundredths, last = (_floored(assembly, day, length) for length in (1460.0, 36524.0, 146096.0))
    even = add("Sub", [add("Add", [add("Sub", [day, fourths]), hundredths]), last])
    year = _floored(assembly, even, 365.0)
    leap_days = add("Sub", [_floored(assembly, year, 4.0), _floored(assembly, year, 100.0)])
    day = add("Sub", [day, add("Add", [_times(assembly, year, 365.0), leap_days])])
    march_month = _floored(assembly, _plus(assembly, _times(assembly, day, 5.0), 2.0), 153.0)
    is_early = add("GreaterOrEqual", [march_month, _row(assembly, [10.0])])
    month = add("Where", [is_early, _plus(assembly, march_month, -9.0), _plus(assembly, march_month, 3.0)])
    whole_year = add("Add", [year, _times(assembly, era, 400.0)])
    of_month = _plus(assembly, add("Sub", [day, _before_month(assembly, march_month)]), 1.0)
    return add("Where", [is_early, _plus(assembly, whole_year, 1.0), whole_year]), month, of_month


def _before_month(assembly: Assembly, march_month: str) -> str:
    """Days from the first of March to the first of a month."""
    return _floored(assembly, _plus(assembly, _times(assembly, march_month, 153.0), 2.0), 5.0)


def _plus(assembly: Assembly, wire: str, number: float) -> str:
    return assembly.add("Add", [wire, _row(assembly, [number])])


def _times(assembly: Assembly, wire: str, number: float) -> str:
    return assembly.add("Mul", [wire, _row(assembly, [number])])


def _floored(assembly: Assembly, wire: str, divisor: float) -> str:
    return assembly.add("Floor", [assembly.add("Div", [wire, _row(assembly, [divisor])])])


def _row(assembly: Assembly, values: object) -> str:
    return assembly.constant(np.array([values], dtype=np.float64).reshape(1, -1))


def _columns(assembly: Assembly, wire: str, start: int, end: int) -> str:
    indices = assembly.constant(np.arange(start, end, dtype=np.int64))
    return assembly.add("Gather", [wire, indices], axis=1)
