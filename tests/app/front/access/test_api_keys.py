"""Who is let in by which key, what a refused caller learns, and what the log says of it."""

import asyncio
import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.errors import RequestError, Unauthorized, UsageError
from slipway_ml.front.access.api_keys import ApiKeyAuthorizer, presented_key, refuse_open_address
from slipway_ml.front.access.audit import Audit
from slipway_ml.front.exchange import Headers
from slipway_ml.front.routes import ROUTES, Match, Route
from slipway_ml.log import JsonFormatter
from slipway_ml.security.key_file import KeyFile
from slipway_ml.security.keys import Scope
from tests.keyring import add_key, id_of


def row(scope: Scope | None, **params: str) -> Match:
    return Match(Route("/row/{model_name}", frozenset({"GET"}), scope), params)


def sent(key: str) -> Headers:
    return [(b"host", b"x"), (b"authorization", f"Bearer {key}".encode())]


def keeper(path: Path, lines: int = 100) -> ApiKeyAuthorizer:
    return ApiKeyAuthorizer(KeyFile(path), Audit(lines), clock=lambda: 0.0)


def response(keeper: ApiKeyAuthorizer, match: Match, headers: Headers) -> str:
    """What the API key authorizer says: the class and words of its refusal, or nothing."""
    try:
        keeper(match, headers)
    except RequestError as refusal:
        return f"{type(refusal).__name__}: {refusal}"
    return ""


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("allowed", Scope)
def test_key_opens_the_routes_of_its_scope_alone(tmp_path: Path, scope: Scope, allowed: Scope) -> None:
    key = add_key(tmp_path / "keys.json", allowed)

    said = response(keeper(tmp_path / "keys.json"), row(scope), sent(key))

    assert said == ("" if scope is allowed else f"Forbidden: the key lacks the scope '{scope}'")


def test_only_health_and_the_page_that_asks_for_a_key_are_public() -> None:
    public = {route.template for route in ROUTES if route.scope is None}

    page = {"/", "/docs", "/static-offline-docs/{asset}"}
    assert public == {"/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"} | page


def test_public_route_needs_no_key(tmp_path: Path) -> None:
    add_key(tmp_path / "keys.json")

    assert response(keeper(tmp_path / "keys.json"), row(None), []) == ""


@pytest.mark.parametrize(
    ("models", "params", "said"),
    [
        (["a"], {"model_name": "a"}, ""),
        (["a", "b"], {"model_name": "b"}, ""),
        (["a"], {"model_name": "b"}, "Forbidden: the key is for certain models only, and this is not one of them"),
        (["a"], {}, "Forbidden: the key is for certain models only, and this is not one of them"),
        (None, {"model_name": "b"}, ""),
    ],
)
def test_key_for_some_models_opens_those_alone(
    tmp_path: Path, models: list[str] | None, params: dict[str, str], said: str
) -> None:
    key = add_key(tmp_path / "keys.json", models=models)

    assert response(keeper(tmp_path / "keys.json"), row(Scope.PREDICT, **params), sent(key)) == said


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ([], None),
        ([(b"authorization", b"Bearer k")], b"k"),
        ([(b"authorization", b"bEARER   k ")], b"k"),
        ([(b"x-api-key", b" k")], b"k"),
        ([(b"authorization", b"Basic azpr"), (b"x-api-key", b"k")], b"k"),
        ([(b"authorization", b"Bearer other"), (b"x-api-key", b"k")], b"k"),
        ([(b"authorization", b"Basic azpr")], None),
        ([(b"authorization", b"Bearer")], None),
        ([(b"proxy-authorization", b"Bearer k"), (b"cookie", b"key=k"), (b"x-api-key-2", b"k")], None),
    ],
)
def test_key_is_taken_from_its_two_headers(headers: Headers, key: bytes | None) -> None:
    assert presented_key(headers) == key


@pytest.mark.parametrize("name", [b"authorization", b"x-api-key"])
def test_two_keys_are_refused_even_where_one_is_good(tmp_path: Path, name: bytes) -> None:
    key = add_key(tmp_path / "keys.json").encode()
    value = b"Bearer " + key if name == b"authorization" else key

    said = response(keeper(tmp_path / "keys.json"), row(Scope.PREDICT), [(name, value), (name, b"Bearer other")])

    assert said == "Unauthorized: more than one key was sent; send one"


