"""The single place where objects are wired: settings in, ASGI application out."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial

from starlette.types import ASGIApp

from app.api.error_answers import answer_error
from app.api.health import HealthDoor
from app.api.hot_door import in_task
from app.api.infer import InferDoor
from app.api.large_bodies import LargeBodies
from app.api.late_app import LateApp
from app.api.predict import PredictDoor
from app.api.v1_predict import V1PredictDoor
from app.api.v2_repository import RepositoryDoor
from app.errors import Unauthorized, UsageError
from app.front.bodies import Limits
from app.front.door_keeper import DoorKeeper, presented_key, refuse_open_address
from app.front.exchange import Exchange
from app.front.guard import Authorize, Guard, allow_all
from app.front.memory_budget import MemoryBudget
from app.front.memory_keeper import MemoryKeeper
from app.front.memory_plan import MemoryLimits, plan_memory
from app.front.own_machine import OwnMachine
from app.front.routes import (
    INDEX,
    INFER,
    INFER_VERSION,
    LIVE,
    LOAD,
    PER_MODEL,
    PREDICT,
    PREDICT_VERSION,
    READY,
    UNLOAD,
    V1_PREDICT,
    V1_PREDICT_VERSION,
    V2_LIVE,
    V2_READY,
)
from app.front.workers import Link
from app.monitoring import snapshot
from app.monitoring.metrics import Metrics
from app.protocol.limits import ContentLimits
from app.registry.store import Registry
from app.runtime.memory import memory_limit, resident_bytes, return_free_memory
from app.runtime.processors import usable_cpus
from app.runtime.providers import choose_execution
from app.runtime.session import available_providers
from app.security.key_file import KeyFile
from app.security.rate_limit import RateLimit
from app.serving.batcher import QueueLimits
from app.serving.data_plane import DataPlane
from app.serving.model_config import read_model_config
from app.serving.model_table import ModelTable
from app.serving.options import ServingOptions
from app.serving.reconciler import Reconciler
from app.serving.version_loader import VersionLoader
from app.settings import Settings

_LONGEST_WAIT_SECONDS = 30.0
_SPARE_RUNS = 4


def create_app(settings: Settings, link: Link | None = None, keys: KeyFile | None = None) -> Guard:
    """The whole service; raises UsageError when the settings ask for what this machine does not have.

    `link` leads to the supervisor where this process is one of several workers, `keys` is what that one has read.
    """
    metrics, table = Metrics(), ModelTable()
    memory = memory_limits(settings)
    door_keeper = _choose_door_keeper(settings, metrics, keys)
    budget = MemoryBudget(plan_memory(memory).budget, _caller_by_key if door_keeper else _caller_by_address)
    keeper = MemoryKeeper(budget, memory, resident_bytes, return_free_memory)
    plane = DataPlane(table)
    options = serving_options(settings)
    # More than there are processors, so that one model's long run does not keep the others waiting.
    executor = ThreadPoolExecutor(usable_cpus() + _SPARE_RUNS, thread_name_prefix="run")
    registry = Registry(settings.models)
    reconciler = Reconciler(
        registry,
        table,
        VersionLoader(registry, options, executor, metrics),
        metrics,
        on_change=lambda: guard.remember_paths(_hot_paths(table)),
        on_first_pass=lambda: _go_on_loading(fastapi, keeper),
    )
    large = LargeBodies()
    predict, v1_predict = PredictDoor(plane, large), V1PredictDoor(plane, large)
    infer = InferDoor(plane, options.limits, large)
    repository = RepositoryDoor(table, reconciler, is_controlled=settings.model_control == "explicit")
    fastapi = _answer_late(plane, metrics, link, shows_docs=settings.shows_docs, has_keys=door_keeper is not None)
    health = HealthDoor(table, lambda: guard.is_draining, tells_models=door_keeper is None)
    guard = Guard(
        fastapi=fastapi,
        handlers={
            PREDICT: predict,
            PREDICT_VERSION: predict,
            INFER: infer,
            INFER_VERSION: infer,
            V1_PREDICT: v1_predict,
            V1_PREDICT_VERSION: v1_predict,
            INDEX: in_task(repository.index),
            LOAD: in_task(repository.load),
            UNLOAD: in_task(repository.unload),
            LIVE: health.live,
            V2_LIVE: health.live,
            READY: health.ready,
            V2_READY: health.ready,
        },
        answer_error=answer_error,
        metrics=metrics,
        limits=Limits(settings.max_body_bytes, budget.limit),
        authorize=door_keeper or _without_keys(settings),
        budget=budget,
        access_log=settings.access_log,
        base_path=settings.base_path,
        lifespan=partial(
            _keep_reconciling,
            reconciler,
            settings.poll_seconds,
            executor,
            door_keeper,
            keeper.run,
            partial(link.attend, partial(snapshot.take, metrics.registry)) if link else None,
        ),
    )
    metrics.watch_in_flight(lambda: guard.in_flight)
    metrics.watch_memory(lambda: budget.taken, lambda: budget.limit)
    return guard


def memory_limits(settings: Settings) -> MemoryLimits:
    """What the settings and the container say about memory."""
    return MemoryLimits(
        settings.max_body_bytes,
        settings.max_bytes_in_flight,
        settings.max_connections,
        settings.max_head_bytes,
        settings.workers,
        memory_limit(),
    )


def serving_options(settings: Settings) -> ServingOptions:
    """How versions are loaded and queued; raises UsageError when that asks for what this machine does not have."""
    available = available_providers()
    choose_execution(settings.device, settings.threads, available)
    return ServingOptions(
        available,
        settings.device,
        settings.threads,
        QueueLimits(settings.max_batch_rows, settings.max_queue_rows),
        settings.deadline_seconds,
        ContentLimits(settings.max_instances, settings.max_elements, settings.max_inputs),
        read_model_config(settings.model_config_file) if settings.model_config_file else {},
    )


def _answer_late(plane: DataPlane, metrics: Metrics, link: Link | None, *, shows_docs: bool, has_keys: bool) -> LateApp:
    def make() -> ASGIApp:
        from app.api.application import create_fastapi  # noqa: PLC0415  # what a server is ready without

        exposed = metrics.registry if link is None else snapshot.registry_of(link.fetch_totals)
        return create_fastapi(plane, exposed, shows_docs=shows_docs, has_keys=has_keys)

    return LateApp(make)


@asynccontextmanager
async def _keep_reconciling(
    reconciler: Reconciler,
    poll_seconds: float,
    executor: ThreadPoolExecutor,
    door_keeper: DoorKeeper | None,
    keep_memory: Callable[[], Coroutine[None, None, None]],
    serve_snapshots: Callable[[], None] | None,
) -> AsyncIterator[None]:
    """While the service lives: follow the folder, and look at the keys; a worker also answers its supervisor."""
    tasks = [asyncio.create_task(reconciler.run(poll_seconds)), asyncio.create_task(keep_memory())]
    if door_keeper is not None:
        tasks.append(asyncio.create_task(door_keeper.watch()))
    if serve_snapshots is not None:
        serve_snapshots()
        # Until then new connections wait in the socket that this worker has inherited.
        await reconciler.wait_for_first_pass(_LONGEST_WAIT_SECONDS)
    yield
    for task in tasks:
        task.cancel()
    reconciler.close()
    executor.shutdown(wait=False, cancel_futures=True)


def open_keys(settings: Settings) -> KeyFile | None:
    """The keys that the settings name; raises UsageError where they cannot be read, or should be there and are not."""
    refuse_open_address(
        is_loopback=settings.is_loopback, has_keys=settings.keys is not None, insecure=settings.insecure
    )
    return KeyFile(settings.keys) if settings.keys is not None else None


def _choose_door_keeper(settings: Settings, metrics: Metrics, keys: KeyFile | None) -> DoorKeeper | None:
    keys = keys or open_keys(settings)
    if keys is None:
        if settings.requests_per_second:
            raise UsageError("--requests-per-second counts per key, and there are none; give --keys FILE as well")
        return None
    keys.on_failure = metrics.count_key_file_failure
    rate_limit = RateLimit(settings.requests_per_second) if settings.requests_per_second else None
    return DoorKeeper(keys, rate_limit=rate_limit)


def _caller_by_key(request: Exchange) -> Hashable:
    """Whose share of the memory a request takes; one that is refused for its key takes hardly any."""
    try:
        return presented_key(request.raw_headers) or request.peer
    except Unauthorized:
        return request.peer


def _caller_by_address(request: Exchange) -> Hashable:
    return request.peer


def _without_keys(settings: Settings) -> Authorize:
    """Who may call: whoever gets here where that is said to be meant, and this machine's own programs otherwise."""
    return allow_all if settings.insecure or not settings.is_loopback else OwnMachine()


def _go_on_loading(fastapi: LateApp, keeper: MemoryKeeper) -> None:
    """Once the models are served: make FastAPI, see what memory is left, and let the collector walk nothing that stays.

    Walking all that was imported and loaded takes 25 ms and more, under load as well. It is not walked a last time
    either: that would stop a server that is ready, and finds nothing.
    """
    gc.freeze()

    def go_on(_made: object) -> None:
        gc.freeze()
        keeper.fit()

    fastapi.prepare().add_done_callback(go_on)


def _hot_paths(table: ModelTable) -> list[str]:
    """Every path that a hot handler answers for the models that are served."""
    names = [(model.name, version) for model in table.models.values() for version in model.versions]
    return [
        template.replace("{model_name}", name).replace("{model_version}", version)
        for name, version in names
        for template in (route.template for route in PER_MODEL)
    ]
