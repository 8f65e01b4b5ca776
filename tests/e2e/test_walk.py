"""A walk over every row of the route table, every method and every spelling, against a real server with keys.

Its negative control is the same walk against a server without keys, which must reach the handlers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from slipway_ml.front.routes import ROUTES, Route
from slipway_ml.security.keys import Scope
from tests.claims import by_name, for_each
from tests.e2e.walk import BASE_PATH, METHODS, ODD_METHODS, PUBLIC, TRICKS, Trick, ask, exchange, own_method, path_of
from tests.factories import publish
from tests.keyring import add_key, bearer
from tests.server import running_server

GUARDED = [route for route in ROUTES if route.scope]
SAME_PATH = [trick for trick in TRICKS if trick.same_path]
TOUCHES_KEYS = {"Authorization", "X-API-Key"}

each_trick = for_each("trick", by_name(TRICKS, lambda trick: trick.name))
each_spelling_of_the_same_path = for_each("trick", by_name(SAME_PATH, lambda trick: trick.name))
each_guarded_route = for_each("route", by_name(GUARDED, lambda route: route.template))


@dataclass(frozen=True)
class Served:
    """A server and keys for it: the one that allows everything, and for each scope one that allows all the others."""

    address: str
    key: str
    key_without: dict[Scope | None, str]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with keys."""
    folder = tmp_path_factory.mktemp("guarded")
    publish(folder / "models")
    path = folder / "keys.json"
    key = add_key(path, *Scope)
    without: dict[Scope | None, str] = {
        scope: add_key(path, *(other for other in Scope if other is not scope)) for scope in Scope
    }
    with running_server(folder / "models", "--keys", str(path), "--base-path", BASE_PATH) as server:
        yield Served(server.address, key, without)


@pytest.fixture(scope="module")
def open_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same server without keys."""
    folder = tmp_path_factory.mktemp("open")
    publish(folder)
    with running_server(folder, "--base-path", BASE_PATH) as server:
        yield server.address


def refusals(trick: Trick, status: int) -> set[int]:
    """What may be answered: the one status where the path is the same, or that there is no such path."""
    if not trick.same_path:
        return {status, 400, 404}
    return {401, status} if trick.headers.keys() & TOUCHES_KEYS else {status}


def reaches(status: int, answer: bytes) -> bool:
    """Whether a handler has answered, be it with an error of its own, and not the guard before it."""
    words = (b"no such path", b'{"error":"the key', b'{"error":"a key')
    return status not in {0, 401, 405} and not any(word in answer for word in words)


def wrong(answers: dict[str, int], allowed: set[int]) -> dict[str, int]:
    return {asked: status for asked, status in answers.items() if status not in allowed}


@each_trick
def test_nothing_is_answered_without_a_key(guarded: Served, trick: Trick) -> None:
    answers = {
        f"{method} {path_of(route)}": ask(guarded.address, route, method, trick, {})[0]
        for route in GUARDED
        for method in METHODS
    }

    assert wrong(answers, refusals(trick, 401)) == {}


@each_trick
def test_nothing_is_answered_with_an_unknown_key(guarded: Served, trick: Trick) -> None:
    headers = bearer(guarded.key[:-1] + ("0" if guarded.key[-1] != "0" else "1"))
    answers = {route.template: ask(guarded.address, route, own_method(route), trick, headers)[0] for route in GUARDED}

    assert wrong(answers, refusals(trick, 401)) == {}


@each_trick
def test_nothing_is_answered_with_a_key_of_every_other_scope(guarded: Served, trick: Trick) -> None:
    answers = {
        f"{method} {path_of(route)}": ask(
            guarded.address, route, method, trick, bearer(guarded.key_without[route.scope])
        )[0]
        for route in GUARDED
        for method in (own_method(route), "HEAD", "POST", "OPTIONS")
    }

    assert wrong(answers, refusals(trick, 403)) == {}


@pytest.mark.parametrize("method", ODD_METHODS)
def test_odd_method_is_refused_before_anything_else(guarded: Served, method: str) -> None:
    answers = {route.template: ask(guarded.address, route, method, Trick("plain"), {})[0] for route in GUARDED}

    assert wrong(answers, {400, 401}) == {}


@each_guarded_route
def test_right_key_opens_the_route(guarded: Served, route: Route) -> None:
    assert reaches(*ask(guarded.address, route, own_method(route), Trick("plain"), bearer(guarded.key)))


@each_spelling_of_the_same_path
def test_the_same_walk_reaches_every_handler_without_keys(open_address: str, trick: Trick) -> None:
    """The negative control: it is the keys that refused, not the spelling."""
    reached = [route for route in GUARDED if reaches(*ask(open_address, route, own_method(route), trick, {}))]

    assert reached == GUARDED


def test_the_walk_itself_finds_every_open_door(open_address: str) -> None:
    """The negative control of the comparison."""
    plain = TRICKS[0]
    answers = {route.template: ask(open_address, route, own_method(route), plain, {})[0] for route in GUARDED}

    assert list(wrong(answers, refusals(plain, 401))) == [route.template for route in GUARDED]


@pytest.mark.parametrize("header", ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri", "Destination"])
@each_guarded_route
def test_header_cannot_turn_a_public_path_into_another(guarded: Served, route: Route, header: str) -> None:
    trick = Trick("public", lambda _: PUBLIC, {header: path_of(route)})

    _, answer = ask(guarded.address, route, "GET", trick, {})

    assert answer.endswith(b'\r\n\r\n{"live":true}')


def test_key_is_asked_for_before_a_body_is_wanted(guarded: Served) -> None:
    head = "POST /predict/sum HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: 100-continue\r\n"

    assert exchange(guarded.address, f"{head}Connection: close\r\n\r\n".encode()).startswith(b"HTTP/1.1 401 ")


def test_public_routes_need_no_key(guarded: Served) -> None:
    public = [route for route in ROUTES if route not in GUARDED]

    answers = {ask(guarded.address, route, "GET", Trick("plain"), {})[0] for route in public}

    assert answers == {200}


def test_unknown_model_looks_like_a_known_one_to_whoever_has_no_key(guarded: Served) -> None:
    route = next(route for route in GUARDED if route.template == "/v2/models/{model_name}")
    tricks = [Trick("known"), Trick("unknown", lambda path: path.replace("sum", "xyz"))]

    answers = [ask(guarded.address, route, "GET", trick, {})[1].split(b"\r\n\r\n")[1] for trick in tricks]

    assert answers[0] == answers[1]


def test_every_request_of_a_connection_needs_a_key_of_its_own(guarded: Served) -> None:
    """Pipelined behind a public one, and behind one that had a key."""
    head = "GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n"
    heads = [
        head.format(PUBLIC, ""),
        head.format("/v2", f"X-API-Key: {guarded.key}\r\n"),
        head.format("/v2", "Connection: close\r\n"),
    ]

    answer = exchange(guarded.address, "".join(heads).encode())

    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"200", b"401"]
