"""Files and folders that appear whole or not at all, and what a killed process leaves of them."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from models.errors import UserError
from models.store import atomic
from models.store.atomic import own_folder, whole, write_text

ROOT = Path(__file__).resolve().parents[2]


def fill(place: Path, *names: str, text: str = "new") -> None:
    for name in names:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, "utf-8")


def content(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in sorted(folder.rglob("*")) if file.is_file()}


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_folder_comes_whole(tmp_path: Path) -> None:
    with whole(tmp_path / "out") as place:
        place.mkdir()
        fill(place, "a", "sub/b")
        assert names(tmp_path) == [place.name], "only the hidden place is there"
    assert content(tmp_path / "out") == {"a": "new", "sub/b": "new"}
    assert names(tmp_path) == ["out"]


def test_a_folder_of_a_block_is_known_to_it_alone(tmp_path: Path) -> None:
    place = tmp_path / "cache" / "study"
    with own_folder(place) as one:
        with own_folder(place) as other:
            fill(one, "a", text="one")
            fill(other, "a", text="other")
        assert content(one) == {"a": "one"}
        assert names(tmp_path / "cache") == [one.name]
    assert names(tmp_path / "cache") == []


@pytest.mark.parametrize("host", ["pc", "node-" + 59 * "x"])
def test_a_name_as_long_as_the_disk_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """251 bytes: 83 Chinese characters and an ending."""
    monkeypatch.setattr(atomic, "_host", lambda: host)
    long, left = tmp_path / (83 * "细" + ".c"), tmp_path / (83 * "细" + ".d")
    write_text(long, "one")
    with whole(left) as place:
        place.write_text("two", "utf-8")
    gone = place.with_name(place.name.replace(f"-{os.getpid()}-", "-999999999-"))
    gone.write_text("left by a dead process", "utf-8")
    write_text(long, "three")
    assert names(tmp_path) == sorted([long.name, left.name, gone.name])
    write_text(left, "four")
    assert content(tmp_path) == {long.name: "three", left.name: "four"}


@pytest.mark.parametrize("exchanged", [True, False])
def test_an_old_folder_keeps_what_the_new_one_does_not_have(
    tmp_path: Path, exchanged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exchanged:
        monkeypatch.setattr(atomic, "_exchange", lambda one, other: False)
    fill(tmp_path / "out", "a", "mine.txt", "sub/mine.txt", "sub/b", text="old")
    (tmp_path / "out" / "link").symlink_to("mine.txt")
    (tmp_path / "out").chmod(0o750)
    with whole(tmp_path / "out") as place:
        place.mkdir()
        fill(place, "a", "sub/b", "c")
        assert content(tmp_path / "out")["a"] == "old"
    found = content(tmp_path / "out")
    assert found == {"a": "new", "c": "new", "link": "old", "mine.txt": "old", "sub/b": "new", "sub/mine.txt": "old"}
    assert (tmp_path / "out" / "link").is_symlink()
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("exchanged", [True, False])
def test_what_another_process_writes_into_the_old_folder_at_the_last_moment_stays(
    tmp_path: Path, exchanged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = atomic._exchange

    def late(one: Path, other: Path) -> bool:
        fill(other, "late.txt", "sub/late.txt", text="theirs")
        return exchange(one, other) if exchanged else False

    monkeypatch.setattr(atomic, "_exchange", late)
    fill(tmp_path / "out", "a", "sub/b", text="old")
    with whole(tmp_path / "out") as place:
        place.mkdir()
        fill(place, "a")
    assert content(tmp_path / "out") == {"a": "new", "late.txt": "theirs", "sub/b": "old", "sub/late.txt": "theirs"}
    assert names(tmp_path) == ["out"]


def test_a_disk_inside_an_old_folder_is_not_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "out", "a", "disk/mine.txt", text="old")
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path).name == "disk")

    def write() -> None:
        with whole(tmp_path / "out") as place:
            place.mkdir()
            fill(place, "a")

    with pytest.raises(UserError, match="another disk"):
        write()
    assert content(tmp_path / "out") == {"a": "old", "disk/mine.txt": "old"}
    assert names(tmp_path) == ["out"]


def interrupted(out: Path, error: BaseException) -> None:
    with whole(out) as place:
        place.mkdir()
        fill(place, "a", "b")
        raise error


@pytest.mark.parametrize("error", [ValueError("boom"), KeyboardInterrupt(), GeneratorExit()])
def test_an_error_leaves_the_old_folder(tmp_path: Path, error: BaseException) -> None:
    fill(tmp_path / "out", "a", text="old")
    with pytest.raises(type(error)):
        interrupted(tmp_path / "out", error)
    assert content(tmp_path / "out") == {"a": "old"}
    assert names(tmp_path) == ["out"]


def test_a_full_disk_is_told_with_the_place_that_was_asked_for(tmp_path: Path) -> None:
    def fail(file: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def write() -> None:
        with whole(tmp_path / "out") as place:
            place.mkdir()
            atomic.write_whole(place / "a.png", fail)

    with pytest.raises(UserError) as told:
        write()
    assert str(tmp_path / "out" / "a.png") in str(told.value)
    assert "partial" not in str(told.value)
    assert names(tmp_path) == []


def test_a_file_does_not_take_the_place_of_a_folder_nor_a_folder_that_of_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        write_text(tmp_path / "out", "text")
    monkeypatch.chdir(tmp_path / "out")
    with pytest.raises(UserError, match="the folder you are in"), whole(Path(".")):
        pass
    write_text(Path("inside"), "text")
    assert names(tmp_path / "out") == ["inside"]


KILLED = """
import os, signal, sys
from pathlib import Path
from models.store import atomic
out, when = Path(sys.argv[1]), sys.argv[2]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if when == "aside":
    atomic._exchange = lambda one, other: False
    rename = os.rename
    os.rename = lambda one, other: (die() if Path(one).suffix == ".partial" else rename(one, other))
if when == "removing":
    atomic._remove = die
with atomic.whole(out) as place:
    place.mkdir()
    (place / "a").write_text("new")
    if when == "writing":
        die()
    (place / "b").write_text("new")
"""
OLD, NEW = {"a": "old", "mine": "old"}, {"a": "new", "b": "new", "mine": "old"}


@pytest.mark.parametrize(("when", "found"), [("writing", OLD), ("aside", None), ("removing", NEW)])
def test_what_a_killed_process_left_is_cleared_by_the_next(
    tmp_path: Path, when: str, found: dict[str, str] | None
) -> None:
    out = tmp_path / "out"
    fill(out, "a", "mine", text="old")
    ended = subprocess.run([sys.executable, "-c", KILLED, str(out), when], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len(names(tmp_path)) > 1, "something was left"
    if found is None:
        assert not out.exists()
    else:
        assert content(out) == found
    with whole(out):
        assert content(out) == (found or OLD), "the folder that was moved aside is back"
        assert names(tmp_path) == ["out"]
    assert content(out) == (found or OLD)


def test_what_a_living_process_writes_is_left_alone(tmp_path: Path) -> None:
    with whole(tmp_path / "out") as place:
        place.mkdir()
        done: list[int] = []

        def other() -> None:
            write_text(tmp_path / "out", "a file")
            done.append(1)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert done
        assert place.is_dir()
    assert (tmp_path / "out").is_dir()


def test_no_folder_takes_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("data")
    with pytest.raises(UserError, match="is a file; a folder can't take its place"), whole(tmp_path / "out") as place:
        place.mkdir()
    assert (tmp_path / "out").read_text() == "data"
    assert names(tmp_path) == ["out"]
