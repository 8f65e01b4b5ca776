"""adapt(model, interface, signature) -> ModelProto: the foreign graph between our inputs and our outputs.

Nothing inside is changed. Before it columns are gathered and cast to the types it takes, behind it numbers and label
get the names, shapes and types that every endpoint of the server knows.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, checker, compose, helper

from slipway_ml.contract.signature import MATRIX_INPUT, Label, Signature, Task
from slipway_ml.contract.tensors import Datatype
from slipway_training.errors import ConfigError
from slipway_training.export.assembly import Assembly, value_info
from slipway_training.workflows.importing.interface import Input, Interface

_PREFIX = "foreign/"
_ONNX_TYPES = {
    Datatype.BOOL: TensorProto.BOOL,
    Datatype.UINT8: TensorProto.UINT8,
    Datatype.UINT16: TensorProto.UINT16,
    Datatype.UINT32: TensorProto.UINT32,
    Datatype.UINT64: TensorProto.UINT64,
    Datatype.INT8: TensorProto.INT8,
    Datatype.INT16: TensorProto.INT16,
    Datatype.INT32: TensorProto.INT32,
    Datatype.INT64: TensorProto.INT64,
    Datatype.FP16: TensorProto.FLOAT16,
    Datatype.FP32: TensorProto.FLOAT,
    Datatype.FP64: TensorProto.DOUBLE,
    Datatype.BYTES: TensorProto.STRING,
}
_TWO = 2


def adapt(model: ModelProto, interface: Interface, signature: Signature) -> ModelProto:
    """One graph with exactly the signature's inputs and outputs; raises ConfigError for labels that do not fit."""
    foreign = compose.add_prefix(model, _PREFIX)
    before, behind = Assembly(prefix="before/"), Assembly(prefix="behind/")
    for one in interface.inputs:
        _feed(before, one, signature)
    numbers = _numbers(behind, interface, signature)
    _label(behind, interface, signature, numbers)
    graph = helper.make_graph(
        [*before.nodes, *foreign.graph.node, *behind.nodes],
        "imported",
        [value_info(tensor) for tensor in signature.inputs],
        [value_info(tensor) for tensor in signature.outputs],
        [*foreign.graph.initializer, *before.initializers, *behind.initializers],
    )
    graph.sparse_initializer.extend(foreign.graph.sparse_initializer)
    adapted = helper.make_model(
        graph, opset_imports=foreign.opset_import, ir_version=foreign.ir_version, functions=foreign.functions
    )
    adapted.producer_name = foreign.producer_name
    adapted.producer_version = foreign.producer_version
    checker.check_model(adapted)
    return adapted


def _feed(assembly: Assembly, one: Input, signature: Signature) -> None:
    add, constant = assembly.add, assembly.constant
    kind = _ONNX_TYPES[one.tensor.datatype]
    if signature.layout == "matrix":
        names = [feature.name for feature in signature.features]
        places = [names.index(name) for name in one.features]
        is_whole = places == list(range(len(names)))
        wire = MATRIX_INPUT if is_whole else add("Gather", [MATRIX_INPUT, constant(np.array(places))], axis=1)
        wire = add("Cast", [wire], to=kind)
    else:
        types = {tensor.name: tensor.datatype for tensor in signature.inputs}
        columns = [
            name if types[name] is one.tensor.datatype else add("Cast", [name], to=kind) for name in one.features
        ]
        wire = add("Concat", columns, axis=1) if len(columns) > 1 else columns[0]
    if len(one.tensor.shape) == 1:
        wire = add("Reshape", [wire, constant(np.array([-1]))])
    add("Identity", [wire], _PREFIX + one.tensor.name)


def _numbers(assembly: Assembly, interface: Interface, signature: Signature) -> str:
    """Probabilities as float32 or values in the signature's type, one line a row; of a single probability both."""
    if interface.numbers is None:
        return ""
    add, constant = assembly.add, assembly.constant
    kind = TensorProto.DOUBLE if signature.double_values else TensorProto.FLOAT
    wire = add("Cast", [_PREFIX + interface.numbers.name], to=kind)
    wire = add("Reshape", [wire, constant(np.array([-1, interface.width]))])
    if interface.task is Task.REGRESSION:
        return add("Identity", [wire], "value")
    if interface.width == 1 and len(interface.labels) == _TWO:
        first = add("Sub", [constant(np.array([1.0], dtype=np.float32)), wire])
        wire = add("Concat", [first, wire], axis=1)
    return add("Identity", [wire], "probabilities")


def _label(assembly: Assembly, interface: Interface, signature: Signature, numbers: str) -> None:
    if interface.task is Task.REGRESSION:
        return
    add, constant = assembly.add, assembly.constant
    if interface.label is None:
        place = add("ArgMax", [numbers], axis=1, keepdims=0)
        label = add("Gather", [constant(_array(interface.labels)), place])
    else:
        label = add("Reshape", [_PREFIX + interface.label.name, constant(np.array([-1]))])
        label = _renamed(assembly, interface, label)
    if signature.label_datatype is Datatype.BYTES:
        add("Identity", [label], "label")
    else:
        add("Cast", [label], "label", to=_ONNX_TYPES[signature.label_datatype])


def _renamed(assembly: Assembly, interface: Interface, label: str) -> str:
    """The graph's own label under the name that it shall have."""
    own, wanted = interface.own_labels, interface.labels
    is_text = interface.label is not None and interface.label.datatype is Datatype.BYTES
    wants_text = isinstance(wanted[0], str)
    if is_text:
        if not wants_text or (own and set(own) != set(wanted)):
            raise ConfigError("the graph returns labels as text, which --labels cannot rename; give these")
        return label
    numbers = tuple(own) or (tuple(range(len(wanted))) if wants_text else tuple(wanted))
    if numbers == tuple(wanted):
        return label
    if len(numbers) != len(wanted):
        raise ConfigError(f"the graph knows {len(numbers)} classes, --labels names {len(wanted)}")
    add, constant = assembly.add, assembly.constant
    column = add("Reshape", [add("Cast", [label], to=TensorProto.INT64), constant(np.array([-1, 1]))])
    is_it = add("Equal", [column, constant(np.array([numbers], dtype=np.int64))])
    place = add("ArgMax", [add("Cast", [is_it], to=TensorProto.FLOAT)], axis=1, keepdims=0)
    return add("Gather", [constant(_array(wanted)), place])


def _array(labels: Sequence[Label]) -> Any:
    return np.array(labels, dtype=object if isinstance(labels[0], str) else np.int64)
