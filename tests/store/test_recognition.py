"""Samples without names: known again by their prints or as a domain says, kept out when they were withdrawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from models.domain import Found, Placed
from models.pairing import Pairing
from models.region import Region
from models.sample import LINE, PRINTS
from models.store.digest import id_digest
from models.store.project import Project


def match(before: Sequence[Placed], now: Sequence[Placed], pairing: Pairing) -> None:
    """A thing is the one of the same first letter, where that is the only one."""
    pairing.single(*([str(one.meta["word"])[0] for one in some] for some in (before, now)))


def listed(path: Path, *words: str, named: str = "") -> Found:
    """Words in a file, each known by its number there, or by a name."""
    path.write_text(" ".join(words), "utf-8")
    keys = [f"{named}{word}" if named else f"x#{place}" for place, word in enumerate(words)]
    columns: dict[str, Sequence[object]] = {
        "word": words,
        PRINTS: [f"{word} {word[0]}.1 {word[-1]}.2" for word in words],
    }
    columns |= {} if named else {LINE: [f"word {place}" for place in range(len(words))]}
    regions = {keys[0]: [Region("r", 0.0, 1.0, words[0])]}
    return Found(
        path, path.name, keys, keys, ["a"] * len(words), (), columns, beside=True, regions=regions, match=match
    )


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p", "traces", ["a", "b"]) as made:
        made.add(listed(tmp_path / "t.txt", "ant", "bee", "cat"))
        made.journal.label(made.rows_of(["t.txt#x#1"]), "b", "anna")
        yield made


def held(project: Project) -> dict[str, str]:
    """The word of each sample by its key."""
    table = project.samples.table
    return dict(zip(table.column("key").to_pylist(), table.column("word").to_pylist(), strict=True))


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (("dog", "ant", "bee", "cat"), ["x#3", "x#0", "x#1", "x#2"]),
        (("cat", "bug", "elk"), ["x#2", "x#1", "x#3"]),
        (("bee", "bee", "ant"), ["x#1", "x#3", "x#0"]),
        (("dog", "elk"), ["x#3", "x#4"]),
    ],
)
def test_keys_follow_what_is_held(words: tuple[str, ...], keys: list[str], begun: Project, tmp_path: Path) -> None:
    found = listed(tmp_path / "t.txt", *words)
    dry = begun.recognise(found)
    done = begun.add(found)
    assert done.found.keys == dry.found.keys == keys
    assert (done.added, done.known) == (sum(key > "x#2" for key in keys), sum(key < "x#3" for key in keys))
    assert begun.journal.fold.labels()[begun.rows_of(["t.txt#x#1"])[0]] == "b"
    now = held(begun)
    assert [now[key] for key in keys] == list(words)
    assert begun.samples.column("group").tolist() == begun.samples.table.column("key").to_pylist(), (
        "each goes by its own"
    )
    assert done.found.regions == {keys[0]: found.regions["x#0"]}
    assert begun.add(listed(tmp_path / "t.txt", *words)).found.keys == keys
    assert len(begun.samples) == len(now), "again is harmless"


def test_what_changed_is_told(begun: Project, tmp_path: Path) -> None:
    notes = begun.add(listed(tmp_path / "t.txt", "ape", "bee")).notes
    told = "t.txt: a sample holds something else than before (t.txt#x#0 in word 0). It stays the one it was"
    assert f"{told}, by what did not change." in notes
    assert any("not in it any more (t.txt#x#2)" in note for note in notes)


def test_names_come_and_go(begun: Project, tmp_path: Path) -> None:
    done = begun.add(listed(tmp_path / "t.txt", "bee", "dog", named="my "))
    assert done.found.keys == ["x#1", "my dog"]
    assert begun.add(listed(tmp_path / "t.txt", "bee", "dog", named="my ")).found.keys == ["x#1", "my dog"]
    assert begun.add(listed(tmp_path / "t.txt", "dog", "bee")).found.keys == ["my dog", "x#1"]


def test_a_name_that_looks_like_a_number_takes_no_other_s_place(begun: Project, tmp_path: Path) -> None:
    """x#1 is the bee, whatever a table calls so later."""
    found = listed(tmp_path / "t.txt", "dog", "bee", named="my ")
    found = Found(**{**vars(found), "keys": ["x#1", "x#0"], "groups": ["x#1", "x#0"], "regions": {}})
    assert begun.add(found).found.keys == ["x#3", "x#1"]
    assert held(begun) == {"x#0": "ant", "x#1": "bee", "x#2": "cat", "x#3": "dog"}


@pytest.mark.parametrize("words", [("bee", "ant", "cat"), ("dog", "bee"), ("cat", "bxe", "elk")])
def test_withdrawn_samples_stay_out(words: tuple[str, ...], begun: Project, tmp_path: Path) -> None:
    begun.purge(begun.rows_of(["t.txt#x#1"]))
    for name in ("t.txt", "other.txt"):
        done = begun.add(listed(tmp_path / name, *words))
        assert done.skipped == 1
        assert "x#1" not in done.found.keys or name == "other.txt", "nobody gets its number"
    assert not {"bee", "bxe"} & set(held(begun).values())


def test_a_withdrawn_sample_is_not_taken_for_one_that_stayed(begun: Project, tmp_path: Path) -> None:
    begun.add(listed(tmp_path / "t.txt", "ant", "bee", "cat", "bug"))
    begun.purge(begun.rows_of(["t.txt#x#1"]))
    assert begun.add(listed(tmp_path / "t.txt", "ant", "bee", "cat")).skipped == 1
    assert held(begun) == {"x#0": "ant", "x#2": "cat", "x#3": "bug"}


def test_what_was_withdrawn_without_prints_stays_out_by_its_number(begun: Project, tmp_path: Path) -> None:
    begun.purge(begun.rows_of(["t.txt#x#1"]))
    with begun._labels.writing() as connection:
        connection.exec_driver_sql("DELETE FROM tombstone WHERE sha <> ?", (id_digest("t.txt#x#1"),))
    done = begun.add(listed(tmp_path / "t.txt", "ant", "bee", "cat"))
    assert (done.added, done.skipped) == (0, 1)


def test_a_dry_run_finds_the_source_that_an_import_finds(begun: Project, tmp_path: Path) -> None:
    (tmp_path / "y").mkdir()
    other = listed(tmp_path / "y" / "t.txt", "cat", "dog")
    assert begun.recognise(other).found.name == "y/t.txt"
    assert begun.recognise(other).found.keys == ["x#0", "x#1"]
    assert begun.add(other).added == 2
