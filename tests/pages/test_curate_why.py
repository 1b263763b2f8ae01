"""Why a model gave its class to a window of EEG: the pane below, what is drawn on traces and strips, neighbours."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.jobs import Jobs
from app.pages.curate import CuratePage
from app.pages.pair import SIGNED, Pair
from app.window import Window
from models.domains.eeg.fake import fake
from models.domains.eeg.features import TITLES
from models.job import Job, finish
from models.store.project import Project
from tests.app.desk import press, settle
from tests.app.windows import Opened
from widgets.parts.combo import LabelledCombo
from workers.inline import Inline, run

NONE = Qt.KeyboardModifier.NoModifier
SMALL: dict[str, Any] = {"epochs": 1, "batch_size": 8, "calibrate": False}


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of 20 windows: run-1 of features, run-2 on the signal, run-3 of both branches."""
    home = tmp_path_factory.mktemp("why")
    finish(fake(home / "data", samples=20, seed=2, patients=5))
    project = home / "project"
    Project.create(project, "eeg", votes=True).close()
    run(Job("import_samples", {"project": str(project), "sources": [str(home / "data")]}, ""))
    for recipe, values in (
        ("features", {"rounds": 5, "leaf": 2}),
        ("resnet1d_gru", {**SMALL, "filters": (8, 8), "units": 8}),
        ("attention_ensemble", {**SMALL, "filters": (8, 8), "units": 8, "image_size": 64, "backbone": "resnet18",
                                "joined_epochs": 1}),
    ):  # fmt: skip
        given = {"project": str(project), "recipe": recipe, "values": values, "baseline": False, "device": "cpu"}
        run(Job("train", given, ""))
    return project


@pytest.fixture
def window(opened: Opened, told: Path, tmp_path: Path, qtbot: QtBot) -> Window:
    """The curate page with a window that has a recording and a spectrogram."""
    # The data stay where they are; the project is copied, so that no test sees the labels of another.
    shutil.copytree(told, tmp_path / "project")
    shown = opened(tmp_path / "project")
    shown.resize(1900, 1100)
    settle(qtbot, shown)
    return shown


def page_of(window: Window) -> CuratePage:
    page = window.page("curate")
    assert isinstance(page, CuratePage)
    return page


def pair_of(window: Window) -> Pair:
    return page_of(window).viewers.pair


def explain(window: Window, qtbot: QtBot, run_id: str, layer: str = "") -> Pair:
    window.session.show_run(run_id)
    settle(qtbot, window)
    pair = pair_of(window)
    button = window.findChild(type(pair.why.close_button), "recording_why")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert pair.why.isVisible()
    if layer:
        combo = window.findChild(LabelledCombo, "why_layer")
        assert combo is not None
        combo.chosen.emit(layer)
        settle(qtbot, window)
        assert pair.why.layer.value() == layer
    return pair


def test_moments_lie_at_the_foot_of_the_traces_with_their_check(window: Window, qtbot: QtBot) -> None:
    pair = explain(window, qtbot, "run-2", "attention")
    heat = pair.recording.page.heat
    assert heat.isVisible()
    recording = pair.recording.recording
    assert recording is not None
    assert recording.window is not None
    shares = heat.shares(200)
    assert np.nanmax(shares) > 0.2, "the page shows the middle, which is attended to"
    assert not pair.recording.page.spoken.isVisible()
    said = pair.why.said
    assert said is not None
    assert "random weights" in said.words
    assert set(said.layers) >= {"attention", "integrated gradients", "gru"}
    assert pair.why.head.title.text().startswith("Why ")
    assert not pair.why.shares.isVisible()


