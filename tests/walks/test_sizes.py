"""From 1280×720 up nothing is clipped, nothing overlaps; every page, both themes."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.desk import page_names, press, settle
from tests.app.windows import Opened
from tests.walks.sight import problems, shot

SIZES = ((1280, 720), (1600, 1000), (1920, 1080))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_page_fits(opened: Opened, project: Path, qtbot: QtBot, tmp_path: Path, size: tuple[int, int]) -> None:
    window = opened(project, size)
    found = []
    for name in page_names():
        window.show_page(name)
        settle(qtbot, window)
        qtbot.wait(30)
        shot(window, tmp_path / f"{name}.png")
        assert (window.width(), window.height()) == size, f"{name} does not fit into {size}"
        found += [f"{name}: {told}" for told in problems(window)]
    assert found == []


def test_a_small_window_keeps_its_panes(opened: Opened, project: Path, qtbot: QtBot) -> None:
    window = opened(project, (1280, 720))
    page = window.page("curate")
    wide = page.viewers.trace.width() / page.width()  # type: ignore[attr-defined]
    assert wide >= 0.45, "the sample is the largest thing"
    window.resize(1700, 1000)
    settle(qtbot, window)
    assert page.viewers.trace.width() / page.width() >= 0.45  # type: ignore[attr-defined]
    press(qtbot, window, "Down")
    assert problems(window) == []
