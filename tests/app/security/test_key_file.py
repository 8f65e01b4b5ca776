"""The keys file: what it holds, which files are refused, and what a running server makes of a change."""

import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from slipway_ml.errors import UsageError
from slipway_ml.security.key_file import KeyFile, encode_keys, read_keys
from slipway_ml.security.keys import Scope, new_key
from tests.keyring import add_key, replace


def entry(**changes: Any) -> dict[str, Any]:
    key = {
        "id": "0123456789ab",
        "name": "shop",
        "sha256": "0" * 64,
        "scopes": ["predict"],
        "created": "2030-01-01T00:00:00Z",
    }
    return {name: value for name, value in {**key, **changes}.items() if value is not ...}


def written(path: Path, *entries: dict[str, Any]) -> Path:
    replace(path, json.dumps({"schema": 1, "keys": entries}).encode())
    return path


def is_good(file: KeyFile, text: str) -> bool:
    return file.keys.find(text.encode(), 0.0) is not None


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    until = datetime(2031, 1, 1, tzinfo=UTC)
    _, first = new_key("a", [Scope.METRICS, Scope.PREDICT])
    _, second = new_key("b", [Scope.ADMIN], models=["titanic", "digits"], expires=until)
    replace(tmp_path / "keys.json", encode_keys([first, second]))

    assert read_keys(tmp_path / "keys.json") == (first, second)


def test_file_is_readable_by_people() -> None:
    _, key = new_key("shop", [Scope.PREDICT, Scope.METRICS], now=datetime(2030, 1, 1, tzinfo=UTC))

    lines = [line.strip() for line in encode_keys([key]).decode().splitlines()]

    assert [lines[1], lines[5], lines[12]] == ['"schema": 1,', '"name": "shop",', '"created": "2030-01-01T00:00:00Z",']


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is not JSON"),
        (b"\xff\xfe{", "it is not JSON"),
        (b"[]", "input should be an object"),
        (b"{}", "schema: field required"),
        (b'{"schema": 1}', "keys: field required"),
        (b'{"schema": 2, "keys": []}', "schema: input should be 1"),
        (b'{"schema": 1, "keys": [], "geheim": 1}', "?: a name that is not known"),
    ],
)
def test_file_that_is_no_keys_file_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    replace(tmp_path / "keys.json", content)

    with pytest.raises(UsageError) as refused:
        read_keys(tmp_path / "keys.json")

    assert str(refused.value) == f"the keys file cannot be used: {words}"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"id": "geheim"}, "keys.0.id: "),
        ({"id": ...}, "keys.0.id: field required"),
        ({"sha256": "geheim"}, "keys.0.sha256: "),
        ({"sha256": "A" * 64}, "keys.0.sha256: "),
        ({"scopes": []}, "keys.0.scopes: "),
        ({"scopes": ["geheim"]}, "keys.0.scopes.0: "),
        ({"models": []}, "keys.0.models"),
        ({"expires": "2030-01-01T00:00:00"}, "keys.0.expires: "),
        ({"expires": "geheim"}, "keys.0.expires: "),
        ({"geheim": True}, "keys.0.?: a name that is not known"),
    ],
)
def test_key_that_is_not_understood_is_refused_by_place_and_not_by_value(
    tmp_path: Path, changes: dict[str, Any], place: str
) -> None:
    path = written(tmp_path / "keys.json", entry(**changes))

    with pytest.raises(UsageError) as refused:
        read_keys(path)

    assert str(refused.value).startswith(f"the keys file cannot be used: {place}")
    assert "geheim" not in str(refused.value)


def test_two_keys_of_one_id_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "keys.json", entry(), entry(name="other"))

    with pytest.raises(UsageError, match="two keys of one id"):
        read_keys(path)


def test_file_that_everybody_can_write_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "keys.json", entry())
    path.chmod(0o606)

    with pytest.raises(UsageError, match="chmod o-w"):
        read_keys(path)


@pytest.mark.parametrize("kind", ["folder", "pipe", "nothing", "huge"])
def test_what_is_no_file_of_reasonable_size_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "keys.json"
    if kind == "folder":
        path.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    if kind == "huge":
        path.touch()
        os.truncate(path, 2**30)

    with pytest.raises(UsageError, match="the keys file"):
        read_keys(path)


def test_new_key_works_and_revoked_key_stops_after_a_look(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    old = add_key(path)
    file = KeyFile(path)

    path.unlink()
    new = add_key(path)
    before = (is_good(file, old), is_good(file, new))
    file.refresh()

    assert before == (True, False)
    assert (is_good(file, old), is_good(file, new)) == (False, True)


@pytest.mark.parametrize("damage", [b"", b"{", b'{"schema": 9}', None], ids=str)
def test_damaged_file_leaves_the_last_good_keys_and_is_told_once(
    tmp_path: Path, damage: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    path, counted = tmp_path / "keys.json", []
    text = add_key(path)
    file = KeyFile(path)
    file.on_failure = lambda: counted.append(1)
    path.unlink() if damage is None else replace(path, damage)

    for _ in range(3):
        file.refresh()

    assert is_good(file, text)
    assert counted == [1]
    assert [record.message for record in caplog.records] == ["the previous keys stay in force"]


def test_file_that_is_whole_again_is_read_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    path = tmp_path / "keys.json"
    add_key(path)
    file = KeyFile(path)
    replace(path, b"{")
    file.refresh()
    path.unlink()
    text = add_key(path)

    file.refresh()

    assert is_good(file, text)
    assert caplog.records[-1].message == "keys were read again"


def test_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    add_key(path)
    file = KeyFile(path)
    keys = file.keys

    file.refresh()

    assert file.keys is keys


def test_link_that_points_elsewhere_is_noticed(tmp_path: Path) -> None:
    """How Kubernetes replaces the files of a Secret."""
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    old, new = add_key(tmp_path / "1" / "keys.json"), add_key(tmp_path / "2" / "keys.json")
    (tmp_path / "data").symlink_to("1")
    file = KeyFile(tmp_path / "data" / "keys.json")

    (tmp_path / "data.new").symlink_to("2")
    (tmp_path / "data.new").replace(tmp_path / "data")
    file.refresh()

    assert (is_good(file, old), is_good(file, new)) == (False, True)
