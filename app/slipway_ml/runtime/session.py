"""One ONNX graph ready to run: the only place in the service that touches onnxruntime."""

# isort: off
import slipway_ml.runtime.telemetry  # noqa: F401  # must come before onnxruntime
import onnxruntime as ort

# isort: on
import re
from collections.abc import Mapping

import numpy as np

from slipway_ml.contract.tensors import Datatype, Tensor, TensorMetadata
from slipway_ml.errors import InferenceError
from slipway_ml.runtime.placement import ASSIGNMENT_KEY, Placement, read_placement
from slipway_ml.runtime.providers import CPU_PROVIDER, Execution, short
from slipway_ml.runtime.row_independence import mixes_rows, run_as_pair, wants_pairs
from slipway_ml.runtime.text_runs import TEXT_OPERATORS, TextRuns
from slipway_ml.runtime.vocabulary import largest_vocabulary

_DATATYPES = {
    "tensor(bool)": Datatype.BOOL,
    "tensor(uint8)": Datatype.UINT8,
    "tensor(uint16)": Datatype.UINT16,
    "tensor(uint32)": Datatype.UINT32,
    "tensor(uint64)": Datatype.UINT64,
    "tensor(int8)": Datatype.INT8,
    "tensor(int16)": Datatype.INT16,
    "tensor(int32)": Datatype.INT32,
    "tensor(int64)": Datatype.INT64,
    "tensor(float16)": Datatype.FP16,
    "tensor(float)": Datatype.FP32,
    "tensor(double)": Datatype.FP64,
    "tensor(string)": Datatype.BYTES,
}
_SOURCE = re.compile(r"/onnxruntime_src/\S+ .*?\)(?: const)? ")  # where in its C++ it happened: long, and no help
_ENDLESS_OPERATORS = frozenset({"Loop", "Scan", "If", "BeamSearch", "GreedySearch", "Sampling", "WhisperBeamSearch"})
"""Operators that run graphs of their own, as often as their inputs say."""
_QUIET = 4  # its lines go to stderr past our logging, and may quote inputs

ONE_CPU_THREAD = Execution((CPU_PROVIDER,), 1, "one CPU thread")


class UnloadableModel(ValueError):
    """onnxruntime cannot load the graph; says why in a few words."""


def available_providers() -> list[str]:
    """Execution providers that this onnxruntime was built with, best first."""
    return list(ort.get_available_providers())


def runtime_version() -> str:
    """The version of onnxruntime."""
    return str(ort.__version__)


def devices() -> tuple[str, ...]:
    """The devices that onnxruntime has found, with the provider that would use each."""
    return tuple(
        f"{found.device.type.name} of {found.device.vendor} by {found.ep_name}" for found in ort.get_ep_devices()
    )


