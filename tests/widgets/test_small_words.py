"""Small things that a person at the desk reads: times of one sample, a dialog without a hole, one row alone."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from app.chrome.dialog import FieldDialog
from models.domains.eeg.options import ONNX_KEYS
from widgets.stretch_strip import StretchStrip, strip_of


def shown(qtbot: QtBot, starts: list[float]) -> StretchStrip:
    strip = StretchStrip()
    qtbot.addWidget(strip)
    strip.resize(900, 104)
    count = len(starts)
    parts = tuple(np.full(count, -1) for _ in range(4))
    strip.show_strip(strip_of(np.arange(count), np.array(starts), np.zeros(count, np.int64), parts), 0)
    return strip


def test_one_window_has_its_begin_and_no_made_up_end(qtbot: QtBot) -> None:
    assert [words for _x, words in shown(qtbot, [3600.0]).times()] == ["1:00:00"]
    several = [words for _x, words in shown(qtbot, [0.0, 10.0, 20.0, 30.0]).times()]
    assert (several[0], several[-1]) == ("0:00:00", "0:00:40")
    assert len(set(several)) == len(several)


def test_a_dialog_closes_up_where_a_field_goes(qtbot: QtBot) -> None:
    dialog = FieldDialog("Export", "Labels.", "Export", "export", None)  # type: ignore[arg-type]
    qtbot.addWidget(dialog)
    for name in ("one", "two", "three", "four"):
        dialog.add_field(name, name)
    dialog.ask(lambda _values: None)
    full = dialog.height()
    for name in ("two", "three", "four"):
        dialog.show_field(name, False)
    assert dialog.height() <= full - 3 * 26
    dialog.show_field("two", True)
    assert full > dialog.height() > full - 3 * 26


def test_the_export_says_int8_by_its_name() -> None:
    assert "int8" in ONNX_KEYS["int8"].label
