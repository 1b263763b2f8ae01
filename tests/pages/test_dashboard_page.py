"""The dashboard by real clicks and keys: recordings, episodes, alerts and their rules, the score, the training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.chrome.statusline import USE
from app.pages import service_part
from app.pages.dashboard import DashboardPage
from app.pages.patient_data import seconds_of_day
from app.pages.train import TrainPage
from app.pages.train_run import Training
from app.service.figures import Figures, Running, announced
from app.watching import WEBHOOKS
from app.window import Window
from models.job import Progress
from models.orders.alerting import alerts_of, episode_rule, rules_of
from models.store.project import Project
from tests.app.desk import choose, click, control, copied, press, settle
from tests.app.windows import Opened
from tests.eeg.watched import add_run, make_watched
from widgets.charts.timeline import TimelineData, clock_words, hour_ticks, runs_of, shares_by_column, stacking

RULE = "seizure >= .8 for 3 windows"


@pytest.fixture(scope="module")
def ward_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_watched(tmp_path_factory.mktemp("ward"))


@pytest.fixture
def ward(ward_made: Path, tmp_path: Path) -> Path:
    return copied(ward_made, tmp_path)


def show(opened: Opened, path: Path, qtbot: QtBot, **given: Any) -> tuple[Window, DashboardPage]:
    window = opened(path, **given)
    press(qtbot, window, "Ctrl+9")
    settle(qtbot, window)
    page = window.page("dashboard")
    assert isinstance(page, DashboardPage)
    return window, page


@pytest.fixture
def shown(opened: Opened, ward: Path, qtbot: QtBot) -> tuple[Window, DashboardPage]:
    return show(opened, ward, qtbot)


def turn(qtbot: QtBot, window: Window, place: int) -> None:
    """Click one of the three segments."""
    tabs = control("dashboard.tabs")
    x = tabs.width() * (2 * place + 1) // 6
    qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=QPoint(x, 12))
    settle(qtbot, window)


def write_rules(qtbot: QtBot, window: Window, text: str, url: str = "") -> None:
    click(qtbot, "dashboard.rules")
    field, hook = control("dashboard.rule_text"), control("dashboard.webhook")
    assert isinstance(field, QPlainTextEdit)
    assert isinstance(hook, QLineEdit)
    field.setPlainText(text)
    hook.setText(url)
    click(qtbot, "dashboard.keep_rules")
    settle(qtbot, window)


# Patient


def test_a_recording_stands_with_its_episodes_and_no_diagnosis(shown: tuple[Window, DashboardPage]) -> None:
    _window, page = shown
    part = page.patient_part
    assert page.course is not None
    assert page.course.name == "one.edf"
    told = [(row["onset"], row["offset"], round(row["p"], 2), row["reviewed"]) for row in part.table.rows()]
    assert told == [("07:09:49", "07:10:29", 0.9, "proposed"), ("07:18:09", "07:18:59", 0.7, "proposed")]
    assert part.facts.facts()["Burden"] == "1.5 min, 10.5 %"
    assert part.facts.facts()["Worst hour"] == "07:00, 1.5 min"
    data = part.timeline.data()
    assert data is not None
    assert [(one.start, one.stop) for one in data.episodes] == [(100, 140), (600, 650)]
    assert data.minutes[0, data.target] == pytest.approx(1.5)
    use = control("dashboard.use")
    assert use.property("text") == USE == "Research use, no diagnosis"
    foot = _window.status.use
    assert not foot.isVisible(), "once is enough"
    _window.show_page("curate")
    assert foot.isVisible()
    assert foot.text() == USE
    _window.resize(700, 600)
    _window.status.show_job("Training small_1d, epoch 3 of 15", 0.2, "12:34 min")
    assert foot.isHidden(), "what goes on comes first"


@pytest.mark.parametrize(
    ("one", "two", "first"),
    [
        ("train", "test", "two.edf"), ("train", "val", "two.edf"), ("val", "test", "two.edf"),
        ("val", "rest", "two.edf"), ("val", "out_of_fold", "two.edf"), ("train", "train", "one.edf"),
    ],
)  # fmt: skip
def test_the_first_recording_is_one_that_the_run_did_not_learn_from(
    opened: Opened, ward: Path, qtbot: QtBot, one: str, two: str, first: str
) -> None:
    add_run(ward, {}, {"one.edf": one, "two.edf": two})
    _window, page = show(opened, ward, qtbot)
    assert page.course is not None
    assert page.course.name == first
    told = page.patient_part.head.subtitle.text()
    assert ("100 % of them in training" in told) == (first == "one.edf")


def test_an_episode_is_chosen_in_table_timeline_and_by_keys(shown: tuple[Window, DashboardPage], qtbot: QtBot) -> None:
    window, page = shown
    part = page.patient_part
    assert part.place == 0
    press(qtbot, window, ".")
    assert (part.place, part.timeline.chosen(), part.table.chosen()) == (1, 1, "1")
    assert part.episode_head.title.text() == "Episode 2 of 2"
    assert part.chart.series()[0].y[:2] == pytest.approx([0.05, 0.05])
    press(qtbot, window, ",")
    assert part.place == 0
    spot = QPoint(round(part.timeline.x_of(620)), round(part.timeline.areas()[0].center().y()))
    qtbot.mouseClick(part.timeline, Qt.MouseButton.LeftButton, pos=spot)
    assert part.place == 1
    rect = part.table.row_rect("0").center().toPoint()
    QTest.mouseClick(part.table.viewport(), Qt.MouseButton.LeftButton, pos=rect)
    assert part.place == 0
    click(qtbot, "dashboard.episode_after")
    assert part.place == 1
    part.timeline.setFocus()
    press(qtbot, window, "Left")
    assert part.place == 0


def test_the_traces_of_an_episode_open_and_what_is_said_there_comes_back(
    shown: tuple[Window, DashboardPage], qtbot: QtBot
) -> None:
    window, page = shown
    click(qtbot, "dashboard.open_traces")
    settle(qtbot, window)
    assert window.page_name() == "curate"
    session = window.session
    assert [session.sample_id(row) for row in session.order] == [f"one.edf#{at}.000" for at in (80, 90, 100, 110)]
    assert {session.listing.reason(row) for row in session.order} == {"Seizure from 07:09:49"}
    session.label("seizure", session.order)
    settle(qtbot, window)
    press(qtbot, window, "Ctrl+9")
    assert [row["reviewed"] for row in page.patient_part.table.rows()] == ["confirmed", "proposed"]
    assert page.patient_part.table_head.subtitle.text() == "Seizure, 1 reviewed of 2"
    session.label("lpd", session.order)
    settle(qtbot, window)
    assert page.patient_part.table.rows()[0]["reviewed"] == "is LPD"


def test_a_click_beside_the_episodes_opens_the_traces_at_that_time(
    shown: tuple[Window, DashboardPage], qtbot: QtBot
) -> None:
    window, page = shown
    timeline = page.patient_part.timeline
    spot = QPoint(round(timeline.x_of(405)), round(timeline.areas()[0].center().y()))
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=spot)
    settle(qtbot, window)
    assert window.page_name() == "curate"
    assert window.session.sample_id(window.session.current) == "one.edf#380.000"


def test_another_rule_makes_other_episodes_and_stays(shown: tuple[Window, DashboardPage], qtbot: QtBot) -> None:
    window, page = shown
    click(qtbot, "dashboard.episode_rule")
    field = control("episodes.threshold")
    assert isinstance(field, QLineEdit)
    field.setText("7")
    click(qtbot, "episodes.ok")
    assert "threshold" in control("episodes.trouble").property("text")
    field.setText("0.8")
    click(qtbot, "episodes.ok")
    settle(qtbot, window)
    assert len(page.patient_part.table.rows()) == 1
    assert episode_rule(window.session.open_project).threshold == 0.8


def test_recordings_are_stepped_through_and_the_last_one_is_kept(opened: Opened, ward: Path, qtbot: QtBot) -> None:
    window, page = show(opened, ward, qtbot)
    click(qtbot, "dashboard.after")
    assert page.course is not None
    assert page.course.name == "two.edf"
    assert page.patient_part.table.rows() == []
    assert page.patient_part.place == -1
    assert not control("dashboard.open_traces").isEnabled()
    window.close()
    _again, other = show(opened, ward, qtbot)
    assert other.course is not None
    assert other.course.name == "two.edf"
    choose("dashboard.patient_choice", "one")
    assert other.course.name == "one.edf"


def test_without_a_run_and_blind_nothing_of_a_model_is_told(opened: Opened, ward: Path, qtbot: QtBot) -> None:
    window, page = show(opened, ward, qtbot)
    window.session.vote_blind(True)
    page.refresh()
    assert control("dashboard.empty").isVisible()
    window.session.vote_blind(False)
    window.session.open_project.runs.delete("run-1", "ann")
    window.session.show_run("")
    settle(qtbot, window)
    assert control("dashboard.empty").isVisible()


def test_other_domains_have_no_dashboard(opened: Opened, generated: Path) -> None:
    window = opened(generated)
    assert not window.has_page("dashboard")


# Alerts


def told_of_alerts(window: Window) -> list[str]:
    """The notices on alerts that stay."""
    return [one.note.text for one in window.notices._lasting if "alert" in one.note.text]


def test_rules_are_written_checked_and_raise_alerts(shown: tuple[Window, DashboardPage], qtbot: QtBot) -> None:
    window, page = shown
    write_rules(qtbot, window, "seizure >= .8 for 3 moons")
    trouble = control("dashboard.rule_trouble")
    assert "Rule 1, column 21" in page.alerts.trouble.text.text()
    assert trouble.isVisible()
    click(qtbot, "dashboard.rules")
    write_rules(qtbot, window, f"{RULE}\ndrift")
    assert [rule.text for rule in rules_of(window.session.open_project)] == [RULE, "drift > 1.25"]
    (card,) = page.alerts.list.cards()
    assert (card.title, card.who) == ("Seizure ≥ .8 for 3 windows", "")
    assert card.words == "00:01:40, 40 s, greatest p .90, one.edf", "with hours, as onsets"
    assert page.alerts.head.subtitle.text() == "1 new"
    assert told_of_alerts(window) == [], "nothing lies over the page that they stand on"


def test_an_alert_is_acknowledged_by_key_undone_and_there_after_a_kill(
    shown: tuple[Window, DashboardPage], qtbot: QtBot, ward: Path
) -> None:
    window, page = shown
    write_rules(qtbot, window, RULE)
    page.patient_part.timeline.setFocus()
    press(qtbot, window, "A")
    (card,) = page.alerts.list.cards()
    assert card.who.startswith("ann, ")
    with Project.open(ward) as other:  # what is written is there for everybody, without an end of the window
        assert alerts_of(other)[0].by == "ann"
    press(qtbot, window, "Ctrl+Z")
    assert page.alerts.list.cards()[0].who == ""
    tip = page.alerts.list.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert page.alerts.list.cards()[0].words in tip
    click(qtbot, "dashboard.acknowledge")
    assert page.alerts.list.cards()[0].who.startswith("ann, ")
    assert not control("dashboard.acknowledge").isEnabled()


def test_a_new_run_is_watched_without_being_asked(
    shown: tuple[Window, DashboardPage], qtbot: QtBot, ward: Path
) -> None:
    window, page = shown
    write_rules(qtbot, window, RULE)
    name = add_run(ward, {"two.edf": [(300, 400, 0.9)]})
    press(qtbot, window, "Ctrl+1")
    window.session.runs_changed(name)
    settle(qtbot, window)
    assert told_of_alerts(window) == [f"1 alert on {name}"]
    press(qtbot, window, "Ctrl+9")
    assert told_of_alerts(window) == [], "who looks at them needs not be told"
    assert {card.words.rpartition(", ")[2] for card in page.alerts.list.cards()} == {"one.edf", "two.edf"}
    (two,) = [card for card in page.alerts.list.cards() if card.words.endswith("two.edf")]
    page.alerts.list.choose([two.name])
    page.alerts.list.setFocus()
    press(qtbot, window, "Return")
    assert page.course is not None
    assert page.course.name == "two.edf"
    assert page.patient_part.place == 0


def test_the_webhook_stays_with_the_person_and_a_wrong_one_is_refused(
    shown: tuple[Window, DashboardPage], qtbot: QtBot, ward: Path
) -> None:
    window, page = shown
    write_rules(qtbot, window, "", "file:///etc/passwd")
    assert "no address of a webhook" in page.alerts.trouble.text.text()
    click(qtbot, "dashboard.rules")
    write_rules(qtbot, window, "lpd > .5 for 10 min", "file:///etc/passwd")
    assert rules_of(window.session.open_project) == (), "what is told as not kept is not"
    click(qtbot, "dashboard.rules")
    write_rules(qtbot, window, "", "https://127.0.0.1:9/alerts")
    assert window.session.settings.get(WEBHOOKS) == {str(ward): "https://127.0.0.1:9/alerts"}
    assert b"127.0.0.1:9" not in b"".join(file.read_bytes() for file in ward.glob("*") if file.is_file())
    click(qtbot, "dashboard.rules")
    assert window.watching.webhook() == "https://127.0.0.1:9/alerts"
    press(qtbot, window, "Esc")
    assert not page.alerts.rules_button.isChecked()
    write_rules(qtbot, window, "", "")
    assert window.watching.webhook() == ""


# Model and training


def test_the_score_and_the_training_stand_there_too(shown: tuple[Window, DashboardPage], qtbot: QtBot) -> None:
    window, page = shown
    turn(qtbot, window, 1)
    assert control("dashboard.confusion").isVisible()
    assert not control("dashboard.use").visibleRegion().isEmpty()
    assert page.figures.choice.value() == "roc"
    turn(qtbot, window, 2)
    assert control("dashboard.training.title").isVisible()
    turn(qtbot, window, 0)
    assert control("dashboard.timeline").isVisible()


def test_a_training_by_epochs_is_drawn_as_it_goes(shown: tuple[Window, DashboardPage], qtbot: QtBot) -> None:
    window, page = shown
    turn(qtbot, window, 2)
    trains = window.page("train")
    assert isinstance(trains, TrainPage)
    training = Training("small_1d", run="run-2", running=True, planned=8, chance=1 / 6)
    trains._show(training)
    for epoch, rate in ((1, 0.001), (2, 0.0005)):
        figures = {"train_loss": 1.5, "val_loss": 1.6, "val_balanced_accuracy": 0.4, "learning_rate": rate}
        training.take(Progress(epoch, 8, f"Epoch {epoch} of 8", {"epoch": float(epoch), **figures}))
        trains.moved.emit()
    part = page.training_part
    qtbot.waitUntil(lambda: len(part.rate.series()) == 1 and len(part.rate.series()[0].y) == 2)
    assert part.rate.series()[0].y == [0.001, 0.0005]
    assert part.rate_head.subtitle.text() == "now 0.0005"
    assert [len(line.y) for line in part.curves.loss.series()] == [2, 2]
    assert part.log_head.subtitle.text() == "2 lines"


def test_at_the_least_size_all_stands_in_the_window(opened: Opened, ward: Path, qtbot: QtBot) -> None:
    window, page = show(opened, ward, qtbot, size=(1280, 720))
    for name in ("dashboard.timeline", "dashboard.episodes", "dashboard.alerts", "dashboard.use", "dashboard.tabs"):
        widget: QWidget = control(name)
        place = widget.mapTo(window, widget.rect().bottomRight())
        assert place.x() <= window.width()
        assert place.y() <= window.height()
    assert page.right.width() == 320


# What is drawn


def data(p: list[list[float]]) -> TimelineData:
    starts = np.arange(len(p)) * 10.0
    return TimelineData(
        starts, starts + 10, np.array(p), ("a", "b"), (0, 1), 0, np.array([0.0, 3600.0]), np.zeros((1, 2))
    )  # fmt: skip


def test_a_column_is_the_mean_of_its_windows_and_empty_without_one() -> None:
    one = data([[0.2, 0.8], [0.4, 0.6], [np.nan, np.nan], [1.0, 0.0]])
    shares = shares_by_column(one, 2)
    assert shares[0].tolist() == pytest.approx([0.3, 0.7])
    assert shares[1].tolist() == pytest.approx([1.0, 0.0])
    assert np.isnan(shares_by_column(one, 4)[2]).all()
    assert shares_by_column(one, 40)[39].tolist() == [1.0, 0.0]


def test_the_target_lies_on_top() -> None:
    assert stacking(4, 0) == [3, 2, 1, 0]
    assert stacking(3, 1) == [2, 0, 1]
    assert stacking(2, -1) == [1, 0]


def test_a_recording_of_a_minute_has_more_than_one_time() -> None:
    none = np.zeros((1, 2))
    one = TimelineData(np.array([0.0]), np.array([55.0]), none, ("a", "b"), (0, 1), 0, np.array([0, 3600.0]), none)
    assert hour_ticks(one, 12) == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55]
    assert hour_ticks(one, 6) == [0, 10, 20, 30, 40, 50]


def test_times_are_told_by_the_clock_where_it_is_known() -> None:
    assert clock_words(3725, None, True) == "01:02:05"
    assert clock_words(3725, 23 * 3600.0) == "00:02"
    assert seconds_of_day("2026-01-02T18:30:00") == 18.5 * 3600
    assert seconds_of_day("") is None
    assert runs_of(np.array([True, True, False, True])) == [(0, 1), (3, 3)]


# The service


def test_a_running_service_tells_its_times_and_none_is_told_in_words(
    shown: tuple[Window, DashboardPage], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, page = shown
    part = page.service
    qtbot.waitUntil(lambda: "No service runs" in part.words.text())
    cache = window.session.open_project.cache
    counts = iter([Figures(requests=0, buckets={0.05: 0.0}), Figures(requests=80, refused=3, buckets={0.05: 80.0})])
    last = [Figures()]

    def told(_running: Running) -> Figures:
        last[0] = next(counts, last[0])
        return last[0]

    monkeypatch.setattr(service_part, "ask", told)
    with announced(cache, 8123, "run-1"):
        for _ in range(2):
            before = len(part._looks)
            part.look()
            qtbot.waitUntil(lambda before=before: len(part._looks) > before)
        assert control("dashboard.meter.latency").accessibleName() == "Latency, p95: 48 ms, p50 25 ms"
        assert "3 refused" in control("dashboard.meter.requests").accessibleName()
        assert part.head.subtitle.text() == "port 8123, run-1"
    part.look()
    qtbot.waitUntil(part.words.isVisible)
