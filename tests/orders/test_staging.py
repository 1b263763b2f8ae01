"""Small pictures made ready before they are looked at, in turns if asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.domains.smears import atlas
from models.job import Job
from models.orders.staging import is_staged
from models.store.project import Project
from tests.projects import project_from
from workers.inline import run


@pytest.fixture
def smears(tmp_path: Path) -> Path:
    run(Job("fake", {"domain_name": "smears", "out": str(tmp_path / "data"), "samples": 60}, ""))
    return project_from(tmp_path / "p", "smears", tmp_path / "data")


def test_pictures_are_made_in_turns_and_then_told_to_be_there(smears: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atlas, "STEP", 16)
    arguments = {"project": str(smears), "seconds": 1e-9}
    turns = 0
    while not run(Job("stage", arguments, ""))["whole"]:
        turns += 1
        with Project.open(smears) as opened:
            assert not is_staged(opened)
            assert 0 < len(atlas.album(opened.cache).pack().entries) <= 16 * turns
        assert turns < 20
    assert turns > 1
    with Project.open(smears) as opened:
        assert is_staged(opened)
        assert len(atlas.album(opened.cache).pack().entries) == len(opened.samples)
