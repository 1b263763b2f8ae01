"""Pages of an EDF in mne-qt-browser, in a process of its own that is ended when it takes too long.

With ten thousand annotations it draws for minutes: what it had told by then stays a figure, what it had not is at
least as long as it was waited for.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import numpy as np

#: What the first page is called among what is told.
FIRST = "first"


@dataclass(frozen=True)
class Browsed:
    """ms of what was drawn, by what it is: FIRST or the s of a page, and what went before.

    asked: what was to be told, in order. waited: ms after which the process was ended, None where it was not.
    """

    spent: dict[str, list[float]] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    waited: float | None = None

    def median(self, what: str) -> float | None:
        """ms of one thing; None where it was not told."""
        return float(np.median(self.spent[what])) if self.spent.get(what) else None

    def least(self, what: str) -> float | None:
        """ms that one thing took at least: the process was ended in it. None for any other."""
        begun = next((one for one in self.asked if not self.spent.get(one)), None)
        if self.waited is None or begun != what:
            return None
        return self.waited - sum(sum(times) for times in self.spent.values())


def there() -> bool:
    """Whether it is installed."""
    return find_spec("mne_qt_browser") is not None


def browse(path: Path, notes: int, widths: Sequence[int], count: int, limit: float) -> Browsed:
    """Open a recording with the first of so many annotations and jump to pages; limit: s for all of it."""
    task = json.dumps({"path": str(path), "notes": notes, "widths": list(widths), "count": count})
    command = [sys.executable, "-c", f"from benchmarks.browser import work; work({task!r})"]
    return heard(command, (FIRST, *map(str, widths)), limit)


def heard(command: Sequence[str], asked: tuple[str, ...], limit: float) -> Browsed:
    """What a process tells line by line until it ends, or is ended."""
    waited: float | None = None
    try:
        told = subprocess.run(
            command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, timeout=limit, check=True
        ).stdout
    except subprocess.TimeoutExpired as late:
        told, waited = late.stdout or b"", limit * 1000
    spent: dict[str, list[float]] = {}
    for line in told.decode().splitlines():
        what, _, value = line.partition(" ")
        spent.setdefault(what, []).append(float(value))
    return Browsed(spent, asked, waited)


def work(task: str) -> None:
    """In the process: tell the first page and each jump as soon as it is drawn."""
    began = time.perf_counter()
    import mne
    from PySide6.QtWidgets import QApplication

    from benchmarks.recording import regions
    from benchmarks.traces import SIZE

    given = json.loads(task)
    app = QApplication.instance() or QApplication([])
    mne.set_log_level("ERROR")
    _tell("loading", began)
    began = time.perf_counter()
    raw = mne.io.read_raw_edf(given["path"], preload=False)
    seconds = int(raw.times[-1])
    some = regions(seconds)[: given["notes"]]
    starts, lengths, texts = ([getattr(one, part) for one in some] for part in ("start", "seconds", "text"))
    raw.set_annotations(mne.Annotations(starts, lengths, texts))
    with mne.viz.use_browser_backend("qt"):
        browser = raw.plot(n_channels=len(raw.ch_names), duration=10, show=False, precompute=False, scalings=60e-6)
    browser.resize(*SIZE)
    browser.show()
    app.processEvents()
    _tell(FIRST, began)
    rng = np.random.default_rng(1)
    for width in given["widths"]:
        for number in range(given["count"] + 1):
            start = float(rng.random() * (seconds - width))
            began = time.perf_counter()
            browser.mne.plt.setXRange(start, start + width, padding=0)
            app.processEvents()
            _tell(str(width) if number else f"warming-{width}", began)
    browser.close()


def _tell(what: str, began: float) -> None:
    print(what, (time.perf_counter() - began) * 1000, flush=True)
