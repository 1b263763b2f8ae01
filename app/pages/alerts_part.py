"""The alerts of a project at the right of the dashboard: what was raised, who took note, and the rules behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from models.alert import EXAMPLE
from models.errors import UserError
from models.orders.alerting import Alert, Watched, alerts_of, rules_of
from widgets import numbers, theme, tokens
from widgets.alert_list import AlertCard, AlertList
from widgets.charts.timeline import clock_words
from widgets.parts.buttons import Button, PrimaryButton
from widgets.parts.header import PaneHeader
from widgets.parts.notice import IssuePanel
from widgets.parts.text import Text

if TYPE_CHECKING:
    from app.window import Window

HELP = (
    f"One rule a line: {EXAMPLE}; lpd > .5 for 10 min; burden seizure > 5 %; drift. "
    "They are held against each new run of this project."
)


class AlertsPart(QWidget):
    """Cards, or the rules in their place. `opened(alert)`: the place of one is wanted."""

    opened = Signal(object)

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.desk, self.session = window, window.session
        self.setProperty("ground", "panel")
        self.alerts: list[Alert] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.head = PaneHeader("Alerts", "")
        self.rules_button = Button("Rules", "faders", "What raises alerts, and where they are sent")
        self.rules_button.setObjectName("dashboard.rules")
        self.rules_button.setCheckable(True)
        self.rules_button.toggled.connect(self.show_rules)
        self.head.add_tool(self.rules_button, keep=True)
        self.stack = QStackedWidget()
        self.stack.addWidget(self._build_cards())
        self.stack.addWidget(self._build_rules())
        column.addWidget(self.head)
        column.addWidget(self.stack, 1)

    def _build_cards(self) -> QWidget:
        self.list = AlertList()
        self.list.setObjectName("dashboard.alerts")
        self.list.setAccessibleName("Alerts")
        self.list.opened.connect(self._open)
        self.list.selectionModel().selectionChanged.connect(lambda *_given: self._show_button())
        self.take = PrimaryButton("Acknowledge")
        self.take.setObjectName("dashboard.acknowledge")
        self.take.clicked.connect(self.acknowledge)
        foot = QHBoxLayout()
        foot.setContentsMargins(tokens.GUTTER, 6, tokens.GUTTER, 8)
        foot.addWidget(self.take)
        foot.addStretch(1)
        foot.addWidget(Text("kept in the journal", "caption", "text3"))
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.list, 1)
        column.addLayout(foot)
        return body

    def _build_rules(self) -> QWidget:
        self.text = QPlainTextEdit()
        self.text.setObjectName("dashboard.rule_text")
        self.text.setAccessibleName("Rules")
        self.text.setFont(theme.font("mono"))
        self.text.setTabChangesFocus(True)
        self.text.setPlaceholderText(EXAMPLE)
        self.hook = QLineEdit()
        self.hook.setObjectName("dashboard.webhook")
        self.hook.setAccessibleName("Webhook")
        self.hook.setPlaceholderText("https://… (none: nothing is sent)")
        self.trouble = IssuePanel("", "", "error", "error")
        self.trouble.setObjectName("dashboard.rule_trouble")
        self.trouble.hide()
        self.save = PrimaryButton("Keep rules")
        self.save.setObjectName("dashboard.keep_rules")
        self.save.clicked.connect(self.keep_rules)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(tokens.GUTTER, 8, tokens.GUTTER, 8)
        column.setSpacing(6)
        column.addWidget(Text(HELP, "caption", "text2", wrap=True))
        column.addWidget(self.text, 1)
        column.addWidget(self.trouble)
        words = "Sent to, for you on this machine, without names of patients"
        column.addWidget(Text(words, "caption", "text2", wrap=True))
        column.addWidget(self.hook)
        foot = QHBoxLayout()
        foot.addWidget(self.save)
        foot.addStretch(1)
        column.addLayout(foot)
        return body

    # What it shows

    def show_alerts(self, watched: Watched | None) -> None:
        """The alerts as they stand now. watched: the recordings, by which an alert is told where it lies."""
        project = self.session.open_project
        self.alerts = alerts_of(project)
        titles = {one.name: one.title for one in watched.courses} if watched is not None else {}
        cards = [AlertCard(one.name, _spoken(one.rule), self._words(one, titles), _who(one)) for one in self.alerts]
        rules = rules_of(project)
        empty = "Nothing was raised" if rules else "No rules yet: press Rules"
        self.list.set_cards(cards, empty)
        new = sum(not one.by for one in self.alerts)
        self.head.set_subtitle(f"{new} new" if new else numbers.plural(len(rules), "rule"))
        self._show_button()

    def _words(self, one: Alert, titles: dict[str, str]) -> str:
        where = titles.get(one.recording, one.recording)
        return f"{clock_words(one.start, None, exact=True)}, {one.words}, {where}"

    def _show_button(self) -> None:
        count = len(self.waiting())
        self.take.setText(f"Acknowledge {count}" if count else "Acknowledge")
        self.take.setEnabled(bool(count))

    def waiting(self) -> list[str]:
        """Of the chosen alerts those that nobody took note of yet; of all where none is chosen."""
        new = [one.name for one in self.alerts if not one.by]
        chosen = self.list.chosen()
        return [name for name in new if name in chosen] if chosen else new

    # What a person does

    def acknowledge(self) -> None:
        """Take note of the chosen ones, or of all that are new."""
        names = self.waiting()
        if names:
            self.session.acknowledge(names)

    def _open(self, name: str) -> None:
        self.opened.emit(next(one for one in self.alerts if one.name == name))

    def show_rules(self, on: bool) -> None:
        """The rules in place of the cards, or back."""
        self.rules_button.setChecked(on)
        self.stack.setCurrentIndex(1 if on else 0)
        self.trouble.hide()
        if on and self.session.project is not None:
            self.text.setPlainText("\n".join(rule.text for rule in rules_of(self.session.project)))
            self.hook.setText(self.desk.watching.webhook())
            self.text.setFocus()

    def keep_rules(self) -> None:
        """Check and keep what was written; then the rules are held against the shown run."""
        from models.orders.webhook import check_url

        url = self.hook.text().strip()
        try:
            if url:
                check_url(url)  # before anything is kept
            self.session.set_alert_rules(self.text.toPlainText())
            self.desk.watching.set_webhook(url)
        except UserError as error:
            self.trouble.set_words("Not kept", str(error), "error", "error")
            self.trouble.show()
            return
        self.rules_button.setChecked(False)
        self.desk.watching.watch(self.session.run)


def _who(one: Alert) -> str:
    return f"{one.by}, {numbers.clock(one.when)}" if one.by and one.when else one.by


def _spoken(rule: str) -> str:
    """A rule as it is read: with the signs that people write."""
    words = rule.replace(">=", "≥").replace("<=", "≤")
    return words[:1].upper() + words[1:]
