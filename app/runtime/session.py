"""One ONNX graph ready to run: the only place in the service that touches onnxruntime."""

# isort: off
import app.runtime.telemetry  # noqa: F401  # must come before onnxruntime
import onnxruntime as ort

# isort: on
import re
from collections.abc import Mapping

from app.contract.tensors import Datatype, Tensor, TensorMetadata
from app.errors import InferenceError
from app.runtime.providers import CPU_PROVIDER, Execution

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


class OnnxSession:
    """A loaded graph. `run` may be called from several threads at once."""

    def __init__(self, model: bytes, execution: Execution = ONE_CPU_THREAD) -> None:
        """Load from the very bytes given, so that what was checked is what runs; raises UnloadableModel."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = execution.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _QUIET
        # Small tensors gain nothing from the arena, and it never gives memory back.
        options.enable_cpu_mem_arena = False
        try:
            self._session = ort.InferenceSession(model, options, providers=list(execution.providers))
        except Exception as error:  # noqa: BLE001  # a dozen classes of onnxruntime's own, all meaning: cannot load
            raise UnloadableModel(_first_line(error)) from None
        self.inputs = tuple(_metadata(argument) for argument in self._session.get_inputs())
        """What the graph itself declares; varying dimensions are -1."""
        self.outputs = tuple(_metadata(argument) for argument in self._session.get_outputs())
        """What the graph itself declares; varying dimensions are -1."""
        self._output_names = [output.name for output in self.outputs]

    @property
    def providers(self) -> list[str]:
        """Execution providers in use, which may be fewer than were asked for."""
        return list(self._session.get_providers())

    def run(self, tensors: Mapping[str, Tensor]) -> list[Tensor]:
        """Run one batch; arrays must have the declared dtypes. Returns the outputs in the graph's order.

        Raises InferenceError when onnxruntime fails, without its message, which may quote the input.
        """
        try:
            outputs: list[Tensor] = self._session.run(self._output_names, tensors)
        except Exception as error:  # noqa: BLE001  # the same dozen classes, here for a failing operator
            raise InferenceError(f"onnxruntime failed while running the graph ({type(error).__name__})") from None
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
