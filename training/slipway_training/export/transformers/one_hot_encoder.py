"""OneHotEncoder: one comparison with the categories per column. An unseen category equals none: all zeros.

Infrequent categories share a column, which an unseen one may join; a dropped category has none.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skl2onnx.common.data_types import DoubleTensorType

from slipway_training.export.transformers.arrays import Graph
from slipway_training.export.transformers.categories import matches


def one_hot_encoder(scope: Any, operator: Any, container: Any) -> None:
    """Concat over the columns, as float64."""
    graph = Graph(scope, operator, container)
    fitted = graph.fitted
    parts = []
    for index, categories in enumerate(fitted.categories_):
        found = matches(graph, index, categories)
        group = _group(fitted, index)
        if _mapping(fitted, index) is not None:
            grouped = graph.add("MatMul", found, graph.matrix(group))
            infrequent = _infrequent(fitted, index)
            if infrequent is not None and fitted.handle_unknown == "infrequent_if_exist":
                is_known = graph.add("MatMul", found, graph.matrix(np.ones((len(categories), 1))))
                row = np.zeros(group.shape[1])
                row[infrequent] = 1.0
                unknown = graph.add("Sub", graph.constant([1.0]), is_known)
                grouped = graph.add("Add", grouped, graph.add("Mul", unknown, graph.constant(row)))
            found = grouped
        if (dropped := _dropped(fitted, index)) is not None:
            found = graph.add("Gather", found, graph.indices(np.delete(np.arange(group.shape[1]), dropped)), axis=1)
        parts.append(found)
    graph.add("Concat", *parts, axis=1, output=graph.output)


def one_hot_shape(operator: Any) -> None:
    """One column per category or group that is kept."""
    fitted = operator.raw_operator
    width = sum(
        _group(fitted, index).shape[1] - (_dropped(fitted, index) is not None)
        for index in range(len(fitted.categories_))
    )
    operator.outputs[0].type = DoubleTensorType([None, width])


def _mapping(fitted: Any, index: int) -> Any:
    # scikit-learn has no public name for the column each category goes to.
    is_grouping = getattr(fitted, "_infrequent_enabled", False)
    return fitted._default_to_infrequent_mappings[index] if is_grouping else None  # noqa: SLF001


def _group(fitted: Any, index: int) -> NDArray[np.float64]:
    """[categories, columns]: which column each category goes to."""
    mapping = _mapping(fitted, index)
    if mapping is None:
        return np.eye(len(fitted.categories_[index]))
    columns: NDArray[np.float64] = np.eye(int(mapping.max()) + 1)[np.asarray(mapping, dtype=int)]
    return columns


def _infrequent(fitted: Any, index: int) -> int | None:
    mapping = _mapping(fitted, index)
    return None if mapping is None else int(mapping.max())


def _dropped(fitted: Any, index: int) -> int | None:
    dropped = fitted._drop_idx_after_grouping  # noqa: SLF001  # drop_idx_ counts before the grouping
    return None if dropped is None or dropped[index] is None else int(dropped[index])
