"""load(path, trust) -> a fitted pipeline from a file, without running what the file says unless it is trusted.

A skops file names the types it is made of: scikit-learn's own are safe, others are listed and need trust. A joblib or
pickle file is a program that runs when it is opened, so it needs trust before anything can be known of it.
"""

import re
import zipfile
from pathlib import Path
from typing import Any

from slipway_training.errors import ConfigError

_PICKLES = {".joblib", ".pkl", ".pickle"}
_SHOWN = 8
_SAFE = re.compile(
    r"numpy\.dtype|sklearn\.tree\._tree\.Tree|sklearn\.calibration\._\w+|sklearn\._loss\.(link|loss|_loss)\.\w+"
    r"|sklearn\.ensemble\._hist_gradient_boosting\.(predictor|binning)\.\w+"
)
"""Parts of scikit-learn's own estimators that skops does not list: they hold numbers and open nothing."""


def load(path: Path, *, trust: bool) -> Any:
    """The object in the file; raises ConfigError in one sentence."""
    if not path.is_file():
        raise ConfigError(f"there is no file {str(path)!r}; save a fitted pipeline with skops.io.dump")
    return _load_pickle(path, trust) if path.suffix in _PICKLES else _load_skops(path, trust)


def _load_pickle(path: Path, trust: bool) -> Any:
    if not trust:
        raise ConfigError(
            f"{path.name} is a pickle, which is a program that runs when it is opened: with --trust it is opened, and "
            "you vouch for who wrote it; skops.io.dump writes files that need no trust"
        )
    import joblib  # noqa: PLC0415  # only where it is trusted

    try:
        return joblib.load(path)
    except Exception as error:  # a pickle may raise anything
        raise ConfigError(
            f"{path.name} cannot be opened ({type(error).__name__}); save it again with the versions installed here"
        ) from error


def _load_skops(path: Path, trust: bool) -> Any:
    import skops.io  # noqa: PLC0415  # brings scikit-learn

    if not zipfile.is_zipfile(path):
        raise ConfigError(f"{path.name} is no skops file; save the fitted pipeline with skops.io.dump")
    try:
        found = skops.io.get_untrusted_types(file=path)
        unknown = [kind for kind in found if not _SAFE.fullmatch(kind)]
        if trust or not unknown:
            return skops.io.load(path, trusted=found)
    except Exception as error:  # skops raises whatever the constructors of old versions raise
        raise ConfigError(
            f"{path.name} cannot be read ({type(error).__name__}); save it again with the versions installed here"
        ) from error
    more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
    listed = ", ".join(unknown[:_SHOWN])
    raise ConfigError(f"{path.name} holds types that are not known to be safe: {listed}{more}; --trust accepts them")