def test_channels_are_coloured_behind_their_rows(window: Window, qtbot: QtBot) -> None:
    pair = pair_of(window)
    plot = pair.recording.page.plot
    before = plot.grab().toImage()
    explain(window, qtbot, "run-2", "integrated gradients")
    page = pair.recording.page
    assert not page.heat.isVisible()
    assert page.lanes is not None
    assert {page.lanes.shown.labels[place] for place in page.spoken.rows()} == set(TITLES)
    assert pair.why.said is not None
    assert SIGNED in pair.why.said.words
    assert "sum to" in pair.why.said.words
    coloured = plot.grab().toImage()
    assert _coloured(coloured) > _coloured(before) + 0.02
    montage = next(one for name, one in pair.recording.montages.items() if name == "average")
    page.set_look(replace(page.look, montage=montage))
    assert page.spoken.rows() == []
    pair.recording.choose_montage("neonatal")
    explain(window, qtbot, "run-2", "integrated gradients")
    assert "2 of 18 rows; the double banana has all." in pair.why.said.words


def _coloured(image: QImage) -> float:
    """The share of pixels that are clearly no grey."""
    small = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(small.constBits(), np.uint8).reshape(small.height(), -1, 4)[..., :3].astype(int)
    return float((np.ptp(pixels, axis=2) > 40).mean())


def test_strips_are_shaded_and_branches_weighed(window: Window, qtbot: QtBot) -> None:
    pair = explain(window, qtbot, "run-3", "spectrograms layer1")
    lit = pair.spectrogram.relevance.lit
    assert lit is not None, pair.why.said
    assert lit.values.shape[0] == 4
    assert pair.spectrogram.relevance.isVisible()
    assert pair.spectrogram.spectrogram is not None
    assert set(lit.names) == {strip.name for strip in pair.spectrogram.spectrogram.strips}
    assert lit.span[1] - lit.span[0] == 600
    assert pair.why.shares.isVisible()
    assert pair.why.said is not None
    assert sum(pair.why.said.shares.values()) == pytest.approx(1, abs=1e-3)
    pair.why.layer.chosen.emit("attention")
    settle(qtbot, window)
    assert pair.spectrogram.relevance.lit is None, "one relevance is shown at a time"
    assert pair.recording.page.heat.isVisible()


def test_features_stand_as_channels_by_bands(window: Window, qtbot: QtBot) -> None:
    pytest.importorskip("shap")
    pair = explain(window, qtbot, "run-1")
    adds = pair.why.adds.adds
    assert adds is not None
    assert pair.why.adds.isVisible()
    assert adds.rows == TITLES
    assert adds.values.shape == (18, len(adds.columns))
    assert not pair.why.layer.isVisible(), "there is no network to look into"
    assert pair.why.said is not None
    assert "no network" in pair.why.said.words
    assert SIGNED in pair.why.said.words
    row, column = np.unravel_index(np.abs(adds.values).argmax(), adds.values.shape)
    cell = pair.why.adds.cell(int(row), int(column))
    assert pair.why.adds.told_at(cell.center()).startswith(adds.rows[int(row)])
    drawn = pair.why.adds.grab().toImage()
    colour = drawn.pixelColor(cell.center().toPoint() * drawn.devicePixelRatio())
    assert abs(colour.red() - colour.blue()) > 60


def test_nothing_of_another_run_s_explanation_stays_on_the_traces(window: Window, qtbot: QtBot) -> None:
    pytest.importorskip("shap")
    pair = explain(window, qtbot, "run-2", "integrated gradients")
    assert pair.recording.page.spoken.isVisible()
    window.session.show_run("run-1")
    settle(qtbot, window)
    assert not pair.why.isVisible(), "another run is shown"
    assert not pair.recording.page.spoken.isVisible()
    explain(window, qtbot, "run-2", "integrated gradients")
    assert pair.recording.page.spoken.isVisible()
    explained = {"reasons": {window.session.sample_id(window.session.current): {"class": "seizure"}}}
    pair.explain(window.session.sample_id(window.session.current), explained)
    assert not pair.recording.page.spoken.isVisible(), "features lie on no trace"


