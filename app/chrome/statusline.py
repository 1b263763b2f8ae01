"""The line below every page: progress, pace, job, saved, device, who."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent

from widgets import numbers
from widgets.parts import status
from widgets.parts.notice import Note
from widgets.parts.status import StatusProgress, StatusText

#: Letters of a notice that was put aside.
ASIDE = 36
#: What stands on every page where brains of people are looked at.
USE = "Research use, no diagnosis"


class StatusLine(status.StatusLine):
    """Labelled of all with a bar, reviewed and pace; the job; saved, device, curator."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status")
        self.labelled = StatusProgress("label_bar", 110)
        self.pace = StatusText()
        self.job = StatusProgress("accent", 90)
        self.aside, self.saved, self.device, self.who = StatusText(), StatusText(), StatusText(), StatusText()
        self.use = StatusText(USE)
        self._clinical = False
        self.add(self.labelled)
        self.add(self.pace)
        self._rule = self.add_rule()
        self.add(self.job)
        for piece in (self.aside, self.use, self.saved, self.device, self.who):
            self.add(piece, right=True)
        self.job.words.set_clickable("Jobs: cancel, reorder")
        self.aside.set_clickable("Put aside: show it again")
        named = {"labelled": self.labelled, "pace": self.pace, "job": self.job, "aside": self.aside}
        for name, part in {
            **named,
            "use": self.use,
            "saved": self.saved,
            "device": self.device,
            "who": self.who,
        }.items():
            part.setObjectName(f"status.{name}")
        self.show_job("")
        self.show_aside([])

    def show_counts(self, labelled: int, total: int, reviewed: int, pace: float) -> None:
        """Tell how far the labelling is."""
        part = labelled / total if total else 0.0
        self.labelled.set_progress("Labelled", numbers.count(labelled), f"of {numbers.count(total)}", part)
        self.labelled.setVisible(total > 0)
        told = [f"{numbers.count(reviewed)} reviewed"] if reviewed else []
        if pace:
            told.append(f"{pace:.0f} a minute")
        self.pace.set_text(", ".join(told))

    def show_saved(self, words: str, icon: str = "saved", tone: str = "text2") -> None:
        """Tell whether all is written."""
        self.saved.set_text(words, icon=icon, tone=tone)

    def show_aside(self, notes: Sequence[Note]) -> None:
        """Tell what was put aside."""
        self.aside.setVisible(bool(notes))
        if notes:
            last = notes[-1]
            words = f"{len(notes)} notices" if len(notes) > 1 else _short(last.title or last.text)
            self.aside.set_text(words, icon=last.sign, tone=last.tone)
        self._fit()

    def show_use(self, clinical: bool) -> None:
        """Tell what the program is for, where there is room."""
        self._clinical = clinical
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Jobs and notices come first."""
        self.use.setVisible(self._clinical)
        if self._clinical:
            self._row.invalidate()
            self.use.setVisible(self._row.sizeHint().width() <= self.width())

    def show_job(self, words: str, part: float = 0.0, left: str = "", waiting: int = 0) -> None:
        """Tell the running job, "" for none."""
        tail = ", ".join(
            told for told in (f"{left} left" if left else "", f"{waiting} waiting" if waiting else "") if told
        )
        self.job.set_progress("", words, "", part, tail, "spinner")
        self.job.setVisible(bool(words))
        self._rule.setVisible(bool(words))
        self._fit()


def _short(words: str) -> str:
    """As much as the line has room for."""
    return words if len(words) <= ASIDE else words[: ASIDE - 1].rstrip() + "…"
