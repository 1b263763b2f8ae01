"""Each project opens on the page where it was left, a new one on Curate."""

from __future__ import annotations

from pathlib import Path

from tests.app.desk import copied
from tests.app.windows import Opened


def test_a_page_is_kept_for_each_project(opened: Opened, labelled: Path, tmp_path: Path) -> None:
    window = opened(labelled)
    window.show_page("map")
    other = copied(labelled, tmp_path / "other")
    window.open_project(other)
    assert window.page("curate").isVisible()
    window.show_page("data")
    window.open_project(labelled)
    assert window.page("map").isVisible()
    window.open_project(other)
    assert window.page("data").isVisible()


def test_an_open_tray_goes_with_its_page(opened: Opened, labelled: Path) -> None:
    window = opened(labelled)
    window.toggle_tray()
    window.show_page("curate")
    assert window.tray.isVisible(), "the page is the same"
    window.show_page("data")
    assert not window.tray.isVisible()
