"""A report of a patient's recordings, HTML or PDF: timeline, burden, episodes with traces, votes, provenance."""

from __future__ import annotations

import base64
import html
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.course import Course, Episode, EpisodeRule, burden, find_episodes, hour_edges, recorded_between
from models.domain import Domain
from models.errors import UserError
from models.job import Printout, Progress
from models.learn.agreement import agree
from models.learn.words import interval, lone_words, moment, plural, share
from models.orders.alerting import Alert, Watched, alerts_of, episode_rule, watch_of, watched
from models.orders.patient_pictures import png, timeline, traces
from models.payload import Recording
from models.store.atomic import whole, write_text
from models.store.project import Project
from models.store.runs import RunRecord
from models.store.voted import standing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Rows = npt.NDArray[np.int64]
USE = "Research use, no diagnosis."
#: Recordings of one report, and episodes of each whose traces are drawn, the surest ones.
MOST, DRAWN = 20, 6
#: Dots of an inch of its pictures, on a screen and on paper.
COARSE, FINE = 110, 160
_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1a1c20}
h1{font-size:1.5rem;margin-bottom:0}h2{font-size:1.15rem;margin-top:2.2rem;border-top:1px solid #dadce0;
padding-top:1rem}
h3{font-size:1rem;margin:1.2rem 0 .3rem}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{padding:.2rem 1rem .2rem 0;text-align:left;border-bottom:1px solid #dadce0;font-weight:400}
thead th{font-weight:600}
img{max-width:100%;height:auto}.use{background:#fbefd9;padding:.5rem 1rem;font-weight:600}.soft{color:#4e545e}
@media print{body{margin:0}h2.next{break-before:page}figure,tr{break-inside:avoid}}figure{margin:1rem 0}"""
#: The same on paper, where the foot of each page says what it is not for.
_PAGES = """body{color:#1a1c20}h1{font-size:22px;font-weight:600;margin:0 0 6px 0}
h2{font-size:17px;font-weight:600;margin:26px 0 6px 0}h2.next{page-break-before:always;margin-top:0}
h3{font-size:13px;font-weight:600;margin:18px 0 4px 0}p{margin:6px 0}table{border-collapse:collapse;margin:4px 0 8px 0}
td,th{padding:3px 14px 3px 0;text-align:left;font-weight:400;border-bottom:1px solid #dadce0}
thead th{font-weight:600;vertical-align:bottom}.soft{color:#4e545e}
.use{background-color:#fbefd9;font-weight:600;line-height:160%}"""


@dataclass(frozen=True)
class _Basis:
    project: Project
    kind: Domain
    record: RunRecord
    found: Watched
    rule: EpisodeRule
    alerts: Sequence[Alert]
    dots: int

    @property
    def target(self) -> str:
        return watch_of(self.kind).target

    def title(self, name: str) -> str:
        return self.kind.class_titles.get(name, name)


def write_patient_report(
    project: Project, kind: Domain, run: str, rows: Rows, path: Path, paper: str = ""
) -> Generator[Progress, None, dict[str, Any]]:
    """Write the report of the recordings that these rows lie in; {written, files, skipped}.

    paper: the size of the pages of a PDF, "" for HTML.
    """
    watch_of(kind)
    record = project.runs.get(run)
    found = watched(project.samples, kind, record)
    chosen = [one for one in found.courses if np.isin(one.rows, rows).any()]
    if not chosen:
        raise UserError("none of these samples lies in a recording: a report needs some.")
    if len(chosen) > MOST:
        patient = chosen[0].group
        raise UserError(
            f"{len(chosen)} recordings are more than the {MOST} of one report. Choose a patient, such as "
            f"--where 'group == \"{patient}\"'."
        )
    basis = _Basis(project, kind, record, found, episode_rule(project), alerts_of(project), FINE if paper else COARSE)
    groups = list(dict.fromkeys(one.group for one in chosen))
    title = f"{', '.join(groups[:4])}{' …' if len(groups) > 4 else ''}: {plural(len(chosen), 'recording')}"
    parts = [f"<h1>{_say(title)}</h1>", f'<p class="use">{USE}</p>', _provenance(basis)]
    for done, course in enumerate(chosen):
        yield Progress(done, len(chosen), f"Drawing {course.title}")
        parts += _recording(basis, course, done > 0)
    parts.append(_votes(basis, np.concatenate([one.rows for one in chosen])))
    if paper:
        yield Progress(len(chosen), len(chosen), "Writing the pages")
        with whole(path) as place:
            yield Printout(html=_html(title, _PAGES, parts), path=place, paper=paper, title=title, foot=USE)
            if not place.exists():
                raise RuntimeError("who ran this order has no printer")
    else:
        write_text(path, _html(title, _STYLE, [*parts, f'<p class="use">{USE}</p>']))
    count = sum(len(one.rows) for one in chosen)
    return {"format": "patient", "written": count, "files": [str(path)], "skipped": []}


def _html(title: str, style: str, parts: Sequence[str]) -> str:
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{_say(title)}</title>'
    return f"{head}<style>{style}</style><body>{''.join(parts)}</body></html>\n"


def _provenance(basis: _Basis) -> str:
    """Where the predictions come from."""
    told, record = basis.record.record, basis.record
    snapshot, split = told.get("snapshot") or {}, told.get("split") or {}
    part, metrics = record.judged()
    score = metrics.get("balanced_accuracy")
    bounds = (metrics.get("intervals") or {}).get("balanced_accuracy")
    counts = ", ".join(f"{split[name]} {name}" for name in ("train", "val", "test") if split.get(name))
    facts = {
        "Project": basis.project.path.name,
        "Run": f"{record.title}{f' ({record.id})' if record.name else ''}, {record.recipe}",
        "Trained": moment(record.at) if record.at else "",
        "Labels": f"{snapshot.get('labels', 0)} at event {snapshot.get('position', 0)}, {snapshot.get('sha', '')[:16]}",
        "Split": f"by {split.get('by', '')}: {counts}" if counts else "",
        "Score": f"balanced accuracy {share(score)} {interval(bounds) if bounds else ''}, {part.replace('_', ' ')}"
        if score is not None
        else "",
        "Of the score": lone_words(metrics, *basis.kind.words(basis.project.samples)) if score is not None else "",
        "Seed": told.get("seed"),
        "Versions": ", ".join(f"{name} {number}" for name, number in (told.get("versions") or {}).items()),
        "Episodes": basis.rule.words(basis.title(basis.target)),
    }
    return _pairs([(name, str(value)) for name, value in facts.items() if value not in ("", None)])


# One recording


def _recording(basis: _Basis, course: Course, later: bool) -> list[str]:
    """All of one; later: it is not the first."""
    p, classes = basis.found.of(course), basis.found.classes
    edges = hour_edges(course.end)
    seconds = burden(course, p, basis.rule, edges)
    place = classes.index(basis.target) if basis.target in classes else -1
    episodes = find_episodes(course.starts, course.stops, p[:, place], basis.rule) if place >= 0 else []
    rest = watch_of(basis.kind).rest
    picture = timeline(
        course, p, [basis.title(name) for name in classes], classes.index(rest) if rest in classes else -1, episodes,
        edges, seconds,
    )  # fmt: skip
    head = '<h2 class="next">' if later else "<h2>"
    parts = [
        f"{head}{_say(course.title)}</h2>",
        _facts(basis, course, p),
        _figure(basis, picture, "Predictions and burden"),
    ]
    parts.append(_hours(basis, course, edges, seconds))
    parts.append(_episodes(basis, course, episodes))
    parts += _traces(basis, course, episodes)
    return [*parts, _alerts(basis, course)]


def _facts(basis: _Basis, course: Course, p: npt.NDArray[np.float32]) -> str:
    kept = basis.record.predictions()
    rows, index = kept.rows(basis.project.samples)
    learnt = np.isin(course.rows, rows[kept.part[index] == "train"])
    silent = int(np.isnan(p).any(1).sum())
    facts = [("Patient", course.group), ("Length", duration(course.end)), ("Windows", str(len(course.rows)))]
    if learnt.any():
        words = f"{100 * learnt.mean():.0f} % of the windows: what the run says of these is no test of it"
        facts.append(("In training", words))
    if silent:
        facts.append(("Without prediction", f"{plural(silent, 'window')} came after the run"))
    return _pairs(facts)


def _hours(basis: _Basis, course: Course, edges: npt.NDArray[Any], seconds: npt.NDArray[Any]) -> str:
    rest, classes = watch_of(basis.kind).rest, basis.found.classes
    shown = [place for place, name in enumerate(classes) if name != rest]
    recorded = recorded_between(course, edges)
    head = ["Hour", "Recorded", *(basis.title(classes[place]) for place in shown)]
    lines = []
    for hour in np.flatnonzero(recorded > 0).tolist():
        cells = [f"{seconds[hour, place] / 60:.1f}" for place in shown]
        lines.append([duration(max(float(edges[hour]), 0.0)), f"{recorded[hour] / 60:.1f}", *cells])
    return f"<h3>Burden by the hour (minutes of episodes)</h3>{_table(head, lines)}"


def _episodes(basis: _Basis, course: Course, episodes: Sequence[Episode]) -> str:
    title, lines = basis.title(basis.target), []
    for number, one in enumerate(episodes, 1):
        rows = course.rows[one.first : one.last + 1]
        lines.append(
            [str(number), duration(one.start), duration(one.stop), f"{one.seconds:g} s", share(one.peak, 2),
             _said(basis, rows)]
        )  # fmt: skip
    if not lines:
        return f"<h3>{_say(title)} episodes</h3><p>None.</p>"
    head = ["No.", "Onset", "Offset", "Length", "Greatest p", "Votes of people on its windows"]
    return f"<h3>{_say(title)} episodes</h3>{_table(head, lines)}"


def _said(basis: _Basis, rows: Rows) -> str:
    """Class and count of what people and files voted on windows; where only shares are told, their mean."""
    counts, shares = _counted(basis, rows)
    told = [f"{basis.title(name)} {count:g}" for name, count in _falling(counts)]
    told += [f"{basis.title(name)} {share(part, 2)} of the votes" for name, part in _falling(shares)]
    return ", ".join(told) or "none"


def _counted(basis: _Basis, rows: Rows) -> tuple[dict[str, float], dict[str, float]]:
    """Votes on windows by class, and the mean shares of those whose source tells no more."""
    fold = basis.project.journal.fold
    counts: dict[str, float] = {}
    shares: dict[str, float] = {}
    shared = fold.shared()[rows]
    for votes, parted in zip(fold.tallies(rows), shared.tolist(), strict=True):
        whole = sum(votes.values())
        for name, count in votes.items():
            kept, value = (shares, count / whole / int(shared.sum())) if parted else (counts, count)
            kept[name] = kept.get(name, 0) + value
    return counts, shares


def _falling(values: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(values.items(), key=lambda item: -item[1])


def _traces(basis: _Basis, course: Course, episodes: Sequence[Episode]) -> list[str]:
    """The traces at the onset of the surest episodes, in order of time."""
    surest = sorted(range(len(episodes)), key=lambda place: -episodes[place].peak)[:DRAWN]
    parts = []
    for place in sorted(surest):
        one = episodes[place]
        try:
            payloads = basis.kind.load(basis.project.samples, int(course.rows[one.first]))
            recording = next((each for each in payloads if isinstance(each, Recording)), None)
            picture = traces(recording, one) if recording is not None else None
        except UserError as error:
            parts.append(f'<p class="soft">Episode {place + 1} cannot be drawn: {_say(str(error))}</p>')
            continue
        if picture is not None:
            parts.append(_figure(basis, picture, f"Episode {place + 1}, onset {duration(one.start)}"))
    if len(episodes) > DRAWN:
        parts.append(f'<p class="soft">Drawn are the {DRAWN} of {len(episodes)} with the greatest p.</p>')
    return parts


def _alerts(basis: _Basis, course: Course) -> str:
    own = sorted((one for one in basis.alerts if one.recording == course.name), key=lambda one: one.start)
    if not own:
        return ""
    lines = [
        [duration(one.start), one.rule, one.words, f"{one.by}, {moment(one.when)}" if one.by else "nobody yet"]
        for one in own
    ]
    return f"<h3>Alerts</h3>{_table(['At', 'Rule', 'Found', 'Acknowledged by'], lines)}"


# Votes


def _votes(basis: _Basis, rows: Rows) -> str:
    """What people voted on these windows, and how far the run agrees on those that it did not learn from."""
    classes = basis.found.classes
    labels = standing(basis.project, basis.project.journal.fold).labels()[rows]
    counts, shares = _counted(basis, rows)
    lines = [[basis.title(name), str(int((labels == name).sum())), f"{counts.get(name, 0):g}"] for name in classes]
    head = ["Class", "Windows labelled so", "Votes"]
    if shares:
        head = [*head, "Mean share of votes"]
        lines = [[*line, share(shares.get(name, 0.0), 2)] for line, name in zip(lines, classes, strict=True)]
    kept = basis.record.predictions()
    known, index = kept.rows(basis.project.samples)
    learnt = np.isin(rows, known[kept.part[index] == "train"])
    place = {name: code for code, name in enumerate(classes)}
    said = np.array([place.get(str(label), -1) for label in labels], np.int64)
    p = basis.found.p[rows]
    model = np.where(np.isfinite(p).all(1) & ~learnt, np.nan_to_num(p).argmax(1), -1).astype(np.int64)
    groups = basis.project.samples.group_codes()[0][rows]
    both = agree(said, model, groups, len(classes))
    words = f"No labelled window is one that {basis.record.title} did not learn from."
    if both.n and both.share is not None:
        kappa = f", kappa {share(both.kappa, 2)} {interval(both.interval) if both.interval else ''}"
        words = (
            f"{basis.record.title} agrees with the labels on {share(both.share)} of {both.n} windows that it did not "
            f"learn from{kappa if both.kappa is not None else ''}."
        )
    table = _table(head, lines)
    return f"<h2>Votes and agreement</h2>{table}<p>{_say(words)}</p>"


# HTML


def _say(text: str) -> str:
    return html.escape(text)


def _figure(basis: _Basis, figure: Figure, caption: str) -> str:
    data = base64.b64encode(png(figure, basis.dots)).decode()
    words = _say(caption)
    return f'<figure><h3>{words}</h3><p><img alt="{words}" src="data:image/png;base64,{data}"></p></figure>'


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    return f"<table>{''.join(f'<tr><th>{_say(name)}</th><td>{_say(value)}</td></tr>' for name, value in pairs)}</table>"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    above = "".join(f"<th>{_say(name)}</th>" for name in head)
    rows = "".join(f"<tr>{''.join(f'<td>{_say(cell)}</td>' for cell in line)}</tr>" for line in lines)
    return f"<table><thead><tr>{above}</tr></thead>{rows}</table>"


def duration(seconds: float) -> str:
    """A time since the begin of a recording: ``1:02:03``."""
    whole = max(round(seconds), 0)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