def test_an_explanation_goes_with_its_sample_and_by_its_button(window: Window, qtbot: QtBot) -> None:
    pair = explain(window, qtbot, "run-2", "integrated gradients")
    qtbot.mouseClick(pair.why.close_button, Qt.MouseButton.LeftButton)
    assert not pair.why.isVisible()
    assert not pair.recording.page.spoken.isVisible()
    explain(window, qtbot, "run-2")
    press(qtbot, window, "Space")
    settle(qtbot, window)
    assert not pair.why.isVisible()
    assert not pair.recording.page.heat.isVisible()


def test_who_moves_on_does_not_wait_for_an_explanation(window: Window, qtbot: QtBot) -> None:
    window.session.show_run("run-2")
    settle(qtbot, window)
    page, begun = page_of(window), []
    stopped: list[object] = []
    real = window.session.jobs.cancel
    window.session.jobs.cancel = lambda ticket: (stopped.append(ticket), real(ticket))  # type: ignore[method-assign]
    host = window.session.jobs.host
    assert isinstance(host, Inline)
    window.session.jobs.started.connect(begun.append)
    real_start = Jobs.start

    def held(self: Jobs, order: str, *others: Any, **named: Any) -> Any:
        ticket = real_start(self, order, *others, **named)
        if order == "explain_samples":
            ticket.ending = None  # as while the worker is still at it
        return ticket

    window.session.jobs.start = held.__get__(window.session.jobs)  # type: ignore[method-assign]
    page.reviewing.explain()
    window.session.go_to(window.session.current)
    assert stopped == [], "the same sample is still shown"
    window.session.go_to(int(window.session.order[3]))
    assert len(stopped) == 1
    window.session.go_to(int(window.session.order[4]))
    assert len(stopped) == 1, "once"


def test_who_votes_blind_is_told_nothing(window: Window, qtbot: QtBot) -> None:
    window.session.show_run("run-2")
    window.session.vote_blind(True)
    settle(qtbot, window)
    page = page_of(window)
    page.reviewing.explain()
    settle(qtbot, window)
    assert not pair_of(window).why.isVisible()
    page.alike._read()
    assert page.panel.near_head.subtitle.text() == "Hidden until you vote"


def test_nearest_labelled_windows_stand_first_and_a_click_goes_there(window: Window, qtbot: QtBot) -> None:
    window.session.show_run("run-1")
    settle(qtbot, window)
    page, near = page_of(window), page_of(window).panel.near
    assert near.isVisible()
    qtbot.waitUntil(lambda: len(near._rows) == 5, timeout=20_000)
    assert window.session.current not in near._rows
    box = near._box(1)
    wanted = near._rows[1]
    qtbot.mouseClick(near, Qt.MouseButton.LeftButton, NONE, QPoint(box.center()))
    settle(qtbot, window)
    assert window.session.current == wanted
    assert page.panel.near_head.isVisible()
    qtbot.waitUntil(lambda: page.panel.near_head.subtitle.text().endswith("by likeness to 1"), timeout=20_000)


def test_what_has_nothing_to_be_compared_by_has_no_neighbours(window: Window, qtbot: QtBot) -> None:
    session = window.session
    session.show_run("run-1")
    settle(qtbot, window)
    page, near = page_of(window), page_of(window).panel.near
    qtbot.waitUntil(lambda: len(near._rows) == 5, timeout=20_000)
    project = session.open_project
    file = project.cache / "map" / f"vectors-run-1-{project.generation}.npy"
    qtbot.waitUntil(file.exists, timeout=20_000)  # the rows may be those of before the run
    vectors, row = np.load(file), int(session.order[1])
    vectors[row] = np.nan
    np.save(file, vectors)
    page.alike._likeness = None
    session.go_to(row)
    qtbot.waitUntil(lambda: page.panel.near_head.subtitle.text() == "nothing to compare it by", timeout=20_000)
    assert not near._rows
