"""`slipway keys`: a key is shown once, kept as a hash, listed without it, and gone when revoked."""

import json
import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from slipway_ml.cli.main import cli
from slipway_ml.errors import UsageError
from slipway_ml.security.key_file import read_keys
from slipway_ml.security.keys import KeySet, Scope
from tests.keyring import id_of


def keys(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["keys", *arguments, "--keys", str(path)], env={"COLUMNS": "200"})


def keys_process(path: Path) -> None:
    command = [sys.executable, "-m", "slipway_ml", "keys", "new", "shop", "--keys", str(path)]
    subprocess.run(command, check=True, capture_output=True)


def made(path: Path, *arguments: str) -> str:
    result = keys(path, "new", "shop", *arguments)
    assert result.exception is None
    return result.stdout.strip()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A keys file that is not there yet."""
    return tmp_path / "keys.json"


def test_new_key_is_alone_on_standard_output_and_good(path: Path) -> None:
    text = made(path)

    assert re.fullmatch("slw_[0-9a-f]{12}_[0-9a-f]{64}", text)
    assert KeySet(read_keys(path)).find(text.encode(), 0.0) == read_keys(path)[0]


def test_new_says_that_the_key_is_not_shown_again_and_what_to_do_next(path: Path) -> None:
    result = keys(path, "new", "shop")

    assert "the only time that it is shown" in result.stderr
    assert f"Next: slipway serve --keys {path}" in result.stderr
    assert result.stdout.strip() not in result.stderr


def test_file_belongs_to_its_owner_alone_and_holds_no_secret(path: Path) -> None:
    text = made(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert text.split("_")[2] not in path.read_text()
    assert json.loads(path.read_text())["keys"][0]["name"] == "shop"


def test_scopes_models_and_expiry_are_kept(path: Path) -> None:
    made(path, "--scope", "predict", "--scope", "admin", "--model", "a", "--model", "b", "--expires", "2130-12-31")

    [key] = read_keys(path)

    assert key.scopes == {Scope.PREDICT, Scope.ADMIN}
    assert key.models == frozenset({"a", "b"})
    assert key.expires == datetime(2130, 12, 31, tzinfo=UTC)


def test_new_key_may_predict_for_ever_unless_said_otherwise(path: Path) -> None:
    made(path)

    [key] = read_keys(path)

    assert (set(key.scopes), key.models, key.expires) == ({Scope.PREDICT}, None, None)


def test_expiry_in_days_counts_from_now(path: Path) -> None:
    made(path, "--expires", "90d")

    [key] = read_keys(path)

    assert key.expires == key.created + timedelta(days=90)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("shop", "--expires", "soon"), "--expires takes a number of days, as 90d, or a date, as 2030-12-31"),
        (("shop", "--expires", "2001-01-01"), "--expires is in the past; choose a later date"),
        (("shop", "--expires", "0d"), "--expires is in the past; choose a later date"),
        (("shop", "--scope", "metrics", "--model", "a"), "--scope metrics and --model exclude each other"),
        (("sh\nop",), "NAME is a letter or digit"),
    ],
)
def test_wrong_wish_is_one_sentence_and_no_key(path: Path, arguments: tuple[str, ...], words: str) -> None:
    result = keys(path, "new", *arguments)

    assert isinstance(result.exception, UsageError)
    assert words in str(result.exception)
    assert not path.exists()


def test_list_shows_everything_but_the_key(path: Path) -> None:
    text = made(path, "--scope", "predict", "--model", "a", "--expires", "2130-12-31")

    result = keys(path, "list")

    assert result.stdout.splitlines()[0].split() == ["ID", "NAME", "SCOPES", "MODELS", "CREATED", "EXPIRES"]
    assert result.stdout.splitlines()[1].split()[:4] == [id_of(text), "shop", "predict", "a"]
    assert "2130-12-31 00:00Z" in result.stdout
    assert text.split("_")[2] not in result.output
    assert read_keys(path)[0].sha256 not in result.output


def test_list_marks_what_has_expired(path: Path) -> None:
    made(path, "--expires", "2130-12-31")
    path.write_text(path.read_text().replace("2130-12-31", "2020-12-31"))

    assert "2020-12-31 00:00Z (expired)" in keys(path, "list").stdout


def test_list_of_no_keys_says_what_to_do_next(path: Path) -> None:
    assert keys(path, "list").output == f"No keys in {path}. Next: slipway keys new NAME --keys {path}\n"


def test_revoked_key_is_gone_and_the_other_stays(path: Path) -> None:
    first, second = made(path), made(path)

    result = keys(path, "revoke", id_of(first))

    assert f"Key {id_of(first)} is revoked" in result.output
    assert [key.id for key in read_keys(path)] == [id_of(second)]


def test_unknown_id_is_not_revoked(path: Path) -> None:
    text = made(path)

    result = keys(path, "revoke", text)

    assert isinstance(result.exception, UsageError)
    assert text not in str(result.exception)
    assert len(read_keys(path)) == 1


def test_damaged_file_is_left_as_it_is(path: Path) -> None:
    path.write_text("{")

    results = [keys(path, "new", "shop"), keys(path, "list"), keys(path, "revoke", "0" * 12)]

    assert [type(result.exception) for result in results] == [UsageError] * 3
    assert path.read_text() == "{"


def test_mode_that_the_operator_chose_is_kept(path: Path) -> None:
    """Else a server under another user could not read the file, and a revoked key would stay in force there."""
    made(path)
    path.chmod(0o640)

    made(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "keys.json").symlink_to("real/keys.json")

    made(tmp_path / "keys.json")

    assert (tmp_path / "keys.json").is_symlink()
    assert len(read_keys(tmp_path / "real" / "keys.json")) == 1


def test_keys_made_at_once_are_all_kept_and_nothing_is_left_behind(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: keys_process(path), range(8)))

    assert len(read_keys(path)) == 8
    assert [file.name for file in path.parent.iterdir()] == ["keys.json"]


def test_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = keys(tmp_path / "none" / "keys.json", "new", "shop")

    assert isinstance(result.exception, UsageError)
    assert "no such file or directory" in str(result.exception)
