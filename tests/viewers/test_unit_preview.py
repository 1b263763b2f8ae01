"""A split or merge before it is done: what would be made, what speaks for it, and the answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from models.payload import Snippets, Unit
from tests.viewers.conftest import Train
from widgets.unit.digest import Digest, Lags, digest
from widgets.unit.parting import Preview, preview_merge, preview_split
from widgets.unit.viewer import UnitViewer

LIMIT = 0.0015


def unit_of(unit: Unit, key: str, at: np.ndarray, size: float = -50) -> Digest:
    rng = np.random.default_rng(len(at))
    return digest(
        replace(unit, key=key, spikes=Train(at.astype(np.int64), rng.normal(size, 3, len(at)).astype(np.float32)))
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


def test_two_parts_of_a_cell_look_like_one(cell: Digest) -> None:
    mask = np.random.default_rng(0).random(len(cell.times)) < 0.5
    parts = preview_split(cell, mask, LIMIT, Lags())
    assert not parts.likely
    assert parts.title == "Looks like one cell"
    assert parts.dip == 0
    assert [column.title for column in parts.columns] == ["unit 7, now", "split off", "the rest"]
    assert [len(column.digest.times) for column in parts.columns] == [12_000, mask.sum(), (~mask).sum()]
    back = preview_merge([column.digest for column in parts.columns[1:]], LIMIT, Lags(), (3, 4))
    assert back.likely
    assert back.title == "Looks like one cell"
    assert back.columns[-1].digest.times.tolist() == cell.times.tolist()
    assert [reason.holds for reason in back.reasons] == [True] * 5
    assert back.rows == (3, 4)


def test_two_cells_look_like_two(cell: Digest, another: Digest) -> None:
    found = preview_merge([cell, another], LIMIT, Lags())
    assert not found.likely
    assert found.title == "Looks like two cells"
    held = {reason.title: reason.holds for reason in found.reasons}
    assert held == {
        "Template cosine": False,
        "Distance": False,
        "Correlogram dip": False,
        "Violations after": False,
        "Amplitude overlap": False,
    }
    assert found.dip == pytest.approx(1, abs=0.2)
    merged = found.columns[-1].digest
    whole = preview_split(merged, merged.amplitudes < -35, LIMIT, Lags())
    assert whole.likely
    assert whole.title == "Looks like two cells"
    before, after = merged.violations(LIMIT), max(column.digest.violations(LIMIT) for column in whole.columns[1:])
    assert after < 1e-3 < before


def test_few_spikes_tell_nothing(unit: Unit) -> None:
    few = unit_of(unit, "7", np.array([100, 90_000, 700_000]))
    found = preview_split(few, np.array([True, False, False]), LIMIT, Lags())
    assert found.title == "Too few spikes to tell"
    assert not found.likely
    assert preview_merge([few, few], LIMIT, Lags()).title == "Too few spikes to tell"


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
        (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, True),
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
