"""The single place where objects are wired: settings in, ASGI application out."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial

from starlette.types import ASGIApp

from slipway_ml.api.deferred_app import DeferredApp
from slipway_ml.api.error_responses import error_response
from slipway_ml.api.hot.handler import in_task
from slipway_ml.api.hot.health import HealthHandler
from slipway_ml.api.hot.infer import InferHandler
from slipway_ml.api.hot.predict import PredictHandler
from slipway_ml.api.hot.repository import RepositoryHandler
from slipway_ml.api.hot.root import RootHandler
from slipway_ml.api.hot.turns import Turns
from slipway_ml.api.hot.v1_predict import V1PredictHandler
from slipway_ml.errors import Unauthorized, UsageError
from slipway_ml.front.access.access_log import AccessLog
from slipway_ml.front.access.api_keys import ApiKeyAuthorizer, presented_key, refuse_open_address
from slipway_ml.front.access.cors import Cors
from slipway_ml.front.access.loopback import LoopbackOnly
from slipway_ml.front.bodies import Limits
from slipway_ml.front.exchange import Exchange
from slipway_ml.front.guard import Authorize, Guard, allow_all
from slipway_ml.front.memory.budget import MemoryBudget
from slipway_ml.front.memory.keeper import MemoryKeeper
from slipway_ml.front.memory.plan import MemoryLimits, plan_memory
from slipway_ml.front.process.workers import Link
from slipway_ml.front.routes import (
    INDEX,
    INFER,
    INFER_VERSION,
    LIVE,
    LOAD,
    PER_MODEL,
    PREDICT,
    PREDICT_VERSION,
    READY,
    ROOT,
    UNLOAD,
    V1_PREDICT,
    V1_PREDICT_VERSION,
    V2_LIVE,
    V2_READY,
)
from slipway_ml.monitoring import snapshot
from slipway_ml.monitoring.metrics import Metrics, latency_bounds
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.registry.store import Registry
from slipway_ml.runtime.memory import memory_limit, resident_bytes, return_free_memory
from slipway_ml.runtime.processors import usable_cpus
from slipway_ml.runtime.providers import choose_execution
from slipway_ml.runtime.session import available_providers
from slipway_ml.security.key_file import KeyFile
from slipway_ml.security.rate_limit import RateLimit
from slipway_ml.serving.batcher import QueueLimits
from slipway_ml.serving.data_plane import DataPlane
from slipway_ml.serving.model_config import read_model_config
from slipway_ml.serving.model_table import ModelTable
from slipway_ml.serving.options import ServingOptions
from slipway_ml.serving.reconciler import Reconciler
from slipway_ml.serving.stuck_runs import StuckRuns
from slipway_ml.serving.trial import Trial
from slipway_ml.serving.version_loader import VersionLoader
from slipway_ml.settings import Settings

_LONGEST_WAIT_SECONDS = 30.0
_SPARE_RUNS = 4


def create_app(settings: Settings, link: Link | None = None, keys: KeyFile | None = None) -> Guard:
    """The whole service; raises UsageError when the settings ask for what this machine does not have.

    `link` leads to the supervisor where this process is one of several workers, `keys` is what that one has read.
    """
    metrics, table = Metrics(settings.bucket_bounds or latency_bounds(settings.deadline_seconds)), ModelTable()
    cors = Cors(settings.origins) if settings.origins else None
    memory = memory_limits(settings)
    authorizer = _choose_authorizer(settings, metrics, keys)
    budget = MemoryBudget(plan_memory(memory).budget, _caller_by_key if authorizer else _caller_by_address)
    keeper = MemoryKeeper(budget, memory, resident_bytes, return_free_memory)
    plane = DataPlane(table)
    options = serving_options(settings)
    # More than there are processors, so that one model's long run does not keep the others waiting.
    slots = usable_cpus() + _SPARE_RUNS
    executor = ThreadPoolExecutor(slots, thread_name_prefix="run")
    stuck = StuckRuns(slots, metrics.show_stuck_runs)
    registry = Registry(settings.models)
    reconciler = Reconciler(
        registry,
        table,
        VersionLoader(
            registry,
            options,
            executor,
            metrics,
            stuck,
            seconds=settings.load_seconds,
            trial=None if settings.trust_registry else Trial(options, settings.load_seconds),
        ),
        metrics,
        on_change=lambda: guard.remember_paths(_hot_paths(table), _platform_paths(settings, table)),
        on_first_pass=lambda: _go_on_loading(fastapi, keeper),
    )
    turns = Turns()
    predict, v1_predict = PredictHandler(plane, turns), V1PredictHandler(plane, turns)
    infer = InferHandler(plane, options.limits, turns)
    repository = RepositoryHandler(table, reconciler, is_controlled=settings.model_control == "explicit")
    fastapi = _apply_deferred(plane, metrics, link, shows_docs=settings.shows_docs, has_keys=authorizer is not None)
    health = HealthHandler(table, lambda: guard.is_draining, stuck.is_hopeless, tells_models=authorizer is None)
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
            ROOT: RootHandler(settings.base_path, shows_docs=settings.shows_docs, has_keys=authorizer is not None),
        },
        error_response=error_response,
        metrics=metrics,
        limits=Limits(settings.max_body_bytes, budget.limit),
        authorize=authorizer or _without_keys(settings, cors),
        cors=cors,
        budget=budget,
        access_log=AccessLog(lambda name: name in table.models, settings.proxies) if settings.access_log else None,
        base_path=settings.base_path,
        lifespan=partial(
            _keep_reconciling,
            reconciler,
            settings.poll_seconds,
            executor,
            authorizer,
            keeper.run,
            partial(link.attend, partial(snapshot.take, metrics.registry)) if link else None,
        ),
    )
    guard.is_hopeless = stuck.is_hopeless
    guard.remember_paths([], _platform_paths(settings, table))
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


def _apply_deferred(
    plane: DataPlane, metrics: Metrics, link: Link | None, *, shows_docs: bool, has_keys: bool
) -> DeferredApp:
    def make() -> ASGIApp:
        from slipway_ml.api.fastapi_app.application import create_fastapi  # noqa: PLC0415  # what a server is ready without

        exposed = metrics.registry if link is None else snapshot.registry_of(link.fetch_totals)
        return create_fastapi(plane, exposed, shows_docs=shows_docs, has_keys=has_keys)

    return DeferredApp(make)


@asynccontextmanager
async def _keep_reconciling(
    reconciler: Reconciler,
    poll_seconds: float,
    executor: ThreadPoolExecutor,
    authorizer: ApiKeyAuthorizer | None,
    keep_memory: Callable[[], Coroutine[None, None, None]],
    serve_snapshots: Callable[[], None] | None,
) -> AsyncIterator[None]:
    """While the service lives: follow the folder, and look at the keys; a worker also reports to its supervisor."""
    tasks = [asyncio.create_task(reconciler.run(poll_seconds)), asyncio.create_task(keep_memory())]
    if authorizer is not None:
        tasks.append(asyncio.create_task(authorizer.watch()))
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


def _choose_authorizer(settings: Settings, metrics: Metrics, keys: KeyFile | None) -> ApiKeyAuthorizer | None:
    keys = keys or open_keys(settings)
    if keys is None:
        if settings.requests_per_second:
            raise UsageError("--requests-per-second counts per key, and there are none; give --keys FILE as well")
        return None
    keys.on_failure = metrics.count_key_file_failure
    rate_limit = RateLimit(settings.requests_per_second) if settings.requests_per_second else None
    return ApiKeyAuthorizer(keys, rate_limit=rate_limit)


def _caller_by_key(request: Exchange) -> Hashable:
    """Whose share of the memory a request takes; one that is refused for its key takes hardly any."""
    try:
        return presented_key(request.raw_headers) or request.peer
    except Unauthorized:
        return request.peer


def _caller_by_address(request: Exchange) -> Hashable:
    return request.peer


def _without_keys(settings: Settings, cors: Cors | None) -> Authorize:
    """Who may call: whoever gets here where that is said to be meant, and this machine's own programs otherwise."""
    if settings.insecure or not settings.is_loopback:
        return allow_all
    return LoopbackOnly(cors.allows) if cors else LoopbackOnly()


