"""Settings as command-line options: one option and one environment variable per field, with the field's sentence."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer
from pydantic.fields import FieldInfo

from slipway_ml.cli.given_settings import read_settings
from slipway_ml.settings import Settings


def with_settings(command: Callable[[Settings], None]) -> Callable[..., None]:
    """A command that takes every setting as an option and gets them as one Settings."""

    def wrapper(**given: Any) -> None:
        command(read_settings({name: value for name, value in given.items() if value is not None}))

    wrapper.__doc__ = command.__doc__
    wrapper.__name__ = command.__name__
    parameters = [_parameter(name, field) for name, field in Settings.model_fields.items()]
    wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return wrapper


def _parameter(name: str, field: FieldInfo) -> inspect.Parameter:
    option = typer.Option(
        *_flags(name, field),
        help=f"{field.description} Default: {_shown(field.default)}.",
        envvar=f"SLIPWAY_{name.upper()}",
        show_default=False,
        metavar=_metavar(name, field),
    )
    kind = bool | None if field.annotation is bool else str | None
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind, option],
    )


def _flags(name: str, field: FieldInfo) -> list[str]:
    flag = "--" + name.replace("_", "-")
    return [f"{flag}/--no-{flag[2:]}"] if field.annotation is bool else [flag]


def _metavar(name: str, field: FieldInfo) -> str | None:
    if field.annotation is bool:
        return None
    choices = getattr(field.annotation, "__args__", None)
    if choices and all(isinstance(choice, str) for choice in choices):
        return "|".join(choices)
    named = {
        "models": "DIR",
        "host": "ADDRESS",
        "keys": "FILE",
        "model_config_file": "FILE",
        "platform_model": "NAME",
        "cors_origins": "ORIGINS",
        "trusted_proxies": "NETWORKS",
        "latency_buckets": "SECONDS",
    }
    return named.get(name, getattr(field.annotation, "__name__", "VALUE").upper())


def _shown(default: Any) -> str:
    if default is None or default == "":
        return "none"
    return {True: "on", False: "off"}[default] if isinstance(default, bool) else str(default)
