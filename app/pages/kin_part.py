"""The part of the label panel on the group of the shown sample: its other samples, and what is said of all of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.commands import Command
from app.names import short_groups
from app.nouns import group_noun, groups_title, sample_noun
from app.pages.votes_part import HIDDEN
from models.change import Rows
from models.sample import Samples
from widgets import numbers, tokens
from widgets.kin_rows import Kin, KinRows
from widgets.parts.buttons import LinkButton, ToolButton
from widgets.parts.header import PaneHeader
from widgets.parts.text import ElidedText, Rule

if TYPE_CHECKING:
    from app.window import Window

#: Samples that are shown at most, and in a low window.
MOST, FEW = 6, 3
#: Why nothing is told of what a run says of a sample, by the part that it had in the run.
_NOT_TOLD = {"train": "learnt from", "val": "validation"}


class KinPart(QWidget):
    """Only of domains that say that the samples of a group are judged together (`Domain.together`)."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.desk, self.session = window, window.session
        self.head = PaneHeader("", "", rule=False)
        self.whole = ToolButton("people", "Label all of them as this one", key="Shift+G")
        self.whole.setObjectName("label.kin_whole")
        self.whole.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard with the list
        self.whole.clicked.connect(lambda: window.run_command("kin.label"))
        self.head.add_tool(self.whole, keep=True)
        self.rows = KinRows()
        self.rows.setObjectName("label.kin")
        self.rows.row_asked.connect(self.session.go_to)
        self.said = ElidedText("", "body", "text2")
        self.said.setObjectName("label.kin_said")
        self.all = LinkButton("")
        self.all.setObjectName("label.kin_all")
        self.all.clicked.connect(lambda: window.run_command("page.groups"))
        self._low = False
        self._known: tuple[Samples | None, npt.NDArray[np.int64], list[str]] = (None, np.zeros(0, np.int64), [])
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setContentsMargins(tokens.GUTTER, 2, 6, 4)
        foot.addWidget(self.said, 1)
        foot.addWidget(self.all)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.rows)
        column.addLayout(foot)
        column.addWidget(Rule())

    def commands(self) -> list[Command]:
        """Going about the group of the shown sample, and labelling all of it."""

        def several() -> bool:
            return self._offered() and len(self.group()) > 1

        def labelled() -> bool:
            return several() and int(self.session.places()[self.session.current]) >= 0

        def noun() -> str:
            return group_noun(self.session) if self.session.project is not None else "group"

        on, section = ("curate",), "Label"
        return [
            Command("kin.next", lambda: f"Next of the same {noun()}", lambda: self.step(1), ("Alt+Down",), "View",
                    several, on, "down"),
            Command("kin.previous", lambda: f"Previous of the same {noun()}", lambda: self.step(-1), ("Alt+Up",),
                    "View", several, on),
            Command("kin.label", lambda: f"Label the whole {noun()} as this one", self.label_all, ("Shift+G",),
                    section, labelled, on, "people"),
        ]  # fmt: skip

    def _offered(self) -> bool:
        session = self.session
        return session.project is not None and session.current >= 0 and bool(session.open_domain.together)

    # What it knows

    def _codes(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        """The group of each sample and the short names of groups; gathered once for the same samples."""
        samples = self.session.open_project.samples
        if self._known[0] is not samples:
            codes, names = samples.group_codes()
            self._known = (samples, codes, short_groups([name or "" for name in names]))
        return self._known[1], self._known[2]

    def group(self) -> Rows:
        """The samples of the shown one's group that are there, in the order of the project."""
        codes, _names = self._codes()
        rows: Rows = np.flatnonzero(
            (codes == codes[self.session.current]) & self.session.open_project.journal.fold.live
        )
        return rows

    # What it shows

    def show_sample(self) -> None:
        """Tell of the shown sample's group."""
        session = self.session
        offered = self._offered()
        self.setVisible(offered)
        if not offered:
            return
        rows, row = self.group(), session.current
        codes, names = self._codes()
        noun, name = group_noun(session), names[codes[row]]
        self.head.set_title(f"{noun.capitalize()} {name}", numbers.plural(len(rows), sample_noun(session)))
        self.whole.setEnabled(len(rows) > 1 and int(session.places()[row]) >= 0)
        # Here and below, because few domains have groups to tell of: the start is spared what gathers them.
        from app.pages.group_data import held_out

        p = held_out(session, rows)
        self.rows.show_kin(self._kin(rows, p), tokens.propose_letters(session.classes))
        hidden = not session.revealed()[row]
        self.said.setText(HIDDEN if hidden else self._together(p))
        more = len(rows) - len(self.rows.kin())
        self.all.setText(f"All {numbers.count(len(rows))}" if more else groups_title(session))
        self.all.setToolTip(f"All of the {noun} side by side, on the page {groups_title(session)}")

    def _kin(self, rows: Rows, p: npt.NDArray[np.float32]) -> list[Kin]:
        """The samples around the shown one."""
        session = self.session
        here, most = int(np.searchsorted(rows, session.current)), FEW if self._low else MOST
        first = min(max(here - most // 2, 0), max(len(rows) - most, 0))
        at = slice(first, first + most)
        shorts = without_shared([session.short(int(row)) for row in rows[at].tolist()])
        labels, parts = session.places()[rows[at]], session.view.column("part")[rows[at]]
        flagged, seen = session.fold.flagged()[rows[at]], session.revealed()[rows[at]]
        return [
            Kin(
                row,
                name,
                int(labels[place]),
                int(said.argmax()) if np.isfinite(said).all() and len(said) else -1,
                float(said.max()) if len(said) else math.nan,
                _NOT_TOLD.get(str(parts[place]), "") if seen[place] else "",
                row == session.current,
                bool(flagged[place]),
            )
            for place, (row, name, said) in enumerate(zip(rows[at].tolist(), shorts, p[at], strict=True))
        ]

    def _together(self, told: npt.NDArray[np.float32]) -> str:
        """What the run says of all of the group, in words: of the class that it gives them, as in each line."""
        from app.pages.group_data import positive_of
        from models.learn.gathered import weigh

        session = self.session
        said = weigh(np.zeros(len(told), np.int64), 1, told, positive_of(session))
        if not said.said[0]:
            return "No held-out prediction" if session.run else "No run yet"
        of, model = int(said.of[0]), int(said.model[0])
        p, low, high = (float(figure[0]) for figure in (said.p, said.low, said.high))
        if model not in (of, -1):  # of two classes the other one is all that is left
            of, p, low, high = model, 1 - p, 1 - high, 1 - low
        # What rounds to 1 on all sides has no room to say so.
        reach = f" {numbers.bounds(low, high, 2)}" if math.isfinite(low) and low < 0.995 else ""
        return f"Together p of {session.class_title(session.classes[of])} {numbers.p(p)}{reach}"

    def fold(self, low: bool) -> None:
        """Tell whether there is too little room for more than a few."""
        if low != self._low:
            self._low = low
            if self.session.project is not None:
                self.show_sample()

    # What a person does

    def step(self, by: int) -> None:
        """Go to the next sample of the group, from the last to the first."""
        rows = self.group()
        here = int(np.searchsorted(rows, self.session.current))
        self.session.go_to(int(rows[(here + by) % len(rows)]))

    def label_all(self) -> None:
        """Give all of the group the label of the shown sample, in one act."""
        session, rows = self.session, self.group()
        place = int(session.places()[session.current])
        codes, names = self._codes()
        told = f"{numbers.plural(len(rows), sample_noun(session))} of {names[codes[session.current]]}"
        session.label(session.classes[place], rows, told)


def without_shared(names: list[str]) -> list[str]:
    """Names without the words that all begin with: the group's own name stands above them."""
    words = [name.split(" ") for name in names]
    while len(words) > 1 and all(len(one) > 1 for one in words) and len({one[0] for one in words}) == 1:
        words = [one[1:] for one in words]
    return [" ".join(one) for one in words]
