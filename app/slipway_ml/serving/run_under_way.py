"""Which model is being run, told from the stack of a thread: so that naming it costs a run nothing."""

from types import FrameType

from slipway_ml.serving.batcher import Batcher


def model_under_way(frame: FrameType | None) -> str | None:
    """The name of the model whose batch the thread with this innermost frame is running; None outside of a run."""
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, Batcher):
            return owner.name
        frame = frame.f_back
    return None
