"""nginx and HAProxy in front of two replicas, as they come and with kept connections, each on a free port."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from slipway_loadtests.errors import CannotRun

HOST = "127.0.0.1"
_START_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Proxy:
    """One configuration: `{port}` and `{servers}` are filled in."""

    name: str
    program: str
    configuration: str
    server: str
    command: tuple[str, ...]


_NGINX = """
worker_processes 1;
daemon off;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  client_max_body_size 64m;
  upstream slipway {{ {servers} %s }}
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://slipway; %s }} }}
}}
"""

_HAPROXY = """
global
  maxconn 256
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  %s
frontend callers
  bind 127.0.0.1:{port}
  default_backend slipway
backend slipway
{servers}
"""

_NGINX_COMMAND = ("nginx", "-p", ".", "-c", "proxy.conf", "-e", "error.log")
_HAPROXY_COMMAND = ("haproxy", "-db", "-f", "proxy.conf")
_KEPT = 'proxy_http_version 1.1; proxy_set_header Connection "";'

PROXIES = (
    Proxy("nginx", "nginx", _NGINX % ("", ""), "server {address};", _NGINX_COMMAND),
    Proxy("nginx, kept connections", "nginx", _NGINX % ("keepalive 16;", _KEPT), "server {address};", _NGINX_COMMAND),
    Proxy("HAProxy", "haproxy", _HAPROXY % "", "  server s{number} {address} check", _HAPROXY_COMMAND),
    Proxy(
        "HAProxy, kept connections",
        "haproxy",
        _HAPROXY % "http-reuse always",
        "  server s{number} {address} check",
        _HAPROXY_COMMAND,
    ),
)


@contextmanager
def proxying(proxy: Proxy, addresses: Sequence[str], folder: Path) -> Iterator[int]:
    """The proxy's port, once it answers; raises CannotRun where its program is missing or does not start."""
    if shutil.which(proxy.program) is None:
        raise CannotRun(f"{proxy.program} is missing; on Debian: apt-get install {proxy.program}")
    folder.mkdir()
    port = _free_port()
    servers = "\n".join(proxy.server.format(address=at, number=number) for number, at in enumerate(addresses))
    (folder / "proxy.conf").write_text(proxy.configuration.format(port=port, servers=servers))
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(proxy.command, cwd=folder, stdout=output, stderr=output)
    try:
        _wait_for(port, process, folder / "output")
        yield port
    finally:
        process.terminate()
        process.wait(_START_SECONDS)


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with closing(socket.socket()) as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.02)
    raise CannotRun(f"the proxy did not start: {output.read_text(errors='replace').strip()[-300:]}")
