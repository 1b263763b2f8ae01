"""The patient part of the dashboard: a recording as the run sees it, its episodes, and one of them in full."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.chrome.dialog import FieldDialog
from app.pages import figure_file
from app.pages.patient_data import PROPOSED, Shown, around, nearest, reviewed, rows_in, worst_hour
from models.params import describe
from models.payload import Spectrogram
from widgets import numbers
from widgets.charts.chart import Chart, Reference, Series
from widgets.charts.figure_table import FigureColumn, FigureTable
from widgets.charts.timeline import Span, Timeline, TimelineData, clock_words
from widgets.fact_grid import FactGrid
from widgets.parts.buttons import Button, ToolButton
from widgets.parts.chip import Legend
from widgets.parts.header import PaneHeader, make_pane
from widgets.parts.splitter import Splitter
from widgets.spectrogram.viewer import SpectrogramViewer

if TYPE_CHECKING:
    from app.window import Window

COLUMNS = (
    FigureColumn("number", "No.", "count", 34),
    FigureColumn("onset", "Onset", "text", 72),
    FigureColumn("offset", "Offset", "text", 72),
    FigureColumn("minutes", "min", "amount", 40, 1),
    FigureColumn("p", "p", "share", 36, 2),
    FigureColumn("reviewed", "Reviewed", "text", 0),
)
#: Seconds that are drawn on each side of an episode.
AROUND = 240.0


class PatientPart(Splitter):
    """Timeline above; an episode with its spectrogram, and the table of all, below.

    `rule_changed`: other episodes are wanted.
    """

    rule_changed = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.desk, self.session = window, window.session
        self.setObjectName("dashboard.patient")
        self.shown: Shown | None = None
        self.place = -1
        self._payload: tuple[int, Spectrogram | None] = (-1, None)
        self.below = Splitter()
        self.addWidget(self._build_timeline())
        self.addWidget(self.below)
        self.below.addWidget(self._build_episode())
        self.below.addWidget(self._build_table())
        self.below.setSizes([620, 420])
        self.setSizes([460, 440])

    # Building

    def _build_timeline(self) -> QWidget:
        self.head = PaneHeader("Predictions", "")
        self.legend: Legend | None = None
        self._entries: list[tuple[str, str]] = []
        self.head.add_entry(figure_file.SAVE, lambda: figure_file.ask(self.desk, self.timeline, "timeline"))
        self.head.more.setObjectName("dashboard.timeline_more")
        self.timeline = Timeline()
        self.timeline.setObjectName("dashboard.timeline")
        self.timeline.setAccessibleName("Predictions over the recording, and burden by the hour")
        self.timeline.episode_asked.connect(self.choose)
        self.timeline.time_asked.connect(self.open_time)
        return make_pane(self.head, self.timeline)

    def _build_episode(self) -> QWidget:
        self.episode_head = PaneHeader("Episode", "")
        self.before = ToolButton("back", "Episode before")
        self.before.setObjectName("dashboard.episode_before")
        self.before.clicked.connect(lambda: self.step(-1))
        self.after = ToolButton("forward", "Next episode")
        self.after.setObjectName("dashboard.episode_after")
        self.after.clicked.connect(lambda: self.step(1))
        self.open = Button("Open traces", "chart")
        self.open.setObjectName("dashboard.open_traces")
        self.open.clicked.connect(self.open_episode)
        for tool in (self.before, self.after, self.open):
            self.episode_head.add_tool(tool, keep=tool is self.open)
        self.spectrogram = SpectrogramViewer()
        self.spectrogram.setObjectName("dashboard.spectrogram")
        self.spectrogram.plot.setObjectName("dashboard.spectrogram_plot")
        self.spectrogram.header.hide()
        self.spectrogram.time_asked.connect(self.open_time)
        self.chart = Chart("min from the onset")
        self.chart.setObjectName("dashboard.episode_chart")
        self.chart.setAccessibleName("Probability around the episode")
        self.chart.setMaximumHeight(124)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.spectrogram, 1)
        column.addWidget(self.chart)
        return make_pane(self.episode_head, body)

    def _build_table(self) -> QWidget:
        self.table_head = PaneHeader("Episodes", "")
        self.rule = Button("Rule…", "faders", "When windows make an episode")
        self.rule.setObjectName("dashboard.episode_rule")
        self.rule.clicked.connect(self.ask_rule)
        self.table_head.add_tool(self.rule, keep=True)
        self.table = FigureTable(COLUMNS, "Episodes")
        self.table.setObjectName("dashboard.episodes")
        self.table.picked.connect(lambda name: self.choose(int(name)))
        self.table.opened.connect(lambda _name: self.open_episode())
        self.table.doubleClicked.connect(lambda _index: self.open_episode())
        self.facts = FactGrid()
        self.facts.setObjectName("dashboard.facts")
        return make_pane(self.table_head, self.table, self.facts)

    # What it shows

    def show_recording(self, shown: Shown | None, learnt: npt.NDArray[np.bool_]) -> None:
        """Show a recording, None for none. learnt: (m,) which of its windows the run was trained on."""
        same = shown is not None and self.shown is not None and shown.course.name == self.shown.course.name
        kept = self.place if same else -1
        self.shown, self.place = shown, -1
        if shown is None:
            self.timeline.set_data(None)
            self.table.set_rows([], "No recording")
            return
        titles, colours = self._classes(shown)
        rest = shown.classes.index(shown.rest) if shown.rest in shown.classes else -1
        self._show_legend(titles, colours, rest)
        self.timeline.set_data(
            TimelineData(
                shown.course.starts, shown.course.stops, shown.p, titles, colours, shown.place, shown.edges,
                shown.seconds / 60, [Span(one.start, one.stop) for one in shown.episodes], shown.offset, learnt, rest,
            )
        )  # fmt: skip
        windows = numbers.plural(len(shown.course.rows), "window")
        seen = f", {100 * learnt.mean():.0f} % of them in training" if learnt.any() else ""
        self.head.set_subtitle(f"{numbers.duration(shown.course.end)}, {windows}{seen}")
        self.show_table()
        self._show_facts(shown)
        count = len(shown.episodes)
        self.choose(min(max(kept, 0), count - 1) if count else -1)

    def _classes(self, shown: Shown) -> tuple[list[str], list[int]]:
        known = self.session.classes
        colours = [known.index(name) if name in known else place for place, name in enumerate(shown.classes)]
        return [self.session.class_title(name) for name in shown.classes], colours

    def _show_legend(self, titles: list[str], colours: list[int], rest: int) -> None:
        tones = ["track" if place == rest else f"class:{colour}" for place, colour in enumerate(colours)]
        entries = list(zip(tones, titles, strict=True))
        if entries == self._entries:
            return
        if self.legend is not None:
            self.head.offer(self.legend, False)
        self._entries, self.legend = entries, Legend(entries)
        self.legend.setFixedWidth(self.legend.sizeHint().width())
        self.head.add_tool(self.legend)
        self.legend.show()  # it comes into a head that is seen already

    def forget(self) -> None:
        """Another project: its classes are others."""
        self.shown, self.place, self._payload = None, -1, (-1, None)
        self.spectrogram.forget()
        self.show_recording(None, np.zeros(0, bool))

    def show_table(self) -> None:
        """The episodes with what people said of their windows."""
        shown = self.shown
        if shown is None:
            return
        fold, rows, done = self.session.view.stands(), [], 0
        for place, one in enumerate(shown.episodes):
            told = reviewed(fold, rows_in(shown, one))
            done += bool(told)
            other = f"is {self.session.class_title(told)}" if told else PROPOSED
            words = "confirmed" if told == shown.target else other
            rows.append(
                {
                    "id": str(place), "number": place + 1, "onset": clock_words(one.start, shown.offset, True),
                    "offset": clock_words(one.stop, shown.offset, True), "minutes": one.seconds / 60, "p": one.peak,
                    "reviewed": words,
                }
            )  # fmt: skip
        title = self.session.class_title(shown.target)
        self.table.set_rows(rows, f"No episode: {shown.rule.words(title)}")
        self.table_head.set_subtitle(f"{title}, {done} reviewed of {len(rows)}")
        self.rule.setToolTip(shown.rule.words(title))

    def _show_facts(self, shown: Shown) -> None:
        worst = worst_hour(shown)
        hour = "–"
        if worst is not None:
            low = float(shown.edges[worst[0]])
            hour = f"{clock_words(low, shown.offset)}, {worst[1] / 60:.1f} min"
        share = shown.share
        longest = max((one.seconds for one in shown.episodes), default=0.0)
        self.facts.set_facts(
            [
                ("Burden", f"{shown.total / 60:.1f} min, {100 * share:.1f} %" if math.isfinite(share) else "–"),
                ("Longest", f"{longest / 60:.1f} min"),
                ("Worst hour", hour),
            ]
        )

    # One episode

    def choose(self, place: int) -> None:
        """Show an episode, −1 for none."""
        shown = self.shown
        self.place = place if shown is not None and 0 <= place < len(shown.episodes) else -1
        self.timeline.choose(self.place)
        self.table.choose(str(self.place) if self.place >= 0 else "")
        for tool in (self.before, self.after, self.open):
            tool.setEnabled(self.place >= 0)
        if shown is None or self.place < 0:
            self.episode_head.set_title("Episode", "")
            self.chart.set_series([], words="No episode is chosen")
            self._show_spectrogram()
            return
        one = shown.episodes[self.place]
        self.episode_head.set_title(
            f"Episode {self.place + 1} of {len(shown.episodes)}",
            f"{one.seconds / 60:.1f} min, greatest p {numbers.p(one.peak)}",
        )
        x, y = around(shown, one, AROUND)
        tone = f"class:{self._classes(shown)[1][shown.place]}"
        lines = [
            Reference(0.0, "onset", upright=True, style="solid"),
            Reference(one.seconds / 60, "offset", upright=True, style="solid"),
            Reference(shown.rule.threshold, f"episodes from {numbers.share(shown.rule.threshold, 2)}"),
        ]
        self.chart.set_axes((-AROUND / 60, (one.seconds + AROUND) / 60), (0.0, 1.05), shares=True)
        self.chart.set_series([Series("p", x, y, tone=tone, width=1.8)], lines)
        self._show_spectrogram()

    def step(self, by: int) -> None:
        """Go to another episode."""
        if self.shown is not None and self.shown.episodes:
            self.choose(min(max(self.place + by, 0), len(self.shown.episodes) - 1))

    def wanted_row(self) -> int:
        """The sample whose spectrogram stands beside the episode, −1 for none."""
        if self.shown is None or self.place < 0:
            return -1
        return int(self.shown.course.rows[self.shown.episodes[self.place].best])

    def show_payload(self, row: int, spectrogram: Spectrogram | None) -> None:
        """What was read of a sample."""
        self._payload = (row, spectrogram)
        self._show_spectrogram()

    def _show_spectrogram(self) -> None:
        shown = self.shown
        row, payload = self._payload
        there = shown is not None and self.place >= 0 and payload is not None and row in shown.course.rows
        self.spectrogram.setVisible(there)
        if not there or shown is None or payload is None:
            return
        one = shown.episodes[self.place]
        self.spectrogram.set_cache(self.session.open_project.cache)
        self.spectrogram.set_payload(replace(payload, window=(one.start, one.stop), labelled=None))
        self.spectrogram.fit()

    # What a person does

    def open_episode(self) -> None:
        """The windows of the episode as a list beside their traces, so that class keys judge them."""
        shown = self.shown
        if shown is None or self.place < 0:
            return
        one = shown.episodes[self.place]
        rows = rows_in(shown, one)
        title = self.session.class_title(shown.target)
        self.desk.show_page("curate")
        name = f"Episode {self.place + 1}"
        self.session.show_rows(rows, name, f"{title} from {clock_words(one.start, shown.offset, True)}")
        self.session.go_to(int(rows[0]))

    def open_time(self, seconds: float) -> None:
        """The traces at a time."""
        if self.shown is not None and len(self.shown.course.rows):
            row = nearest(self.shown.course, seconds)
            self.desk.show_page("curate")
            self.session.go_to(row)

    def ask_rule(self) -> None:
        """Other limits for episodes of this project."""
        shown = self.shown
        if shown is None:
            return
        title = self.session.class_title(shown.target)
        dialog = FieldDialog("Episodes", f"{shown.rule.words(title)}.", "Keep", "episodes", self.desk)
        for param in describe(type(shown.rule)):
            unit = f", {param.note.unit}" if param.note.unit else ""
            value = f"{getattr(shown.rule, param.name):g}"
            dialog.add_field(param.name, f"{param.label}{unit}", value, param.note.help)

        def keep(values: Mapping[str, Any]) -> None:
            self.session.set_episode_rule(values)
            self.rule_changed.emit()

        dialog.ask(keep)

    def close_down(self) -> None:
        """End the background work."""
        self.spectrogram.close_down()
