"""What options of several commands mean as changes of the config."""

SERVE_QUANTIZED = ('optimize.serve="quantized"',)
"""What --quantize says."""
