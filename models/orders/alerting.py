"""Alerts of a project: its rules held against what a run says, kept in the journal, acknowledged by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from models.alert import DRIFTS, AlertRule, Raised, alert_words, is_news, judge, read_rule, read_rules
from models.course import Course, EpisodeRule
from models.domain import Domain, Setting, Watch
from models.errors import UserError
from models.event import ALERT, MODEL, Entry, Event
from models.job import Progress, Steps
from models.learn.words import plural
from models.orders.fitting import load_model
from models.orders.naming import class_names, device_of, find_domain, place, plain
from models.orders.webhook import check_url, post
from models.params import build, to_plain
from models.sample import Samples
from models.store.fold import person
from models.store.project import Project
from models.store.runs import RunRecord

#: Settings of a project: the rules as text, one each; how episodes are made.
RULES, EPISODES = "alert_rules", "episodes"
#: Under what name the drift of a run is kept with it, and of how many windows of a recording it is told.
DRIFT, WINDOWS = "drift", 100
#: What is written beside a person's word: that an alert was sent.
_SENT = ".sent"


@dataclass(frozen=True)
class Alert:
    """One alert. row: the sample where it begins, −1 for the project itself; start, stop: s in its recording.

    at: when it was raised (ISO 8601, UTC). by, when: who acknowledged it, "" for nobody yet.
    """

    name: str
    row: int
    rule: str
    recording: str
    start: float
    stop: float
    value: float
    words: str
    run: str
    at: str
    sent: bool = False
    by: str = ""
    when: str = ""

    @property
    def key(self) -> tuple[str, float, float]:
        """What tells whether the same is raised again."""
        return self.rule, self.start, self.stop


# What a project asks for


def watch_of(kind: Domain) -> Watch:
    """How recordings of a domain are watched over. Raises UserError where they are not."""
    if kind.watch is None:
        raise UserError(f"there are no recordings to watch over in {kind.title}: alerts are for EEG.")
    return kind.watch


def rules_of(project: Project) -> tuple[AlertRule, ...]:
    """The rules of a project; of those that name a class which is there no more none."""
    classes, found = class_names(project, find_domain(project)), []
    for text in project.setting(RULES, []):
        try:
            found.append(read_rule(text, classes))
        except UserError:
            continue
    return tuple(found)


def set_rules(project: Project, text: str) -> tuple[AlertRule, ...]:
    """Give a project these rules, one a line, in place of those that it had. Raises UserError with the place."""
    kind = find_domain(project)
    watch_of(kind)
    rules = read_rules(text, class_names(project, kind))
    project.set_setting(RULES, [rule.text for rule in rules])
    return rules


def episode_rule(project: Project) -> EpisodeRule:
    """When windows of this project make an episode."""
    found: EpisodeRule = build(EpisodeRule, project.setting(EPISODES, {}))
    return found


def set_episode_rule(project: Project, values: Mapping[str, Any]) -> EpisodeRule:
    """Another rule for episodes. Raises UserError for a value outside its limits."""
    rule: EpisodeRule = build(EpisodeRule, {**to_plain(episode_rule(project)), **values})
    project.set_setting(EPISODES, to_plain(rule))
    return rule


# What is in the journal


def alerts_of(project: Project) -> list[Alert]:
    """All alerts, the newest first; of one act those that begin first. The journal tells the order: clocks jump."""
    fold = project.journal.fold
    rows = [-1, *np.flatnonzero(fold.having(ALERT) & fold.live).tolist()]
    found = [pair for row in rows for pair in _at(row, fold.opinions(row, ALERT))]
    return [one for one, _ in sorted(found, key=lambda pair: (-pair[1], pair[0].recording, pair[0].start))]


def _at(row: int, told: Mapping[tuple[str, str], tuple[str, int]]) -> list[tuple[Alert, int]]:
    """The alerts of one sample from what the run and people say of each, and the events that raised them."""
    found = []
    for (name, by), (text, event) in told.items():
        raised = _read(text) if by == MODEL and not name.endswith(_SENT) else None
        if raised is None:
            continue
        when, who = _noted(name, told)
        sent = bool(told.get((f"{name}{_SENT}", MODEL), ("", 0))[0])
        try:
            found.append((Alert(name, row, sent=sent, by=who, when=when, **_fields(raised)), event))
        except (KeyError, TypeError, ValueError):
            continue
    return found


def _noted(name: str, told: Mapping[tuple[str, str], tuple[str, int]]) -> tuple[str, str]:
    """When the first person took note of an alert, and who; "" for nobody."""
    people = sorted((event, by, word) for (own, by), (word, event) in told.items() if own == name and by != MODEL)
    known = [(str(read.get("at", "")), by) for _, by, word in people if (read := _read(word)) is not None]
    return known[0] if known else ("", "")


def _fields(raised: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: str(raised[name]) for name in ("rule", "recording", "words", "run", "at")}
    datetime.fromisoformat(texts["at"])
    return {**texts, **{name: float(raised[name]) for name in ("start", "stop", "value")}}


def _read(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def acknowledge(project: Project, names: Sequence[str], by: str) -> Event:
    """A person takes note of alerts, as one act that can be undone. Raises UserError for one that is not there."""
    by, known = person(by), {one.name: one for one in alerts_of(project)}
    for name in names:
        if name not in known:
            raise UserError(f"there is no alert {name!r}. The alerts of a project are told by winnow alerts.")
    chosen = [known[name] for name in dict.fromkeys(names) if not known[name].by]
    word = json.dumps({"at": _now()})
    title = f"Acknowledge {chosen[0].rule}" if len(chosen) == 1 else f"Acknowledge {len(chosen)} alerts"
    return project.journal.act([Entry(one.row, ALERT, one.name, word) for one in chosen], by, title)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


# Watching


@dataclass(frozen=True)
class Watched:
    """A run's probabilities along the recordings of a project. p: (n, classes) by row, NaN where it said nothing."""

    courses: Sequence[Course]
    p: npt.NDArray[np.float32]
    classes: tuple[str, ...]

    def of(self, course: Course) -> npt.NDArray[np.float32]:
        """Those of one recording, (m, classes)."""
        return self.p[course.rows]


