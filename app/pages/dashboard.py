"""The dashboard: recordings as a run sees them, what the run is worth, the training, alerts, the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.ask import export_patient
from app.chrome.statusline import USE
from app.commands import Command
from app.pages.alerts_part import AlertsPart
from app.pages.page import Page
from app.pages.patient_data import part_ranks, seconds_of_day, show, telling_most
from app.pages.patient_part import PatientPart
from app.pages.results_figures import FigurePane
from app.pages.run_scores import Scores
from app.pages.score_part import ScorePart
from app.pages.service_part import ServicePart
from app.pages.training_part import TrainingPart
from models.change import Change, LabelsChanged, RunsChanged, RunShown, SamplesChanged
from models.course import Course
from models.orders.alerting import Alert, Watched, episode_rule, watched
from models.orders.scores import PARTS
from models.payload import Recording, Spectrogram
from models.store.runs import RunRecord
from widgets.parts.buttons import Button, ToolButton
from widgets.parts.combo import LabelledCombo
from widgets.parts.header import PaneHeader
from widgets.parts.segments import SegmentedButtons
from widgets.parts.splitter import Splitter
from widgets.parts.states import EmptyState
from widgets.parts.text import Rule, Text
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

PATIENT, MODEL, TRAINING = "patient", "model", "training"
TABS = ((PATIENT, "Patient", ""), (MODEL, "Model", ""), (TRAINING, "Training", ""))
#: The setting that keeps which recording of a project was shown.
KEPT = "dashboard"
#: Widths of the right side, and of the window from which on it is the wide one.
WIDE, SLIM, NARROW = 400, 320, 1400


class DashboardPage(Page):
    """Patient, model or training at the left; alerts, service and machine at the right."""

    name = "dashboard"
    title = "Dashboard"
    tells_use = True

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.reader = Reader(threads=1, count=16, parent=self)
        self.reader.arrived.connect(self._came)
        self.reader.failed.connect(self._failed)
        self.watched: Watched | None = None
        self.learnt = np.zeros(0, bool)
        self.ranks = np.zeros(0, np.int64)
        self.course: Course | None = None
        self.scores = Scores()
        self._wanted = ""
        self._asked: Any = None
        self._payload_asked: Any = None
        self._clock: dict[str, float | None] = {}
        self._alert: Alert | None = None
        column = self.build_body(EmptyState("", "", "chart"))
        self.empty.action_asked.connect(lambda _key: window.show_page("train"))
        column.addWidget(self._build_head())
        row = QHBoxLayout()
        row.setSpacing(0)
        column.addLayout(row, 1)
        self._build_parts()
        row.addWidget(self.parts, 1)
        row.addWidget(Rule(upright=True))
        row.addWidget(self.right)
        window.watching.ended.connect(lambda _told: self._show_alerts())

    # Building

    def _build_head(self) -> QWidget:
        self.head = PaneHeader("", "", tall=True, mono=True)
        self.use = Text(USE, "body", "text2")
        self.use.setObjectName("dashboard.use")
        self.tabs = SegmentedButtons(TABS, "Shown")
        self.tabs.setObjectName("dashboard.tabs")
        self.tabs.chosen.connect(lambda _name: self._show_part())
        self.patient = LabelledCombo("Patient", [], "Whose recordings are shown")
        self.patient.setObjectName("dashboard.patient_choice")
        self.patient.chosen.connect(self._choose_patient)
        self.recording = LabelledCombo("Recording", [], "The recording that is shown")
        self.recording.setObjectName("dashboard.recording")
        self.recording.chosen.connect(self._choose_recording)
        for combo in (self.patient, self.recording):
            combo.setMaximumWidth(200)
        self.before = ToolButton("back", "Recording before")
        self.before.setObjectName("dashboard.before")
        self.before.clicked.connect(lambda: self.step(-1))
        self.after = ToolButton("forward", "Next recording")
        self.after.setObjectName("dashboard.after")
        self.after.clicked.connect(lambda: self.step(1))
        self.report = Button("Report…", "export", "A report of this patient as one file, HTML or PDF")
        self.report.setObjectName("dashboard.report")
        self.report.clicked.connect(self.ask_report)
        for tool in (self.report, self.patient, self.recording, self.before, self.after):
            self.head.add_tool(tool)
        self.head.add_tool(self.use, keep=True)
        self.head.add_tool(self.tabs, keep=True)
        return self.head

    def _build_parts(self) -> None:
        self.parts = QStackedWidget()
        self.patient_part = PatientPart(self.desk)
        self.patient_part.rule_changed.connect(self._show_course)
        self.parts.addWidget(self.patient_part)
        self.model_part = Splitter()
        self.score = ScorePart(self.desk, "dashboard")
        self.score.part_chosen.connect(self._choose_score)
        self.figures = FigurePane(self.desk, self.reader, ".dashboard", "roc")
        self.model_part.addWidget(self.score)
        self.model_part.addWidget(self.figures)
        self.model_part.setSizes([560, 560])
        self.parts.addWidget(self.model_part)
        self.training_part = TrainingPart(self.desk)
        self.parts.addWidget(self.training_part)
        self.alerts = AlertsPart(self.desk)
        self.alerts.opened.connect(self.open_alert)
        self.service = ServicePart(self.desk)
        self.right = QWidget()
        self.right.setProperty("ground", "panel")
        column = QVBoxLayout(self.right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.alerts, 1)
        column.addWidget(Rule())
        column.addWidget(self.service)
        self.right.setFixedWidth(WIDE)

    def commands(self) -> list[Command]:
        on, part = (self.name,), self.patient_part

        def chosen() -> bool:
            return part.place >= 0

        def shown() -> bool:
            return self.course is not None

        return [
            Command("alerts.acknowledge", "Acknowledge alerts", self.alerts.acknowledge, ("A",), "Dashboard",
                    lambda: bool(self.alerts.waiting()), on, "bell"),
            Command("alerts.rules", "Rules for alerts", lambda: self.alerts.show_rules(True), (), "Dashboard",
                    lambda: self.session.project is not None, on, "faders"),
            Command("episode.open", "Open the traces of the episode", part.open_episode, (), "Dashboard", chosen, on,
                    "chart"),
            Command("episode.next", "Next episode", lambda: part.step(1), (".",), "Dashboard", chosen, on, "right"),
            Command("episode.before", "Episode before", lambda: part.step(-1), (",",), "Dashboard", chosen, on, "left"),
            Command("patient.report", "Report of the patient…", self.ask_report, (), "Dashboard", shown, on, "export"),
        ]  # fmt: skip

    # What it stands on

    def opened(self) -> None:
        self.reader.forget()
        self.figures.forget()
        self.service.forget()
        self.watched, self.course, self._asked, self._payload_asked = None, None, None, None
        self._clock.clear()
        self.alerts.show_rules(False)
        self.patient_part.forget()

    def outdated(self) -> None:
        self._asked = None

    def refresh(self) -> None:
        session = self.session
        if session.project is None or session.open_domain.watch is None:
            return
        record = session.record() or next(iter(session.project.runs.list()), None)
        if record is not None and session.blind:
            self._say("You vote blind here", "What the model says is hidden from you until you show it again.", False)
        elif record is None:
            self._say("No run yet", "Train a model; what it says along each recording stands here.", True)
        else:
            if not session.run:
                session.show_run(record.id)
            self.stack.setCurrentIndex(1)
            self._ask(record)
            self._show_part()
            self._show_alerts()

    def _say(self, title: str, words: str, train: bool) -> None:
        self.empty.set_state(title, words, "chart", [("train", "Train")] if train else [])
        self.stack.setCurrentIndex(0)

    def _ask(self, record: RunRecord) -> None:
        """Have the run's word on all recordings read beside the window."""
        samples, kind = self.session.open_project.samples, self.session.open_domain
        key = ("watched", record.id, len(samples), id(samples.live))
        if key == self._asked:
            self._show_course()
            return
        self._asked = key

        def read() -> tuple[Watched, Any]:
            kept = record.predictions()
            rows, index = kept.rows(samples)
            parts = np.full(len(samples), "", object)
            parts[rows] = kept.part[index]
            return watched(samples, kind, record), parts

        self.reader.ask(key, read, "watched")

    def _came(self, key: Any, found: Any) -> None:
        if key == self._asked:
            self.watched, parts = found
            self.learnt, self.ranks = np.asarray(parts == "train", bool), part_ranks(parts)
            self._choose_first()
            self._show_alerts()
        elif key == self._payload_asked:
            self._show_payloads(key[1], found)

    def _failed(self, key: Any, error: Exception) -> None:
        if key == self._asked:
            self._say("Nothing can be told of this run", str(error), False)
        elif key == self._payload_asked:
            self._show_payloads(key[1], ())

    def busy(self) -> bool:
        waits = self._asked is not None and self.watched is None and self.stack.currentIndex() == 1
        return bool(waits or self.figures.busy() or self.desk.watching.running)

    def follow(self, change: Change) -> None:
        if isinstance(change, RunShown | RunsChanged | SamplesChanged):
            self.refresh()
        elif isinstance(change, LabelsChanged):
            self.patient_part.show_table()
            self._show_alerts()

    # Which recording

    def _courses(self, group: str = "") -> list[Course]:
        every = list(self.watched.courses) if self.watched is not None else []
        return [one for one in every if one.group == group] if group else every

    def _choose_first(self) -> None:
        """The recording that was shown last, else the one where the run's word is nearest to a test."""
        every = self._courses()
        kept = self.session.settings.get(KEPT, {}).get(str(self.session.open_project.path), "")
        wanted = self.course.name if self.course is not None else kept
        found = next((one for one in every if one.name == wanted), None)
        self.patient.set_choices(list(dict.fromkeys(one.group for one in every)))
        self.show_course(found or telling_most(every, self.ranks))

    def show_course(self, course: Course | None) -> None:
        """Show a recording."""
        self.course = course
        if course is not None:
            self.patient.set_value(course.group)
            self.recording.set_choices([(one.title, one.name) for one in self._courses(course.group)])
            self.recording.set_value(course.name)
            kept = {**self.session.settings.get(KEPT, {}), str(self.session.open_project.path): course.name}
            self.session.settings.set(KEPT, kept)
        self._show_course()

    def _choose_patient(self, group: Any) -> None:
        self.show_course(next(iter(self._courses(str(group))), None))

    def _choose_recording(self, name: Any) -> None:
        self.show_course(next((one for one in self._courses() if one.name == name), None))

    def step(self, by: int) -> None:
        """To the recording before or after this one, over all patients."""
        every = self._courses()
        names = [one.name for one in every]
        if self.course is not None and self.course.name in names:
            self.show_course(every[min(max(names.index(self.course.name) + by, 0), len(every) - 1)])

    def _show_course(self) -> None:
        course, kind = self.course, self.session.open_domain
        if course is None or self.watched is None or kind.watch is None:
            self.head.set_title("", "no recording" if self.watched is not None else "")
            return
        record = self.session.record()
        run = f"{record.title} {record.recipe}" if record is not None else ""
        self.head.set_title(course.title, f"patient {course.group} · {run}")
        rule = episode_rule(self.session.open_project)
        shown = show(self.watched, course, kind.watch, rule, self._clock.get(course.name))
        self.patient_part.show_recording(shown, self.learnt[course.rows])
        self._ask_payload()

    def _ask_payload(self) -> None:
        """Read the spectrogram of the recording and its clock once."""
        course = self.course
        if course is None or not len(course.rows):
            return
        row = self.patient_part.wanted_row()
        row = row if row >= 0 else int(course.rows[0])
        if self._payload_asked == ("payload", row) or (self._payload_asked or (0, -1))[1] in course.rows:
            return
        domain, samples = self.session.open_domain, self.session.open_project.samples
        self._payload_asked = ("payload", row)
        self.reader.ask(self._payload_asked, lambda: domain.load(samples, row), "payload")

    def _show_payloads(self, row: int, payloads: Any) -> None:
        course = self.course
        if course is None or row not in course.rows:
            return
        clock = next((one.clock for one in payloads if isinstance(one, Recording)), "")
        known = course.name in self._clock
        self._clock[course.name] = seconds_of_day(clock)
        self.patient_part.show_payload(row, next((one for one in payloads if isinstance(one, Spectrogram)), None))
        if not known:
            self._show_course()

    # The other parts

    def _show_part(self) -> None:
        which = self.tabs.value()
        patient = which == PATIENT
        self.parts.setCurrentIndex([name for name, *_rest in TABS].index(which))
        for tool in (self.patient, self.recording, self.before, self.after, self.report):
            self.head.offer(tool, patient)
        record = self.session.record()
        if which == MODEL and record is not None:
            score = self.scores.of(record, self._wanted)
            metrics = dict(score.metrics)
            self.score.show_score(record, score.part, metrics, PARTS.get(score.part, ""))
            self.figures.show_run(record, score.part, metrics)
        elif which == TRAINING:
            self.training_part.redraw()

    def _choose_score(self, part: str) -> None:
        self._wanted = part
        self._show_part()

    def _show_alerts(self) -> None:
        if self.session.project is not None and self.session.open_domain.watch is not None:
            self.alerts.show_alerts(self.watched)

    # What a person does

    def open_alert(self, alert: Alert) -> None:
        """The recording of an alert, and the episode at its time."""
        course = next((one for one in self._courses() if one.name == alert.recording), None)
        if course is None:
            return
        self.tabs.set_value(PATIENT)
        self._show_part()
        self.show_course(course)
        shown = self.patient_part.shown
        episodes = shown.episodes if shown is not None else ()
        near = [place for place, one in enumerate(episodes) if one.start < alert.stop and alert.start < one.stop]
        if near:
            self.patient_part.choose(near[0])

    def ask_report(self) -> None:
        """Where the report of the shown patient is written."""
        if self.course is not None:
            export_patient(self.desk, self.course.group)

    def step_back(self) -> bool:
        if self.tabs.value() == MODEL and self.score.step_back():
            return True
        if self.alerts.rules_button.isChecked():
            self.alerts.show_rules(False)
            return True
        return False

    # Frame

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.service.start()
        self.desk.watching.seen()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.service.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.right.setFixedWidth(WIDE if self.width() >= NARROW else SLIM)

    def keep(self) -> None:
        self.service.close_down()
        self.patient_part.close_down()
        self.reader.close()

    def panes(self) -> list[QWidget]:
        return [self.patient_part.timeline, self.patient_part.table, self.alerts.list]

    def first_focus(self) -> QWidget:
        return self.patient_part.timeline