def _go_on_loading(fastapi: DeferredApp, keeper: MemoryKeeper) -> None:
    """Once the models are served: make FastAPI, see what memory is left, and let the collector walk nothing that stays.

    Walking all that was imported and loaded takes 25 ms and more, under load as well. It is not walked a last time
    either: that would stop a server that is ready, and finds nothing.
    """
    gc.freeze()

    def go_on(_made: object) -> None:
        gc.freeze()
        keeper.fit()

    fastapi.prepare().add_done_callback(go_on)


def _platform_paths(settings: Settings, table: ModelTable) -> dict[str, str]:
    """The paths that a managed platform calls, and where they lead."""
    if settings.platform_paths is None:
        return {}
    health, predict = settings.platform_paths
    paths = {health: READY.template}
    names = [settings.platform_model] if settings.platform_model else list(table.models)
    if len(names) == 1:
        paths[predict] = V1_PREDICT.template.replace("{model_name}", names[0])
    return paths


def _hot_paths(table: ModelTable) -> list[str]:
    """Every path that a hot handler serves for the models that are served."""
    names = [(model.name, version) for model in table.models.values() for version in model.versions]
    return [
        template.replace("{model_name}", name).replace("{model_version}", version)
        for name, version in names
        for template in (route.template for route in PER_MODEL)
    ]
