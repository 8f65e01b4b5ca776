"""Hypothesis strategies: signatures, rows that fit them, manifests, tensors, and JSON of any kind."""

from collections.abc import Callable
from datetime import UTC
from typing import Any, get_args

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from slipway_ml.contract.evaluation import Score
from slipway_ml.contract.manifest import Cell, FileDigest, GoldenRow, GoldenRows, ModelManifest, OnnxFormat, Provenance
from slipway_ml.contract.parity import Parity, RowsCompared
from slipway_ml.contract.signature import Feature, Kind, Label, Signature, Task
from slipway_ml.contract.tensors import NUMPY_DTYPES, Datatype
from slipway_ml.contract.variant import Guarantee, Variant
from slipway_ml.protocol.messages import NamedTensor

FEW = settings(max_examples=30, deadline=None)
"""For properties whose examples are costly."""
MANY = settings(max_examples=150, deadline=None)
"""For properties whose examples cost next to nothing."""

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = TEXT.filter(bool)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.integers(0, 2**40)
EXACT_INTEGERS = st.integers(1 - 2**53, 2**53 - 1)
CELLS: st.SearchStrategy[Cell] = st.none() | st.booleans() | EXACT_INTEGERS | FINITE | TEXT
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)

_OUTPUTS = {"label", "probabilities", "value"}
_SHA256 = st.text("0123456789abcdef", min_size=64, max_size=64)
_NOT_NEGATIVE = st.floats(0, 1e300)
_INTEGER_RANGES = {d: np.iinfo(NUMPY_DTYPES[d]) for d in Datatype if NUMPY_DTYPES[d].kind in "iu"}

_COMPARED = st.builds(
    RowsCompared,
    kind=NAMES,
    rows=COUNTS,
    label_flips=COUNTS,
    largest_difference=_NOT_NEGATIVE,
    p999_difference=_NOT_NEGATIVE,
)

DATATYPES: list[Datatype] = list(Datatype)


def labels() -> st.SearchStrategy[tuple[Label, ...]]:
    """Class labels of one type, all different."""
    texts: st.SearchStrategy[list[Label]] = st.lists(TEXT, min_size=1, max_size=4, unique=True)
    numbers: st.SearchStrategy[list[Label]] = st.lists(EXACT_INTEGERS, min_size=1, max_size=4, unique=True)
    truths: st.SearchStrategy[list[Label]] = st.just([False, True])
    return st.one_of(texts, numbers, truths).map(tuple)


def features(name: str, kind: Kind) -> st.SearchStrategy[Feature]:
    """A feature of this name and kind."""
    categories = st.lists(NAMES, min_size=1, max_size=4, unique=True).map(tuple)
    return st.builds(
        Feature,
        name=st.just(name),
        kind=st.just(kind),
        nullable=st.booleans(),
        minimum=st.none() | FINITE,
        maximum=st.none() | FINITE,
        categories=categories if kind is Kind.CATEGORY else st.none(),
        unseen_categories=st.sampled_from(["allowed", "refused"]),
        example=CELLS,
    )


@st.composite
def signatures(draw: Callable[..., Any]) -> Signature:
    """Any signature of one to five features."""
    layout = draw(st.sampled_from(["matrix", "columns"]))
    kinds = st.just(Kind.NUMBER) if layout == "matrix" else st.sampled_from(Kind)
    names = draw(st.lists(NAMES.filter(lambda name: name not in _OUTPUTS), min_size=1, max_size=5, unique=True))
    known = draw(st.none() | labels())
    return Signature(
        task=Task.REGRESSION if known is None else Task.CLASSIFICATION,
        layout=layout,
        features=tuple(draw(features(name, draw(kinds))) for name in names),
        labels=known,
    )


def rows_of(signature: Signature, *, max_size: int = 5) -> st.SearchStrategy[list[dict[str, Cell]]]:
    """Lists of rows that fit a signature."""
    row = st.fixed_dictionaries({feature.name: _cells_of(feature) for feature in signature.features})
    return st.lists(row, min_size=1, max_size=max_size)


def _cells_of(feature: Feature) -> st.SearchStrategy[Cell]:
    known = st.sampled_from(feature.categories or ("",))
    present: dict[Kind, st.SearchStrategy[Cell]] = {
        Kind.NUMBER: FINITE,
        Kind.INTEGER: EXACT_INTEGERS,
        Kind.BOOLEAN: st.booleans(),
        Kind.CATEGORY: known if feature.unseen_categories == "refused" else known | NAMES,
    }
    return present[feature.kind] | st.none() if feature.nullable else present[feature.kind]


def tensors(name: str, datatypes: list[Datatype]) -> st.SearchStrategy[NamedTensor]:
    """A tensor of one of these datatypes and of any small shape, floats with NaN where a value is missing."""
    shapes = st.lists(st.integers(0, 3), max_size=4)
    return st.builds(_tensor, st.just(name), st.sampled_from(datatypes), shapes, st.randoms(use_true_random=False))


def _tensor(name: str, datatype: Datatype, shape: list[int], random: Any) -> NamedTensor:
    values = [_element(datatype, random) for _ in range(int(np.prod(shape, dtype=np.int64)))]
    return NamedTensor(name, datatype, np.array(values, NUMPY_DTYPES[datatype]).reshape(shape))


