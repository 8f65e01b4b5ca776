"""Generations of the desired state: one file each, the highest wins, and two writers never both win."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.errors import PublishConflict, RegistryError
from slipway_ml.registry import desired_state
from slipway_ml.registry.desired_state import DesiredState
from slipway_ml.registry.store import Registry
from tests.app.registry.publisher import NAME, publish_light
from tests.strategies import FEW

ALIASES = st.dictionaries(st.sampled_from(["champion", "challenger", "canary"]), st.integers(1, 10**18 - 1))


def write_generation(model: Path, number: int, content: Any) -> None:
    (model / "desired").mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    (model / "desired" / f"{number}.json").write_bytes(text)


def champion(version: int, generation: int = 1) -> DesiredState:
    return DesiredState(generation, {"champion": version}, {version: "a" * 64}, "because")


@FEW
@given(aliases=ALIASES, reason=st.text(st.characters(exclude_categories=["Cs"])))
def test_generation_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, aliases: dict[str, int], reason: str
) -> None:
    model = tmp_path_factory.mktemp("model")
    written = DesiredState(1, aliases, dict.fromkeys(aliases.values(), "b" * 64), reason)
    desired_state.write(model, written)

    assert desired_state.read_current(model) == written
    assert [entry.name for entry in (model / "desired").iterdir()] == ["1.json"]


def test_file_of_a_generation_holds_what_is_documented(tmp_path: Path) -> None:
    desired_state.write(tmp_path, champion(3, generation=7))

    assert json.loads((tmp_path / "desired" / "7.json").read_text()) == {
        "schema": 1,
        "aliases": {"champion": "3"},
        "manifest_sha256": {"3": "a" * 64},
        "reason": "because",
    }


def test_nothing_desired_is_generation_0(tmp_path: Path) -> None:
    assert desired_state.read_current(tmp_path) == DesiredState()


def test_highest_number_wins_not_the_last_in_order_of_text(tmp_path: Path) -> None:
    write_generation(tmp_path, 10, {"schema": 1, "aliases": {"champion": "2"}})
    write_generation(tmp_path, 9, {"schema": 1, "aliases": {"champion": "1"}})

    assert desired_state.read_current(tmp_path).aliases == {"champion": 2}


def test_odd_entries_are_no_generations(tmp_path: Path) -> None:
    desired_state.write(tmp_path, champion(1))
    names = ["2.json\n", "02.json", "0.json", "3.json.tmp", ".4", "x.json", "-5.json", f"{'6' * 19}.json"]
    for name in names:
        (tmp_path / "desired" / name).write_text("{}")

    assert desired_state.generations(tmp_path) == [1]


def test_second_writer_of_a_generation_is_refused(tmp_path: Path) -> None:
    desired_state.write(tmp_path, champion(1))

    with pytest.raises(PublishConflict, match=r"generation 1 of model .* was written by another process; try again"):
        desired_state.write(tmp_path, champion(2))
    assert desired_state.read_current(tmp_path) == champion(1)
    assert [entry.name for entry in (tmp_path / "desired").iterdir()] == ["1.json"]


def test_change_is_applied_again_to_what_a_faster_writer_wrote(tmp_path: Path) -> None:
    seen: list[int] = []

    def change(current: DesiredState) -> DesiredState:
        if not seen:
            desired_state.write(tmp_path, current.with_alias("challenger", 9, "c" * 64, "faster"))
        seen.append(current.generation)
        return current.with_alias("champion", 1, "d" * 64, "slower")

    state = desired_state.update(tmp_path, change)

    assert seen == [0, 1]
    assert (state.generation, state.aliases) == (2, {"challenger": 9, "champion": 1})


def test_writer_that_is_always_slower_gives_up(tmp_path: Path) -> None:
    def change(current: DesiredState) -> DesiredState:
        desired_state.write(tmp_path, champion(1, current.generation + 1))
        return champion(2, current.generation + 1)

    with pytest.raises(PublishConflict, match="is being changed by others all the time"):
        desired_state.update(tmp_path, change)


def test_digests_are_kept_for_named_versions_only() -> None:
    first = DesiredState().with_alias("champion", 1, "a" * 64, "first")
    second = first.with_alias("champion", 2, "b" * 64, "second")

    assert first.manifest_sha256 == {1: "a" * 64}
    assert second == DesiredState(2, {"champion": 2}, {2: "b" * 64}, "second")


def test_history_names_each_champion_once_newest_first(tmp_path: Path) -> None:
    for generation, version in enumerate([1, 2, 1, 3], start=1):
        desired_state.write(tmp_path, champion(version, generation))

    assert [state.aliases["champion"] for state in desired_state.champions(tmp_path)] == [3, 1, 2]


GARBAGE: dict[str, Any] = {
    "empty": b"",
    "half a file": b'{"schema": 1, "ali',
    "not UTF-8": b"\xff\xfe\xfd",
    "nested without end": b"[" * 100_000,
    "a list": [],
    "a number": 7,
    "no schema": {"aliases": {"champion": "1"}},
    "schema in quotes": {"schema": "1", "aliases": {"champion": "1"}},
    "schema true": {"schema": True, "aliases": {"champion": "1"}},
    "schema 0": {"schema": 0, "aliases": {"champion": "1"}},
    "no aliases": {"schema": 1},
    "aliases as a list": {"schema": 1, "aliases": ["champion"]},
    "version as a number": {"schema": 1, "aliases": {"champion": 1}},
    "version 01": {"schema": 1, "aliases": {"champion": "01"}},
    "version with a line end": {"schema": 1, "aliases": {"champion": "1\n"}},
    "version that climbs": {"schema": 1, "aliases": {"champion": "../1"}},
    "null as a version": {"schema": 1, "aliases": {"champion": None}},
    "digests as a list": {"schema": 1, "aliases": {}, "manifest_sha256": []},
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_refused_with_what_to_do(tmp_path: Path, content: Any) -> None:
    write_generation(tmp_path, 1, content)

    with pytest.raises(
        RegistryError, match=r"/desired/1\.json .*; write a new generation with 'slipway models promote'"
    ):
        desired_state.read_current(tmp_path)


@pytest.mark.parametrize("content", [{"schema": 2}, {"schema": 2, "aliases": {"champion": {"version": 3}}}])
def test_newer_schema_asks_for_an_upgrade_whatever_it_holds(tmp_path: Path, content: Any) -> None:
    write_generation(tmp_path, 1, content)

    with pytest.raises(RegistryError, match=r"/desired/1\.json has schema 2, this release reads 1; upgrade the server"):
        desired_state.read_current(tmp_path)


@pytest.mark.parametrize("version", [1, 2])
def test_promoting_repairs_a_damaged_generation(tmp_path: Path, version: int) -> None:
    publish_light(tmp_path)
    publish_light(tmp_path)
    write_generation(tmp_path / NAME, 2, b"garbage")
    state = Registry(tmp_path).promote(NAME, version)

    assert (state.generation, state.aliases) == (3, {"champion": version})
    assert Registry(tmp_path).desired(NAME) == state


def test_promoting_repairs_a_folder_without_any_whole_generation(tmp_path: Path) -> None:
    publish_light(tmp_path)
    write_generation(tmp_path / NAME, 1, b"garbage")
    state = Registry(tmp_path).promote(NAME, 1)

    assert (state.generation, state.aliases) == (2, {"champion": 1})


def test_promoting_does_not_overrule_a_newer_schema(tmp_path: Path) -> None:
    publish_light(tmp_path)
    write_generation(tmp_path / NAME, 2, {"schema": 2})

    with pytest.raises(RegistryError, match="upgrade the server"):
        Registry(tmp_path).promote(NAME, 1)
    assert desired_state.generations(tmp_path / NAME) == [1, 2]


def test_publishing_beside_a_damaged_generation_leaves_the_champion_to_people(tmp_path: Path) -> None:
    publish_light(tmp_path)
    write_generation(tmp_path / NAME, 2, b"garbage")
    publish_light(tmp_path)

    assert Registry(tmp_path).versions(NAME) == [1, 2]
    assert desired_state.generations(tmp_path / NAME) == [1, 2]


def test_damaged_generation_is_left_out_of_the_history(tmp_path: Path) -> None:
    desired_state.write(tmp_path, champion(1))
    write_generation(tmp_path, 2, b"garbage")
    desired_state.write(tmp_path, champion(3, generation=3))

    assert [state.aliases["champion"] for state in desired_state.champions(tmp_path)] == [3, 1]


def test_desired_folder_that_leads_in_circles_is_said(tmp_path: Path) -> None:
    (tmp_path / "desired").symlink_to(tmp_path / "desired")

    with pytest.raises(RegistryError, match="desired cannot be listed: Too many levels of symbolic links"):
        desired_state.read_current(tmp_path)


def test_what_killed_writers_left_behind_is_removed_and_what_is_new_stays(tmp_path: Path) -> None:
    folder = tmp_path / "desired"
    folder.mkdir()
    old, new, other = folder / f".{'a' * 32}", folder / f".{'b' * 32}", folder / ".keep"
    for file in (old, new, other):
        file.write_bytes(b"")
    for file in (old, other):
        os.utime(file, (0, 0))

    desired_state.write(tmp_path, champion(1))

    assert sorted(entry.name for entry in folder.iterdir()) == sorted([new.name, ".keep", "1.json"])
