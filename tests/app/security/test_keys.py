"""What a key looks like, what is kept of it, and which presented keys are found."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from slipway_ml.security import keys as module
from slipway_ml.security.keys import Key, KeySet, Scope, new_key

NOW = datetime(2030, 1, 1, tzinfo=UTC)
TEXT, KEY = new_key("shop", [Scope.PREDICT], now=NOW)
OTHER_TEXT, OTHER = new_key("shop", [Scope.ADMIN], now=NOW)
SET = KeySet([KEY, OTHER])


def find(presented: str | bytes, keys: KeySet = SET, now: float = 0.0) -> Key | None:
    return keys.find(presented.encode() if isinstance(presented, str) else presented, now)


def test_key_is_recognised_by_its_shape() -> None:
    assert re.fullmatch("slw_[0-9a-f]{12}_[0-9a-f]{64}", TEXT)


def test_no_two_keys_share_an_id_or_a_secret() -> None:
    texts = [new_key("shop", [Scope.PREDICT])[0] for _ in range(500)]

    assert [len({text.split("_")[part] for text in texts}) for part in (1, 2)] == [500, 500]


def test_nothing_that_is_kept_holds_the_secret() -> None:
    secret = TEXT.split("_")[2]

    assert secret not in KEY.model_dump_json() + repr(KEY) + repr(vars(SET))


def test_every_live_key_is_found() -> None:
    assert (find(TEXT), find(OTHER_TEXT)) == (KEY, OTHER)


WRONG = {
    "nothing": "",
    "the head alone": "slw_",
    "one letter short": TEXT[:-1],
    "one letter changed": TEXT[:-1] + chr(ord(TEXT[-1]) ^ 1),
    "one letter more": TEXT + " ",
    "upper case": TEXT.upper(),
    "without its head": TEXT[4:],
    "another key's id": OTHER_TEXT[:17] + TEXT[17:],
    "the secret alone": TEXT.split("_")[2],
    "the hash": KEY.sha256,
    "the hash as secret": f"slw_{KEY.id}_{KEY.sha256}",
    "an unknown id": f"slw_000000000000_{TEXT.split('_')[2]}",
}


@pytest.mark.parametrize("presented", WRONG.values(), ids=WRONG)
def test_anything_but_the_whole_key_is_not_found(presented: str) -> None:
    assert find(presented) is None


@given(st.binary(max_size=200))
def test_random_bytes_are_never_a_key(presented: bytes) -> None:
    assert find(presented) is None


@given(st.binary(max_size=80))
def test_id_of_a_key_with_a_random_secret_is_never_enough(secret: bytes) -> None:
    assert find(f"slw_{KEY.id}_".encode() + secret) is None


def test_key_is_good_until_the_second_it_expires() -> None:
    text, key = new_key("shop", [Scope.PREDICT], expires=NOW)

    found = [find(text, KeySet([key]), NOW.timestamp() + later) for later in (-0.001, 0.0, 1.0)]

    assert found == [key, None, None]


def test_refused_key_is_named_only_where_its_id_is_kept() -> None:
    """The text may be a secret that was pasted without its head; part of it must not get into a log."""
    presented = [f"slw_{KEY.id}_wrong", TEXT[4:], f"slw_{TEXT.split('_')[2]}", ""]

    assert [SET.known_id(text.encode()) for text in presented] == [KEY.id, None, None, None]


@pytest.mark.parametrize("name", ["", "a\n", "a" * 65, "<b>", " a", "[red]"])
def test_name_that_could_disturb_a_list_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        new_key(name, [Scope.PREDICT])


def test_key_without_scopes_is_refused() -> None:
    with pytest.raises(ValidationError):
        new_key("shop", [])


FOLDER = Path(module.__file__).parent


def comparisons(source: str) -> list[str]:
    """Every `==`, `!=`, `in` and `not in` of a module, save those on what is no secret: lengths and file stamps."""
    kinds = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Compare)]
    found = [ast.unparse(node) for node in nodes if any(isinstance(op, kinds) for op in node.ops)]
    return [text for text in found if text not in NO_SECRETS]


NO_SECRETS = {
    "_stamp(self._path.stat()) == self._stamp",
    "complaint == self._complaint",
    "part in _NAMES",
}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_secrets_are_compared_in_constant_time_only(path: Path) -> None:
    assert comparisons(path.read_text()) == []


def test_comparison_that_stops_early_would_be_found() -> None:
    assert comparisons("ok = digest == expected or digest in known") == ["digest == expected", "digest in known"]


def test_digests_are_compared_by_hmac() -> None:
    calls = [node for node in ast.walk(ast.parse(Path(module.__file__).read_text())) if isinstance(node, ast.Call)]

    assert [ast.unparse(call) for call in calls if ast.unparse(call.func) == "compare_digest"] == [
        "compare_digest(sha256(presented).digest(), digest)"
    ]
