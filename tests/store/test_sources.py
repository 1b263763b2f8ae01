"""Sources are known again by name, place and content; the second of one name gets its folder's."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.domain import Found
from models.errors import UserError
from models.store import digest as digest_module
from models.store.atomic import write_text, write_whole
from models.store.check import check
from models.store.digest import digest
from models.store.project import Project


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def source(path: Path, count: int = 2) -> Found:
    return Found(path, path.name, [str(key) for key in range(count)], ["g"] * count, ["x"] * count)


def test_two_files_of_one_name(project: Project, tmp_path: Path) -> None:
    one, two, three = (put(tmp_path / place / "s.h5", place) for place in ("mon", "tue", "deep/tue"))
    assert project.add(source(one)).notes == []
    second = project.add(source(two))
    assert "tue/s.h5" in second.notes[0]
    assert project.add(source(three)).added == 2
    assert project.samples.ids()[12:] == [
        "s.h5#0",
        "s.h5#1",
        "tue/s.h5#0",
        "tue/s.h5#1",
        "deep/tue/s.h5#0",
        "deep/tue/s.h5#1",
    ]
    for path in (three, two, one):
        again = project.add(source(path))
        assert (again.added, again.known, again.labels) == (0, 2, 0)
    assert check(project) == []


def test_a_copy_is_the_same_source(project: Project, tmp_path: Path) -> None:
    project.add(source(put(tmp_path / "one" / "s.h5", "same")))
    copy = project.add(source(put(tmp_path / "two" / "s.h5", "same")))
    assert (copy.added, copy.known) == (0, 2)
    assert "name and content" in copy.notes[0]


def test_a_moved_file_is_found_by_importing_it_again(project: Project, tmp_path: Path) -> None:
    old = put(tmp_path / "one" / "s.h5", "same")
    project.add(source(old))
    new = tmp_path / "two" / "s.h5"
    new.parent.mkdir()
    old.rename(new)
    assert any("missing" in problem for problem in check(project))
    moved = project.add(source(new))
    assert (moved.added, moved.known) == (0, 2)
    assert "moved" in moved.notes[0]
    assert project.samples.sample(12).source == new
    assert check(project) == []


def test_a_changed_file_is_read_anew(project: Project, tmp_path: Path) -> None:
    path = put(tmp_path / "s.h5", "before")
    project.add(Found(path, "s.h5", ["0"], ["g"], columns={"x": [1]}))
    project.journal.label([12], "x", "ann")
    put(path, "afterwards")
    assert any("has changed" in problem for problem in check(project))
    again = project.add(Found(path, "s.h5", ["0", "1"], ["h", "h"], columns={"x": [2, 3]}))
    assert (again.added, again.known) == (1, 1)
    assert "changed" in again.notes[0]
    assert project.samples.column("x")[12:].tolist() == [2, 3]
    assert project.samples.sample(12).group == "h"
    assert project.journal.fold.labels()[12] == "x"
    assert check(project) == []


def test_a_label_that_a_person_gave_stays_where_the_file_tells_another_one_later(
    project: Project, tmp_path: Path
) -> None:
    path = put(tmp_path / "s.h5", "before")
    project.add(Found(path, "s.h5", ["0", "1", "2", "3"], ["g"] * 4, ["1"] * 4))
    project.journal.label([12, 14, 15], "2", "ann")
    put(path, "afterwards")
    # Of the last one it tells no label any more, which contradicts nobody.
    again = project.add(Found(path, "s.h5", ["0", "1", "2", "3"], ["g"] * 4, ["3", "3", "2", ""]))
    fold = project.journal.fold
    assert fold.labels()[12:].tolist() == ["2", "3", "2", "2"]
    assert fold.votes(12) == {"ann": "2", "file": "3"}
    told = [note for note in again.notes if "persons gave" in note or "a person gave" in note]
    assert len(told) == 1
    assert "a label that a person gave stays" in told[0]
    assert check(project) == []


def test_what_other_files_tell_is_told_anew(project: Project, tmp_path: Path) -> None:
    path = put(tmp_path / "s.h5", "same")
    project.add(Found(path, "s.h5", ["0", "1"], ["g", "g"], columns={"missing": [True, True]}, beside=True))
    again = project.add(Found(path, "s.h5", ["0", "1"], ["g", "g"], columns={"missing": [True, None]}, beside=True))
    assert (again.added, again.known, again.notes) == (0, 2, [])
    assert project.samples.sample(12).meta["missing"]
    assert not project.samples.sample(13).meta["missing"]
    assert check(project) == []


def test_who_says_later_what_the_groups_are_means_all_that_is_there(project: Project, tmp_path: Path) -> None:
    path = put(tmp_path / "s.h5", "same")
    project.add(Found(path, "s.h5", ["0", "1", "2"], ["0", "1", "p"], beside=True))
    again = project.add(Found(path, "s.h5", ["0", "1", "2"], ["p", "p", "p"], beside=True))
    assert [project.samples.sample(row).group for row in (12, 13, 14)] == ["p", "p", "p"]
    assert again.notes == [
        "s.h5: 2 samples are of another group than before (s.h5#0: p, not 0). Runs of before were split by the former "
        "groups: train anew."
    ]
    assert project.add(Found(path, "s.h5", ["0", "1", "2"], ["p", "p", "p"], beside=True)).notes == []
    assert check(project) == []


def test_groups_that_nothing_tells_any_more_stay(project: Project, tmp_path: Path) -> None:
    path = put(tmp_path / "s.h5", "same")
    project.add(Found(path, "s.h5", ["0", "1", "2", "3"], ["p", "p", "q", "q"], beside=True))
    again = project.add(Found(path, "s.h5", ["0", "1", "2", "3"], ["0", "1", "2", "p"], beside=True))
    assert [project.samples.sample(row).group for row in range(12, 16)] == ["p", "p", "q", "p"], "one is told anew"
    assert again.notes[0] == (
        "s.h5: of 3 samples no group is told any more (s.h5#0: p before). What was told before holds."
    )
    assert check(project) == []


def test_what_a_changed_file_lacks_stays_and_is_named(project: Project, tmp_path: Path) -> None:
    path = put(tmp_path / "s.h5", "before")
    project.add(source(path, 5))
    path.write_text("after")
    found = project.add(source(path, 2))
    assert (found.added, found.known) == (0, 2)
    told = next(note for note in found.notes if "not in it any more" in note)
    assert told.startswith("s.h5: 3 samples")
    assert "s.h5#2, s.h5#3, s.h5#4" in told
    assert project.samples.ids()[-5:] == [f"s.h5#{key}" for key in range(5)], "nothing is taken out by itself"
    assert not any("any more" in note for note in project.add(source(path, 2)).notes), "said once"


def test_missing_sources_are_samples_too(project: Project, tmp_path: Path) -> None:
    absent = tmp_path / "slide.png"
    project.add(source(absent))
    assert project.sources()[1].missing
    assert check(project) == []
    put(absent, "here it is")
    assert project.add(source(absent)).known == 2
    assert project.sources()[1].sha


def test_locate_one_file_and_a_folder(project: Project, tmp_path: Path) -> None:
    for name in "abc":
        project.add(source(put(tmp_path / "old" / f"{name}.h5", f"is {name}")))
    (tmp_path / "old").rename(tmp_path / "new")
    put(tmp_path / "new" / "c.h5", "another")
    (tmp_path / "new" / "sub").mkdir()
    (tmp_path / "new" / "b.h5").rename(tmp_path / "new" / "sub" / "renamed.h5")
    located = project.locate(tmp_path / "old", tmp_path / "new")
    assert (located.found, located.missing) == (2, ["c.h5"])
    assert project.samples.sample(14).source == tmp_path / "new" / "sub" / "renamed.h5"
    put(tmp_path / "elsewhere.h5", "is c")
    assert project.locate(tmp_path / "old" / "c.h5", tmp_path / "elsewhere.h5").found == 1
    assert check(project) == []
    with Project.open(project.path) as again:
        assert again.samples.sources == project.samples.sources
    for old, new in ((tmp_path / "nowhere", tmp_path), (tmp_path, tmp_path / "nowhere")):
        with pytest.raises(UserError):
            project.locate(old, new)


def test_names_that_are_no_text(project: Project, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not readable text"):
        project.add(Found(tmp_path / "b\udcff.h5", "b\udcff.h5", ["0"], ["g"]))
    assert len(project.samples) == 12


def test_digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = put(tmp_path / "d" / "one", "abc"), put(tmp_path / "d" / "two", "abd")
    assert digest(one) != digest(two)
    assert digest(one) == digest(put(tmp_path / "copy", "abc"))
    before = digest(tmp_path / "d")
    put(one, "xyz")
    assert digest(tmp_path / "d") != before
    monkeypatch.setattr(digest_module, "WHOLE", 100)
    monkeypatch.setattr(digest_module, "PART", 10)
    base = "h" * 10 + "." * 500 + "t" * 10
    shas = {digest(put(tmp_path / "big", text)) for text in (base, "H" + base[1:], base[:-1] + "T", base + "t")}
    assert len(shas) == 4
    with pytest.raises(OSError, match="nothing"):
        digest(tmp_path / "nothing")


def test_files_appear_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_text(path, "first")

    def fail(file: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        write_whole(path, fail)
    assert path.read_text() == "first"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
