"""`python -m app` is `slipway`."""

from app.cli.main import run

run()
