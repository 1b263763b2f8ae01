"""Tours: every kind of step, and a failed step that tells which one it was."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.tour import Tour, read_tour
from models.errors import UserError
from tests.app.desk import labels_of
from tests.app.windows import Opened
from widgets.sample_table import SampleTable

ROOT = Path(__file__).parents[2]
Play = Callable[..., dict[str, Any]]


@pytest.fixture
def play(qtbot: QtBot, opened: Opened, columns: Path, tmp_path: Path) -> Play:
    """Plays steps on a window with the small project."""
    window = opened(columns)

    def go(*steps: dict[str, Any]) -> dict[str, Any]:
        tour = Tour(window, list(steps), tmp_path / "shots")
        with qtbot.waitSignal(tour.finished, timeout=30_000) as caught:
            tour.start()
        tour.deleteLater()
        result: dict[str, Any] = {**caught.args[0], "window": window}
        return result

    return go


def test_keys_label_and_expect_sees_it(play: Play) -> None:
    result = play(
        {"key": "Down"},
        {"key": "2"},
        {"key": "Space"},
        {"wait": "idle"},
        {"expect": {"label": ["p.h5#1", "2"], "page": "curate", "count": ["list", 30]}},
        {"expect": {"count": ["selection", 1]}},
        {"expect": {"count": ["labelled", 8]}},
        {"expect": {"count": ["runs", 0]}},
    )
    assert result["failed"] == ""
    assert [step["step"] for step in result["steps"]][:2] == ["key: Down", "key: 2"]
    assert all(step["seconds"] >= 0 for step in result["steps"])


def test_type_click_drag_command_size_and_shot(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_TRIED", "0.03")
    result = play(
        {"size": "1280x720"},
        {"key": "/"},
        {"type": "noise > $WINNOW_TRIED"},
        {"key": "Return"},
        {"wait": "idle"},
        {"expect": {"count": ["list", 12]}},
        {"expect": {"text": ["filter_field", "noise > 0.03"]}},
        {"command": "filter.clear"},
        {"expect": {"count": ["list", 30]}},
        {"click": {"in": "list.table", "at": [60, 60]}},
        {"drag": {"in": "list.table", "path": [[60, 60], [60, 140]], "with": "Shift"}},
        {"click": "label.bookmark"},
        {"wait": 0.1},
        {"shot": "one"},
    )
    assert result["failed"] == ""
    assert result["window"].session.open_project.journal.fold.flagged("bookmark").any()
    picture = QImage(result["screenshots"][0])
    assert (picture.width(), picture.height()) == (1280, 720)


def test_a_click_into_what_scrolls_is_on_the_row_that_lies_there(play: Play) -> None:
    window = play({"key": "Down"}, {"wait": "idle"})["window"]
    lower = window.findChild(SampleTable, "list.table").rect_of(4).center()
    assert play({"click": {"in": "list.table", "at": [lower.x(), lower.y()]}}, {"wait": "idle"})["failed"] == ""
    assert window.session.current == window.session.order[4]


def test_keys_reach_the_window_again_after_a_dialog(play: Play) -> None:
    result = play(
        {"key": "Ctrl+E"},
        {"expect": {"text": ["export.ok", "Export"]}},
        {"key": "Esc"},
        {"key": "Ctrl+I"},
        {"expect": {"page": "import"}},
    )
    assert result["failed"] == ""


def test_a_shot_shows_the_dialog_that_is_open_over_the_window(play: Play) -> None:
    result = play(
        {"wait": "idle"},
        {"shot": "bare"},
        {"key": "Ctrl+E"},
        {"expect": {"text": ["export.ok", "Export"]}},
        {"wait": 0.2},
        {"shot": "dialog"},
        {"key": "Esc"},
        {"wait": 0.2},
        {"shot": "after"},
    )
    assert result["failed"] == ""
    bare, over, after = (QImage(path) for path in result["screenshots"])
    middle = over.rect().center()
    apart = [
        (x, y)
        for x in range(0, bare.width(), 4)
        for y in range(0, bare.height(), 4)
        if bare.pixel(x, y) != over.pixel(x, y)
    ]
    assert len(apart) > 2000, "the dialog covers a good part"
    for place, at in enumerate((middle.x(), middle.y())):
        assert abs(statistics.median(point[place] for point in apart) - at) < 100, "in the middle of the window"
    assert after.pixel(middle) == bare.pixel(middle) != over.pixel(middle)


def test_waiting_for_a_signal(play: Play) -> None:
    result = play({"key": "Down"}, {"wait": {"signal": "changed", "seconds": 0.3}})
    assert "waited too long" in result["failed"], "the signal came before the step began"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"click": "nowhere"}, "the control nowhere is unknown"),
        ({"click": "label.accept"}, "not visible"),
        ({"click": "topbar.redo"}, "topbar.redo is disabled"),
        ({"command": "queue.leave"}, "queue.leave is unknown or disabled here"),
        ({"command": "no.such"}, "no.such is unknown"),
        ({"wait": "for ever"}, "nothing to wait for"),
        ({"wait": {"signal": "nothing"}}, "no signal 'nothing'"),
        ({"expect": {"colour": 1}}, "nothing to expect"),
        ({"expect": {"count": ["sheep", 1]}}, "nothing to count"),
    ],
)
def test_a_failed_step_tells_which(play: Play, step: dict[str, Any], words: str) -> None:
    result = play({"wait": 0}, step, {"shot": "never"})
    assert result["failed"].startswith("step 2 (")
    assert words in result["failed"]
    assert result["screenshots"] == []


def test_an_expectation_waits_and_then_tells_what_is_there(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.tour.EXPECTED", 0.6)
    result = play({"expect": {"label": ["p.h5#1", "3"]}})
    assert "p.h5#1 is labelled '1', not '3'" in result["failed"]
    assert "there is no sample" in play({"expect": {"label": ["gone", "3"]}})["failed"]
    assert "curate" in play({"expect": {"page": "map"}})["failed"]
    assert "not 'Banana'" in play({"expect": {"text": ["topbar.project", "Banana"]}})["failed"]


def test_our_own_fault_ends_the_tour_too(play: Play, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    def broken(self: Tour, value: Any) -> None:
        raise RuntimeError("deleted")

    monkeypatch.setattr(Tour, "_do_shot", broken)
    with qtbot.captureExceptions() as raised:
        result = play({"wait": 0}, {"shot": "one"})
    assert result["failed"] == "step 2 (shot: one): our own fault, deleted"
    assert len(raised) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- wait idle", "step 1"),
        ("- key: A\n- jump: high", "step 2"),
        ("- {key: A, type: b}", "step 1"),
        ("key: A", "a tour is a list"),
        ("- [", "no YAML"),
        ("- wait: {seconds: 2}", "step 1: wait takes idle, run, seconds"),
        ("- click: {at: [1, 2]}", "step 1: click takes a control"),
        ("- click: {in: list, at: [1]}", "step 1: click takes a control"),
        ("- drag: {in: list, from: [1, 2]}", "step 1: drag takes"),
        ("- key: A\n- expect: {label: sample}", "step 2: expect takes"),
        ("- size: large", "step 1: size takes width x height"),
        ("- key: [A]", "step 1: key takes a word"),
    ],
)
def test_a_file_that_is_no_tour_is_refused(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "tour.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(UserError, match=words):
        read_tour(file)


def test_a_missing_tour_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such tour"):
        read_tour(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xb2\xff")
    with pytest.raises(UserError, match="can't be read as text"):
        read_tour(tmp_path / "binary.yaml")


def gui(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "WINNOW_CONFIG": str(folder), "WINNOW_STATE": str(folder)}
    command = [sys.executable, "-m", "app.cli", "gui", *map(str, arguments)]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_verb_plays_a_tour_and_ends(columns: Path, tmp_path: Path) -> None:
    tour = tmp_path / "tour.yaml"
    tour.write_text("- wait: idle\n- key: Down\n- key: '3'\n- wait: idle\n- shot: end\n", "utf-8")
    done = gui(columns, "--tour", tour, "--out", tmp_path / "o", "--json", "--size", "1300x800", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [step["step"] for step in result["steps"]][1] == "key: Down"
    assert result["screenshots"] == [str(tmp_path / "o" / "end.png")]
    assert QImage(result["screenshots"][0]).width() == 1300
    assert "Traceback" not in done.stderr


def test_the_verb_ends_with_one_and_one_line_when_a_step_fails(columns: Path, tmp_path: Path) -> None:
    tour = tmp_path / "tour.yaml"
    tour.write_text("- wait: idle\n- click: nowhere\n", "utf-8")
    done = gui(columns, "--tour", tour, "--out", tmp_path / "o", "--json", folder=tmp_path)
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("winnow: ")
    assert "step 2" in lines[0]
    assert "nowhere" in lines[0]


def test_labels_of_a_tour_are_kept(play: Play) -> None:
    result = play({"key": "Down"}, {"key": "Shift+Down"}, {"key": "Shift+Down"}, {"key": "3"}, {"wait": "idle"})
    found = labels_of(result["window"].session)
    assert [found[f"p.h5#{row}"] for row in (0, 1, 2, 3, 4)] == ["0", "3", "3", "3", "0"]
