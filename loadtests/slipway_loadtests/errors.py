"""The one error of this package: a load test or benchmark that cannot run. `str(error)` says why and what to do."""


class CannotRun(Exception):
    """Something outside is missing or does not respond; the command ends with exit code 2."""
