"""`python -m slipway_ml` is `slipway`."""

from slipway_ml.cli.entry import run

run()
