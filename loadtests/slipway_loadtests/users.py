"""Locust users: each asks one endpoint for predictions, of one model after the other, and reads every response.

A request that came back with status 200 and a wrong body is a failure like any other. Most requests ask about one row,
some about several, so that rows and predictions can get out of step and be caught. Importing this module patches the
process for gevent, so only Locust imports it.
"""

import itertools
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar

from locust import events, poisson, task
from locust.argument_parser import LocustArgumentParser
from locust.contrib.fasthttp import FastHttpUser
from locust.env import Environment
from locust.exception import StopUser

from slipway_loadtests import slo
from slipway_loadtests.endpoints import INFER, PREDICT, Endpoint
from slipway_loadtests.errors import CannotRun
from slipway_loadtests.http import KEY_VARIABLE, request_headers
from slipway_loadtests.own_rows import read_rows
from slipway_loadtests.payloads import distinct_rows
from slipway_loadtests.published import PublishedModel, Row, read_models

_FEW_ROWS = 20
_ROWS_OF_REQUESTS = (1, 1, 1, 1, 1, 1, 1, 1, 1, _FEW_ROWS)

logger = logging.getLogger(__name__)

hooks: Any = events  # whose methods have no types


class ModelUser(FastHttpUser):
    """Asks `endpoint`; on average `--pace` times a second, at random moments, or without a pause when the pace is 0."""

    abstract = True
    endpoint: ClassVar[Endpoint]
    headers: ClassVar[dict[str, str]] = request_headers()
    requests: ClassVar[Iterator[tuple[PublishedModel, list[Row]]]] = iter(())

    def wait_time(self) -> float:
        pace: float = self.environment.parsed_options.pace
        return poisson(pace)(self) if pace else 0.0

    @task
    def ask(self) -> None:
        request = next(self.requests, None)
        if request is None:
            raise StopUser
        model, rows = request
        path, name = self.endpoint.path(model), f"{self.endpoint.name} {model.name}"
        body: Any = self.endpoint.encode(model, rows)  # bytes pass through as they are, whatever the annotation says
        with self.client.post(path, name=name, data=body, headers=self.headers, catch_response=True) as response:
            problem = self.endpoint.problem(model, len(rows), response.status_code, response.content or b"")
            if problem:
                response.failure(problem)
            else:
                response.success()


class RowUser(ModelUser):
    """Sends rows, as somebody with a form or a table does."""

    endpoint = PREDICT


class JsonTensorUser(ModelUser):
    """Sends tensors as JSON, as a client of the Open Inference Protocol does."""

    endpoint = INFER


def endless_requests(
    models: list[PublishedModel], own: Path | None = None
) -> Iterator[tuple[PublishedModel, list[Row]]]:
    """Requests to the models in turn, whose rows come round again only when all of them have been sent.

    The rows are drawn, or those of the file `own`.
    """
    supplies = [(model, itertools.cycle(read_rows(own, model) if own else distinct_rows(model))) for model in models]
    return (
        (model, list(itertools.islice(rows, size)))
        for size in itertools.cycle(_ROWS_OF_REQUESTS)
        for model, rows in supplies
    )


def _add_options(parser: LocustArgumentParser) -> None:
    defaults = slo.Limits()
    parser.add_argument("--pace", type=float, default=20.0, help="requests per second of each user; 0: no pause")
    parser.add_argument("--model", metavar="NAME", default="", help="only this model")
    parser.add_argument("--rows", metavar="FILE", default="", help="own rows: JSON, JSON lines or CSV with a header")
    parser.add_argument(
        "--api-key", metavar="KEY", env_var=KEY_VARIABLE, default="", is_secret=True, help="key of the service"
    )
    parser.add_argument("--report", metavar="FILE", default="", help="write the measurements as JSON")
    parser.add_argument("--p50-ms", type=float, default=defaults.p50_ms)
    parser.add_argument("--p95-ms", type=float, default=defaults.p95_ms)
    parser.add_argument("--p99-ms", type=float, default=defaults.p99_ms)
    parser.add_argument("--least-rps", type=float, default=defaults.requests_per_second)


def _prepare(environment: Environment, **_: Any) -> None:
    """Before the clock runs: drawing ten thousand rows per model takes a while.

    With a page it is who starts a test that says what of: address, model and key are fields of its form.
    """
    if environment.parsed_options is None or environment.parsed_options.headless:
        try:
            _learn_models(environment)
        except CannotRun as error:
            sys.exit(f"cannot run: {error}")
    else:
        hooks.test_start.add_listener(_learn_again)


def _learn_again(environment: Environment, **_: Any) -> None:
    try:
        _learn_models(environment)
    except CannotRun as error:
        ModelUser.requests = iter(())
        logger.error("cannot run: %s", error)  # noqa: TRY400  # the sentence says it all


def _learn_models(environment: Environment) -> None:
    options: Any = environment.parsed_options
    if options is not None and options.api_key:
        os.environ[KEY_VARIABLE] = options.api_key
    ModelUser.headers = request_headers()
    model, rows = (options.model, options.rows) if options is not None else ("", "")
    models = read_models((environment.host or "").rstrip("/"), model)
    ModelUser.requests = endless_requests(models, Path(rows) if rows else None)


def _measure(environment: Environment, **_: Any) -> None:
    """Count from the start of the test to its end, then judge."""
    tally, started = slo.Tally(), perf_counter()

    def count(name: str, response_time: float, exception: Exception | None, **_: Any) -> None:
        tally.add(name, response_time, None if exception is None else str(exception))

    def judge(**_: Any) -> None:
        report = tally.report(perf_counter() - started)
        options: Any = environment.parsed_options
        limits = slo.Limits(options.p50_ms, options.p95_ms, options.p99_ms, options.least_rps)
        sentences = slo.missed(report, limits)
        for sentence in sentences:
            logger.error("missed: %s", sentence)
        environment.process_exit_code = 1 if sentences else 0
        if options.report:
            report.write(Path(options.report))
        hooks.request.remove_listener(count)
        hooks.test_stop.remove_listener(judge)

    hooks.request.add_listener(count)
    hooks.test_stop.add_listener(judge)


hooks.init_command_line_parser.add_listener(_add_options)
hooks.init.add_listener(_prepare)
hooks.test_start.add_listener(_measure)
