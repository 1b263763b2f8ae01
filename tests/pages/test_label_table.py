"""Labels of a table come in through the window; the notice says how many and what did not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.desk import click, control, settle
from tests.app.windows import Opened


@pytest.mark.parametrize("wrong", [False, True])
def test_the_notice_counts_labels_and_names_the_first_row_left_out(
    wrong: bool, opened: Opened, labelled: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = opened(labelled)
    session = window.session
    labels = session.view.column("label")
    other = next(name for name in session.classes if name != labels[1])
    lines = [f"{session.sample_id(0)},{labels[0]}", f"{session.sample_id(1)},{other}", *(["nobody,1"] if wrong else [])]
    table = tmp_path / "t.csv"
    table.write_text("sample,label\n" + "\n".join(lines) + "\n")
    window.run_command("project.labels")
    qtbot.keyClicks(control("labels.file"), str(table))
    click(qtbot, "labels.ok")
    settle(qtbot, window)
    note = window.notices.notes()[0]
    end = ". 1 row did not; row 4: no sample 'nobody' in this project." if wrong else ""
    assert note.text == f"2 labels came in, 1 new or changed{end}"
