"""Windows of a table are annotated too: those of one EEG share their annotations, in the EEG's own time."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.desk import press, settle
from tests.app.windows import Opened
from tests.eeg.scanned import row, table, waves, write_eeg
from tests.pages.test_curate_recordings import desk_of, drag
from tests.projects import project_from

VOTES = (0, 2, 0, 0, 0, 0)


def test_windows_of_one_eeg_share_their_annotations(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "d").mkdir()
    for number, seconds in ((11, 70), (12, 50)):
        write_eeg(tmp_path / "d" / "train_eegs" / f"{number}.parquet", waves(seconds, number))
    table(tmp_path / "d", row(11, 0, 0, VOTES), row(11, 1, 20, VOTES), row(12, 0, 0, VOTES))
    project_from(tmp_path / "desk", "eeg", tmp_path / "d")
    window = opened(tmp_path / "desk")
    settle(qtbot, window)
    desk, session = desk_of(window), window.session
    labels = list(session.labels())
    session.step(1)
    settle(qtbot, window)
    assert session.sample_id(session.current) == "train.csv#11/1"
    desk.viewer.setFocus()
    press(qtbot, window, "R")
    left = desk.viewer.page.plot.x_range()[0]
    assert left == pytest.approx(40, abs=1), "the judged part of a window that begins at 20 s"
    drag(qtbot, desk.viewer, left + 2, left + 5)
    press(qtbot, window, "2")
    fold = session.open_project.journal.fold
    (made,) = fold.regions(0)
    assert (made.start, made.stop, made.text) == (
        pytest.approx(left + 2, abs=0.05),
        pytest.approx(left + 5, abs=0.05),
        "lpd",
    )
    assert fold.regions(1) == fold.regions(2) == []
    assert list(session.labels()) == labels
    session.step(-1)
    settle(qtbot, window)
    assert [one.name for one in desk.viewer.page.annotating.table.regions] == [made.name]
    session.step(2)
    settle(qtbot, window)
    assert session.sample_id(session.current) == "train.csv#12/0"
    assert len(desk.viewer.page.annotating.table) == 0
    press(qtbot, window, "Ctrl+Z", "Ctrl+Z")
    assert session.open_project.journal.fold.regions(0) == []
