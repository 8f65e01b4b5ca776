"""From settings to a running server: wire the service, bind its address, run it until it is told to stop."""

import logging
import os
import socket
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import enumerate as enumerate_threads
from threading import main_thread
from time import monotonic

from slipway_ml import log
from slipway_ml.errors import RegistryError, UsageError
from slipway_ml.front.connection.limits import ConnectionLimits
from slipway_ml.front.guard import Guard
from slipway_ml.front.memory.plan import plan_memory
from slipway_ml.front.process import server
from slipway_ml.front.process.heartbeat import Heartbeat, Heartbeats
from slipway_ml.front.process.watchdog import Watchdog
from slipway_ml.front.process.workers import Link, Supervisor
from slipway_ml.main import create_app, memory_limits, open_keys
from slipway_ml.registry.store import Registry
from slipway_ml.runtime.memory import bound_free_memory
from slipway_ml.security.key_file import KeyFile
from slipway_ml.serving.run_under_way import model_under_way
from slipway_ml.settings import Settings

_NOTHING_TO_SERVE = 3
_THREADS_SECONDS = 1.0
"""What threads that have nothing more to do take to end."""
_SPARE_SECONDS = 5.0
"""What a worker may take to end beyond its drain and the requests under way."""

logger = logging.getLogger("slipway")


def start(settings: Settings) -> None:
    """Serve until told to stop; raises UsageError where the settings ask for what cannot be had."""
    bound_free_memory()
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
        _run(settings, app, listener, Heartbeats().of(0))
    else:
        run_worker = partial(_run_worker, settings, keys)
        import_module("slipway_ml.api.fastapi_app.application")  # once for all workers, which then share its memory
        supervisor = Supervisor(
            settings.host,
            settings.port,
            settings.workers,
            run_worker,
            hang_seconds=settings.hang_seconds,
            stop_seconds=settings.drain_seconds + settings.finish_seconds + _SPARE_SECONDS,
        )
        if keys is not None:
            supervisor.each_second = keys.refresh  # what a successor starts with
        _announce(settings, *supervisor.address)
        supervisor.run()
    logger.info("stopped")
    _leave_runs_behind()


def _leave_runs_behind() -> None:
    """End at once where a run or a load has not: the interpreter would wait for its thread, maybe for ever."""
    others = [thread for thread in enumerate_threads() if thread is not main_thread() and not thread.daemon]
    until = monotonic() + _THREADS_SECONDS
    for thread in others:
        thread.join(max(0.0, until - monotonic()))
    if any(thread.is_alive() for thread in others):
        logging.shutdown()
        sys.stderr.flush()
        sys.stdout.flush()
        os._exit(0)


def _check_memory(settings: Settings) -> None:
    """Raise UsageError where the container would be killed for its memory, and warn of limits out of reach."""
    plan = plan_memory(memory_limits(settings))
    if plan.problems:
        raise UsageError(plan.problems[0])
    for warning in plan.warnings:
        logger.warning("%s", warning)


def _run_worker(settings: Settings, keys: KeyFile | None, listener: socket.socket, link: Link) -> None:
    _run(settings, create_app(settings, link, keys), listener, link.heartbeat)


def _run(settings: Settings, app: Guard, listener: socket.socket, heartbeat: Heartbeat) -> None:
    server.run(
        app,
        listener,
        _connection_limits(settings),
        drain_seconds=settings.drain_seconds,
        finish_seconds=settings.finish_seconds,
        watchdog=Watchdog(settings.hang_seconds, heartbeat, model_under_way, app.is_hopeless),
    )


def _announce(settings: Settings, host: str, port: int) -> None:
    logger.info("listening", extra={"url": f"http://{server.address(host, port)}", "models": str(settings.models)})
    if settings.insecure:
        logger.warning("no API keys are required on this address: --insecure was given")


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
