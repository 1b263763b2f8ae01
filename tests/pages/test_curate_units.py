"""The curate page with units: their viewer, their classes, what is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.pages.columns import SessionColumns
from app.pages.curate import CuratePage
from tests.app.clashes import clashes
from tests.app.desk import control, press, settle
from tests.app.windows import Opened
from tests.projects import project_from
from tests.units.sortings import write_phy, write_table
from widgets.unit.viewer import UnitViewer


@pytest.fixture
def sorting(tmp_path: Path) -> Path:
    """A project of a phy folder of four units without labels."""
    write_phy(tmp_path / "phy")
    return imported(tmp_path / "desk", tmp_path / "phy")


def imported(path: Path, source: Path) -> Path:
    return project_from(path, "units", source)


def page_of(window: object) -> CuratePage:
    page = window.page("curate")  # type: ignore[attr-defined]
    assert isinstance(page, CuratePage)
    return page


def test_a_unit_is_shown_and_labelled_by_the_domains_own_classes(opened: Opened, sorting: Path, qtbot: QtBot) -> None:
    window = opened(sorting)
    page, session = page_of(window), window.session
    settle(qtbot, window)
    assert isinstance(page.viewers.front, UnitViewer)
    assert page.viewers.centre.currentWidget() is page.viewers.front
    assert page.viewers.unit.header.title.text() == session.short(session.current)
    assert session.classes == ("good", "mua", "noise"), "their keys are there before the first label"
    assert [row.key for row in page.panel.classes.rows()] == ["1", "2", "3"]
    first = session.current
    press(qtbot, window, "2")
    press(qtbot, window, "Shift+Space")
    assert session.view.column("label")[first] == "mua"
    assert not page.viewers.unit.chip.isHidden()
    assert page.viewers.unit.person.toolTip() == "Labelled by ann"
    assert all(not dock.isVisible() for dock in page.viewers.docks)


def test_a_further_class_leaves_the_keys_of_the_others(opened: Opened, sorting: Path, qtbot: QtBot) -> None:
    window = opened(sorting)
    window.session.add_class("artefact")
    settle(qtbot, window)
    assert window.session.classes == ("good", "mua", "noise", "artefact")
    assert [row.key for row in page_of(window).panel.classes.rows()] == ["1", "2", "3", "4"]


def test_keys_of_the_page_reach_the_unit_viewer(opened: Opened, sorting: Path, qtbot: QtBot) -> None:
    window = opened(sorting)
    viewers = page_of(window).viewers
    settle(qtbot, window)
    press(qtbot, window, "+")
    assert viewers.unit.probe.count == 12
    press(qtbot, window, "Home")
    assert viewers.unit.probe.count == 20
    assert not window.run_command("view.cursors"), "a unit has none"
    press(qtbot, window, "F6")
    assert QApplication.focusWidget() is viewers.unit
    press(qtbot, window, "Esc")
    press(qtbot, window, "Space")
    press(qtbot, window, "C")
    assert viewers.unit.probe.previous is not None
    press(qtbot, window, "C")
    assert viewers.unit.probe.previous is None


def test_choices_are_there_in_the_next_session(opened: Opened, sorting: Path, qtbot: QtBot) -> None:
    window = opened(sorting)
    settle(qtbot, window)
    box = control("unit_window")
    box.setFocus()
    press(qtbot, window, "Down")
    window.close()
    again = opened(sorting)
    settle(qtbot, again)
    viewer = page_of(again).viewers.unit
    assert viewer.panes.window_box.value() == 0.1
    assert viewer.shown is not None
    assert viewer.auto.axes().right == pytest.approx(100)


def test_units_of_tables_show_their_measures_among_the_classes(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    rows = [f"{unit},{unit % 7 + 0.5},{unit * 3},{('good', 'mua')[unit % 2]}" for unit in range(40)]
    write_table(tmp_path / "a.csv", "\n".join(["cluster_id,snr,num_spikes,majority_vote", *rows]))
    window = opened(imported(tmp_path / "desk", tmp_path / "a.csv"))
    viewers = page_of(window).viewers
    settle(qtbot, window)
    unit = viewers.unit
    assert not unit.area.isVisible()
    assert "no waveforms" in unit.alone.head.subtitle.text()
    assert unit.keys.accessibleName() == "good, multi-unit, noise"
    snr = next(measure for measure, _box in unit.alone.measures.cells() if measure.name == "snr")
    assert "of 20 good" in unit.alone.measures.told(snr)
    press(qtbot, window, "3")
    qtbot.waitUntil(lambda: "of 19 good" in unit.alone.measures.told(snr), timeout=10_000)


def test_a_sorting_that_is_gone_is_told_in_the_viewer(
    opened: Opened, sorting: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = opened(sorting)
    settle(qtbot, window)
    (tmp_path / "phy").rename(tmp_path / "moved")
    page = page_of(window)
    page.reader.forget()
    press(qtbot, window, "Space")
    settle(qtbot, window)
    assert page.viewers.unit.words.isVisible()
    assert str(tmp_path / "phy") in page.viewers.unit.words.accessibleName()


def test_the_history_tells_an_opinion_of_the_file_as_one(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    write_phy(tmp_path / "phy")
    write_table(tmp_path / "phy" / "cluster_KSLabel.tsv", "cluster_id\tKSLabel\n0\tmua\n2\tgood\n3\tgood\n7\tgood\n")
    window = opened(imported(tmp_path / "desk", tmp_path / "phy"))
    settle(qtbot, window)
    told = [moment.title for moment in page_of(window).panel.history.rows()]
    assert told == ["KSLabel says multi-unit"]


def test_small_lines_are_offered_where_there_is_something_to_draw(
    opened: Opened, sorting: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = opened(sorting)
    settle(qtbot, window)
    assert "trace" in [head.name for head in SessionColumns(window.session).names()]
    window.session.open(imported(tmp_path / "flat", write_table(tmp_path / "m.csv", "unit_id,snr\n0,2\n1,3\n")))
    settle(qtbot, window)
    assert "trace" not in [head.name for head in SessionColumns(window.session).names()]


def test_the_keys_that_phys_users_know_label_and_unlabel(opened: Opened, sorting: Path, qtbot: QtBot) -> None:
    window = opened(sorting)
    settle(qtbot, window)
    control("list.table").setFocus()
    session = window.session
    first = session.current
    for key, wanted in (("G", "good"), ("M", "mua"), ("N", "noise"), ("2", "mua"), ("U", None)):
        session.go_to(first)
        press(qtbot, window, key)
        assert session.open_project.journal.fold.labels()[first] == wanted
    assert "G" in window.commands.keys("label.class.good")
    window.commands.remap("label.class.good", ("1", "H"))
    session.go_to(first)
    press(qtbot, window, "H")
    assert session.open_project.journal.fold.labels()[first] == "good"
    assert not clashes(window.commands.all())
    press(qtbot, window, "Space")
    after = session.current
    press(qtbot, window, "Shift+Space")
    assert session.current != after


def test_a_similar_unit_is_selected_beside_the_shown_one(opened: Opened, sorting: Path, qtbot: QtBot) -> None:
    window = opened(sorting)
    session, viewer = window.session, page_of(window).viewers.unit
    settle(qtbot, window)
    assert len(viewer.panes.similar.rows) == 3
    shown = session.current
    press(qtbot, window, "S")
    assert session.current == shown
    other = next(row for row in session.selected.tolist() if row != shown)
    assert [one.unit.key for one in viewer.others] == [session.open_project.samples.sample(other).key]
    assert viewer.panes.similar.chosen == (viewer.others[0].unit.key,)
    press(qtbot, window, "S")
    assert len(viewer.others) == 1
    assert other not in session.selected
    press(qtbot, window, "3")
    assert viewer.panes.similar.marks[viewer.shown.unit.key].place == 2  # type: ignore[union-attr]
    press(qtbot, window, "Down")
    assert viewer.others == ()


def test_a_merge_is_seen_before_it_is_done(opened: Opened, sorting: Path, qtbot: QtBot) -> None:
    window = opened(sorting)
    session, viewer = window.session, page_of(window).viewers.unit
    settle(qtbot, window)
    press(qtbot, window, "Shift+Down", "Ctrl+M")
    assert viewer.preview.isVisible()
    assert len(session.order) == 4
    press(qtbot, window, "K")
    assert viewer.area.isVisible()
    assert len(session.order) == 4
    press(qtbot, window, "Ctrl+M", "Ctrl+M")
    assert len(session.order) == 3
    assert viewer.area.isVisible()
    assert "merged" in viewer.header.subtitle.text()
    press(qtbot, window, "Ctrl+Z")
    assert len(session.order) == 4


def test_a_lasso_splits_a_unit(opened: Opened, sorting: Path, qtbot: QtBot) -> None:
    window = opened(sorting)
    session, viewer = window.session, page_of(window).viewers.unit
    settle(qtbot, window)
    assert viewer.shown is not None
    whole = len(viewer.shown.times)
    mask = viewer.shown.amplitudes > np.median(viewer.shown.amplitudes)
    viewer.lassoed.emit(np.zeros(whole, bool))
    settle(qtbot, window)
    assert not viewer.preview.isVisible(), "nothing is inside"
    viewer.lassoed.emit(mask)
    settle(qtbot, window)
    assert viewer.preview.isVisible()
    assert viewer.preview.verdict.preview is not None
    assert not viewer.preview.verdict.preview.likely, "the median parts nothing"
    press(qtbot, window, "Tab", "Return")
    assert len(session.order) == 5
    counts = [session.view.column("num_spikes")[row] for row in (4, 5)]
    assert sorted(counts) == sorted([mask.sum(), whole - mask.sum()])


def test_panels_as_at_first_resets_the_panes_of_a_unit(opened: Opened, sorting: Path, qtbot: QtBot) -> None:
    window = opened(sorting)
    viewer = page_of(window).viewers.unit
    settle(qtbot, window)
    viewer.panes.similar_pane.close()
    qtbot.waitUntil(lambda: "panes" in window.session.settings.get("unit_view", {}))
    before = QApplication.focusWidget()
    window.run_command("view.reset")
    settle(qtbot, window)
    assert QApplication.focusWidget() is before, "the keyboard stays where it was"
    assert not viewer.panes.similar_pane.isHidden()
    assert "panes" not in window.session.settings.get("unit_view", {})


def test_the_models_reason_is_told_in_the_titles_of_the_measures(opened: Opened, sorting: Path, qtbot: QtBot) -> None:
    window = opened(sorting)
    page, session = page_of(window), window.session
    settle(qtbot, window)
    sample = session.sample_id(session.current)
    told = {"class": "mua", "base": 0.3, "scale": "probability", "method": "exact", "features": [["firing_rate", 0.21]]}
    page.reviewing._explained(sample, {"values": {}, "reasons": {sample: told}, "sanity": None, "words": ""})
    why = page.viewers.unit.panes.why
    assert why.isVisible()
    assert why.accessibleName() == "Why multi-unit"
    assert why.accessibleDescription() == "Firing rate +0.21"
    press(qtbot, window, "L")
    assert page.viewers.unit.amplitude.lasso.on


def test_several_units_are_compared_with_the_shown_one(opened: Opened, sorting: Path, qtbot: QtBot) -> None:
    window = opened(sorting)
    viewer = page_of(window).viewers.unit
    settle(qtbot, window)
    keys = [row.key for row in viewer.panes.similar.rows]
    for key in keys[:2]:
        viewer.compare_asked.emit(key, True)
        settle(qtbot, window)
    assert [one.unit.key for one in viewer.others] == keys[:2]
    assert len(viewer.panes.crosses.crosses) == 9
    viewer.compare_asked.emit(keys[0], True)
    settle(qtbot, window)
    assert [one.unit.key for one in viewer.others] == keys[1:2]


def test_a_slow_sample_is_not_taken_for_the_one_before(
    opened: Opened, sorting: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(sorting)
    page, session = page_of(window), window.session
    settle(qtbot, window)
    viewer, gate = page.viewers.unit, threading.Event()
    load = page.showing._loader

    def slow(row: int) -> Callable[[], object]:
        read = load(row)
        return lambda: (gate.wait(30), read())[1]

    monkeypatch.setattr(page.showing, "_loader", slow)
    page.reader.forget()
    assert page.viewers.desk.has_spikes()
    press(qtbot, window, "Space", wait=False)
    try:
        qtbot.waitUntil(viewer.speaks, timeout=10_000)
        assert viewer.header.title.text() == session.short(session.current)
        assert not page.viewers.desk.has_spikes(), "what would be split is not seen"
    finally:
        gate.set()
    settle(qtbot, window)
    assert not viewer.speaks()


def test_a_split_by_intervals_is_found_as_a_command(opened: Opened, sorting: Path, qtbot: QtBot) -> None:
    window = opened(sorting)
    settle(qtbot, window)
    asked: list[object] = []
    page_of(window).viewers.unit.lassoed.connect(asked.append)
    assert window.run_command("unit.short")
    assert len(asked) == 1
    found = [command.id for command in window.commands.all() if "split" in command.words().lower()]
    assert {"unit.lasso", "unit.short"} <= set(found), "the palette finds both by this word"
