"""The wait for a queue that needs models which never saw the labels they judge: how far it is, and a way out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import isValid

from models.job import Progress
from widgets import numbers
from widgets.parts.bars import Bar
from widgets.parts.notice import Note, Notice
from widgets.parts.text import Text

if TYPE_CHECKING:
    from app.window import Window

CANCEL = ("queue.cancel", "Cancel")
#: A queue that is not there after so many ms is told to be under way.
SOON_MS = 1500


class QueueWait:
    """Stands in the status line from the first fold on, and opens as a card; nothing shows for a queue that is ready.

    name: of the queue. run: what is trained again, on parts of its labels.
    """

    def __init__(self, window: Window, name: str, run: str) -> None:
        self.desk = window
        self.name, self.run = name, run
        self.part = 0.0
        self._fold, self._folds = 0, 0
        self._begun = 0.0
        self._notice: Notice | None = None
        self._passing: Notice | None = None
        self._closed = False

    def tell_slow(self) -> None:
        """Say that it is under way, where nothing else says so yet."""
        if not self._closed and self._notice is None:
            told = f"{self.name} is being made: the model and its samples are read first."
            self._passing = self.desk.notices.say(Note(told, "info", actions=(CANCEL,)))

    def take(self, progress: Progress) -> None:
        """One step of the order: a fold begins, or goes on."""
        if "fold" in progress.values:
            self._fold, self._folds = int(progress.values["fold"]), int(progress.values["folds"])
            self.part = (self._fold - 1) / self._folds
            if self._notice is None:
                self._open()
        elif self._fold and progress.total:
            # What a fold is scored and predicted in counts from zero again: it goes on, never back.
            within = 0.9 * min(progress.done / progress.total, 1.0)
            self.part = max(self.part, (self._fold - 1 + within) / self._folds)
        self._tell()

    def close(self) -> None:
        """The queue is there, or will not come."""
        self._closed = True
        for notice in (self._notice, self._passing):
            if notice is not None and isValid(notice):
                self.desk.notices.drop(notice)
        self._notice = self._passing = None

    def words(self) -> str:
        """``Label issues: fold 2 of 5, 34 %``."""
        return f"{self.name}: fold {self._fold} of {self._folds}, {100 * self.part:.0f} %"

    def _open(self) -> None:
        self._begun = time.monotonic()
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._bar, self._left = Bar(0.0, "accent"), Text("", "body", "text2")
        self._left.setObjectName("queue.left")
        column.addWidget(self._bar)
        column.addWidget(self._left)
        gain = (
            f"{self.run} is trained again on {self._folds} parts of its labels, so that each label is judged by a model"
        )
        gain += " that never saw it. This is kept: the next queue of this run opens at once."
        self._notice = self.desk.notices.say(Note(gain, "info", self.words(), (CANCEL,), stays=True), body, aside=True)
        told = f"{self.name} waits for {self._folds} trainings: no label is judged by a model that learnt from it."
        self._passing = self.desk.notices.say(Note(told, "info", actions=(CANCEL,)))

    def _tell(self) -> None:
        if self._notice is None or not isValid(self._notice):
            return
        self._notice.set_title(self.words())
        self._bar.set_part(self.part)
        left = (time.monotonic() - self._begun) * (1 - self.part) / self.part if self.part > 0.05 else None
        self._left.setText(f"about {numbers.duration(left)} left" if left is not None else "")
