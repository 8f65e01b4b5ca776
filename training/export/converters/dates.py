"""DateParts: digits are cut out of the text by the runtime's tokenizer, and the rest is whole-number arithmetic.

The tokenizer gives as many columns as the longest text has tokens, so a made-up date is put below the rows and taken
away again: there are then always enough.
"""

import numpy as np
from onnx import TensorProto

from training.errors import ConversionError
from training.export.assembly import MICROSOFT, Assembly
from training.export.blocks import Block
from training.features.dates import HIGHEST, LOWEST, TOKENS, DateParts

_FULL = "0001-01-01T00:00:00"


def split(assembly: Assembly, fitted: DateParts, block: Block, path: str) -> Block:
    """One text column becomes one number per part; raises ConversionError for anything else."""
    if not block.is_text or block.width != 1:
        raise ConversionError(f"step {path}: DateParts takes one text column; give each date a step of its own")
    numbers = _numbers(assembly, block.wire)
    add = assembly.add
    date = _columns(assembly, numbers, 0, 3)
    is_low = add("GreaterOrEqual", [date, _row(assembly, LOWEST)])
    is_high = add("LessOrEqual", [date, _row(assembly, HIGHEST)])
    within = add("Cast", [add("And", [is_low, is_high])], to=TensorProto.DOUBLE)
    axis = assembly.constant(np.array([1], dtype=np.int64))
    is_date = add("Equal", [add("ReduceSum", [within, axis], keepdims=1), _row(assembly, [3.0])])
    wires = _parts(assembly, numbers)
    found = add("Concat", [wires[part] for part in fitted.parts], axis=1)
    return Block(add("Where", [is_date, found, _row(assembly, [np.nan])]), len(fitted.parts))


def _numbers(assembly: Assembly, wire: str) -> str:
    """[rows, 6] of float64, NaN where the text has fewer numbers."""
    add, constant = assembly.add, assembly.constant
    texts = add("Reshape", [wire, constant(np.array([-1], dtype=np.int64))])
    longer = add("Concat", [texts, constant(np.array([_FULL], dtype=object))], axis=0)
    tokens = add("Tokenizer", [longer], domain=MICROSOFT, mark=0, mincharnum=1, pad_value="NaN", tokenexp="[0-9]+")
    start, end = (constant(np.array(place, dtype=np.int64)) for place in ([0, 0], [-1, TOKENS]))
    return add("Cast", [add("Slice", [tokens, start, end])], to=TensorProto.DOUBLE)


def _parts(assembly: Assembly, numbers: str) -> dict[str, str]:
    add = assembly.add
    year, month, day = (_columns(assembly, numbers, place, place + 1) for place in range(3))
    one = _row(assembly, [1.0])
    days = _days(assembly, year, month, day)
    monday = add("Add", [days, _row(assembly, [3.0])])
    weeks = add("Floor", [add("Div", [monday, _row(assembly, [7.0])])])
    weekday = add("Sub", [monday, add("Mul", [weeks, _row(assembly, [7.0])])])
    clock = _columns(assembly, numbers, 3, 5)
    clock = add("Where", [add("IsNaN", [clock]), _row(assembly, [0.0]), clock])
    new_year = _days(assembly, year, one, one)
    return {
        "year": year,
        "month": month,
        "day": day,
        "weekday": weekday,
        "day_of_year": add("Add", [add("Sub", [days, new_year]), one]),
        "hour": _columns(assembly, clock, 0, 1),
        "minute": _columns(assembly, clock, 1, 2),
        "days": days,
    }


def _days(assembly: Assembly, year: str, month: str, day: str) -> str:
    """As `training.features.dates.days_since_1970` has it."""
    add = assembly.add

    def plus(wire: str, number: float) -> str:
        return add("Add", [wire, _row(assembly, [number])])

    def floored(wire: str, divisor: float) -> str:
        return add("Floor", [add("Div", [wire, _row(assembly, [divisor])])])

    is_early = add("LessOrEqual", [month, _row(assembly, [2.0])])
    march_year = add("Where", [is_early, plus(year, -1.0), year])
    march_month = add("Where", [is_early, plus(month, 9.0), plus(month, -3.0)])
    leap_days = add(
        "Add", [add("Sub", [floored(march_year, 4.0), floored(march_year, 100.0)]), floored(march_year, 400.0)]
    )
    before = floored(plus(add("Mul", [march_month, _row(assembly, [153.0])]), 2.0), 5.0)
    years = add("Add", [add("Mul", [march_year, _row(assembly, [365.0])]), leap_days])
    return plus(add("Add", [add("Add", [years, before]), day]), -719469.0)


def _row(assembly: Assembly, values: object) -> str:
    return assembly.constant(np.array([values], dtype=np.float64).reshape(1, -1))


def _columns(assembly: Assembly, wire: str, start: int, end: int) -> str:
    indices = assembly.constant(np.arange(start, end, dtype=np.int64))
    return assembly.add("Gather", [wire, indices], axis=1)
