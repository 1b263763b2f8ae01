"""A split or merge before it is done: what would be made, what speaks for it, and the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from models.payload import Snippets, Unit
from widgets import paint
from widgets.parts import KeyHints, PrimaryButton
from widgets.unit.digest import Digest, Lags, digest
from widgets.unit.evidence import contamination, gap_of, shape_of
from widgets.unit.parting import Preview, Spikes, preview_merge, preview_split
from widgets.unit.probe import ProbeField
from widgets.unit.viewer import UnitViewer

LIMIT = 0.0015


def unit_of(unit: Unit, key: str, at: np.ndarray, size: float = -50) -> Digest:
    rng = np.random.default_rng(len(at))
    return digest(
        replace(unit, key=key, spikes=Spikes(at.astype(np.int64), rng.normal(size, 3, len(at)).astype(np.float32)))
    )


@pytest.fixture
def cell(unit: Unit) -> Digest:
    """A cell that never fires within 3 ms, at 30 Hz."""
    rng = np.random.default_rng(5)
    return unit_of(unit, "7", np.cumsum(rng.integers(90, 2000, 12_000)))


@pytest.fixture
def another(unit: Unit) -> Digest:
    """Another one that fires when it likes, smaller and elsewhere."""
    rng = np.random.default_rng(6)
    far = replace(unit, template=np.roll(unit.template, 8, axis=0) * 0.4, location=(10.0, 145.0))
    return unit_of(far, "8", np.cumsum(rng.integers(90, 2000, 12_000)), -20)


def held(preview: Preview) -> dict[str, bool | None]:
    return {reason.title: reason.holds for reason in preview.reasons}


def test_two_parts_of_a_cell_look_like_one(cell: Digest) -> None:
    mask = np.random.default_rng(0).random(len(cell.times)) < 0.5
    parts = preview_split(cell, mask, LIMIT, Lags())
    assert not parts.likely
    assert parts.title == "Looks like one cell"
    assert parts.dip == 0
    assert parts.text.startswith("Intervals under 1.5 ms are 0.00\u00a0% now")
    assert "Pairs within 1.5 ms: 0, " in parts.text
    assert [column.title for column in parts.columns] == ["unit 7, now", "split off", "the rest"]
    assert [len(column.digest.times) for column in parts.columns] == [12_000, mask.sum(), (~mask).sum()]
    back = preview_merge([column.digest for column in parts.columns[1:]], LIMIT, Lags(), (3, 4))
    assert back.likely
    assert back.title == "Looks like one cell"
    assert back.columns[-1].digest.times.tolist() == cell.times.tolist()
    assert [reason.holds for reason in back.reasons] == [True] * 4
    assert back.rows == (3, 4)


def test_two_cells_look_like_two(cell: Digest, another: Digest) -> None:
    found = preview_merge([cell, another], LIMIT, Lags())
    assert not found.likely
    assert found.title == "Looks like two cells"
    assert held(found) == {
        "Template cosine": False,
        "Distance": None,
        "Correlogram dip": False,
        "Contamination": False,
    }
    assert found.dip == pytest.approx(1, abs=0.2)
    merged = found.columns[-1].digest
    whole = preview_split(merged, merged.amplitudes < -35, LIMIT, Lags())
    assert whole.likely
    assert whole.title == "Looks like two cells"
    assert held(whole)["Violations left"] is True
    before, after = merged.violations(LIMIT), max(column.digest.violations(LIMIT) for column in whole.columns[1:])
    assert after < 1e-3 < before


def test_a_cut_that_leaves_the_violations_where_they_are_tells_nothing(cell: Digest, another: Digest) -> None:
    """Of one hump of amplitudes a cut takes the smaller half: that they are smaller is what the cut is."""
    merged = preview_merge([cell, another], LIMIT, Lags()).columns[-1].digest
    mixed = unit_of(merged.unit, "9", merged.times)
    found = preview_split(mixed, mixed.amplitudes < np.median(mixed.amplitudes), LIMIT, Lags())
    assert held(found)["Violations left"] is False
    assert held(found)["Gap of amplitudes"] is False
    assert (found.verdict, found.title) == ("", "Cannot tell")
    assert not found.likely
    assert "stay within the parts" in found.text
    short = np.append(False, np.diff(mixed.times) < LIMIT * 30_000)
    by_intervals = preview_split(mixed, short, LIMIT, Lags())
    assert "Violations left" not in held(by_intervals), "the cut itself says where they lie"
    assert not by_intervals.likely


def test_the_same_spikes_found_twice_are_not_called_two_cells(cell: Digest) -> None:
    echo = unit_of(cell.unit, "8", np.sort(np.append(cell.times[::3] + 6, cell.times[1::3] + 900)))
    found = preview_merge([cell, echo], LIMIT, Lags())
    assert found.title == "Cannot tell"
    assert "the same spikes may have been found twice" in found.text


def test_many_spikes_that_never_meet_are_not_called_few(cell: Digest, unit: Unit) -> None:
    early = unit_of(unit, "7", cell.times[:5000])
    late = unit_of(unit, "8", cell.times[5000:])
    found = preview_merge([early, late], LIMIT, Lags())
    assert found.title == "Cannot tell"
    assert "Pairs within 1.5 ms: 0, 0.0 expected of two cells: too few to tell." in found.text
    assert not found.likely


def test_few_spikes_tell_nothing(unit: Unit) -> None:
    few = unit_of(unit, "7", np.array([100, 90_000, 700_000]))
    found = preview_split(few, np.array([True, False, False]), LIMIT, Lags())
    assert found.title == "Cannot tell"
    assert not found.likely
    assert preview_merge([few, few], LIMIT, Lags()).title == "Cannot tell"


def test_what_is_made_is_seen_where_its_waveform_is_largest(cell: Digest, unit: Unit) -> None:
    moved = replace(unit, template=np.roll(unit.template, 8, axis=0), best=(14, 12, 15))
    many = unit_of(moved, "8", np.arange(60, 3_000_000, 50))
    merged = preview_merge([cell, many], LIMIT, Lags()).columns[-1].digest.unit
    size = np.ptp(merged.template, axis=1)
    assert merged.best[0] == size.argmax() == 14
    assert merged.location is None, "where it is is measured when it is made"


def test_a_gap_between_two_humps_is_told_from_a_cut_through_one() -> None:
    rng = np.random.default_rng(3)
    one, two = rng.normal(0, 1, 5000), np.append(rng.normal(0, 1, 4500), rng.normal(7, 1, 500))
    assert gap_of(one, one > 0)[1] is False
    assert gap_of(one, one > 1.5)[1] is False
    assert gap_of(two, two > 3.5)[1] is True
    plane = rng.normal(0, 1, (3000, 4))
    assert gap_of(plane, plane[:, 0] + plane[:, 1] > 0.5)[1] is False
    plane[:600, 2] += 8
    assert gap_of(plane, plane[:, 2] > 4)[1] is True
    assert gap_of(one[:50], one[:50] > 0) == (pytest.approx(np.nan, nan_ok=True), None)


def test_waveforms_differ_only_by_more_than_noise_makes_them() -> None:
    rng, spikes = np.random.default_rng(4), np.arange(60)
    shape = np.sin(np.linspace(0, 6, 40))
    mask = spikes % 2 == 0
    noise = rng.normal(0, 1, (60, 1, 40))
    alike = Snippets((shape + 0.1 * noise).astype(np.float32), (0,), 20, spikes)
    assert shape_of(alike, mask)[1] is False
    larger = Snippets(
        (np.where(mask, 3, 1)[:, None, None] * (shape + 0.1 * noise)).astype(np.float32), (0,), 20, spikes
    )
    assert shape_of(larger, mask)[1] is False, "a cut in amplitude does not change the shape"
    other = np.where(mask[:, None, None], shape, np.roll(shape, 10)) + 0.1 * noise
    assert shape_of(Snippets(other.astype(np.float32), (0,), 20, spikes), mask)[1] is True
    assert shape_of(Snippets((0.1 * shape + noise).astype(np.float32), (0,), 20, spikes), mask)[1] is None
    assert shape_of(alike, spikes < 3)[1] is None


def test_contamination_is_what_a_mixture_was_made_of() -> None:
    rng = np.random.default_rng(5)
    own = np.cumsum(rng.integers(90, 2000, 20_000))
    stray = np.sort(rng.integers(0, own[-1], 2_000))
    none = np.zeros((0, 0), np.float32)
    unit = Unit("1", "1", none, np.zeros((0, 2), np.float32), (), (), rate=30_000.0)
    mixed = unit_of(unit, "1", np.sort(np.append(own, stray)))
    assert contamination(mixed, LIMIT) == pytest.approx(2 / 22, abs=0.03)
    assert contamination(unit_of(unit, "1", own), LIMIT) == 0
    assert np.isnan(contamination(unit_of(unit, "1", own[::2000]), LIMIT))
    silent = replace(mixed.unit, seconds=100 * mixed.length)
    assert contamination(digest(silent), LIMIT) == pytest.approx(2 / 22, abs=0.03), "long silence is no dirt"


def test_parts_have_the_waveforms_of_their_spikes(cell: Digest) -> None:
    mask = cell.times % 2 == 0
    spikes = np.arange(0, 12_000, 300)
    waves = np.where(mask[spikes], 1.0, -1.0)[:, None, None] * np.ones((1, 2, 60))
    found = preview_split(cell, mask, LIMIT, Lags(), Snippets(waves.astype(np.float32), (6, 4), 20, spikes))
    assert (found.columns[1].digest.unit.template[[6, 4]] == 1).all()
    assert (found.columns[2].digest.unit.template[[6, 4]] == -1).all()
    bare = preview_split(cell, cell.amplitudes < -50, LIMIT, Lags())
    ratio = bare.columns[1].digest.unit.template[6].min() / cell.unit.template[6].min()
    assert ratio > 1.02, "without single spikes it is as large as the amplitudes are"


@pytest.fixture
def viewer(qtbot: QtBot, cell: Digest) -> UnitViewer:
    shown = UnitViewer()
    qtbot.addWidget(shown)
    shown.resize(1100, 800)
    shown.set_payload(cell)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def ask(viewer: UnitViewer, preview: Preview) -> None:
    viewer.show_preview(preview)
    QApplication.processEvents()
    assert viewer.preview.isVisible()


@pytest.mark.parametrize(
    ("key", "held", "yes"),
    [
        (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, False),
        (Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier, True),
        (Qt.Key.Key_K, Qt.KeyboardModifier.NoModifier, False),
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier, False),
    ],
)
def test_keys_answer(
    viewer: UnitViewer, cell: Digest, another: Digest, qtbot: QtBot, key: Qt.Key, held: Qt.KeyboardModifier, yes: bool
) -> None:
    heard: list[tuple[int, ...]] = []
    viewer.merge_asked.connect(heard.append)
    ask(viewer, preview_merge([cell, another], LIMIT, Lags(), (2, 5)))
    qtbot.keyClick(viewer.preview, key, held)
    assert heard == ([(2, 5)] if yes else [])
    assert viewer.area.isVisible()


@pytest.mark.parametrize(("key", "yes"), [(Qt.Key.Key_Return, False), (Qt.Key.Key_S, True), (Qt.Key.Key_K, False)])
def test_a_doubtful_split_is_made_by_a_key_too(
    viewer: UnitViewer, cell: Digest, qtbot: QtBot, key: Qt.Key, yes: bool
) -> None:
    heard: list[np.ndarray] = []
    viewer.split_asked.connect(heard.append)
    mask = np.random.default_rng(0).random(len(cell.times)) < 0.5
    ask(viewer, preview_split(cell, mask, LIMIT, Lags()))
    assert ("S", "split anyway") in viewer.preview.findChild(KeyHints).hints()  # type: ignore[union-attr]
    qtbot.keyClick(viewer.preview, key)
    assert bool(heard) is yes


def test_enter_does_what_the_dark_button_says(viewer: UnitViewer, cell: Digest, another: Digest, qtbot: QtBot) -> None:
    heard: list[tuple[int, ...]] = []
    viewer.merge_asked.connect(heard.append)
    half = np.arange(12_000) % 2 == 0
    parts = [column.digest for column in preview_split(cell, half, LIMIT, Lags()).columns[1:]]
    for units, dark, merged in (([cell, another], "Keep apart", False), (parts, "Merge", True)):
        preview = preview_merge(units, LIMIT, Lags(), (2, 5))
        ask(viewer, preview)
        primary = [button for button in viewer.preview.findChildren(PrimaryButton) if button.isVisible()]
        assert [button.text() for button in primary] == [dark]
        assert primary[0].isDefault()
        assert viewer.preview.findChild(KeyHints).hints()[0] == ("Enter", dark.lower())  # type: ignore[union-attr]
        qtbot.keyClick(viewer.preview, Qt.Key.Key_Return)
        QApplication.sendPostedEvents(None, 0)
        assert bool(heard) is merged
        heard.clear()
        ask(viewer, preview)
        qtbot.keyClick(viewer.preview, Qt.Key.Key_Escape)
        QApplication.sendPostedEvents(None, 0)
        assert not heard, "Escape leaves all as it is"


def test_enter_on_a_button_that_was_stepped_to_is_that_button(
    viewer: UnitViewer, cell: Digest, another: Digest, qtbot: QtBot
) -> None:
    heard: list[tuple[int, ...]] = []
    viewer.merge_asked.connect(heard.append)
    viewer.activateWindow()
    ask(viewer, preview_merge([cell, another], LIMIT, Lags(), (2, 5)))
    anyway = viewer.preview.findChild(QPushButton, "unit_preview_yes")
    anyway.setFocus()
    qtbot.waitUntil(anyway.hasFocus)
    qtbot.keyClick(anyway, Qt.Key.Key_Return)
    assert heard == [(2, 5)]


def test_the_evidence_makes_the_primary_button(viewer: UnitViewer, cell: Digest, another: Digest) -> None:
    heard: list[np.ndarray] = []
    viewer.split_asked.connect(heard.append)
    mask = np.random.default_rng(0).random(len(cell.times)) < 0.5
    ask(viewer, preview_split(cell, mask, LIMIT, Lags()))
    words = [button.text() for button in viewer.preview.findChildren(QPushButton)]
    assert words == ["Split anyway", "Leave whole"]
    ask(viewer, preview_merge([cell, cell], LIMIT, Lags()))
    QApplication.sendPostedEvents(None, 0)
    assert {"Merge anyway", "Keep apart"} == {
        button.text() for button in viewer.preview.findChildren(QPushButton) if button.isVisible()
    }
    both = preview_split(preview_merge([cell, another], LIMIT, Lags()).columns[-1].digest, np.arange(24_000) % 3 == 0,
                         LIMIT, Lags())  # fmt: skip
    ask(viewer, both)
    yes = next(button for button in viewer.preview.findChildren(QPushButton) if button.text().startswith("Split"))
    yes.click()
    assert len(heard) == 1
    assert heard[0].sum() == 8000
    assert viewer.preview.verdict.accessibleName() == both.title


def test_a_narrow_column_cuts_no_word_and_no_waveform(
    cell: Digest, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As wide as three columns are in a window of 1280 pixels."""
    field = ProbeField()
    qtbot.addWidget(field)
    field.count = 6
    field.resize(132, 200)
    # Six channels of which the lowest is by far the largest, as a unit at the tip of a probe.
    unit = replace(cell.unit, template=np.roll(cell.unit.template, -6, axis=0) * 37, best=(0, 1, 2, 3))
    field.show_unit(unit)
    told: list[tuple[str, float, float]] = []
    before = paint.text

    def listen(painter: QPainter, box: QRectF, words: str, role: str, *rest: Any) -> float:
        told.append((words, paint.width(words, role), min(box.right(), field.width()) - box.left()))
        return before(painter, box, words, role, *rest)

    monkeypatch.setattr(paint, "text", listen)
    field.grab()
    assert any(words.endswith("µV") for words, _need, _room in told)
    assert [words for words, need, room in told if need > room + 0.5] == []
    plan = field.plan()
    assert plan is not None
    for (_x, y), channel in zip(plan.middles, plan.channels, strict=True):
        wave = y - unit.template[channel] * plan.scale
        assert plan.area.top() - 1 <= wave.min() <= wave.max() <= plan.area.bottom() + 1