def watched(samples: Samples, kind: Domain, record: RunRecord) -> Watched:
    """What a run says along all recordings."""
    kept = record.predictions()
    p = np.full((len(samples), len(kept.classes)), np.nan, np.float32)
    rows, index = kept.rows(samples)
    p[rows] = kept.probabilities[index]
    return Watched(watch_of(kind).courses(samples), p, kept.classes)


def watch(project: str, run: str = "last", webhook: str = "", device: str = "cpu") -> Steps:
    """Hold the rules against a run's predictions: {run, rules, recordings, raised, sent, failed, notes}.

    What was raised before over the same time is not raised again. webhook: where alerts that nobody was sent yet are
    posted to; "" uses no network.
    """
    if webhook:
        check_url(webhook)
    with Project.open(place(project)) as opened:
        kind = find_domain(opened)
        watch_of(kind)
        record, rules = opened.runs.get(run), rules_of(opened)
        found = watched(opened.samples, kind, record)
        drifts: Mapping[str, float] = {}
        if any(rule.kind == DRIFTS for rule in rules):
            drifts = yield from _drifts(opened, kind, record, found, device)
        raised = _raise(opened, record, rules, found, drifts)
        told: dict[str, Any] = {
            "run": record.id, "rules": [rule.text for rule in rules], "recordings": len(found.courses),
            "raised": [plain_alert(opened, one) for one in raised], "sent": 0, "failed": "",
            "notes": _notes(found),
        }  # fmt: skip
        if webhook:
            yield Progress(text="Sending alerts")
            told |= _send(opened, webhook)
        return plain(told)


def _notes(found: Watched) -> list[str]:
    """What the run did not see."""
    lacking = sum(int(np.isnan(found.of(one)).any(1).sum()) for one in found.courses)
    return (
        [f"{plural(lacking, 'window')} came after the run: winnow calibrate --carry predicts them."] if lacking else []
    )


def _raise(
    project: Project, record: RunRecord, rules: Sequence[AlertRule], found: Watched, drifts: Mapping[str, float]
) -> list[Alert]:
    """Write what is new as one act."""
    known: dict[str, list[tuple[str, float, float]]] = {}
    for alert in alerts_of(project):
        known.setdefault(alert.recording, []).append(alert.key)
    episodes, at, news = episode_rule(project), _now(), list[Alert]()
    unseen = _unseen(project, record)
    for course in found.courses:
        p, own, fresh = found.of(course), known.get(course.name, []), unseen[course.rows]
        for rule in rules:
            for one in judge(rule, course, p, found.classes, episodes, drifts.get(course.name)):
                during = (course.starts < one.stop) & (course.stops > one.start)
                # What the run learnt from is no news to anybody.
                if is_news(one, own) and fresh[during].any():
                    news.append(_alert(one, course, record.id, at))
    entries = [Entry(one.row, ALERT, one.name, _written(one)) for one in news]
    count = "1 alert" if len(news) == 1 else f"{len(news)} alerts"
    project.journal.act(entries, MODEL, f"{record.title} raised {count}", record.id)
    return news


