"""infer(foreign, wishes) -> Interface: what a foreign graph takes and gives, as a signature of ours.

The graph says types and shapes, the hints beside it and the user say names. What cannot be known is asked for, in a
sentence that names the option.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from onnx import ModelProto

from slipway_ml.contract.signature import Feature, Kind, Label, Task
from slipway_ml.contract.tensors import FLOATING, NUMPY_DTYPES, Datatype, Tensor, TensorMetadata
from slipway_ml.errors import InferenceError
from slipway_ml.runtime.session import OnnxSession, UnloadableModel
from slipway_training.errors import ConfigError, closest
from slipway_training.workflows.importing.classes import labels_of, remove_zip_maps
from slipway_training.workflows.importing.foreign import Foreign

_MATRIX_RANK = 2


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the user says of the model, each empty where nothing is said."""

    task: Task | None = None
    labels: tuple[Label, ...] = ()
    targets: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    nullable: frozenset[str] = frozenset()
    label_output: str | None = None
    number_output: str | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """One input of the foreign graph and the features that fill it, one a column."""

    tensor: TensorMetadata
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Interface:
    """The inputs and the outputs that matter; `width` is how many numbers a row gets.

    `own_labels` are the classes as the graph itself gives them, empty where it gives none or nobody knows them.
    """

    task: Task
    inputs: tuple[Input, ...]
    kinds: dict[str, Kind]
    label: TensorMetadata | None
    numbers: TensorMetadata | None
    width: int
    labels: tuple[Label, ...]
    own_labels: tuple[Label, ...]
    targets: tuple[str, ...]


def infer(foreign: Foreign, wishes: Overrides) -> Interface:
    """Open the graph in onnxruntime and look; `foreign.model` loses its ZipMap. Raises ConfigError."""
    zipped = remove_zip_maps(foreign.model)
    free_rows(foreign.model)
    try:
        session = OnnxSession(foreign.model.SerializeToString())
    except UnloadableModel as error:
        raise ConfigError(f"onnxruntime, which is what serves, cannot load {foreign.source}: {error}") from None
    inputs = _inputs(session, wishes.columns or foreign.hints.columns)
    kinds = {name: _kind(one.tensor) for one in inputs for name in one.features}
    for name in wishes.nullable:
        if name not in kinds:
            raise ConfigError(f"--nullable names the column {name!r}, which the model has not{closest(name, kinds)}")
        if kinds[name] in {Kind.INTEGER, Kind.BOOLEAN}:
            raise ConfigError(
                f"column {name!r} is of a type that cannot say missing in the graph; leave --nullable out"
            )
    label, numbers = _outputs(session.outputs, wishes)
    width = _width(session, inputs, numbers)
    own = zipped or (labels_of(foreign.model, label.name if label else None) if label or wishes.labels else ())
    labels = wishes.labels or foreign.hints.labels or own
    labels = own if set(labels) == set(own) else labels  # the graph knows their order best
    targets = wishes.targets or (foreign.hints.targets if len(foreign.hints.targets) == width > 1 else ())
    task = wishes.task or _task(label, numbers, width, labels, targets)
    if task is Task.CLASSIFICATION:
        _check_labels(label, width, labels)
    elif numbers is None:
        raise ConfigError("the graph gives no floats, so it is no regression; leave --task out")
    elif targets and len(targets) != width:
        raise ConfigError(f"the graph gives {width} values a row, --targets names {len(targets)}")
    return Interface(task, inputs, kinds, label, numbers, width, labels, own, targets)


def free_rows(model: ModelProto) -> None:
    """Let the first dimension vary where the exporter fixed it at one; the parity check shows if the graph minds."""
    for value in (*model.graph.input, *model.graph.output):
        dimensions = value.type.tensor_type.shape.dim
        if len(dimensions) == _MATRIX_RANK and dimensions[0].dim_value == 1:
            dimensions[0].dim_param = "rows"
            del model.graph.value_info[:]


def _inputs(session: OnnxSession, columns: Sequence[str]) -> tuple[Input, ...]:
    for tensor in session.inputs:
        if len(tensor.shape) not in {1, _MATRIX_RANK} or tensor.shape[0] > 0:
            raise ConfigError(
                f"input {tensor.name!r} has the shape {_shape(tensor)}, not rows of columns: Slipway serves tables; "
                "export it with a first dimension that varies"
            )
    names = [tensor.name for tensor in session.inputs]
    unknown = [tensor for tensor in session.inputs if len(tensor.shape) == _MATRIX_RANK and tensor.shape[1] < 0]
    if unknown and (len(names) > 1 or not columns):
        raise ConfigError(
            f"the graph does not say how many columns its input {unknown[0].name!r} has; "
            "name them with --input-names a,b,c"
        )
    widths = [1 if len(t.shape) == 1 else t.shape[1] if t.shape[1] > 0 else len(columns) for t in session.inputs]
    if not columns or (len(names) > 1 and set(columns) == set(names)):
        columns = [name for own, width in zip(names, widths, strict=True) for name in _default_names(own, width, names)]
    if len(columns) != sum(widths):
        raise ConfigError(f"the graph takes {sum(widths)} columns, and {len(columns)} are named; check --input-names")
    if len(set(columns)) != len(columns):
        raise ConfigError("two columns have the same name; give others with --input-names")
    ends = np.cumsum(widths)
    return tuple(
        Input(tensor, tuple(columns[end - width : end]))
        for tensor, width, end in zip(session.inputs, widths, ends, strict=True)
    )