def _element(datatype: Datatype, random: Any) -> Any:
    if datatype in _INTEGER_RANGES:
        bounds = _INTEGER_RANGES[datatype]
        return random.choice([0, int(bounds.min), int(bounds.max), random.randint(int(bounds.min), int(bounds.max))])
    if datatype is Datatype.BOOL:
        return random.choice([True, False])
    if datatype is Datatype.BYTES:
        return random.choice(["", "a", 'quote " and \\', "line\n", "ä€😀", "\x00"])
    largest = float(np.finfo(NUMPY_DTYPES[datatype]).max)
    return random.choice([0.0, -0.0, float("nan"), largest, -largest, 5e-324, 0.1, random.uniform(-6e4, 6e4)])


def manifests() -> st.SearchStrategy[ModelManifest]:
    """Any manifest, whole and finite."""
    parity = st.builds(
        Parity,
        rows=COUNTS,
        edge_rows=COUNTS,
        label_flips=COUNTS,
        largest_difference=_NOT_NEGATIVE,
        p999_difference=_NOT_NEGATIVE,
        tolerance=_NOT_NEGATIVE,
        kinds=st.lists(_COMPARED, max_size=2).map(tuple),
        not_proved=st.lists(TEXT, max_size=2).map(tuple),
    )
    return signatures().flatmap(lambda signature: _manifests(signature, parity))


def _manifests(signature: Signature, parity: st.SearchStrategy[Parity]) -> st.SearchStrategy[ModelManifest]:
    return st.builds(
        ModelManifest,
        model_name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}", fullmatch=True),
        model_version=st.integers(1, 10**18 - 1),
        created_at=st.datetimes(timezones=st.just(UTC)),
        signature=st.just(signature),
        onnx=st.builds(OnnxFormat, ir_version=st.integers(1, 99), opsets=st.dictionaries(TEXT, COUNTS, max_size=2)),
        files=st.dictionaries(NAMES, st.builds(FileDigest, sha256=_SHA256, size=COUNTS), max_size=3),
        variant=TEXT,
        variant_reason=TEXT,
        variants=st.lists(_variants(parity), max_size=2).map(tuple),
        metrics=st.lists(st.builds(Score, name=TEXT, value=FINITE), max_size=2).map(tuple),
        parity=parity,
        golden_rows=st.builds(
            GoldenRows,
            rows=st.lists(_golden(signature), min_size=1, max_size=2).map(tuple),
            tolerance=st.floats(0, 0.01),
        ),
        provenance=_provenances(),
    )


def _golden(signature: Signature) -> st.SearchStrategy[GoldenRow]:
    row = rows_of(signature, max_size=1).map(lambda rows: rows[0])
    if signature.labels is None:
        return st.builds(GoldenRow, row=row, value=FINITE)
    count = len(signature.labels)
    probabilities = st.lists(FINITE, min_size=count, max_size=count).map(tuple)
    return st.builds(GoldenRow, row=row, label=st.sampled_from(signature.labels), probabilities=probabilities)


def _variants(parity: st.SearchStrategy[Parity]) -> st.SearchStrategy[Variant]:
    return st.builds(
        Variant,
        name=TEXT,
        description=TEXT,
        file=st.none() | TEXT,
        size=st.none() | COUNTS,
        guarantee=st.sampled_from(get_args(Guarantee)),
        passes=st.lists(TEXT, max_size=2).map(tuple),
        declined=st.dictionaries(TEXT, TEXT, max_size=2),
        bound=st.none() | FINITE.map(abs),
        bit_equal=st.booleans(),
        load_ms=st.none() | FINITE,
        memory=st.none() | COUNTS,
        latency_us=st.dictionaries(st.integers(1, 1024), FINITE, max_size=2),
        score=st.none() | FINITE,
        parity=st.none() | parity,
        passed=st.booleans(),
        verdict=TEXT,
    )


def _provenances() -> st.SearchStrategy[Provenance]:
    return st.builds(
        Provenance,
        data_digest=_SHA256,
        config_digest=_SHA256,
        code_digest=_SHA256,
        recipe_digest=_SHA256,
        code_version=TEXT,
        config=st.dictionaries(TEXT, CELLS | st.lists(CELLS, max_size=2), max_size=2),
        rows=st.dictionaries(TEXT, COUNTS, max_size=2),
        libraries=st.dictionaries(TEXT, TEXT, max_size=2),
        python=TEXT,
        platform=TEXT,
    )


def almost_requests() -> st.SearchStrategy[Any]:
    """Documents close to an inference request: each part is right or any JSON."""
    name = st.sampled_from(["X", "", "a" * 257, "X\n"]) | JSON
    tensor = st.fixed_dictionaries(
        {
            "name": name,
            "datatype": st.sampled_from(DATATYPES) | JSON,
            "shape": st.lists(st.integers(-2, 3) | JSON, max_size=3) | JSON,
            "data": st.lists(JSON, max_size=6) | JSON,
        },
        optional={"parameters": JSON},
    )
    return st.fixed_dictionaries(
        {"inputs": st.lists(tensor | JSON, max_size=3) | JSON},
        optional={"id": JSON, "outputs": JSON, "parameters": JSON},
    )


def almost_rows(signature: Signature) -> st.SearchStrategy[Any]:
    """Documents close to a row request for a signature: each part is right or any JSON."""
    cells = {feature.name: _cells_of(feature) | JSON for feature in signature.features}
    by_name = st.fixed_dictionaries({}, optional={**cells, "unknown": JSON})
    by_position = st.tuples(*cells.values()) | st.lists(JSON, max_size=8)
    rows = st.lists(by_name | by_position | JSON, max_size=4)
    return st.fixed_dictionaries({"instances": rows | JSON}, optional={"more": JSON})
