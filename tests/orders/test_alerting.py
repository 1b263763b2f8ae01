"""Alerts: raised once, kept in the journal, acknowledged by name, sent without a word on who it is."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.domain import Demo, Setting
from models.domains import domain
from models.errors import UserError
from models.event import ALERT, MODEL, Entry
from models.job import Job
from models.learn.fitted import Model, keep_part
from models.orders import alerting, webhook
from models.orders.alerting import (
    acknowledge,
    alerts_of,
    episode_rule,
    list_alerts,
    rules_of,
    set_episode_rule,
    set_rules,
)
from models.sample import Samples
from models.store.project import Project
from tests.eeg.watched import add_run, make_watched
from workers.inline import run

RULES = "seizure >= .8 for 3 windows\nburden seizure > 10 %\n"


def watch(project: Path, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = run(Job("watch", {"project": str(project), **given}, ""))
    return found


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    path = make_watched(tmp_path)
    with Project.open(path) as opened:
        set_rules(opened, RULES)
    return path


class Asked(BaseHTTPRequestHandler):
    """Answers as it is told and keeps what it was sent."""

    answers: list[int]
    bodies: list[dict[str, Any]]
    pause = 0.0
    to = ""

    def do_POST(self) -> None:
        self.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        time.sleep(self.pause)
        status = self.answers.pop(0) if self.answers else 200
        self.send_response(status)
        if status in range(300, 400):
            self.send_header("Location", self.to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *given: Any) -> None:
        """Nothing: what is logged fails a test."""


@contextmanager
def hook(*answers: int, pause: float = 0.0, to: str = "") -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a webhook, and what it is sent. to: where it sends whoever asks."""
    told = type("Told", (Asked,), {"answers": list(answers), "bodies": [], "pause": pause, "to": to})
    server = ThreadingHTTPServer(("127.0.0.1", 0), told)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/alerts", told.bodies
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """The address of another server, and how it was visited."""
    visits: list[str] = []

    class Visited(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            visits.append(f"{self.command} {self.path}")
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *given: Any) -> None:
            """Nothing: what is logged fails a test."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Visited)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/elsewhere", visits
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "PAUSES", (0.0, 0.0, 0.0))


def test_a_rule_raises_an_alert_where_it_holds_and_once_alone(ward: Path) -> None:
    (one,) = watch(ward)["raised"]
    assert (one["rule"], one["recording"], one["start"], one["stop"]) == (
        "seizure >= .8 for 3 windows", "one.edf", 100.0, 140.0
    )  # fmt: skip
    assert one["sample"] == "one.edf#80.000"
    assert one["value"] == 0.9
    assert watch(ward)["raised"] == []
    add_run(ward, {"one.edf": [(110, 160, 0.95)], "two.edf": [(300, 400, 0.9)]})
    (news,) = [each for each in watch(ward)["raised"] if each["rule"].startswith("seizure")]
    assert news["recording"] == "two.edf", "the same episode by another run is no news"


def test_alerts_stand_in_the_journal_and_are_acknowledged_by_name(ward: Path) -> None:
    watch(ward)
    with Project.open(ward) as opened:
        (one,) = alerts_of(opened)
        assert not one.by
        event = acknowledge(opened, [one.name], "ann")
        assert (event.title, event.count, event.by) == ("Acknowledge seizure >= .8 for 3 windows", 1, "ann")
        assert acknowledge(opened, [one.name], "bob").count == 0, "the first one's word stays"
    with Project.open(ward) as opened:
        (again,) = alerts_of(opened)
        assert again.by == "ann"
        assert again.when
        assert opened.journal.events(again.row)[0].changes[0].kind == ALERT
        opened.journal.undo("ann")
        assert alerts_of(opened)[0].by == ""
        with pytest.raises(UserError, match="no alert 'x'"):
            acknowledge(opened, ["x"], "ann")
        with pytest.raises(UserError, match="it is no person"):
            acknowledge(opened, [one.name], "file")
    assert run(Job("check", {"project": str(ward)}, ""))["ok"]


def test_of_two_who_took_note_at_the_same_time_the_first_in_the_journal_is_told(ward: Path) -> None:
    """The clocks of two machines may differ, and one may be set anew."""
    watch(ward)
    with Project.open(ward) as opened:
        (one,) = alerts_of(opened)
        for by, at in (("bob", "2026-01-02T00:00:00+00:00"), ("ann", "1970-01-01T00:00:00+00:00")):
            opened.journal.act([Entry(one.row, ALERT, one.name, json.dumps({"at": at}))], by, "Acknowledge")
        (told,) = alerts_of(opened)
        assert (told.by, told.when) == ("bob", "2026-01-02T00:00:00+00:00")
        opened.journal.undo("bob")
        assert alerts_of(opened)[0].by == "ann"


def test_the_alert_that_was_raised_last_comes_first_whatever_the_clock_says(ward: Path) -> None:
    watch(ward)
    with Project.open(ward) as opened:
        (one,) = alerts_of(opened)
        for name, year in (("b", 2100), ("c", 1970), ("a", 2030)):
            raised = replace(one, name=name, at=f"{year}-01-01T00:00:00+00:00")
            opened.journal.act([Entry(one.row, ALERT, name, alerting._written(raised))], MODEL, "raised")
        assert [told.name for told in alerts_of(opened)] == ["a", "c", "b", one.name]


def test_what_a_run_learnt_from_raises_nothing(tmp_path: Path) -> None:
    path = make_watched(tmp_path, part="train")
    with Project.open(path) as opened:
        set_rules(opened, RULES)
    assert watch(path)["raised"] == []


def test_a_burden_follows_the_rule_for_episodes(tmp_path: Path) -> None:
    path = make_watched(tmp_path, {"two.edf": [(300, 800, 0.7)]})
    with Project.open(path) as opened:
        set_rules(opened, "burden seizure >= 8 min")
        assert set_episode_rule(opened, {"threshold": "0.8"}).threshold == 0.8
    assert watch(path)["raised"] == []
    with Project.open(path) as opened:
        set_episode_rule(opened, {"threshold": 0.6})
        assert episode_rule(opened).gap == 20
        with pytest.raises(UserError, match="threshold"):
            set_episode_rule(opened, {"threshold": 2})
    (one,) = watch(path)["raised"]
    assert one["words"] == "8.3 min of the hour"


def test_rules_are_checked_before_they_are_kept(ward: Path) -> None:
    with Project.open(ward) as opened:
        with pytest.raises(UserError, match="Rule 2, column 1"):
            set_rules(opened, "drift\nseizur > 1")
        assert [rule.text for rule in rules_of(opened)] == RULES.splitlines()
        set_rules(opened, "")
        assert rules_of(opened) == ()
    assert watch(ward)["raised"] == []


def test_a_domain_without_recordings_has_no_alerts(tmp_path: Path) -> None:
    Project.create(tmp_path / "p", "traces").close()
    with pytest.raises(UserError, match="no recordings to watch over"):
        list_alerts(str(tmp_path / "p"))


def test_windows_that_came_after_the_run_are_told(ward: Path, tmp_path: Path) -> None:
    with Project.open(ward) as opened:
        begun = opened.runs.start()
        kept = opened.runs.get("run-1")
        for name in ("run.json", "predictions.arrow"):
            (begun.path / name).write_bytes((kept.path / name).read_bytes())
        from models.store.predictions import drop_predictions

        drop_predictions(begun.path / "predictions.arrow", opened.samples.ids()[:3])
        begun.finish(kept.record)
    assert "3 windows came after the run" in watch(ward)["notes"][0]


def test_drift_is_told_of_windows_that_the_run_did_not_learn_from(ward: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def embed(_model: Model, samples: Samples, _setting: Setting) -> Any:
        asked.append(len(samples))
        far = samples.column("recording")[0] == "two.edf"
        return np.full((len(samples), 3), 4.0 if far else 1.0, np.float32)

    known = {"middle": np.zeros(3), "scale": np.ones(3), "limits": np.array([1.0, 2.0])}
    model = Model("", (), {}, dict(keep_part("known", known)))
    fitted = SimpleNamespace(model=model, recipe=SimpleNamespace(embed=embed))
    monkeypatch.setattr(alerting, "load_model", lambda _kind, _path: (fitted, {}))
    with Project.open(ward) as opened:
        set_rules(opened, "drift > 1.5")
    (one,) = watch(ward)["raised"]
    assert (one["recording"], one["value"]) == ("two.edf", 4.0)
    assert one["words"] == "4.00 times as far off as usual"
    assert asked == [86, 86]
    watch(ward)
    assert asked == [86, 86], "what is kept with the run is not measured again"


def test_windows_that_a_run_learnt_from_tell_of_no_drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def embed(_model: Model, samples: Samples, _setting: Setting) -> Any:
        raise AssertionError(f"{len(samples)} windows are looked at")

    fitted = SimpleNamespace(model=Model("", (), {}, {}), recipe=SimpleNamespace(embed=embed))
    monkeypatch.setattr(alerting, "load_model", lambda _kind, _path: (fitted, {}))
    path = make_watched(tmp_path, part="train")
    with Project.open(path) as opened:
        set_rules(opened, "drift > 1.5")
    assert watch(path)["raised"] == []


# Sending


def test_an_alert_is_posted_once_and_names_nobody(ward: Path) -> None:
    with hook() as (url, bodies):
        told = watch(ward, webhook=url)
        assert (told["sent"], told["failed"]) == (1, "")
        assert watch(ward, webhook=url)["sent"] == 0
    (body,) = bodies
    (one,) = body["alerts"]
    assert one["sample"] == "80.000"
    assert set(one) == {"alert", "rule", "sample", "seconds", "value", "words", "run", "at"}
    assert "one" not in json.dumps({name: text for name, text in one.items() if name != "rule"})
    with Project.open(ward) as opened:
        assert alerts_of(opened)[0].sent


def test_an_alert_that_somebody_took_note_of_is_not_sent(ward: Path) -> None:
    watch(ward)
    with Project.open(ward) as opened:
        acknowledge(opened, [alerts_of(opened)[0].name], "ann")
    with hook() as (url, bodies):
        assert watch(ward, webhook=url)["sent"] == 0
    assert not bodies


def test_what_was_not_taken_is_tried_again_and_sent_next_time(ward: Path) -> None:
    with hook(500, 503) as (url, bodies):
        assert watch(ward, webhook=url)["sent"] == 1
        assert len(bodies) == 3
    add_run(ward, {"two.edf": [(300, 400, 0.9)]})
    with hook(404) as (url, bodies):
        told = watch(ward, webhook=url)
        assert (told["sent"], told["failed"]) == (0, "the webhook answered 404")
        assert len(bodies) == 1, "what is refused for good is not asked again"
        later = watch(ward, webhook=url)
        assert (later["raised"], later["sent"]) == ([], 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_an_answer_that_sends_elsewhere_is_not_followed(ward: Path, status: int) -> None:
    with elsewhere() as (other, visits), hook(status, to=other) as (url, bodies):
        assert watch(ward, webhook=url)["failed"] == f"the webhook answered {status}"
        assert len(bodies) == 1
    assert not visits


def test_a_webhook_that_hangs_is_left_behind(ward: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "SECONDS", 0.05)
    monkeypatch.setattr(webhook, "PAUSES", (0.0,))
    with hook(pause=1.0) as (url, _bodies):
        assert "did not answer" in watch(ward, webhook=url)["failed"]


def test_nobody_there_is_told_in_words_and_the_alert_is_kept(ward: Path) -> None:
    told = watch(ward, webhook="http://127.0.0.1:9/secret")
    assert "cannot be reached" in told["failed"]
    assert "secret" not in told["failed"]
    assert len(told["raised"]) == 1


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a/b", "http://", "https://a b/", "nothing"])
def test_an_address_that_is_none_is_refused_before_anything(ward: Path, url: str) -> None:
    with pytest.raises(UserError, match="no address of a webhook"):
        watch(ward, webhook=url)
    with Project.open(ward) as opened:
        assert alerts_of(opened) == []


def test_a_demo_is_watched_where_its_run_did_not_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fakes = (
        {"patients": "8", "artifacts": "0"},
        {"recordings": "edf", "hours": "0.05", "rate": "100", "seizures": "1"},
    )
    demo = Demo(
        24, {"step": "50"}, "features", {"rounds": 2}, fakes=fakes, where='not id ~ "recording.edf"',
        episodes={"threshold": 0.01}, alerts="seizure >= .01",
    )  # fmt: skip
    kind = replace(domain("eeg"), demo=demo)
    monkeypatch.setattr("models.orders.faking.find_domain", lambda _name: kind)
    made = run(Job("make_demo", {"folder": str(tmp_path), "domain": "eeg"}, ""))
    with Project.open(Path(made["project"])) as opened:
        rows, index = opened.runs.get(made["run"]).predictions().rows(opened.samples)
        parts = opened.runs.get(made["run"]).predictions().part[index]
        ids = np.array(opened.samples.ids())[rows]
        watched_over = np.array(["recording.edf" in one for one in ids])
        assert watched_over.any()
        assert "train" not in parts[watched_over]
        assert episode_rule(opened).threshold == 0.01
        assert any("recording.edf" in one.recording for one in alerts_of(opened))
