"""`python -m app` is `slipway`."""

from app.cli.entry import run

run()
