"""Numbers and names as people read them."""

_ABBREVIATIONS = {
    "r2": "R²",
    "roc_auc": "area under the ROC curve",
    "f1": "F1",
    "matthews_corrcoef": "Matthews correlation",
    "brier_score": "Brier score",
}
_IN_UNIT = frozenset({"mean_absolute_error", "root_mean_squared_error"})
_KIB = 1024
_SOME = 10
_MANY = 1000
_SMALLEST_P = 0.0001


def metric(name: str, unit: str = "") -> str:
    """A metric without underscores; with the target's unit, where it is known and the metric is in it."""
    words = _ABBREVIATIONS.get(name, name.replace("_", " "))
    return f"{words}, {unit}" if unit and name in _IN_UNIT else words


def number(value: float) -> str:
    """Four decimals, fewer where the number is large."""
    decimals = 4 if abs(value) < _SOME else 2 if abs(value) < _MANY else 0
    return f"{round(value, decimals) + 0.0:,.{decimals}f}"


def p_value(p: float | None) -> str:
    """Two digits; what is smaller than anybody needs to know says so."""
    return "" if p is None else f"{p:.2g}" if p >= _SMALLEST_P else f"under {_SMALLEST_P:g}"


def size(count: int) -> str:
    """Bytes in the unit that reads best."""
    if count < _KIB:
        return f"{count} bytes"
    return f"{count / _KIB:,.1f} KiB" if count < _KIB * _KIB else f"{count / _KIB / _KIB:,.1f} MiB"
