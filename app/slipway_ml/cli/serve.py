"""`slipway serve`: the command with its options and their help; what it does is in `start`.

What a server is made of is imported when there is one to start, not for its help or the list of commands.
"""

from importlib.util import find_spec

from slipway_ml.cli.options import with_settings
from slipway_ml.settings import Settings

if find_spec("onnxruntime") is None:  # two packages bring it, and neither is a dependency: the list of commands says so
    raise ModuleNotFoundError(name="onnxruntime")


@with_settings
def serve(settings: Settings) -> None:
    """Serve a models folder over HTTP.

    Every option is also an environment variable: --max-body-bytes is SLIPWAY_MAX_BODY_BYTES.
    """
    from slipway_ml.cli.start import start  # noqa: PLC0415  # help needs no server

    start(settings)
