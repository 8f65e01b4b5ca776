"""Real reverse proxies in front of test servers, as their Debian packages come."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

_NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; {user} events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream service {{ {servers} {keep} }}
  server {{
    listen 127.0.0.1:{port}; client_max_body_size 64m;
    location / {{ proxy_pass http://service; {lines} }}
  }}
}}
"""
_KEEP_LINES = 'proxy_http_version 1.1; proxy_set_header Connection "";'
_HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  {options}
frontend clients
  bind 127.0.0.1:{port}
  default_backend service
backend service
{servers}
"""


@contextmanager
def nginx(folder: Path, addresses: Sequence[str], *, keeps: bool) -> Iterator[str]:
    """A real nginx with its defaults (HTTP/1.0, a connection per request), or with kept connections; its address."""
    program, port = _program("nginx", "/usr/sbin/nginx"), _free_port()
    configuration = _NGINX.format(
        folder=folder,
        port=port,
        user="user root;" if folder.owner() == "root" else "",
        servers=" ".join(f"server {address};" for address in addresses),
        keep="keepalive 16;" if keeps else "",
        lines=_KEEP_LINES if keeps else "",
    )
    path = folder / "nginx.conf"
    path.write_text(configuration)
    with _running([program, "-c", str(path), "-p", str(folder)], port, folder):
        yield f"127.0.0.1:{port}"


@contextmanager
def haproxy(folder: Path, addresses: Sequence[str], *, keeps: bool) -> Iterator[str]:
    """A real HAProxy that closes its connections to the servers, or keeps and shares them; its address."""
    program, port = _program("haproxy", "/usr/sbin/haproxy"), _free_port()
    lines = [f"  server s{number} {address}" for number, address in enumerate(addresses)]
    options = "http-reuse always" if keeps else "option http-server-close"
    path = folder / "haproxy.cfg"
    path.write_text(_HAPROXY.format(port=port, options=options, servers="\n".join(lines)))
    with _running([program, "-db", "-f", str(path)], port, folder):
        yield f"127.0.0.1:{port}"


def _program(name: str, usual: str) -> str:
    found = shutil.which(name) or (usual if Path(usual).exists() else None)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@contextmanager
def _running(command: list[str], port: int, folder: Path, seconds: float = 30.0) -> Iterator[None]:
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_until_it_listens(process, port, folder, time.monotonic() + seconds)
        yield
    finally:
        process.terminate()
        process.wait(timeout=seconds)


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, folder: Path, deadline: float) -> None:
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"the proxy did not start: {(folder / 'proxy.log').read_text()}")
