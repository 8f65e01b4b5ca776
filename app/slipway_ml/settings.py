"""Every setting of the service. Each is a command-line option of `slipway serve` and an environment variable SLIPWAY_….

The command line beats the environment, the environment beats the defaults below. `slipway_ml.main` and `slipway_ml.cli`
read this file; everybody else is handed plain values.
"""

import ipaddress
import os
import re
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

MIB = 1024 * 1024
_FEWEST_BYTES = 1024
_MOST_BUCKETS = 40
_PLATFORM_PORTS = {"vertex": "AIP_HTTP_PORT", "sagemaker": "SAGEMAKER_BIND_TO_PORT"}
_ORIGIN = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?", re.IGNORECASE)


class Settings(BaseModel):
    """Settings of one server process: those that are given, and the others from the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: Annotated[Path, Field(description="The models folder to serve. It may appear or fill up later.")] = Path(
        "models"
    )
    host: Annotated[
        str, Field(description="Address to listen on. Other machines can call any address but loopback.")
    ] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port to listen on; 0 takes a free one and logs it.")] = 8000
    keys: Annotated[
        Path | None,
        Field(description="File with the keys that callers need, read again when it changes; see 'slipway keys new'."),
    ] = None
    platform: Annotated[
        Literal["none", "vertex", "sagemaker"],
        Field(description="Also answer on the paths, and listen on the port, that this managed platform calls."),
    ] = "none"
    platform_model: Annotated[
        str, Field(description="The model that the platform's paths lead to; none: the only one that is served.")
    ] = ""
    requests_per_second: Annotated[
        float,
        Field(ge=0, le=1e6, description="Rate limit of one API key in each worker; more get 429. 0 sets no limit."),
    ] = 0.0
    insecure: Annotated[
        bool, Field(description="Serve without API keys on a reachable address: something in front authenticates.")
    ] = False
    cors_origins: Annotated[
        str,
        Field(
            description="Origins such as https://shop.example, with commas between them, whose web pages may call from "
            "a browser; * for all.",
        ),
    ] = ""
    base_path: Annotated[
        str,
        Field(
            pattern=r"^(/[A-Za-z0-9._~-]+)*$",
            max_length=256,
            description="Path prefix such as /models; routes are available with and without it.",
        ),
    ] = ""
    strict: Annotated[
        bool, Field(description="Exit with 3 when the models folder is missing, empty or unreadable at start.")
    ] = False
    workers: Annotated[
        int, Field(ge=1, le=64, description="Server processes on the one address; one per pod is best on Kubernetes.")
    ] = 1
    model_control: Annotated[
        Literal["folder", "explicit"],
        Field(description="'explicit' lets /v2/repository load and unload models, in this process alone."),
    ] = "folder"
    model_config_file: Annotated[
        Path | None,
        Field(description="TOML file with options for single models; see docs/how-to/tune-serving.md."),
    ] = None
    poll_seconds: Annotated[
        float, Field(gt=0, le=3600, description="How often the models folder is checked for changes.")
    ] = 2.0
    load_seconds: Annotated[
        float,
        Field(gt=0, le=3600, description="How long a version may take to be loaded and to predict its golden rows."),
    ] = 30.0
    trust_registry: Annotated[
        bool,
        Field(
            description="Load versions at once. Without it each is first tried in a process of its own, with limits of "
            "time and memory, and its folder may hold nothing but what its manifest names."
        ),
    ] = True
    device: Annotated[
        Literal["auto", "cpu", "cuda", "tensorrt", "openvino"],
        Field(description="Where models run; one that this onnxruntime does not have refuses to start."),
    ] = "auto"
    threads: Annotated[
        int, Field(ge=0, le=256, description="Threads one run of a model may use; 0 means the container's CPU quota.")
    ] = 1
    max_queue_rows: Annotated[
        int, Field(ge=1, description="Rows that may wait for one model; more get 503 with Retry-After.")
    ] = 100_000
    max_batch_rows: Annotated[
        int, Field(ge=1, description="Rows of several requests that are run together; one larger request runs alone.")
    ] = 1024
    deadline_seconds: Annotated[
        float,
        Field(
            gt=0, le=3600, description="Deadline of a response; callers can set a shorter one, and get 504 after it."
        ),
    ] = 10.0
    max_body_bytes: Annotated[int, Field(ge=1024, description="Largest request body.")] = 16 * MIB
    max_bytes_in_flight: Annotated[
        int,
        Field(
            ge=0,
            description="Memory that requests and responses may take in each worker; more are answered 503. "
            "0 means what the container's memory limit leaves, or 256 MiB where it has none.",
        ),
    ] = 0
    max_instances: Annotated[int, Field(ge=1, description="Most rows in one request.")] = 100_000
    max_elements: Annotated[int, Field(ge=1, description="Most values in one tensor.")] = 16_000_000
    max_inputs: Annotated[int, Field(ge=1, description="Most inputs in one inference request.")] = 256
    drain_seconds: Annotated[
        float,
        Field(ge=0, le=3600, description="How long SIGTERM lets clients move away before the listener closes."),
    ] = 5.0
    finish_seconds: Annotated[
        int, Field(ge=1, le=3600, description="How long accepted requests may take to finish after that.")
    ] = 10
    hang_seconds: Annotated[
        float,
        Field(
            ge=0,
            le=3600,
            description="How long the event loop may hang, in a run that does not end, before the process ends itself "
            "with 70; 0: for ever.",
        ),
    ] = 3.0
    max_connections: Annotated[
        int,
        Field(
            ge=1,
            description="Connections held at once; one more takes the place of the one that has waited longest, or, "
            "where all are busy, is answered probes and metrics alone.",
        ),
    ] = 1000
    max_head_bytes: Annotated[int, Field(ge=1024, description="Largest request line and headers together.")] = 16 * 1024
    head_seconds: Annotated[
        float, Field(gt=0, le=3600, description="How long a request line and its headers may take to arrive.")
    ] = 5.0
    body_seconds: Annotated[float, Field(gt=0, le=3600, description="How long a body may take to arrive.")] = 30.0
    write_seconds: Annotated[
        float,
        Field(gt=0, le=3600, description="How long a response may wait while its client takes too little of it."),
    ] = 30.0
    idle_seconds: Annotated[
        float, Field(gt=0, le=86400, description="How long a kept connection may wait for its next request.")
    ] = 65.0
    max_connection_seconds: Annotated[
        float, Field(gt=0, le=86400, description="Age, more or less, at which a connection is asked to close.")
    ] = 300.0
    latency_buckets: Annotated[
        str,
        Field(
            description="Upper bounds in seconds of the buckets of the models' histograms, with commas between them; "
            "none: up to the deadline."
        ),
    ] = ""
    docs: Annotated[
        Literal["auto", "on", "off"], Field(description="The pages under /docs; 'auto' shows them on loopback only.")
    ] = "auto"
    log_format: Annotated[Literal["console", "json"], Field(description="How log lines look.")] = "console"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="The least important lines that are logged.")
    ] = "info"
    access_log: Annotated[bool, Field(description="Log one line per request, without its body or response.")] = False
    trusted_proxies: Annotated[
        str,
        Field(
            description="Addresses or networks such as 10.0.0.0/8, with commas between them, of proxies whose "
            "X-Forwarded-For says in the access log who called."
        ),
    ] = ""

    @model_validator(mode="before")
    @classmethod
    def _fill_in_from_the_environment(cls, given: dict[str, Any]) -> dict[str, Any]:
        variables = {name: f"SLIPWAY_{name.upper()}" for name in cls.model_fields}
        found = {name: os.environ[variable] for name, variable in variables.items() if variable in os.environ} | given
        return _platform_defaults(found) | found

    @field_validator("models", "keys", "model_config_file", mode="before")
    @classmethod
    def _refuse_empty(cls, given: Any) -> Any:
        if given == "":  # a variable that somebody forgot to fill in; '.' would be another folder or no file at all
            raise PydanticCustomError("empty_path", "must not be empty; name the path, or leave it out")
        return given

    @field_validator("max_bytes_in_flight")
    @classmethod
    def _refuse_too_few_bytes(cls, given: int) -> int:
        if 0 < given < _FEWEST_BYTES:
            raise PydanticCustomError("too_few_bytes", f"must be 0 or at least {_FEWEST_BYTES}")
        return given

    @field_validator("cors_origins")
    @classmethod
    def _refuse_what_no_browser_sends(cls, given: str) -> str:
        wrong = [origin for origin in _split(given) if origin != "*" and not _ORIGIN.fullmatch(origin)]
        if wrong:
            raise PydanticCustomError(
                "origin", "must be * or origins such as https://shop.example:8443, without a path"
            )
        return given

    @field_validator("latency_buckets")
    @classmethod
    def _refuse_buckets_that_do_not_rise(cls, given: str) -> str:
        try:
            bounds = [float(bound) for bound in _split(given)]
        except ValueError:
            bounds = [0.0]
        if bounds and not (
            len(bounds) <= _MOST_BUCKETS and bounds == sorted(set(bounds)) and 0 < bounds[0] <= bounds[-1] < inf
        ):
            raise PydanticCustomError(
                "buckets", f"must be at most {_MOST_BUCKETS} rising numbers of seconds such as 0.001,0.01,0.1,1"
            )
        return given

    @property
    def bucket_bounds(self) -> tuple[float, ...]:
        """The numbers that `latency_buckets` lists; empty where that is for the service to say."""
        return tuple(float(bound) for bound in _split(self.latency_buckets))

    @field_validator("trusted_proxies")
    @classmethod
    def _refuse_what_is_no_network(cls, given: str) -> str:
        try:
            [ipaddress.ip_network(network, strict=False) for network in _split(given)]
        except ValueError:
            raise PydanticCustomError(
                "networks", "must be addresses or networks such as 10.0.0.0/8, with commas between them"
            ) from None
        return given

    @property
    def proxies(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The networks that `trusted_proxies` lists."""
        return tuple(ipaddress.ip_network(network, strict=False) for network in _split(self.trusted_proxies))

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins that `cors_origins` lists, as browsers write them."""
        return tuple(origin.lower() for origin in _split(self.cors_origins))

    @property
    def platform_paths(self) -> tuple[str, str] | None:
        """The paths of health and predictions that the platform calls."""
        if self.platform == "vertex":
            return os.environ.get("AIP_HEALTH_ROUTE", "/health"), os.environ.get("AIP_PREDICT_ROUTE", "/predict")
        return ("/ping", "/invocations") if self.platform == "sagemaker" else None

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def shows_docs(self) -> bool:
        """Whether /docs is served."""
        return self.docs == "on" or (self.docs == "auto" and self.is_loopback)


def _platform_defaults(given: dict[str, Any]) -> dict[str, Any]:
    """Where a managed platform calls the server, which lets nobody else reach it."""
    port = _PLATFORM_PORTS.get(given.get("platform", ""))
    if port is None:
        return {}
    return {"host": "0.0.0.0", "port": os.environ.get(port, "8080"), "insecure": given.get("keys") is None}  # noqa: S104


def _split(text: str) -> list[str]:
    return [part for part in re.split(r"[,\s]+", text) if part]
