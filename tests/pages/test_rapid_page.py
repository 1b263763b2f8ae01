"""The rapid page by real keys: a vote speaks for its stretch, proposals wait, accepting and refusing in bulk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.pages.rapid import BOUNDARY, LEAST_MAP, MEDOIDS, RapidPage
from app.window import Window
from models.job import Job
from models.store.project import Project
from tests.app.desk import choose, click, copied, press, settle
from tests.app.windows import Opened
from tests.eeg.recorded import compose, waves
from tests.eeg.sessions import STEPS, make_session
from workers.inline import run


@pytest.fixture(scope="module")
def session_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_session(tmp_path_factory.mktemp("rapid"))


@pytest.fixture
def page(opened: Opened, session_made: Path, tmp_path: Path, qtbot: QtBot) -> RapidPage:
    window = opened(copied(session_made, tmp_path))
    window.show_page("rapid")
    settle(qtbot, window)
    found = window.page("rapid")
    assert isinstance(found, RapidPage)
    choose("rapid.count", 25)
    settle(qtbot, window)
    return found


def window_of(page: RapidPage) -> Window:
    return page.desk


def hers(page: RapidPage) -> int:
    return int((page.session.open_project.journal.fold.vote_codes("ann") >= 0).sum())


def waiting(page: RapidPage) -> list[int]:
    return np.flatnonzero(page.session.proposed_places() >= 0).tolist()


def test_a_vote_is_spread_to_its_stretch_and_taken_back_as_one(page: RapidPage, qtbot: QtBot) -> None:
    window, session = window_of(page), page.session
    assert session.listing.queue == MEDOIDS
    first = session.current
    assert page.bundles is not None
    others = sorted(set(page.bundles.of(first).tolist()) - {first})
    assert others, "the largest stretch comes first"
    assert page.case.classes_head.subtitle.text() == f"would be spread to {len(others)} other windows"
    press(qtbot, window, "5")
    settle(qtbot, window)
    assert hers(page) == 1
    assert waiting(page) == others
    assert session.current != first, "on to the next medoid"
    assert page.accept.text() == f"Accept {len(others)} proposed"
    assert page.map.field.picture.hollow.sum() >= len(others)
    assert f"proposed {len(others)}" in page.map.legend.accessibleName()
    assert page.head.title.text().startswith("1 of ")
    press(qtbot, window, "Ctrl+Z")
    settle(qtbot, window)
    assert (hers(page), waiting(page)) == (0, [])


def test_what_is_proposed_is_accepted_and_refused_in_bulk(page: RapidPage, qtbot: QtBot) -> None:
    window, session = window_of(page), page.session
    assert page.bundles is not None
    bundles, first = page.bundles, session.current
    press(qtbot, window, "5")
    second = session.current
    press(qtbot, window, "6")
    settle(qtbot, window)
    session.go_to(first)
    press(qtbot, window, "N")
    settle(qtbot, window)
    assert waiting(page) == sorted(set(bundles.of(second).tolist()) - {second})
    assert hers(page) == 2, "what was refused is no label"
    click(qtbot, "rapid.accept")
    settle(qtbot, window)
    assert (waiting(page), hers(page)) == ([], 1 + len(bundles.of(second)))
    event = session.open_project.journal.undoable("ann")
    assert event is not None
    assert event.title.startswith("Accept what was spread to")
    assert not page.accept.isEnabled()
    press(qtbot, window, "Ctrl+Z")
    settle(qtbot, window)
    assert len(waiting(page)) == len(bundles.of(second)) - 1
    press(qtbot, window, "Shift+R")
    settle(qtbot, window)
    assert (waiting(page), hers(page)) == ([], 2)


def test_a_vote_for_the_shown_sample_alone(page: RapidPage, qtbot: QtBot) -> None:
    window = window_of(page)
    press(qtbot, window, "O")
    assert page.case.only.isChecked()
    press(qtbot, window, "6")
    settle(qtbot, window)
    assert (hers(page), waiting(page)) == (1, [])
    click(qtbot, "rapid.only")
    assert not page.case.only.isChecked()
    press(qtbot, window, "Q")
    settle(qtbot, window)
    assert waiting(page) == [], "who cannot say spreads nothing"


def test_all_labels_are_spread_at_once(page: RapidPage, qtbot: QtBot) -> None:
    window = window_of(page)
    choose("rapid.count", 25)
    page.session.open_project.journal.label([20, 50], "lpd", "ann")
    page.session.poll()
    press(qtbot, window, "S")
    settle(qtbot, window)
    assert waiting(page)
    assert all(row // 15 in (1, 3) for row in waiting(page))
    assert hers(page) == 2


def test_the_other_queue_and_the_recording_below(page: RapidPage, qtbot: QtBot) -> None:
    window, session = window_of(page), page.session
    choose("rapid.queue", "boundary")
    settle(qtbot, window)
    assert session.listing.queue == BOUNDARY
    strip = page.strip
    assert len(strip.strip.rows) == STEPS
    x = round(float(strip.across(np.array([2 * 37 + 1.0]))[0]))
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(x, 40))
    settle(qtbot, window)
    assert session.current == 37
    strip.setFocus()
    QTest.keyClick(strip, Qt.Key.Key_Left)
    assert session.current == 36
    assert page.strip_head.title.text() == "Recording 1 of 1"
    press(qtbot, window, "Shift+S")
    assert page.bundles is not None
    assert sorted(session.selected.tolist()) == sorted(page.bundles.of(36).tolist())


def test_points_are_coloured_by_stretch_label_and_column(page: RapidPage, qtbot: QtBot) -> None:
    for value in ("bundle", "label", "p_grda", "said"):
        choose("map_colour", value)
        settle(qtbot, window_of(page))
    assert page.map.field.picture.rings.sum() == len(page._open_bundles())
    choose_method = page.map.method
    assert choose_method.value() == "source", "the map that came with the samples comes first"


def test_a_domain_without_an_order_has_no_such_tab(opened: Opened, generated: Path) -> None:
    window = opened(generated)
    assert "rapid" not in {entry.name for entry in window.tabs()}


def test_in_a_low_window_traces_have_room_and_the_map_can_be_put_away(
    opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "d").mkdir()
    compose(tmp_path / "d" / "night.edf", waves(300), records=300)
    Project.create(tmp_path / "p", "eeg", votes=True).close()
    run(Job("import_samples", {"project": str(tmp_path / "p"), "sources": [str(tmp_path / "d")]}, ""))
    window = opened(tmp_path / "p", size=(1280, 720))
    window.show_page("rapid")
    settle(qtbot, window)
    page = window.page("rapid")
    assert isinstance(page, RapidPage)
    window.session.go_to(
        next(row for row in range(5) if window.session.open_project.samples.column("_whole")[row] is None)
    )
    settle(qtbot, window)
    pair = page.case.viewers.pair
    assert pair.recording.page.isVisible()
    assert pair.spectrogram.isVisible()
    assert pair.recording.page.height() >= 220
    assert pair.recording.page.width() >= 320
    assert page.map.width() >= LEAST_MAP
    beside = page.case.width()
    press(qtbot, window, "M")
    assert page.map.isHidden()
    assert not page.fold.isChecked()
    assert page.case.width() > 1.5 * beside
    click(qtbot, "rapid.show_map")
    settle(qtbot, window)
    assert page.map.isVisible()
    assert page.map.width() >= LEAST_MAP


def test_stretches_whose_making_was_stopped_are_made_again(page: RapidPage, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, Any]] = []

    def start(order: str, _arguments: Any, _title: str, *told: Any) -> None:
        started.append((order, told))

    monkeypatch.setattr(page.session.jobs, "start", start)
    page.opened()
    page.cut()
    assert page.busy()
    ended = started[-1][1][-1]
    ended()
    assert not page.busy()
    assert page.head.title.text() == "No stretches"
    page.refresh()
    assert [order for order, _told in started].count("cluster") == 2


def test_stretches_and_places_of_a_project_that_is_closed_are_not_those_of_the_next(
    page: RapidPage, session_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: dict[str, Callable[[dict[str, Any]], None]] = {}

    def start(order: str, _arguments: Any, _title: str, *told: Any) -> None:
        done.setdefault(order, told[0])

    monkeypatch.setattr(page.session.jobs, "start", start)
    page.opened()
    page.cut()
    page.sheet.make()
    (tmp_path / "other").mkdir()
    window_of(page).open_project(copied(session_made, tmp_path / "other"))
    file = tmp_path / "made.npy"
    np.save(file, np.zeros((2 * page.session.count, 2)))
    told = {"file": str(file), "samples": page.session.count, "in_time": True, "words": ""}
    for order in ("cluster", "project_map"):
        done[order](told)
    assert page.bundles is None
    assert page.sheet.places is None


def test_recordings_that_wait_are_told_and_come_once_nothing_else_is_open(
    page: RapidPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "later" not in page.head.subtitle.text()
    page._left = 3
    page._show_head()
    assert page.head.subtitle.text().endswith("3 recordings left for later")
    cuts: list[int] = []
    monkeypatch.setattr(page, "cut", lambda: cuts.append(1))
    page.open_queue()
    assert not cuts, "some stretch is open"
    monkeypatch.setattr(page, "_open_bundles", lambda: np.zeros(0, np.int64))
    page.open_queue()
    assert cuts == [1]
    page.open_queue()
    assert cuts == [1], "not again where that brought none"


def test_another_number_of_stretches_makes_another_queue(page: RapidPage, qtbot: QtBot) -> None:
    session = page.session
    assert page.bundles is not None
    assert (len(page.bundles), len(session.order)) == (25, 25)
    choose("rapid.count", 50)
    settle(qtbot, window_of(page))
    assert (len(page.bundles), len(session.order)) == (50, 50)
    assert {*session.order.tolist()} == {*page.bundles.medoids.tolist()}


def test_the_list_of_other_pages_is_as_it_was_left(page: RapidPage, qtbot: QtBot) -> None:
    window, session = window_of(page), page.session
    assert session.listing.queue == MEDOIDS
    press(qtbot, window, "Ctrl+1")
    settle(qtbot, window)
    assert session.listing.queue == "", "to have looked at this page takes nobody's place"
    session.filter("start > 100")
    kept = session.order.tolist()
    press(qtbot, window, "Ctrl+R")
    settle(qtbot, window)
    assert session.listing.queue == MEDOIDS
    assert session.order.tolist() != kept
    press(qtbot, window, "Ctrl+1")
    settle(qtbot, window)
    assert (session.listing.where, session.order.tolist()) == ("start > 100", kept)
