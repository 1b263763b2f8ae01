"""Every test of a widget that asks for `look` runs in both themes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from widgets import theme


@pytest.fixture(params=["light", "dark"])
def look(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[str]:
    """The application dressed in a theme, transitions off."""
    theme.apply(qapp, request.param)
    theme.set_motion(False)
    yield str(request.param)
    theme.set_motion(True)
