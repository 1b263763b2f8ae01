"""Settings: kept whole, damaged ones set aside, an unwritable folder no harm."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from app.settings import RECENT, Recent, Settings, config_folder, login_name, state_folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "settings.json"


def test_what_is_set_is_there_at_the_next_start(path: Path) -> None:
    Settings(path).set("theme", "dark")
    assert Settings(path).get("theme") == "dark"
    assert Settings(path).get("other", 3) == 3
    assert [item.name for item in path.parent.iterdir()] == ["settings.json"]


@pytest.mark.parametrize("content", [b"{not json", b"[1, 2]", b"\xff\xfe", b""])
def test_a_damaged_file_is_set_aside(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    settings = Settings(path)
    assert settings.get("theme") is None
    settings.set("theme", "light")
    assert json.loads(path.read_text("utf-8")) == {"theme": "light"}
    assert (path.parent / "settings.damaged.json").read_bytes() == content


def test_a_folder_that_cannot_be_written_loses_the_setting_only(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder should be", "utf-8")
    settings = Settings(blocked / "settings.json")
    settings.set("theme", "dark")
    assert settings.get("theme") == "dark"
    assert Settings(blocked / "settings.json").get("theme") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_no_harm(path: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o500)
    settings = Settings(path)
    settings.set("theme", "dark")
    path.parent.chmod(0o700)
    assert not path.exists()


def test_environment_names_the_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WINNOW_CONFIG", str(tmp_path / "c"))
    monkeypatch.setenv("WINNOW_STATE", str(tmp_path / "s"))
    assert (config_folder(), state_folder()) == (tmp_path / "c", tmp_path / "s")
    Settings().set("a", 1)
    assert (tmp_path / "c" / "settings.json").is_file()


def test_recent_projects_last_one_first_and_not_too_many(path: Path) -> None:
    settings = Settings(path)
    for number in range(RECENT + 5):
        settings.remember(Recent(f"/p/{number}", f"p{number}", "traces"))
    settings.remember(Recent("/p/20", "again", "traces"))
    found = list(Settings(path).recents())
    assert len(found) == RECENT
    assert found[0].name == "again"
    assert len({item.path for item in found}) == RECENT
    settings.forget("/p/20")
    assert "/p/20" not in {item.path for item in settings.recents()}


def test_recents_of_another_version_are_left_out(path: Path) -> None:
    settings = Settings(path)
    settings.set("recent", [{"path": "/p", "name": "p", "domain": "traces", "colour": "red"}, "text", 3])
    assert list(settings.recents()) == []


def test_the_curator_is_the_login_until_another_is_chosen(path: Path) -> None:
    settings = Settings(path)
    assert settings.curator == login_name() != ""
    settings.set("curator", "ann")
    assert settings.curator == "ann"
