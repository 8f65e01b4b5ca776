"""Every way of spelling a request that somebody might try to get past the route table, as raw bytes on a socket.

A trick either spells the same path another way, and must be answered like the path itself, or names another path.
"""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from slipway_ml.front.routes import Route

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
ODD_METHODS = ("CONNECT", "get", "BREW", "GET\tX", "")
PUBLIC = "/health/live"
VALUES = {"model_name": "sum", "model_version": "1", "asset": "swagger-ui.css"}
ROWS = b'{"instances": [[1.0, 2.0, 3.0]]}'
TENSORS = b'{"inputs": [{"name": "X", "datatype": "FP64", "shape": [1, 3], "data": [1, 2, 3]}]}'

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Trick:
    """How a path becomes a request target; `same_path` says that the server must see the very same path."""

    name: str
    target: Callable[[str], str] = lambda path: path
    headers: Headers = field(default_factory=dict)
    same_path: bool = True
    version: str = "1.1"


def _headers(name: str, value: str) -> Trick:
    return Trick(f"{name}: {value}", headers={name: value})


def _other(name: str, target: Callable[[str], str]) -> Trick:
    return Trick(name, target, same_path=False)


BASE_PATH = "/edge"

TRICKS = (
    Trick("plain"),
    Trick("base path", lambda path: f"{BASE_PATH}{path}"),
    Trick("base path in absolute form", lambda path: f"http://elsewhere{BASE_PATH}{path}/"),
    Trick("trailing slash", lambda path: f"{path}/"),
    Trick("HTTP/1.0", version="1.0"),
    Trick("absolute form", lambda path: f"http://elsewhere{path}"),
    Trick("absolute form of another scheme", lambda path: f"https://user:pass@elsewhere:1{path}"),
    Trick("absolute form, public host", lambda path: f"http://health{path}?{PUBLIC}"),
    Trick("query with a public path", lambda path: f"{path}?{PUBLIC}"),
    Trick("query with a key", lambda path: f"{path}?api_key=x&key=x&token=x&access_token=x"),
    Trick("a letter percent-encoded", lambda path: f"/%{ord(path[1]):02x}{path[2:]}"),
    _headers("Host", f"x{PUBLIC}?"),
    _headers("Host", "x/?"),
    _headers("Host", "127.0.0.1"),
    _headers("X-Original-URL", PUBLIC),
    _headers("X-Rewrite-URL", PUBLIC),
    _headers("X-Forwarded-Prefix", "/health"),
    _headers("X-Forwarded-For", "127.0.0.1"),
    _headers("X-Forwarded-Host", "localhost"),
    _headers("Forwarded", "for=127.0.0.1"),
    _headers("X-HTTP-Method-Override", "HEAD"),
    _headers("Authorization", "Basic YWRtaW46YWRtaW4="),
    _headers("Authorization", "Bearer"),
    _headers("Authorization", "Bearer null"),
    _headers("Authorization", "Bearer slw_"),
    _headers("X-API-Key", ""),
    _headers("X-API-Key", "undefined"),
    _headers("Cookie", "session=admin; key=x"),
    _headers("Inference-Header-Content-Length", "0"),
    _headers("Content-Type", "application/grpc"),
    _headers("Origin", "http://localhost"),
    _other("base path twice", lambda path: f"{BASE_PATH}{BASE_PATH}{path}"),
    _other("base path and two slashes", lambda path: f"{BASE_PATH}/{path}"),
    _other("base path in another case", lambda path: f"{BASE_PATH.upper()}{path}"),
    _other("more than the base path", lambda path: f"{BASE_PATH}x{path}"),
    _other("double slash before", lambda path: f"/{path}"),
    _other("double slash inside", lambda path: f"{path[0]}{path[1:].replace('/', '//')}/x"),
    _other("two trailing slashes", lambda path: f"{path}//"),
    _other("encoded slashes", lambda path: "/" + path[1:].replace("/", "%2f") + "%2f"),
    _other("doubly encoded slashes", lambda path: "/" + path[1:].replace("/", "%252f") + "%252f"),
    _other("overlong slashes", lambda path: path + "%c0%af"),
    _other("backslashes", lambda path: path.replace("/", "\\")),
    _other("upper case", lambda path: path.upper()),
    _other("swapped case", lambda path: path[0] + path[1].swapcase() + path[2:] + "X"),
    _other("matrix parameter", lambda path: f"{path.replace('/', '/;x/', 1)};x"),
    _other("dot", lambda path: f"/.{path}"),
    _other("dot at the end", lambda path: f"{path}/."),
    _other("dot segments from a public path", lambda path: f"{PUBLIC}/../..{path}"),
    _other("encoded dot segments", lambda path: f"{PUBLIC}/%2e%2e/%2e%2e{path}"),
    _other("dot segments to a public path", lambda path: f"{path}/../../../../../..{PUBLIC}"),
    _other("encoded NUL", lambda path: f"{path}%00/x/y/z/w"),
    _other("encoded line end", lambda path: f"/%0a{path}"),
    _other("encoded space", lambda path: f"/%20{path}"),
    _other("encoded question mark", lambda path: f"{path}/%3f{PUBLIC}"),
    _other("fragment with a public path", lambda path: f"/x{path}#{PUBLIC}"),
    _other("no slash before", lambda path: path[1:]),
    _other("root path", lambda path: f"/app{path}"),
)


def path_of(route: Route) -> str:
    """A real path of a row of the table."""
    return route.template.format_map(VALUES)


def own_method(route: Route) -> str:
    """The method that a row is made for."""
    return min(route.methods)


def ask(address: str, route: Route, method: str, trick: Trick, headers: Headers) -> tuple[int, bytes]:
    """Send one request on a connection of its own; its status (0 where there was no answer) and the whole answer."""
    answer = exchange(address, _bytes(route, method, trick, headers))
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0, answer


def exchange(address: str, request: bytes) -> bytes:
    """Everything that comes back for these bytes until the server closes."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        with suppress(OSError):
            connection.sendall(request)
        return b"".join(_received(connection))


def _bytes(route: Route, method: str, trick: Trick, headers: Headers) -> bytes:
    body = b"" if method in {"GET", "HEAD"} else TENSORS if route.template.endswith("infer") else ROWS
    lines = [f"{method} {trick.target(path_of(route))} HTTP/{trick.version}"]
    sent = {"Host": "x", "Connection": "close", "Content-Length": str(len(body)), **headers, **trick.headers}
    lines += [f"{name}: {value}" for name, value in sent.items()]
    return "\r\n".join((*lines, "", "")).encode() + body


def _received(connection: socket.socket) -> Iterator[bytes]:
    with suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            yield chunk