def _default_names(own: str, width: int, names: Sequence[str]) -> list[str]:
    if len(names) == 1:
        return [own] if width == 1 else [f"x{number}" for number in range(width)]
    return [own] if width == 1 else [f"{own}_{number}" for number in range(width)]


def _kind(tensor: TensorMetadata) -> Kind:
    if tensor.datatype is Datatype.BYTES:
        return Kind.CATEGORY
    if tensor.datatype is Datatype.BOOL:
        return Kind.BOOLEAN
    return Kind.NUMBER if tensor.datatype in FLOATING else Kind.INTEGER


def _outputs(
    outputs: Sequence[TensorMetadata], wishes: Overrides
) -> tuple[TensorMetadata | None, TensorMetadata | None]:
    """The label and the numbers among them; raises ConfigError where there are several of a kind."""
    by_name = {tensor.name: tensor for tensor in outputs}
    for option, name in (("--label-output", wishes.label_output), ("--number-output", wishes.number_output)):
        if name is not None and name not in by_name:
            raise ConfigError(f"{option} names {name!r}, which is no output of the graph{closest(name, by_name)}")
    floats = [tensor for tensor in outputs if tensor.datatype in FLOATING]
    others = [tensor for tensor in outputs if tensor.datatype not in FLOATING]
    label = _only(others, wishes.label_output, by_name, "--label-output")
    numbers = _only(floats, wishes.number_output, by_name, "--number-output")
    return label, numbers


def _only(
    found: Sequence[TensorMetadata], name: str | None, known: dict[str, TensorMetadata], option: str
) -> TensorMetadata | None:
    if name is not None:
        return known[name]
    if len(found) > 1:
        names = ", ".join(tensor.name for tensor in found)
        raise ConfigError(f"the graph has several outputs that may be meant ({names}); say which with {option}")
    return found[0] if found else None


def _width(session: OnnxSession, inputs: Sequence[Input], numbers: TensorMetadata | None) -> int:
    """How many numbers a row gets, found by asking: graphs often do not say."""
    if numbers is None:
        return 0
    row = {one.tensor.name: _zeros(one) for one in inputs}
    try:
        outputs = session.run(row)
    except InferenceError:
        raise ConfigError("onnxruntime fails to run the graph on a row of zeros") from None
    found = outputs[[tensor.name for tensor in session.outputs].index(numbers.name)]
    if found.ndim > _MATRIX_RANK or len(found) != 1:
        raise ConfigError(f"output {numbers.name!r} has the shape {_shape(numbers)}, not one line of numbers a row")
    return 1 if found.ndim == 1 else found.shape[1]


def _zeros(one: Input) -> Tensor:
    shape = (1,) if len(one.tensor.shape) == 1 else (1, len(one.features))
    dtype = NUMPY_DTYPES[one.tensor.datatype]
    return np.full(shape, "", dtype=object) if dtype.hasobject else np.zeros(shape, dtype=dtype)


def _task(
    label: TensorMetadata | None,
    numbers: TensorMetadata | None,
    width: int,
    labels: Sequence[Label],
    targets: Sequence[str],
) -> Task:
    if label is not None or labels:
        return Task.CLASSIFICATION
    if width == 1 or targets:
        return Task.REGRESSION
    name = numbers.name if numbers else ""
    raise ConfigError(
        f"output {name!r} has {width} numbers a row: pass --labels a,b,… if they are the probabilities of classes, "
        "or --task regression with --targets a,b,… if they are values"
    )


def _check_labels(label: TensorMetadata | None, width: int, labels: Sequence[Label]) -> None:
    if not labels:
        example = ",".join(map(str, range(width or 2)))
        raise ConfigError(
            f"the graph does not say what its classes are; pass --labels {example} or their names, in the order of "
            "the probabilities"
        )
    is_one_for_two = width == 1 and len(labels) == 2  # noqa: PLR2004  # the second class's probability alone
    if width not in {0, len(labels)} and not is_one_for_two:
        raise ConfigError(
            f"the graph gives {width} probabilities a row, and there are {len(labels)} labels; check --labels"
        )
    if label is None and not width:
        raise ConfigError("the graph gives neither a label nor probabilities")


def _shape(tensor: TensorMetadata) -> str:
    return str(["?" if size < 0 else size for size in tensor.shape]).replace("'", "")


def feature_of(name: str, kind: Kind, *, nullable: bool) -> Feature:
    """A column of which no row is known: any number or text, with an example that a person can replace."""
    examples = {Kind.NUMBER: 0.0, Kind.INTEGER: 0, Kind.BOOLEAN: False, Kind.CATEGORY: "some text"}
    return Feature(name=name, kind=kind, nullable=nullable, example=examples[kind])
