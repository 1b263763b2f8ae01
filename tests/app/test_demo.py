"""What the demo does where a tour stops."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app import demo
from app.cli.window import COMMANDS
from app.settings import Settings
from models.domains import NAMES
from models.errors import UserError
from models.store.project import Project


def test_a_tour_that_stops_costs_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[str] = []

    def play(folder: Path, name: str, project: Path) -> list[str]:
        played.append(name)
        if name == "traces":
            raise UserError("The tour of traces stopped: waited too long.")
        return [f"{name}.png"]

    monkeypatch.setattr(demo, "_project", lambda folder, name, fresh: folder / name)
    monkeypatch.setattr(demo, "_play", play)
    monkeypatch.setattr(demo, "_metrics", lambda path: {"run-1": path.name})
    exported: list[str] = []

    def export(folder: Path, name: str, project: Path) -> list[str]:
        exported.append(name)
        return [name]

    monkeypatch.setattr(demo, "_export", export)
    with pytest.raises(UserError, match=r"tour of traces stopped: waited too long\..*All else is in"):
        demo.run(headless=True, out=str(tmp_path), domains=("traces", "smears"))
    assert played == exported == ["traces", "smears"]
    assert json.loads((tmp_path / "metrics.json").read_text()) == {
        "traces": {"run-1": "traces"},
        "smears": {"run-1": "smears"},
    }


def test_the_pictures_are_told_by_the_folder_that_holds_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shots = [str(tmp_path / "screenshots" / name / "01.png") for name in ("eeg", "voice")]
    made = {"projects": ["p"], "screenshots": shots, "metrics": {}, "exports": []}
    monkeypatch.setattr(demo, "run", lambda **given: made)
    told = CliRunner().invoke(COMMANDS["demo"], ["--headless"]).output.splitlines()
    assert f"screenshots: 2, in {tmp_path / 'screenshots'}" in told
    assert f"metrics: {tmp_path / 'metrics.json'}" in told


@pytest.mark.parametrize(("asked", "first"), [((), "traces"), (("voice", "eeg"), "voice")])
def test_the_tour_of_the_readme_is_opened_and_the_others_are_at_hand(
    asked: tuple[str, ...], first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINNOW_CONFIG", str(tmp_path / "config"))
    monkeypatch.setattr("app.gui.has_display", lambda: True)
    seen: list[Path] = []
    monkeypatch.setattr("app.gui.run", seen.append)

    def project(folder: Path, name: str, fresh: bool) -> Path:
        Project.create(folder / name, name).close()
        return folder / name

    monkeypatch.setattr(demo, "_project", project)
    demo.run(out=str(tmp_path / "demo"), domains=asked)
    assert [path.name for path in seen] == [first]
    recents = [recent.domain for recent in Settings().recents()]
    assert recents[0] == first
    assert sorted(recents) == sorted(asked or NAMES)


def test_exports_of_a_demo_before_are_taken_away_and_nothing_else(tmp_path: Path) -> None:
    ours, other = tmp_path / "ours", tmp_path / "other"
    demo._empty(ours)
    for folder in (ours, other):
        (folder / "voice-folders").mkdir(parents=True)
        demo._empty(folder)
    assert not (ours / "voice-folders").exists()
    assert (other / "voice-folders").is_dir()
