"""What the curate page says of one sample: who gave its label, and beside what."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.pages.curate import CuratePage
from tests.app.desk import press
from tests.pages.conftest import Opened


def test_it_says_who_gave_the_label(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    page, session = window.page("curate"), window.session
    assert isinstance(page, CuratePage)
    session.go_to(next(row for row in range(50) if session.labels()[row] >= 0))
    panel, trace = page.panel, page.viewers.trace
    assert panel.legend.accessibleName() == "imported label, model"
    assert trace.person.isHidden()
    press(qtbot, window, "K")
    press(qtbot, window, "Shift+Space")
    assert panel.legend.accessibleName() == "your label, model"
    assert trace.person.toolTip() == f"Labelled by {session.curator}"
    assert not trace.person.isHidden()
    session.open_project.journal.label([session.current], "1", "bob", "bob's")
    session.poll()
    press(qtbot, window, "Space")
    press(qtbot, window, "Shift+Space")
    assert panel.legend.accessibleName() == "label by bob, model"
    assert trace.person.toolTip() == "Labelled by bob"
    press(qtbot, window, "Backspace")
    assert trace.person.isHidden()
    assert panel.legend.accessibleName() == "label, model"
