"""The few graph-building moves that the converters share, all in float64."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from skl2onnx.common.data_types import DoubleTensorType, StringTensorType


class Graph:
    """skl2onnx's scope, operator and container as one object that adds constants and nodes with fresh names."""

    def __init__(self, scope: Any, operator: Any, container: Any) -> None:
        self._scope = scope
        self._container = container
        self.fitted: Any = operator.raw_operator
        names = [variable.full_name for variable in operator.inputs]
        # Not skl2onnx's own way of joining columns, which goes through float32.
        self.input: str = self.add("Concat", *names, axis=1) if len(names) > 1 else names[0]
        self.is_text = isinstance(operator.inputs[0].type, StringTensorType)
        self.output: str = operator.outputs[0].full_name

    def constant(self, values: Any) -> str:
        """A constant row [1, n] of float64 or text."""
        array = np.asarray(values)
        if array.dtype.kind in "UO":
            return self._initializer(TensorProto.STRING, [1, array.size], [str(value).encode() for value in array])
        return self._initializer(TensorProto.DOUBLE, [1, array.size], array.tolist())

    def matrix(self, values: Any) -> str:
        """A constant matrix of float64."""
        array = np.asarray(values, dtype=np.float64)
        return self._initializer(TensorProto.DOUBLE, list(array.shape), array.ravel().tolist())

    def flags(self, values: Any) -> str:
        """A constant row [1, n] of truth values."""
        return self._initializer(TensorProto.BOOL, [1, len(values)], [bool(value) for value in values])

    def indices(self, values: Any) -> str:
        """A constant list of column numbers."""
        return self._initializer(TensorProto.INT64, [len(values)], [int(value) for value in values])

    def column(self, index: int) -> str:
        """One column of the input, as [n, 1]."""
        return self.add("Gather", self.input, self.indices([index]), axis=1)

    def add(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """A node; returns the name of its output."""
        name: str = output or self._scope.get_unique_variable_name(kind.lower())
        node = self._scope.get_unique_operator_name(kind)
        self._container.add_node(kind, list(inputs), [name], name=node, **attributes)
        return name

    def _initializer(self, kind: int, shape: list[int], values: list[Any]) -> str:
        name: str = self._scope.get_unique_variable_name("constant")
        self._container.add_initializer(name, kind, shape, values)
        return name


def float64_like_input(operator: Any) -> None:
    """Shape calculator: as many float64 (or text) columns as came in."""
    width = sum(variable.type.shape[1] for variable in operator.inputs)
    kind = StringTensorType if isinstance(operator.inputs[0].type, StringTensorType) else DoubleTensorType
    operator.outputs[0].type = kind([None, width])


def in_float64(values: Any) -> NDArray[np.float64]:
    """What scikit-learn computes with: its learned state as float64."""
    return np.asarray(values, dtype=np.float64)