def _alert(one: Raised, course: Course, run: str, at: str) -> Alert:
    said = "\0".join((one.rule.text, course.name, f"{one.start:.3f}", at))
    name = hashlib.sha256(said.encode()).hexdigest()[:12]
    row = int(course.rows[one.first])
    return Alert(
        name, row, one.rule.text, course.name, round(one.start, 3), round(one.stop, 3), round(one.value, 4),
        alert_words(one), run, at,
    )  # fmt: skip


def _written(one: Alert) -> str:
    names = ("rule", "recording", "start", "stop", "value", "words", "run", "at")
    return json.dumps({name: getattr(one, name) for name in names}, ensure_ascii=False)


def plain_alert(project: Project, one: Alert) -> dict[str, Any]:
    """An alert as JSON."""
    sample = str(project.samples.table.column("id")[one.row].as_py()) if one.row >= 0 else ""
    return {
        "alert": one.name, "rule": one.rule, "sample": sample, "recording": one.recording, "start": one.start,
        "stop": one.stop, "value": one.value, "words": one.words, "run": one.run, "at": one.at, "sent": one.sent,
        "acknowledged": {"by": one.by, "at": one.when} if one.by else None,
    }  # fmt: skip


# Drift


def _drifts(project: Project, kind: Domain, record: RunRecord, found: Watched, device: str) -> Steps:
    """How far the windows of each recording lie from what the run learnt from, on the mean; kept with the run.

    Those that it learnt from are no news to it: of them nothing is told.
    """
    kept: dict[str, float] = dict((record.added(DRIFT) or {}).get("recordings", {}))
    fresh = [one for one in found.courses if one.name not in kept]
    if not fresh:
        return kept
    try:
        fitted, _ = load_model(kind, record.path)
    except UserError as error:
        # The other rules need no model.
        yield Progress(log=f"Drift is not known: {error}")
        return kept
    distances, embed = watch_of(kind).distances, fitted.recipe.embed
    if distances is None or embed is None:
        return kept
    setting = Setting(device_of(device), project.cache)
    unseen = _unseen(project, record)
    for done, course in enumerate(fresh):
        yield Progress(done, len(fresh), "Looking for drift")
        rows = course.rows[unseen[course.rows] & np.isfinite(found.of(course)).all(1)]
        if not len(rows):
            continue
        some = rows[np.unique(np.linspace(0, len(rows) - 1, min(WINDOWS, len(rows))).astype(int))]
        told = distances(fitted.model, embed(fitted.model, project.samples.take(some), setting))
        if told is None:
            return kept
        kept[course.name] = round(float(np.mean(told[0])), 4)
    record.add(DRIFT, {"recordings": kept})
    return kept


def _unseen(project: Project, record: RunRecord) -> npt.NDArray[np.bool_]:
    """Which rows the run did not learn from, (n,)."""
    kept = record.predictions()
    rows, index = kept.rows(project.samples)
    found = np.ones(len(project.samples), bool)
    found[rows] = kept.part[index] != "train"
    return found


# Sending


def _send(project: Project, url: str) -> dict[str, Any]:
    """Post what nobody was sent yet; what was taken is marked, so that it is sent once."""
    waiting = [one for one in alerts_of(project) if not one.sent and not one.by]
    if not waiting:
        return {}
    failed = post(url, {"source": "winnow", "use": "research use, no diagnosis",
                        "alerts": [_posted(project, one) for one in waiting]})  # fmt: skip
    if failed:
        return {"failed": failed}
    word = json.dumps({"at": _now()})
    project.journal.act(
        [Entry(one.row, ALERT, f"{one.name}{_SENT}", word) for one in waiting], MODEL, f"sent {len(waiting)} alerts"
    )
    return {"sent": len(waiting)}


def _posted(project: Project, one: Alert) -> dict[str, Any]:
    """What leaves the machine: nothing of a person but the key of the sample in its source."""
    key = str(project.samples.table.column("key")[one.row].as_py()) if one.row >= 0 else ""
    return {
        "alert": one.name, "rule": one.rule, "sample": key, "seconds": round(one.stop - one.start, 3),
        "value": one.value, "words": one.words, "run": one.run, "at": one.at,
    }  # fmt: skip


def list_alerts(project: str) -> dict[str, Any]:
    """The rules and the alerts of a project as JSON."""
    with Project.open(place(project)) as opened:
        watch_of(find_domain(opened))
        found: dict[str, Any] = plain(
            {
                "rules": [rule.text for rule in rules_of(opened)],
                "episodes": to_plain(episode_rule(opened)),
                "alerts": [plain_alert(opened, one) for one in alerts_of(opened)],
            }
        )
        return found
