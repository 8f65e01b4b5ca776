"""PolynomialFeatures: products of columns in scikit-learn's order, so that each is rounded the same way."""

from typing import Any

import numpy as np
from skl2onnx.common.data_types import DoubleTensorType

from slipway_training.export.transformers.arrays import Graph


def polynomial_features(scope: Any, operator: Any, container: Any) -> None:
    """Each term is its first column times the shorter term of the others."""
    graph = Graph(scope, operator, container)
    terms = [tuple(np.repeat(np.arange(len(powers)), powers).tolist()) for powers in graph.fitted.powers_]
    known: dict[tuple[int, ...], int] = {}
    levels: list[str] = []
    for degree in range(1, max(map(len, terms)) + 1):
        wanted = sorted({term[start:] for term in terms for start in range(len(term)) if len(term) - start == degree})
        firsts = graph.add("Gather", graph.input, graph.indices([term[0] for term in wanted]), axis=1)
        if degree > 1:
            rest = graph.add("Gather", levels[-1], graph.indices([known[term[1:]] for term in wanted]), axis=1)
            firsts = graph.add("Mul", rest, firsts)
        levels.append(firsts)
        known |= {term: position for position, term in enumerate(wanted)}
    widths = np.cumsum([0, *(len([t for t in known if len(t) == degree + 1]) for degree in range(len(levels)))])
    whole = graph.add("Concat", *levels, axis=1)
    columns = [int(widths[len(term) - 1]) + known[term] for term in terms if term]
    result = graph.add("Gather", whole, graph.indices(columns), axis=1)
    if () in terms:
        zero = graph.add("Mul", graph.column(0), graph.constant([0.0]))
        result = graph.add("Concat", graph.add("Add", zero, graph.constant([1.0])), result, axis=1)
    graph.add("Identity", result, output=graph.output)


def polynomial_shape(operator: Any) -> None:
    """One column per term."""
    operator.outputs[0].type = DoubleTensorType([None, len(operator.raw_operator.powers_)])
