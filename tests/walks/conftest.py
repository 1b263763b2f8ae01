"""A project of generated traces for each walk."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def project(generated: Path) -> Path:
    """300 generated traces in 12 simulations, 40 of them unlabelled."""
    return generated
