"""The in-process form: the same interface, the same endings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from models.errors import Cancelled, UserError
from models.job import Done, Ending, Failed, Stopped
from tests.workers.toys import job
from workers.host import Host
from workers.inline import Inline, run
from workers.ticket import Ticket


def test_run_gives_the_result_and_every_step() -> None:
    seen: list[int] = []
    assert run(job("count", to=3), lambda step: seen.append(step.done))["counted"] == 3
    assert seen == [1, 2, 3]
    assert run(job("numbers"))["pair"] == [1, None]


def test_run_raises_what_the_order_raises(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.h5"):
        run(job("wrong_file"))
    with pytest.raises(ZeroDivisionError):
        run(job("bug"))
    with pytest.raises(Cancelled):
        run(job("count", to=5), cancelled=lambda: True)
    calls: list[int] = []
    kept = run(job("keep", mark=str(tmp_path / "kept")), calls.append, lambda: len(calls) > 2)  # type: ignore[arg-type]
    assert kept == {"kept": 3}


def test_the_command_line_loads_no_qt() -> None:
    code = "import sys, workers.inline; sys.exit('PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0


def endings(line: Inline) -> dict[str, Ending | None]:
    found: dict[str, Ending | None] = {}
    for name, arguments in (("count", {"to": 2}), ("wrong_file", {}), ("bug", {})):
        ticket = line.ticket(job(name, **arguments))
        line.submit(ticket)
        found[name] = ticket.ending
    return found


def test_submit_is_over_when_it_returns(qtbot: QtBot) -> None:
    line = Inline()
    found = endings(line)
    assert isinstance(found["count"], Done)
    assert found["wrong_file"] == Failed("a.h5 is not an HDF5 file: choose another one.", "")
    assert isinstance(found["bug"], Failed)
    assert "in bug" in found["bug"].trace
    line.close()
    with pytest.raises(RuntimeError, match="closed"):
        line.submit(line.ticket(job("bug")))


def test_jobs_submitted_in_a_step_wait_and_can_be_moved(qtbot: QtBot) -> None:
    line = Inline()
    first, a, b, c = (line.ticket(job("count", to=3)) for _ in range(4))
    done: list[Ticket] = []
    for ticket in (first, a, b, c):
        ticket.ended.connect(lambda _, ticket=ticket: done.append(ticket))

    def step(progress: Any) -> None:
        if progress.done == 1:
            for ticket in (a, b, c):
                line.submit(ticket)
            line.reorder(c, 0)
            line.cancel(a)
            assert line.queue() == [c, b]
        line.cancel(first)

    first.progressed.connect(step)
    line.submit(first)
    assert done == [a, first, c, b]
    assert first.ending == Stopped(None)


def test_inline_and_host_have_one_interface() -> None:
    wanted = {name for name in vars(Inline) if not name.startswith("_")} - {"staticMetaObject"}
    assert wanted <= {name for name in dir(Host("cpu")) if not name.startswith("_")}
