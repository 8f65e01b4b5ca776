"""Walking a fitted pipeline: every step becomes nodes, whatever it is nested in.

`transform` takes a table of blocks through a transformer, `answer` through an estimator. Pipelines, column
transformers, unions, searches, votes, stacks and calibrations are taken apart here, so that every scaler and every
tree in them is written as precisely as if it stood alone; what is left goes to a converter of ours or to skl2onnx.
A path such as `columns.numbers.scale` says where a step stands, in names of the graph and in messages.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from onnx import TensorProto
from sklearn.base import is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.feature_selection import SelectorMixin
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer

from slipway_training.data.given import AsGiven
from slipway_training.errors import ConversionError
from slipway_training.export import parameters, skl2onnx_step, sparse
from slipway_training.export.assembly import Assembly
from slipway_training.export.blocks import Block, EstimatorOutput, Origin, join, select
from slipway_training.export.monotonic import is_monotonic
from slipway_training.export.precision import prefers_float32
from slipway_training.export.transformers import columnwise, dates, functions, linear_maps, text
from slipway_training.pipeline.dates import DateParts

Predictions = Callable[["Translation", Any, Sequence[Block], str], EstimatorOutput]


class Translation:
    """One graph under construction. `is_other` turns the preferred number type of the estimators around.

    `keeps_digits` says that values are float64 and large beside their spread: trees, whose sums onnxruntime returns in
    float32, then add up what they are away from a constant, which is added in float64.
    """

    def __init__(
        self,
        assembly: Assembly,
        predictions: dict[type | str, Predictions],
        *,
        is_other: bool = False,
        keeps_digits: bool = False,
    ) -> None:
        self.assembly = assembly
        self._predictions = predictions
        self._is_other = is_other
        self.keeps_digits = keeps_digits

    def transform(self, fitted: Any, blocks: list[Block], path: str) -> list[Block]:
        """A table through a transformer; raises ConversionError that names the step."""
        found: list[Block]
        parameters.check(fitted, path)
        match fitted:
            case _ if does_nothing(fitted):
                found = blocks
            case "drop":
                found = []
            case Pipeline():
                found = blocks
                for name, step in fitted.steps:
                    found = self.transform(step, found, below(path, name))
            case ColumnTransformer():
                found = self._columns(fitted, blocks, path)
            case FeatureUnion():
                self._refuse_weights(fitted, path)
                parts = fitted.transformer_list
                found = [b for name, part in parts for b in self.transform(part, blocks, below(path, name))]
            case SelectorMixin():
                found = select(self.assembly, blocks, np.flatnonzero(fitted.get_support()).tolist())
            case _:
                found = self._transform_step(fitted, blocks, path)
        return found if does_nothing(fitted) else sparse.marked(fitted, blocks, found)

    def output(self, fitted: Any, blocks: list[Block], path: str) -> EstimatorOutput:
        """A table through an estimator; raises ConversionError that names the step."""
        parameters.check(fitted, path)
        fitted = sparse.remembered_densely(fitted)
        own = self._predictions.get(type(fitted)) or self._predictions.get(type(fitted).__name__)
        if own is not None:
            return own(self, fitted, blocks, path)
        match fitted:
            case Pipeline():
                name, last = fitted.steps[-1]
                before = fitted.steps[:-1]
                blocks = self.transform(Pipeline(before), blocks, path) if before else blocks
                is_wrapped = len(before) == 1 and isinstance(before[0][1], AsGiven)
                return self.output(last, blocks, path if is_wrapped else below(path, name))
            case GridSearchCV() | RandomizedSearchCV():
                return self.output(fitted.best_estimator_, blocks, path)
        block = join(self.assembly, blocks, f"step {path}: {type(fitted).__name__}")
        return self.convert_leaf(fitted, self.numbers(block, fitted, path), path)

    def convert_leaf(self, fitted: Any, block: Block, path: str) -> EstimatorOutput:
        """A block through an estimator as skl2onnx writes it; raises ConversionError that names the step."""
        order = (
            (skl2onnx_step.FLOAT32, skl2onnx_step.FLOAT64)
            if (prefers_float32(fitted) and not self.keeps_digits) ^ self._is_other
            else (skl2onnx_step.FLOAT64, skl2onnx_step.FLOAT32)
        )
        model, precision = skl2onnx_step.convert(fitted, block.width, order, path)
        wire = block.wire
        if precision == skl2onnx_step.FLOAT32:
            wire = self.assembly.add("Cast", [wire], f"cast/{path}", to=TensorProto.FLOAT)
        types = [output.type.tensor_type.elem_type for output in model.graph.output]
        outputs = self.assembly.add_graph(model, f"{path}/", [wire])
        if is_classifier(fitted) and not skl2onnx_step.has_flat_labels(model, block.width, precision):
            outputs[0] = self.assembly.add("Reshape", [outputs[0], self.assembly.constant(np.array([-1]))])
        if not is_classifier(fitted):
            return EstimatorOutput(None, outputs[0], types[0] == TensorProto.DOUBLE)
        if not hasattr(fitted, "predict_proba"):
            return EstimatorOutput(outputs[0], None)
        return EstimatorOutput(outputs[0], outputs[1], types[1] == TensorProto.DOUBLE)

    def numbers(self, block: Block, fitted: Any, path: str) -> Block:
        """The block, which must hold numbers; raises ConversionError where it is text."""
        if block.is_text:
            raise ConversionError(
                f"step {path}: {type(fitted).__name__} gets text; encode it first, with OneHotEncoder"
            )
        return block

    def double(self, wire: str, *, is_double: bool = False) -> str:
        """A wire of numbers as float64."""
        return wire if is_double else self.assembly.add("Cast", [wire], to=TensorProto.DOUBLE)

    def pick_label(self, numbers: str, classes: Any) -> str:
        """The class with the largest number in each row, the first of several."""
        add, constant = self.assembly.add, self.assembly.constant
        best = add("ArgMax", [numbers], axis=1, keepdims=0)
        return add("Gather", [constant(as_labels(classes)), best], axis=0)

    def _transform_step(self, fitted: Any, blocks: list[Block], path: str) -> list[Block]:
        """A table through a transformer that holds no others."""
        match fitted:
            case CountVectorizer() | DateParts():
                write = text.vectorize if isinstance(fitted, CountVectorizer) else dates.split
                return [write(self.assembly, fitted, join(self.assembly, blocks, f"step {path}"), path)]
            case TfidfTransformer():
                block = self.numbers(join(self.assembly, blocks, f"step {path}"), fitted, path)
                return [Block(text.weigh(self.assembly, fitted, block.wire), block.width)]
            case FunctionTransformer():
                return functions.apply(self.assembly, fitted.func, blocks, path)
        parts = columnwise.parts(fitted, blocks)
        if parts is None:
            whole = join(self.assembly, blocks, f"step {path}: {type(fitted).__name__}")
            return [self._grown(fitted, whole, path) or self._transform_leaf(fitted, whole, path)]
        named = [(f"{path}.{number}", *part) for number, part in enumerate(parts)]
        return [self._grown(one, own, name) or self._transform_leaf(one, own, name) for name, one, own in named]

    def _columns(self, fitted: Any, blocks: list[Block], path: str) -> list[Block]:
        self._refuse_weights(fitted, path)
        found: list[Block] = []
        for name, part, _ in fitted.transformers_:
            chosen = fitted._transformer_to_input_indices[name]  # noqa: SLF001  # names, slices and callables resolved
            if len(chosen) and not (isinstance(part, str) and part == "drop"):
                own = select(self.assembly, blocks, list(chosen))
                found += self.transform(part, own, below(path, name))
        return found

    def _refuse_weights(self, fitted: Any, path: str) -> None:
        if fitted.transformer_weights:
            raise ConversionError(
                f"step {path}: {type(fitted).__name__} has transformer_weights; remove them, or scale in a step"
            )

    def _grown(self, fitted: Any, block: Block, path: str) -> Block | None:
        """The block after a transformer that trees can do without; its nodes are written when somebody needs them."""
        if block.is_text or not is_monotonic(fitted):
            return None
        before = block.origin or Origin(block, lambda numbers: numbers)
        origin = Origin(before.block, lambda numbers: fitted.transform(before.see(numbers)))
        return Block(lambda: self._transform_leaf(fitted, block, path).wire, block.width, origin=origin)

    def _transform_leaf(self, fitted: Any, block: Block, path: str) -> Block:
        if linear_maps.is_linear_map(fitted):
            return linear_maps.apply(self.assembly, fitted, self.numbers(block, fitted, path))
        order = (TensorProto.STRING,) if block.is_text else (skl2onnx_step.FLOAT64, skl2onnx_step.FLOAT32)
        model, precision = skl2onnx_step.convert(fitted, block.width, order, path)
        wire = block.wire
        if precision == skl2onnx_step.FLOAT32:
            wire = self.assembly.add("Cast", [wire], f"cast/{path}", to=TensorProto.FLOAT)
        # What clusters also says to which; where the distances are comes last.
        output = model.graph.output[-1].type.tensor_type
        found = self.assembly.add_graph(model, f"{path}/", [wire])[-1]
        is_text = output.elem_type == TensorProto.STRING
        if not is_text and output.elem_type != TensorProto.DOUBLE:
            found = self.double(found)
        return Block(found, output.shape.dim[1].dim_value or len(fitted.get_feature_names_out()), is_text)


def does_nothing(fitted: Any) -> bool:
    """Whether a step leaves the table as it is."""
    # A sampler of imbalanced-learn works while fitting only.
    is_word = isinstance(fitted, str) and fitted == "passthrough"
    return is_word or fitted is None or isinstance(fitted, AsGiven) or hasattr(fitted, "fit_resample")


def below(path: str, name: str) -> str:
    """The path of a step inside another."""
    return f"{path}.{name}" if path else name


def as_labels(classes: Any) -> Any:
    """Class labels in a type that a graph can hold: text or int64."""
    array = np.asarray(classes)
    return array if array.dtype.kind in "UO" else array.astype(np.int64)
