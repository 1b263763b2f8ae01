"""A window that is worked with until it is ended: labels, undo, filters, pages, queues, trainings.

Run as a script: ``soak_window.py ROOT PROJECT SEED SECONDS``. It says ``done N acts, M runs`` and ends with 0.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any


class Hands:
    """What a person does, one act at a time."""

    def __init__(self, window: Any, seed: int) -> None:
        from app.tour import press, write

        self.window = window
        self.session = window.session
        self.chance = random.Random(seed)
        self.press = partial(press, window)
        self.write = partial(write, window)
        self.acts = self.runs = 0
        self.weights: dict[Callable[[], object], int] = {
            self.label: 60,
            self.bulk: 3,
            self.note: 2,
            self.narrow: 4,
            self.arrange: 3,
            self.page: 6,
            self.palette: 2,
            self.train: 4,
            self.queue: 1,
            self.dress: 1,
        }
        keys = {"Down": 8, "Up": 4, "Ctrl+Z": 5, "Ctrl+Shift+Z": 3, "F": 2, ".": 2}
        self.weights |= {partial(self.press, key): weight for key, weight in keys.items()}

    def act(self) -> None:
        self.acts += 1
        self.chance.choices(list(self.weights), list(self.weights.values()))[0]()

    def curate(self) -> None:
        if self.window.page_name() != "curate":
            self.window.show_page("curate")

    def label(self) -> None:
        self.curate()
        self.press(str(self.chance.randrange(4)))
        order = self.session.order
        if self.session.place >= len(order) - 1 and len(order):
            self.session.go_to(int(order[0]))

    def bulk(self) -> None:
        self.curate()
        for key in ("Ctrl+A", str(self.chance.randrange(4)), "Ctrl+Z"):
            self.press(key)

    def note(self) -> None:
        self.curate()
        self.press("T")
        self.write("seen")
        self.press("Escape")

    def narrow(self) -> None:
        self.curate()
        self.session.filter(self.chance.choice(("noise > 0.03", "unlabelled", "", 'label == "1"', "conflict")))

    def arrange(self) -> None:
        self.session.sort(self.chance.choice(("cMax", "noise", "", "label")), bool(self.chance.getrandbits(1)))

    def page(self) -> None:
        pages = ("curate", "map", "train", "results", "data", "settings", "keys")
        self.window.show_page(self.chance.choice(pages))

    def palette(self) -> None:
        self.press("Ctrl+K")
        self.write("lab")
        self.press("Escape")

    def train(self) -> None:
        if self.session.jobs.running is None and not self.session.jobs.waiting():
            runs = self.session.open_project.runs.list()
            if len(runs) > 6:
                self.session.open_project.runs.delete(runs[-1].id, "ann")
                self.session.runs_changed()
            self.window.run_command("train.start")
            self.runs += 1

    def queue(self) -> None:
        if self.session.jobs.running is None and self.session.record() is not None:
            self.window.show_page("curate")
            self.window.run_command("queue.uncertainty")

    def dress(self) -> None:
        self.window.run_command(self.chance.choice(("view.dark", "view.light")))


def main(root: str, project: str, seed: int, seconds: float) -> int:
    """Work for so long; 1 when a job failed by our own fault."""
    sys.path.insert(0, root)
    from PySide6.QtCore import QTimer

    from app.gui import make_application, make_window
    from app.settings import Settings

    app = make_application()
    settings = Settings(Path(project).parent / "settings.json")
    settings.set("curator", "ann")
    settings.set("train", {project: {"recipe": "mlp", "preset": "Defaults", "values": {"epochs": "3"}}})
    window = make_window(app, settings, "light")
    window.show()
    window.activateWindow()
    window.begin(Path(project))
    faults: list[str] = []
    window.session.jobs.failed.connect(lambda ticket, text, trace: faults.append(trace) if trace else None)
    hands = Hands(window, seed)
    until = time.monotonic() + seconds

    def act() -> None:
        if time.monotonic() > until:
            timer.stop()
            window.close()
            app.quit()
            return
        hands.act()

    timer = QTimer()
    timer.setInterval(15)
    timer.timeout.connect(act)
    timer.start()
    app.exec()
    sys.stdout.write(f"done {hands.acts} acts, {hands.runs} runs {faults[:3]}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
