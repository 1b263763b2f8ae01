"""A window that labels by key events and trains until it is killed; says each label that was kept.

Run as a script by the kill tests: ``killed_window.py ROOT PROJECT SEED``. Lines: ``ready POSITION``,
``child PID``, ``label POSITION SAMPLE CLASS``, ``failed WORDS`` and ``trained RUN``.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path


def say(*words: object) -> None:
    """One line, at once, in one write."""
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def main(root: str, project: str, seed: int) -> None:
    """Open, train in a row, label without end."""
    sys.path.insert(0, root)
    from PySide6.QtCore import QTimer

    from app.gui import make_application, make_window
    from app.settings import Settings
    from app.tour import press

    app = make_application()
    settings = Settings(Path(project).parent / "settings.json")
    settings.set("curator", "ann")
    settings.set("train", {project: {"recipe": "mlp", "preset": "Defaults", "values": {"epochs": "150"}}})
    window = make_window(app, settings, "light")
    session = window.session
    chance = random.Random(seed)
    window.show()
    window.activateWindow()
    window.begin(Path(project))
    jobs = session.jobs
    jobs.failed.connect(lambda ticket, text, trace: say("failed", text.replace("\n", " ")))
    told, within = [0], [False]

    def train() -> None:
        if jobs.running is None:
            window.run_command("train.start")
            window.show_page("curate")
        pid = getattr(jobs.host, "pid", None)
        if pid and pid != told[0]:
            told[0] = pid
            say("child", pid)

    def label() -> None:
        # A key event lets timers run: a label within a label would be told before the one around it.
        if within[0]:
            return
        within[0] = True
        try:
            give_label()
        finally:
            within[0] = False

    def give_label() -> None:
        sample = session.sample_id(session.current)
        before = session.open_project.journal.position
        value = str(chance.randrange(4))
        press(window, value)
        position = session.open_project.journal.position
        if position > before:
            say("label", position, sample, value)
        if session.place >= len(session.order) - 1:
            session.go_to(int(session.order[0]))

    session.changed.connect(lambda change: type(change).__name__ == "RunsChanged" and say("trained", session.run))
    timers = []
    for act, wait in ((train, 100), (label, 5)):
        timer = QTimer()
        timer.timeout.connect(act)
        timer.start(wait)
        timers.append(timer)
    say("ready", session.open_project.journal.position)
    app.exec()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
