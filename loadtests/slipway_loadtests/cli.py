"""`slipway loadtest` and `slipway bench`: options in, tables and an exit code out.

Exit codes: 0 as promised, 1 a promise was missed, 2 it could not run. What the commands need is imported when they run,
so that `slipway --help` loads neither.
"""

import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer

Folder = Annotated[Path, typer.Option("--models", metavar="DIR", envvar="SLIPWAY_MODELS", help="The models folder.")]


def loadtest(
    *,
    url: Annotated[
        str, typer.Option(metavar="URL", help="A running service; without it one is started for the test.")
    ] = "",
    api_key: Annotated[
        str, typer.Option(metavar="KEY", envvar="SLIPWAY_API_KEY", help="API key of a service that requires one.")
    ] = "",
    models: Folder = Path("models"),
    model: Annotated[str, typer.Option(metavar="NAME", help="Only this model. Default: all that are served.")] = "",
    rows: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Send these rows (JSON, JSON lines, CSV with a header); needs --model."),
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write Locust's report as a page.")] = None,
    users: Annotated[int, typer.Option(min=1, help="Users at the same time.")] = 20,
    spawn_rate: Annotated[float, typer.Option(min=0.1, help="Users that start per second.")] = 20.0,
    pace: Annotated[float, typer.Option(min=0, help="Requests per second of each user; 0: no pause.")] = 20.0,
    seconds: Annotated[int, typer.Option(min=1, max=3600, help="How long.")] = 20,
    shape: Annotated[
        str, typer.Option(metavar="steps|spike|soak", help="Stages instead of --users, --spawn-rate and --seconds.")
    ] = "",
    p50_ms: Annotated[float, typer.Option(min=0, help="Objective: half of the responses within this time.")] = 25.0,
    p95_ms: Annotated[float, typer.Option(min=0, help="Objective: 95 % of the responses within this time.")] = 100.0,
    p99_ms: Annotated[float, typer.Option(min=0, help="Objective: 99 % of the responses within this time.")] = 250.0,
    least_rps: Annotated[float, typer.Option(min=0, help="Objective: answered requests per second.")] = 0.0,
) -> None:
    """Send valid requests to every model and check the responses.

    Exits with 1 when a response is wrong or an objective is missed.
    """
    from slipway_loadtests.errors import CannotRun  # noqa: PLC0415
    from slipway_loadtests.http import KEY_VARIABLE  # noqa: PLC0415
    from slipway_loadtests.loadtest import run_loadtest  # noqa: PLC0415
    from slipway_loadtests.locust_run import SHAPES, Load  # noqa: PLC0415
    from slipway_loadtests.slo import Limits  # noqa: PLC0415

    if shape and shape not in SHAPES:
        _refuse(f"no shape {shape!r}; there are: {', '.join(SHAPES)}")
    if rows is not None and not model:
        _refuse("rows are those of one model; name it with --model")
    if api_key:
        os.environ[KEY_VARIABLE] = api_key
    load = Load(users, spawn_rate, seconds, pace, shape or None, model, rows, html)
    try:
        passed = run_loadtest(url.rstrip("/"), models, load, Limits(p50_ms, p95_ms, p99_ms, least_rps))
    except CannotRun as reason:
        _refuse(str(reason))
    raise typer.Exit(0 if passed else 1)


def bench(
    *,
    models: Folder = Path("models"),
    model: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Which model to call; the limits then leave its own runs out, measured by onnxruntime alone. "
            "Default: the first whose features are all numeric.",
        ),
    ] = "",
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Rounds, of which medians are taken.")] = 3,
    seconds: Annotated[int, typer.Option(min=1, max=60, help="Seconds per measurement.")] = 2,
    against: Annotated[
        list[str] | None,
        typer.Option(metavar="OPTIONS", help='A service with other options takes part: "--max-batch-rows 1".'),
    ] = None,
    connections: Annotated[
        int | None, typer.Option(min=1, help="Only one JSON row, over 1, 32 and this many connections.")
    ] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write every figure as JSON.")] = None,
    require_ratio: Annotated[
        float, typer.Option(min=0, help="Exit with 1 when the efficiency at 32 connections is below this.")
    ] = 0.0,
    open_loop: Annotated[
        bool,
        typer.Option(
            "--open-loop", help="Instead: random arrivals at fixed rates, alone and beside a second busy model."
        ),
    ] = False,
    variants: Annotated[
        bool,
        typer.Option(
            "--variants", help="Instead: the stored variants of the model that give the same bits, and the best here."
        ),
    ] = False,
) -> None:
    """Measure the service against a bare uvicorn application.

    Rate, latency, CPU time, memory and time to ready, in rounds by turns: rows in JSON, as bytes and as typed rows, of
    mixed fields too (a model of 14 is trained once); onnxruntime alone; two workers. Ends with every target beside what
    was measured.
    """
    from slipway_loadtests.bench.arrivals import run_open_loop  # noqa: PLC0415
    from slipway_loadtests.bench.benchmark import run_bench  # noqa: PLC0415
    from slipway_loadtests.bench.rounds import Pace  # noqa: PLC0415
    from slipway_loadtests.bench.variants import run_variants  # noqa: PLC0415
    from slipway_loadtests.errors import CannotRun  # noqa: PLC0415

    try:
        if variants:
            run_variants(models, model, Pace(rounds, seconds), json)
            return
        if open_loop:
            run_open_loop(models, model, Pace(rounds, seconds), json)
            return
        efficiency = run_bench(models, model, Pace(rounds, seconds), json, against or (), connections)
    except CannotRun as reason:
        _refuse(str(reason))
    raise typer.Exit(1 if efficiency < require_ratio else 0)


def _refuse(reason: str) -> NoReturn:
    typer.echo(f"slipway: {reason}", err=True)
    raise typer.Exit(2)