class OnnxSession:
    """A loaded graph. `run` may be called from several threads at once."""

    def __init__(self, model: bytes, execution: Execution = ONE_CPU_THREAD) -> None:
        """Load from the very bytes given, so that what was checked is what runs; raises UnloadableModel."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = execution.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _QUIET
        # An arena per session gains nothing and never gives memory back: decision 136.
        options.enable_cpu_mem_arena = False
        options.add_session_config_entry(ASSIGNMENT_KEY, "1")
        wanted = execution.providers[0]
        providers: list[str | tuple[str, dict[str, str]]] = list(execution.providers)
        providers[0] = (wanted, dict(execution.options))
        try:
            self._session = ort.InferenceSession(model, options, providers=providers)
        except Exception as error:  # noqa: BLE001  # a dozen classes of onnxruntime's own, all meaning: cannot load
            raise UnloadableModel(_first_line(error)) from None
        # It keeps the file for a session with other providers, which is never made.
        self._session._model_bytes = None  # noqa: SLF001  # there is no public way to let it go
        if execution.is_demanded and wanted not in self._session.get_providers():
            raise UnloadableModel(f"{short(wanted)} was requested, and onnxruntime cannot use it on this machine")
        self.placement: Placement = read_placement(self._session)
        """Where its nodes really run."""
        if execution.require_gpu and not self.placement.uses_gpu:
            raise UnloadableModel(f"a GPU is required and would run nothing of it: {self.placement}")
        self.inputs = tuple(_metadata(argument) for argument in self._session.get_inputs())
        """What the graph itself declares; varying dimensions are -1."""
        self.outputs = tuple(_metadata(argument) for argument in self._session.get_outputs())
        """What the graph itself declares; varying dimensions are -1."""
        self._output_names = [output.name for output in self.outputs]
        has_text = any(tensor.datatype is Datatype.BYTES for tensor in (*self.inputs, *self.outputs))
        # Text cannot be bound, and on the CPU alone there is nothing to save.
        self._is_bound = not has_text and (self.placement.uses_gpu if execution.binds is None else execution.binds)
        # What `InferenceSession.run` calls, after checks that cost a seventh of a small run: inputs have been checked
        # already, and its way out of a failing provider is to go on quietly with another one.
        self._run_options = ort.RunOptions()  # else one is made per run
        self._run = self._session._sess.run  # noqa: SLF001  # the one way around the wrapper; its minor version is pinned
        self.mixes_rows = mixes_rows(self.placement.operators)
        """Whether requests must not share a run, because each would change the others' predictions."""
        operators = self.placement.operators  # nested graphs and functions among them
        has_texts = any(tensor.datatype is Datatype.BYTES for tensor in self.inputs)
        self.counts_characters = has_texts and not TEXT_OPERATORS.isdisjoint(operators)
        """Whether a run takes time and memory by the length of the texts in it."""
        self.is_unpredictable = self.counts_characters or not _ENDLESS_OPERATORS.isdisjoint(operators)
        """Whether what a run takes depends on its values, so that no earlier run tells what the next one will take."""
        self._texts = self._text_runs(model) if self.counts_characters and not self.mixes_rows else None
        self._pairs = wants_pairs(self.placement.operators, self.inputs, self._run_as_it_is)
        self._first_input = self.inputs[0].name if self.inputs else ""

    @property
    def providers(self) -> list[str]:
        """Execution providers in use, which may be fewer than were asked for."""
        return list(self._session.get_providers())

    def run(self, tensors: Mapping[str, Tensor]) -> list[Tensor]:
        """Run one batch; arrays must have the declared dtypes. Returns the outputs in the graph's order.

        A row gets the same prediction alone as in a batch, to the bit, unless the graph `mixes_rows`. Raises
        InferenceError when onnxruntime fails, without its message, which may quote the input.
        """
        if self._pairs and len(tensors[self._first_input]) == 1:
            return run_as_pair(self._run_as_it_is, tensors)
        if self._texts is not None:
            return self._texts.run(tensors)
        return self._run_as_it_is(tensors)

    def _text_runs(self, model: bytes) -> TextRuns | None:
        """Groups need a graph that takes any number of rows and gives as many."""
        if any(tensor.shape[:1] != (-1,) for tensor in (*self.inputs, *self.outputs)):
            return None
        return TextRuns(self._run_group, largest_vocabulary(model))

    def _run_group(self, tensors: Mapping[str, Tensor]) -> list[Tensor]:
        if self._pairs and len(tensors[self._first_input]) == 1:
            return run_as_pair(self._run_as_it_is, tensors)
        return self._run_as_it_is(tensors)

    def _run_as_it_is(self, tensors: Mapping[str, Tensor]) -> list[Tensor]:
        try:
            if self._is_bound:
                return self._run_bound(tensors)
            outputs: list[Tensor] = self._run(self._output_names, tensors, self._run_options)
        except Exception as error:  # noqa: BLE001  # the same dozen classes, here for a failing operator
            raise InferenceError(f"onnxruntime failed while running the graph ({type(error).__name__})") from None
        return outputs

    def _run_bound(self, tensors: Mapping[str, Tensor]) -> list[Tensor]:
        """With inputs and outputs bound, so that what stays on a device between nodes is copied there and back once."""
        binding = self._session.io_binding()
        for name, tensor in tensors.items():
            binding.bind_cpu_input(name, np.ascontiguousarray(tensor))
        for name in self._output_names:
            binding.bind_output(name)
        self._session.run_with_iobinding(binding)
        outputs: list[Tensor] = binding.copy_outputs_to_cpu()
        return outputs


def _metadata(argument: ort.NodeArg) -> TensorMetadata:
    datatype = _DATATYPES.get(argument.type)
    if datatype is None:
        raise UnloadableModel(f"{argument.name!r} is a {argument.type}, which no datatype of the protocol can carry")
    shape = tuple(size if isinstance(size, int) else -1 for size in argument.shape)
    return TensorMetadata(argument.name, datatype, shape)


def _first_line(error: Exception) -> str:
    lines = _SOURCE.sub("", str(error)).strip().splitlines() or [type(error).__name__]
    return lines[0][:300]
