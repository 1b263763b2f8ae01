"""The part of the label panel on how well the shown sample was recorded: each measure, and what is wrong."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.flaws import checks_of
from app.session import Session
from widgets import numbers
from widgets.checks import CheckRows
from widgets.parts.buttons import ToolButton
from widgets.parts.header import PaneHeader
from widgets.parts.text import Rule

#: The setting that keeps whether all measures stand there where the window is low.
UNFOLDED = "quality_unfolded"


class QualityPart(QWidget):
    """Measures that the domain names (`Domain.checks`); where the window is low only the bad ones unless asked."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.head = PaneHeader("Quality", "", rule=False)
        self.all = ToolButton("details", "All measures", True)
        self.all.setObjectName("label.quality_all")
        self.all.setChecked(bool(session.settings.get(UNFOLDED, False)))
        self.all.clicked.connect(self._unfold)
        self.head.add_tool(self.all)
        self.head.offer(self.all, False)
        self.rows = CheckRows()
        self.rows.setObjectName("label.quality")
        self._row, self._low = -1, False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.head, self.rows, Rule()):
            column.addWidget(part)
        self.hide()

    def show_sample(self, row: int) -> None:
        """Tell of a row; of one that was not measured, and in a domain without measures, nothing at all."""
        self._row = row
        session = self.session
        checks = checks_of(session, row) if row >= 0 and session.open_domain.checks else []
        bad = [check for check in checks if check.flaw]
        self.setVisible(bool(checks))
        well = f"{len(checks) - len(bad)} of {numbers.count(len(checks))} well"
        self.head.set_subtitle(well if checks else "")
        self.head.offer(self.all, self._low and len(bad) < len(checks))
        self.rows.show_rows(bad if self._low and not self.all.isChecked() else checks)

    def fold(self, low: bool) -> None:
        """Tell whether there is too little room for what is well."""
        if low != self._low:
            self._low = low
            if self.session.project is not None:
                self.show_sample(self._row)

    def _unfold(self) -> None:
        self.session.settings.set(UNFOLDED, self.all.isChecked())
        self.show_sample(self._row)
