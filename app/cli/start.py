"""From settings to a running server: wire the service, bind its address, run it until it is told to stop."""

import logging
import socket
import sys
from functools import partial
from importlib import import_module
from pathlib import Path

from app import log
from app.errors import RegistryError, UsageError
from app.front import server
from app.front.connection_limits import ConnectionLimits
from app.front.guard import Guard
from app.front.memory_plan import plan_memory
from app.front.workers import Link, Supervisor
from app.main import create_app, memory_limits, open_keys
from app.registry.store import Registry
from app.security.key_file import KeyFile
from app.settings import Settings

_NOTHING_TO_SERVE = 3

logger = logging.getLogger("slipway")


def start(settings: Settings) -> None:
    """Serve until told to stop; raises UsageError where the settings ask for what cannot be had."""
    log.configure(settings.log_format, settings.log_level)
    keys = open_keys(settings)
    _check_memory(settings)
    if settings.strict:
        _refuse_without_models(settings.models)
    if settings.workers > 1 and settings.model_control == "explicit":
        raise UsageError("--model-control explicit acts on one process; leave --workers at 1")
    if settings.workers == 1:
        app = create_app(settings, keys=keys)
        listener = server.bind(settings.host, settings.port)
        _announce(settings, *listener.getsockname()[:2])
        _run(settings, app, listener)
    else:
        run_worker = partial(_run_worker, settings, keys)
        import_module("app.api.application")  # once for all workers, which then share its memory
        supervisor = Supervisor(settings.host, settings.port, settings.workers, run_worker)
        if keys is not None:
            supervisor.each_second = keys.refresh  # what a successor starts with
        _announce(settings, *supervisor.address)
        supervisor.run()
    logger.info("stopped")


def _check_memory(settings: Settings) -> None:
    """Raise UsageError where the container would be killed for its memory, and warn of limits out of reach."""
    plan = plan_memory(memory_limits(settings))
    if plan.problems:
        raise UsageError(plan.problems[0])
    for warning in plan.warnings:
        logger.warning("%s", warning)


def _run_worker(settings: Settings, keys: KeyFile | None, listener: socket.socket, link: Link) -> None:
    _run(settings, create_app(settings, link, keys), listener)


def _run(settings: Settings, app: Guard, listener: socket.socket) -> None:
    limits = _connection_limits(settings)
    server.run(app, listener, limits, drain_seconds=settings.drain_seconds, finish_seconds=settings.finish_seconds)


def _announce(settings: Settings, host: str, port: int) -> None:
    logger.info("listening", extra={"url": f"http://{host}:{port}", "models": str(settings.models)})
    if settings.insecure:
        logger.warning("anybody who can reach this address may call the models: --insecure was given")


def _connection_limits(settings: Settings) -> ConnectionLimits:
    return ConnectionLimits(
        connections=settings.max_connections,
        head_bytes=settings.max_head_bytes,
        head_seconds=settings.head_seconds,
        body_seconds=settings.body_seconds,
        write_seconds=settings.write_seconds,
        idle_seconds=settings.idle_seconds,
        age_seconds=settings.max_connection_seconds,
    )


def _refuse_without_models(folder: Path) -> None:
    try:
        names = Registry(folder).model_names()
        reason = "" if names else f"models folder {folder} is empty"
    except RegistryError as error:
        reason = str(error)
    if reason:
        sys.stderr.write(f"slipway: {reason}; publish a model with 'slipway train' or leave out --strict\n")
        sys.exit(_NOTHING_TO_SERVE)
