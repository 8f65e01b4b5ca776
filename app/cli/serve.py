"""`slipway serve`: the command with its options and their help; what it does is in `start`."""

from app.cli.options import with_settings
from app.cli.start import start
from app.settings import Settings


@with_settings
def serve(settings: Settings) -> None:
    """Serve a models folder over HTTP.

    Every option is also an environment variable: --max-body-bytes is SLIPWAY_MAX_BODY_BYTES.
    """
    start(settings)
