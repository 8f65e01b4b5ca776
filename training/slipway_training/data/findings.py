"""What the checks find: each finding has a severity, counts and a remedy, and never a value of the data.

An error stops the training before anything is fitted; a warning is written into the manifest and the model card. The
config may make a check more or less severe, or silence it, by its name.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from slipway_ml.contract.manifest import Finding, Severity
from slipway_training.config.data import Severities
from slipway_training.errors import DataCheckFailed

__all__ = ["Finding", "drop_line", "error", "in_words", "stop", "warning", "with_configured_severities"]


def error(check: str, message: str, remedy: str, column: str = "", rows: int = 0, of: int = 0) -> Finding:
    """Something that makes a model worthless."""
    return Finding(
        check=check, severity=Severity.ERROR, column=column, message=message, remedy=remedy, rows=rows, of=of
    )


def warning(check: str, message: str, remedy: str, column: str = "", rows: int = 0, of: int = 0) -> Finding:
    """Something that a person should look at."""
    return Finding(
        check=check, severity=Severity.WARNING, column=column, message=message, remedy=remedy, rows=rows, of=of
    )


def with_configured_severities(
    findings: Iterable[Finding], severities: Mapping[Any, Severities]
) -> tuple[Finding, ...]:
    """The findings as severe as the config wants them, errors first; ignored ones are left out."""
    found = []
    for finding in findings:
        wanted = severities.get(finding.check, str(finding.severity))
        if wanted != "ignore":
            found.append(finding.model_copy(update={"severity": Severity(wanted)}))
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.ERROR))


def stop(findings: Iterable[Finding]) -> None:
    """Raise DataCheckFailed with the first error, and how many more there are; nothing where there is none."""
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        first, more = errors[0], len(errors) - 1
        rest = f" (and {more} more; slipway data check lists them)" if more else ""
        raise DataCheckFailed(f"{first.message}; {first.remedy}{rest}")


def in_words(findings: Sequence[Finding]) -> str:
    """How many there are, for people."""
    count = len(findings)
    return "1 warning" if count == 1 else f"{count or 'no'} warnings"


def drop_line(dropped: Iterable[str], *names: str) -> str:
    """The line of the config that leaves these columns out too."""
    return f"write data.drop = [{', '.join(repr(column) for column in (*dropped, *names))}] in the config"