@given(st.lists(st.tuples(st.sampled_from([b"authorization", b"x-api-key", b"host"]), st.binary(max_size=120))))
def test_random_header_bytes_never_open_a_door(tmp_path_factory: pytest.TempPathFactory, headers: Headers) -> None:
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    add_key(path, *Scope)

    with pytest.raises(Unauthorized):
        keeper(path)(row(Scope.PREDICT), headers)


@given(st.binary(max_size=120))
def test_random_bytes_around_a_good_id_never_open_a_door(
    tmp_path_factory: pytest.TempPathFactory, secret: bytes
) -> None:
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    key = add_key(path, *Scope)

    with pytest.raises(Unauthorized):
        keeper(path)(row(Scope.PREDICT), [(b"x-api-key", f"slw_{id_of(key)}_".encode() + secret)])


def test_refusal_is_a_line_that_parses_and_names_the_key_by_its_id(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = add_key(tmp_path / "keys.json")
    endpoint = keeper(tmp_path / "keys.json")
    for headers in ([], sent("wrong"), sent(f"slw_{id_of(key)}_wrong"), sent(key)):
        response(endpoint, row(Scope.METRICS, model_name="secret"), headers)

    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]

    assert [(line["route"], line["reason"], line["key_id"]) for line in lines] == [
        ("/row/{model_name}", "no key", None),
        ("/row/{model_name}", "not a valid key", None),
        ("/row/{model_name}", "not a valid key", id_of(key)),
        ("/row/{model_name}", "lacks the scope metrics", id_of(key)),
    ]
    assert "secret" not in caplog.text + json.dumps(lines)
    assert key not in caplog.text + json.dumps(lines)


def test_admin_act_is_logged_with_its_key(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    key = add_key(tmp_path / "keys.json", Scope.ADMIN)

    response(keeper(tmp_path / "keys.json"), row(Scope.ADMIN), sent(key))

    [line] = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    assert (line["message"], line["key_id"]) == ("admitted to an admin route", id_of(key))


class StumblingFile(KeyFile):
    """Fails at its first look in a way that nobody has foreseen."""

    looks = 0

    def refresh(self) -> None:
        self.looks += 1
        if self.looks == 1:
            raise RuntimeError("unforeseen")


@pytest.mark.anyio
async def test_watch_goes_on_whatever_happens(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    add_key(tmp_path / "keys.json")
    file = StumblingFile(tmp_path / "keys.json")
    watch = asyncio.ensure_future(ApiKeyAuthorizer(file).watch(0.001))

    async with asyncio.timeout(60):
        while file.looks < 3:
            await asyncio.sleep(0.001)
    watch.cancel()

    assert [record.message for record in caplog.records] == ["reading the keys file failed"]


@pytest.mark.parametrize(
    ("loopback", "keys", "insecure", "starts"),
    [
        (True, False, False, True),
        (True, True, False, True),
        (True, False, True, True),
        (False, True, False, True),
        (False, False, True, True),
        (False, False, False, False),
        (True, True, True, False),
        (False, True, True, False),
    ],
)
def test_open_address_needs_keys_or_a_word(loopback: bool, keys: bool, insecure: bool, starts: bool) -> None:
    try:
        refuse_open_address(is_loopback=loopback, has_keys=keys, insecure=insecure)
    except UsageError:
        assert not starts
    else:
        assert starts


def test_refusals_are_answered_in_words_that_hold_nothing_of_the_request(tmp_path: Path) -> None:
    key = add_key(tmp_path / "keys.json", models=["a"])
    endpoint = keeper(tmp_path / "keys.json")

    said = [response(endpoint, row(Scope.PREDICT, model_name=name), sent(key)) for name in ("b", "not there")]
    forbidden = response(endpoint, row(Scope.ADMIN, model_name="geheim"), sent(key))

    assert said[0] == said[1]
    assert "geheim" not in forbidden
