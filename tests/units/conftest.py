"""The shared data of this domain."""

from __future__ import annotations

from pathlib import Path

import pytest

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "units"


@pytest.fixture
def data() -> Path:
    """The shared data of this domain; the test is skipped without it."""
    if not DATA.is_dir():
        pytest.skip("no shared data here")
    return DATA
