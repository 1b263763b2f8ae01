"""Sounds in the window: regions drawn, named by class keys and by words, listed, taken back; played by Enter."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.pages.curate import CuratePage
from app.pages.sound_desk import SoundPane
from app.window import Window
from models.region import Region
from tests.app.desk import noticed, press, settle
from tests.app.windows import Opened
from tests.viewers.mouse import drag
from tests.viewers.sounds import sounded
from widgets.recording.region_model import BAND, BY, START, STOP, TEXT, band_words
from widgets.traces.plot import Plot


@pytest.fixture
def window(opened: Opened, labelled: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Window:
    from widgets.sound import player

    monkeypatch.setattr(player, "find_output", lambda: (None, "No sound device: playback is off"))
    made = opened(labelled)
    settle(qtbot, made)
    page = curate(made)
    monkeypatch.setattr(page.showing, "_loader", lambda row: lambda: (sounded(3.0 + row % 3, **told(made, row)),))
    page.reader.forget()
    page.showing.show()
    settle(qtbot, made)
    return made


def told(window: Window, row: int) -> dict[str, object]:
    return {"title": window.session.short(row), "whole": window.session.sample_id(row)}


def curate(window: Window) -> CuratePage:
    page = window.page("curate")
    assert isinstance(page, CuratePage)
    return page


def pane_of(window: Window) -> SoundPane:
    assert curate(window).viewers.sound_desk() is not None
    return curate(window).viewers.sound


def at(plot: Plot, time: float, share: float) -> QPoint:
    area = plot.area()
    return QPointF(plot.to_pixel(time).x(), area.bottom() - share * area.height()).toPoint()


def kept(window: Window) -> list[Region]:
    project = window.session.open_project
    return project.journal.fold.regions(window.session.current)


def draw(window: Window, qtbot: QtBot, start: float, stop: float, low: float = 0.2, high: float = 0.6) -> None:
    pane = pane_of(window)
    pane.viewer.setFocus()
    if not pane.viewer.edit.isChecked():
        press(qtbot, window, "R")
    plot = pane.viewer.page.plot
    drag(qtbot, plot.viewport(), at(plot, start, low), at(plot, stop, high))


def test_a_box_is_drawn_named_listed_and_taken_back(window: Window, qtbot: QtBot) -> None:
    pane, session = pane_of(window), window.session
    labels = list(session.labels())
    draw(window, qtbot, 1.0, 2.0)
    (made,) = kept(window)
    assert (made.start, made.stop) == (pytest.approx(1, abs=0.02), pytest.approx(2, abs=0.02))
    assert (made.low, made.high) == (pytest.approx(1000, abs=40), pytest.approx(3000, abs=40))
    press(qtbot, window, "2")
    assert [one.text for one in kept(window)] == ["2"]
    assert list(session.labels()) == labels, "the region is named, not the sample"
    model = pane.regions.list.model
    assert pane.regions.list.isVisible()
    assert model.rowCount() == 1
    (region,) = kept(window)
    assert model.cell(region, START) == f"{region.start:.3f}"
    assert model.cell(region, BAND) == f"{(region.low or 0) / 1000:.2f}–{(region.high or 0) / 1000:.2f}"
    assert model.cell(region, BY) == session.curator
    press(qtbot, window, "Ctrl+Z")
    press(qtbot, window, "Ctrl+Z")
    assert kept(window) == []
    assert model.rowCount() == 0
    press(qtbot, window, "Ctrl+Shift+Z")
    assert len(kept(window)) == 1


def test_words_that_are_no_class_have_a_colour_of_their_own(window: Window, qtbot: QtBot) -> None:
    pane, session = pane_of(window), window.session
    row = session.current
    regions = {"a": Region("a", 0.5, 1.0, "stable"), "b": Region("b", 1.5, 2.0, "tremor")}
    session.annotate(row, regions, "Annotate")
    colours = pane.viewer.region_table().colours.tolist()
    assert len(set(colours)) == 2
    assert min(colours) >= len(session.classes)
    names = pane.desk.names()
    assert names.titles[colours[0]] == "stable"
    model = pane.regions.list.model
    index = model.index(0, model.columns.index(TEXT))
    assert model.setData(index, session.classes[0])
    assert {one.text for one in kept(window)} == {session.classes[0], "tremor"}
    index = model.index(0, model.columns.index(STOP))
    assert model.setData(index, "1.25")
    assert kept(window)[0].stop == 1.25


def test_regions_are_stepped_through_split_and_deleted(window: Window, qtbot: QtBot) -> None:
    pane, session = pane_of(window), window.session
    regions = {"a": Region("a", 0.5, 1.0, "x", (), 300, 3000), "b": Region("b", 2.0, 2.5, "y")}
    session.annotate(session.current, regions, "Annotate")
    pane.viewer.setFocus()
    press(qtbot, window, "]")
    press(qtbot, window, "[")
    assert pane.viewer.chosen_region() is not None
    pane.viewer.choose_region("a")
    pane.viewer.page.set_cursor(0.75)
    window.run_command("region.split")
    found = kept(window)
    assert [(one.start, one.stop) for one in found[:2]] == [(0.5, 0.75), (0.75, 1.0)]
    assert {(one.low, one.high) for one in found[:2]} == {(300, 3000)}
    pane.viewer.setFocus()
    press(qtbot, window, "Delete")
    assert len(kept(window)) == 2


def test_a_class_key_without_a_region_labels_the_recording(window: Window, qtbot: QtBot) -> None:
    pane, session = pane_of(window), window.session
    row = session.current
    pane.viewer.page.set_selection((0.5, 1.0))
    press(qtbot, window, "2")
    assert session.open_project.journal.fold.labels()[row] == "2"
    assert kept(window) == []


def test_rows_change_the_sound_and_its_regions(window: Window, qtbot: QtBot) -> None:
    pane, session = pane_of(window), window.session
    session.annotate(session.current, {"a": Region("a", 0.5, 1.0, "x")}, "Annotate")
    first = session.current
    press(qtbot, window, "Space")
    settle(qtbot, window)
    assert session.current != first
    assert len(pane.viewer.region_table()) == 0
    press(qtbot, window, "Shift+Space")
    settle(qtbot, window)
    assert len(pane.viewer.region_table()) == 1


def test_choices_stay_for_the_next_start(window: Window, qtbot: QtBot) -> None:
    viewer = pane_of(window).viewer
    viewer.scale.set_value("mel")
    viewer.scale.activated.emit(viewer.scale.currentIndex())
    viewer.bar.volume.setValue(35)
    assert window.session.settings.get("sound_view", {})["scale"] == "mel"
    assert window.session.settings.get("sound_view", {})["volume"] == 0.35


def test_enter_plays_and_without_a_device_it_is_told(window: Window, qtbot: QtBot) -> None:
    viewer = pane_of(window).viewer
    press(qtbot, window, "Return")
    QApplication.processEvents()
    assert viewer.bar.words.text() == "No sound device: playback is off"
    press(qtbot, window, "Shift+R")
    assert not pane_of(window).regions.list.isVisible()
    press(qtbot, window, "Shift+R")
    assert pane_of(window).regions.list.isVisible()


@pytest.mark.parametrize("size", [(1280, 720), (2560, 1440)])
def test_nothing_is_cut_off(opened: Opened, window: Window, qtbot: QtBot, size: tuple[int, int]) -> None:
    window.resize(*size)
    settle(qtbot, window)
    pane = pane_of(window)
    bar = pane.viewer.bar
    for part in (bar.play, bar.loop, bar.selection, bar.clock):
        assert part.isVisible()
        assert bar.rect().contains(part.geometry())
    assert pane.viewer.page.wave.height() >= 60
    assert pane.viewer.page.plot.height() >= 0.3 * pane.height()
    assert bar.minimumSizeHint().width() <= bar.width()


def test_what_is_listed_as_regions_is_called_so_everywhere(window: Window, qtbot: QtBot) -> None:
    pane, titles = pane_of(window), {item.id: item.words() for item in window.commands.all()}
    told = noticed(window.session)
    assert titles["region.list"] == "List of regions"
    assert titles["region.split"] == "Split the region"
    assert pane.regions.list.view.empty == "No region yet: press R and drag"
    pane.viewer.setFocus()
    press(qtbot, window, "]")
    assert told[-1] == "No region here. Press R and drag to draw one."
    draw(window, qtbot, 0.5, 1.0)
    press(qtbot, window, "1")
    undo = window.session.open_project.journal.undoable(window.session.curator)
    assert undo is not None
    assert undo.title.endswith("on a region")


def test_a_stretch_of_time_alone_has_no_range_of_its_own() -> None:
    assert band_words(Region("r", 1, 2, "a"), 22_050) == "all"
    assert band_words(Region("r", 1, 2, "a", low=300.0), 4000) == "0.30–4.00"
    assert band_words(Region("r", 1, 2, "a", low=300.0, high=3400.0), 4000) == "0.30–3.40"
