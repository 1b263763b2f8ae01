"""The session holds on to samples when their rows move, and to acts that are still being written."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.jobs import Jobs
from app.pages.columns import EARLY, PAD, WIDEST, SessionColumns
from app.session import LARGE, Session, headline
from app.settings import Settings
from models.domain import Found
from models.event import CLEARED
from models.learn.review import Suggestion
from models.store.project import Project
from models.store.runs import RunRecord
from widgets import paint
from widgets.table_header import Head
from workers.inline import Inline


def make(folder: Path, name: str, count: int) -> Path:
    source = folder / f"{name}.h5"
    source.write_text(name, "utf-8")
    numbers = [float("nan") if place % 3 == 1 else float(place) for place in range(count)]
    with Project.create(folder / name, "traces", ("0", "1")) as made:
        keys = [str(place) for place in range(count)]
        made.add(Found(source, source.name, keys, ["g"] * count, columns={"size": numbers}))
    return folder / name


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Iterator[Session]:
    made = Session(Settings(tmp_path / "settings.json"), Jobs(Inline()))  # type: ignore[arg-type]
    made.open(make(tmp_path, "p", 12))
    yield made
    made.close()


def test_after_a_purge_the_same_samples_are_shown_selected_and_queued(session: Session) -> None:
    project = session.open_project
    session.show_queue("issues", "", [Suggestion(row, row / 10, "issues", f"reason {row}") for row in (3, 9, 7)])
    session.choose(7, np.array([7, 3, 9], np.int64))
    shown, selected = session.sample_id(7), [session.sample_id(row) for row in (7, 9)]
    with Project.open(project.path) as other:
        other.purge([0, 3])
    session.poll()
    assert session.sample_id(session.current) == shown
    assert [session.sample_id(int(row)) for row in session.selected] == selected
    assert [session.sample_id(int(row)) for row in session.order] == selected[::-1]
    assert session.listing.reason(session.current) == "reason 7"
    session.label("1")
    labels = dict(zip(session.view.column("id"), session.view.column("label"), strict=True))
    assert sorted(name for name, label in labels.items() if label) == sorted(selected)


def test_issues_take_room_only_beside_a_model(session: Session) -> None:
    columns = SessionColumns(session)
    for run in ("", "run-1"):
        session.run = run
        assert {head.name: head.main for head in columns.names()}["issue"] is bool(run)


def test_flags_stand_in_the_table_by_their_keys(session: Session) -> None:
    session.choose(2, np.array([2], np.int64))
    session.flag("flag")
    session.flag("bookmark")
    columns = SessionColumns(session)
    assert "flagged" in {head.name for head in columns.names() if head.main}
    assert columns.text(np.array([1, 2], np.int64), "flagged") == ["", "D F"]
    session.flag("bad quality")
    assert columns.whole(2, "flagged") == "bad quality, bookmark, flag"
    assert columns.whole(1, "flagged") == ""
    session.sort("flagged", True)
    assert int(session.order[0]) == 2


@pytest.mark.parametrize(
    ("words", "wide"), [(["", "noise"], EARLY), (["", "duplicate of another speaker"], None), (["w" * 90], WIDEST)]
)
def test_words_that_are_looked_at_early_have_room_for_the_longest(
    words: list[str], wide: int | None, dressed: QApplication, tmp_path: Path
) -> None:
    source = tmp_path / "a.csv"
    source.write_text("", "utf-8")
    with Project.create(tmp_path / "p", "voice", ("0", "1")) as made:
        keys = [str(place) for place in range(len(words))]
        made.add(Found(source, source.name, keys, ["g"] * len(keys), columns={"quality": words}))
    session = Session(Settings(tmp_path / "settings.json"), Jobs(Inline()))  # type: ignore[arg-type]
    session.open(tmp_path / "p")
    (early,) = [head for head in SessionColumns(session).names() if head.name == "quality"]
    session.close()
    assert early.width == (wide or round(paint.width(words[-1], "body")) + PAD)
    assert early.least <= EARLY <= early.width


@pytest.mark.parametrize(("words", "main"), [(["", ""], False), (["", "noise"], True)])
def test_a_column_without_a_word_takes_no_room(
    words: list[str], main: bool, dressed: QApplication, tmp_path: Path
) -> None:
    (head,) = [head for head in heads_of(tmp_path, ["a", "b"], {"quality": words}) if head.name == "quality"]
    assert head.main is main


@pytest.mark.parametrize(
    ("names", "least"),
    [
        (["2/03:20", "2/03:21"], 86),
        (["Anna B1ANNM67H1002201710", "Anna D1ANNM67H1002201710"], 12 + 8 * 12),
        (["a" * 30 + "1" + "b" * 30, "a" * 30 + "2" + "b" * 30], 86),
    ],
)
def test_ids_are_narrowed_so_far_that_they_differ(
    names: list[str], least: int, dressed: QApplication, tmp_path: Path
) -> None:
    head = heads_of(tmp_path, [f"{name}.wav" for name in names], {"_file": [f"{name}.wav" for name in names]})[0]
    assert (head.name, head.least) == ("id", least)
    assert head.width >= head.least


def heads_of(folder: Path, keys: list[str], columns: dict[str, list[str]]) -> Sequence[Head]:
    with Project.create(folder / "p", "voice", ("0", "1")) as made:
        made.add(
            Found(folder, folder.name, keys, ["g"] * len(keys), columns={"_kind": ["audio"] * len(keys), **columns})
        )
    session = Session(Settings(folder / "settings.json"), Jobs(Inline()))  # type: ignore[arg-type]
    session.open(folder / "p")
    found = SessionColumns(session).names()
    session.close()
    return found


def test_a_purged_sample_gives_way_to_the_first_of_the_list(session: Session) -> None:
    session.go_to(4)
    with Project.open(session.open_project.path) as other:
        other.purge([4])
    session.poll()
    assert session.current == int(session.order[0])
    assert session.selected.tolist() == [session.current]


def test_samples_without_a_value_stand_last_in_both_directions(session: Session) -> None:
    session.sort("size", True)
    assert session.order[:3].tolist() == [11, 9, 8]
    assert session.order[-4:].tolist() == [1, 4, 7, 10]
    session.sort("size", False)
    assert session.order[-4:].tolist() == [1, 4, 7, 10]


def test_closing_waits_for_an_act_that_is_still_being_written(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    path = make(tmp_path, "many", LARGE + 10)
    session.open(path)
    project, going = session.open_project, threading.Event()
    act = project.journal.label

    def slow(*arguments: object) -> object:
        going.wait(5)
        return act(*arguments)  # type: ignore[arg-type]

    project.journal.label = slow  # type: ignore[assignment, method-assign]
    session.label("1", np.arange(LARGE + 10))
    threading.Timer(0.3, going.set).start()
    session.open(make(tmp_path, "next", 3))
    qtbot.waitUntil(lambda: not session.jobs.beside_busy, timeout=30_000)
    assert session.reviewed == 0, "the act belongs to the project before"
    with Project.open(path) as again:
        assert (again.journal.fold.codes >= 0).all()
        assert again.journal.undo(session.curator) is not None
        assert CLEARED not in again.journal.fold.used()


def test_a_run_is_told_by_the_part_that_judges_it() -> None:
    scored = {"balanced_accuracy": 0.605, "intervals": {"balanced_accuracy": [0.53, 0.664]}}
    metrics = {"out_of_fold": {"balanced_accuracy": 0.9}, "test": scored}
    run = RunRecord("run-1", "", "", False, Path(), "forest", {"metrics": metrics}, "")
    assert (run.part, headline(run)) == ("test", "balanced .605 [.530, .664]")
