"""A crash becomes a report that the next start shows; nothing is sent, nothing is lost."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.trouble import MANY, Trouble, log, start_log
from app.window import Window
from tests.app.desk import click, control, make_session, settle, take_keyboard

ROOT = Path(__file__).parents[2]


@pytest.fixture
def trouble(tmp_path: Path) -> Iterator[Trouble]:
    before = sys.excepthook
    made = Trouble(tmp_path)
    made.install()
    yield made
    made.close()
    sys.excepthook = before


def test_an_exception_is_kept_and_told(trouble: Trouble) -> None:
    told: list[str] = []
    trouble.tell = told.append
    try:
        raise ValueError("seven")
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert told == ["ValueError: seven"]
    report = trouble.waiting()[0].read_text("utf-8")
    assert report.startswith("Winnow on ")
    assert 'raise ValueError("seven")' in report


def test_what_fails_again_and_again_is_reported_once(trouble: Trouble) -> None:
    told: list[str] = []
    trouble.tell = told.append
    for _ in range(300):
        try:
            raise ValueError("while painting")
        except ValueError as error:
            sys.excepthook(type(error), error, error.__traceback__)
    for number in range(300):
        sys.excepthook(KeyError, KeyError(number), None)
    assert told[:2] == ["ValueError: while painting", "KeyError: 0"]
    assert len(trouble.waiting()) == len(told) == MANY


def test_reports_are_shown_once(trouble: Trouble) -> None:
    trouble.keep("first")
    trouble.keep("second")
    assert len(trouble.waiting()) == 2
    assert "second" in trouble.waiting()[0].read_text("utf-8")
    trouble.seen()
    assert trouble.waiting() == []
    assert len(list((trouble.folder / "seen").iterdir())) == 2


def test_interrupting_is_no_crash(trouble: Trouble, capsys: pytest.CaptureFixture[str]) -> None:
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert trouble.waiting() == []
    assert "KeyboardInterrupt" in capsys.readouterr().err


def test_a_clean_end_leaves_nothing(tmp_path: Path) -> None:
    made = Trouble(tmp_path)
    made.install()
    made.close()
    assert made.waiting() == []
    assert list(made.folder.iterdir()) == []


def test_what_kills_the_process_is_reported_at_the_next_start(tmp_path: Path) -> None:
    code = (
        f"import sys, faulthandler; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path\nfrom app.trouble import Trouble\n"
        f"Trouble(Path({str(tmp_path)!r})).install()\nfaulthandler._sigsegv()"
    )
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ}, capture_output=True, check=False)
    assert done.returncode < 0
    reports = Trouble(tmp_path).waiting()
    assert len(reports) == 1
    assert "Segmentation fault" in reports[0].read_text("utf-8")


def test_the_log_is_written_to_the_state_folder(tmp_path: Path) -> None:
    path = start_log(tmp_path)
    try:
        logging.getLogger("winnow").warning("a warning")
        assert "WARNING winnow a warning" in path.read_text("utf-8")
    finally:
        for handler in list(log.handlers):
            if getattr(handler, "baseFilename", "") == str(path):
                log.removeHandler(handler)
                handler.close()


def test_a_crash_is_shown_at_the_next_start(tmp_path: Path, qtbot: QtBot, dressed: object) -> None:
    trouble = Trouble(tmp_path)
    trouble.keep("Traceback\nValueError: seven")
    window = Window(make_session(tmp_path), trouble)
    with qtbot.waitExposed(window):
        window.show()
    take_keyboard(qtbot, window)
    window.begin(None)
    assert "ValueError: seven" in control("notice").accessibleName()
    window.run_command("help.crash")
    qtbot.waitUntil(lambda: control("crash.text").isVisible(), timeout=30_000)
    assert "ValueError: seven" in control("crash.text").toPlainText()
    click(qtbot, "crash.ok")
    assert trouble.waiting() == []
    assert not window.commands.run("help.crash")
    settle(qtbot, window)
    window.close()
