"""Samples and labels from files into a project."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Annotated, Domain, Found, Noted, Skipped, common_words
from models.errors import Cancelled, UserError
from models.event import FILE, LABEL
from models.job import Progress, Steps
from models.learn.words import plural
from models.natural import natural
from models.orders.labelfile import Table, read_any
from models.orders.marking import Marking
from models.orders.naming import class_names, find_domain, place
from models.params import unknown
from models.sample import portable_id
from models.store.fold import person
from models.store.intake import Added
from models.store.project import Project
from models.store.sources import READ_AS

#: So many samples of a source are shown to tell whether it was read as it is meant.
SHOWN = 8
#: Of so many labelled samples it tells something how many classes they have.
_TELLING = 20


@dataclass
class _Report:
    """What an import found and did so far."""

    added: int = 0
    known: int = 0
    votes: int = 0
    marks: int = 0
    renewed: int = 0
    seen: int = 0
    found: list[Found] = field(default_factory=list)
    annotated: list[Annotated] = field(default_factory=list)
    marked: Marking | None = None
    groups: set[str] = field(default_factory=set)
    words: tuple[str, str] = ("group", "sample")
    classes: Counter[str] = field(default_factory=Counter)
    skipped: list[dict[str, str]] = field(default_factory=list)
    notes: list[dict[str, str]] = field(default_factory=list)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    first: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def keep(self, found: Found, given: Mapping[str, str]) -> None:
        """The settings that a source was read by, and whether a person gave one of them, now or before."""
        before = json.loads(given.get("kept") or "{}").get(found.name, {})
        if found.settings or before:
            asked = any(given.get(name, "") not in ("", "guess") for name in found.settings)
            known = {name: value for name, value in before.items() if name != "given" and not name.startswith("_")}
            asked |= bool(before.get("given")) and known == found.settings
            self.settings[found.name] = {**found.settings, "given": asked}
        if found.settings and len(self.first) < SHOWN:
            self.first[found.name] = first_rows(found)

    def note(self, text: str, source: str = "", where: str = "") -> None:
        self.notes.append({"source": source, "where": where, "text": text})


def first_rows(found: Found) -> list[dict[str, str]]:
    """The first samples of a source as text: key, label, what else is known of any of them, and group.

    Of what a domain keeps for itself, which begins with ``_``, there stands what the mapping names, such as the box
    that four columns made, unless the key says it already.
    """
    count = min(SHOWN, len(found.keys))
    mapped = _mapped(found)
    inner = [
        name
        for name in found.columns
        if name.startswith("_") and name[1:] in mapped and name[1:] not in found.columns and _tells(found, name, count)
    ]
    shown = [*inner, *(name for name in found.columns if not name.startswith("_"))]
    columns = {"sample": found.keys, **({"label": found.labels} if len(found.labels) else {})}
    columns |= {name.removeprefix("_"): found.columns[name] for name in shown}
    columns |= {"group": found.groups}
    rows = [{name: values[row] for name, values in columns.items()} for row in range(count)]
    told = [name for name in columns if any(row[name] not in (None, "") for row in rows)]
    return [{name: _told(row[name]) for name in told} for row in rows]


def _mapped(found: Found) -> set[str]:
    """What the mapping names that a source was read by, nothing without one."""
    try:
        told = json.loads(str(found.settings.get("mapping", "")))
    except ValueError:
        return set()
    return set(told) if isinstance(told, dict) else set()


def _tells(found: Found, name: str, count: int) -> bool:
    """Whether a column says anything else of the first samples than their keys do."""
    return [str(value) for value in found.columns[name][:count]] != [str(key) for key in found.keys[:count]]


def _told(value: Any) -> str:
    """A value of a preview: of a number with decimals as many digits as a person reads."""
    return "" if value is None else f"{value:.5g}" if isinstance(value, float) else str(value)


def import_samples(
    project: str,
    sources: Sequence[str],
    labels: str = "",
    settings: Mapping[str, str] | None = None,
    dry_run: bool = False,
    by: str = FILE,
) -> Steps:
    """Add the samples of files and folders, by reference; again is harmless.

    labels: a CSV of labels, given as votes of `by`; of ``file:<its name>`` where that is ``file``, so
    that they stand beside those of the sources and again is harmless. dry_run: everything is read and reported,
    nothing written. Cancelled keeps the sources that are in. Raises UserError for a missing path
    and when nothing at all could be imported.
    """
    with Project.open(place(project)) as opened:
        kind = find_domain(opened)
        wanted = _settings(kind, opened, settings or {}, dry_run)
        paths = [place(source) for source in sources]
        for path in paths:
            if not path.exists():
                raise UserError(f"{path} does not exist. Give a file or folder to import.")
        report = _Report()
        try:
            yield from _add_all(kind, opened, paths, wanted, dry_run, report)
        except UserError:
            if report.settings and not dry_run:
                opened.keep_read_as(report.settings)
            raise
        except Cancelled:
            if not report.seen:
                raise
            report.note("Stopped: the sources that came before are in the project.")
        _annotate(opened, kind, paths, dry_run, by, report)
        if not report.seen and not (report.marked and report.marked.recordings):
            raise UserError(_nothing(report, paths, kind))
        if report.settings and not dry_run:
            opened.keep_read_as(report.settings)
        if labels:
            _label_from(opened, place(labels), dry_run, by, report)
        return _result(opened, report, dry_run)


def _settings(kind: Domain, project: Project, given: Mapping[str, str], dry: bool) -> dict[str, str]:
    for name in given:
        if name not in kind.import_keys:
            raise UserError(unknown("import setting", name, kind.import_keys))
    kept = project.setting(READ_AS, {})
    known = {**({"kept": json.dumps(kept)} if kept else {}), **({"dry": "yes"} if dry else {})}
    return {**known, **{name: str(value) for name, value in given.items()}}


def _add_all(
    kind: Domain, project: Project, paths: Sequence[Path], settings: Mapping[str, str], dry: bool, report: _Report
) -> Generator[Progress, None, None]:
    words: set[tuple[str, str]] = set()
    for finding in kind.scan(paths, settings):
        if isinstance(finding, Progress):
            yield finding
        elif isinstance(finding, Skipped):
            report.skipped.append(asdict(finding))
        elif isinstance(finding, Noted):
            report.notes.append(asdict(finding))
        elif isinstance(finding, Annotated):
            report.annotated.append(finding)
        else:
            found = _add(project, finding, dry, report)
            report.keep(found, settings)
            words |= {kind.words_of(found)} if len(found.keys) else set()
            report.words = common_words(words)
            yield Progress(text=f"{found.name}: {plural(len(found.keys), 'sample')}")


def _add(project: Project, found: Found, dry: bool, report: _Report) -> Found:
    """Add the samples of a source; these as the project calls them."""
    done = project.recognise(found) if dry else project.add(found)
    found = done.found
    for text in done.notes:
        report.note(text, found.name)
    report.seen += len(found.keys)
    if words := _too_many_classes(found):
        report.note(words, found.name)
    if not isinstance(done, Added):
        rows = project.rows_of([portable_id(found.name, str(key)) for key in found.keys])
        report.known += int((rows >= 0).sum())
        report.added += int((rows < 0).sum())
        report.renewed += done.renewed
        report.groups.update(found.groups)
        report.classes.update(label for label in found.labels if label)
        report.found.append(found)
        report.votes += _votes_of(found, rows < 0)
        new = {str(key) for key, row in zip(found.keys, rows, strict=True) if row < 0}
        report.marks += sum(len(regions) for key, regions in found.regions.items() if key in new)
        return found
    report.added += done.added
    report.known += done.known
    report.votes += done.labels
    report.marks += done.annotations
    return found


def _too_many_classes(found: Found) -> str:
    """What is told of a source nearly each of whose samples has a class of its own, "" of others.

    A column of numbers of rows, such as the `label_id` of another domain's table, is easily taken for that of classes.
    """
    given = [label for label in found.labels if label]
    many = len(set(given))
    if len(given) < _TELLING or 2 * many <= len(given):
        return ""
    return (
        f"{many} classes on {plural(len(given), 'sample')}: that is hardly the column of labels. Look before you import"
        " (dry run); the settings of the import name another one"
    )


def _votes_of(found: Found, new: npt.NDArray[np.bool_]) -> int:
    """The votes that come with samples which the project does not have yet, as `Project.add` counts them."""
    places = np.flatnonzero(new).tolist()
    labels = sum(bool(found.labels[place]) for place in places) if len(found.labels) else 0
    named = sum(len(found.votes[place]) for place in places) if len(found.votes) else 0
    beside: Sequence[Mapping[str, str]] = found.votes or [{}] * len(new)
    counts = sum(bool(found.tallies[place] or beside[place]) for place in places) if len(found.tallies) else 0
    return labels + named + counts


def _nothing(report: _Report, paths: Sequence[Path], kind: Domain) -> str:
    if report.skipped:
        first = report.skipped[0]
        at = f", {first['where']}" if first["where"] else ""
        return f"nothing could be imported. {first['source']}{at}: {first['reason']}"
    where, kinds = ", ".join(map(str, paths)), f"{kind.title} is read from ({' '.join(kind.suffixes)})"
    if not report.notes:
        return f"nothing could be imported from {where}: nothing in it is of a kind that {kinds}. Give data files."
    texts = [note["text"] for note in report.notes]
    notes = next((text for text in texts if "withdrawn before" in text), texts[0]).rstrip(".")
    return f"nothing could be imported from {where}: {notes}. Give what {kinds}."


def _annotate(project: Project, kind: Domain, paths: Sequence[Path], dry: bool, by: str, report: _Report) -> None:
    """What files of annotations tell of recordings that are there now; labels as votes of where they came from."""
    if not report.annotated:
        return
    marked = report.marked = Marking(project, kind)
    for finding in marked.take(report.annotated, report.found):
        (report.skipped if isinstance(finding, Skipped) else report.notes).append(asdict(finding))
    if not marked.recordings:
        return
    report.note(marked.words(), paths[0].name)
    given = _known_classes(project, marked.labels, paths[0].name, report)
    if not dry:
        marked.act()
    _vote(project, given, paths[0].name, by, report, dry)


def _known_classes(project: Project, labels: Mapping[str, str], source: str, report: _Report) -> dict[int, str]:
    """The labels by row; those that a declared list of classes has not are told and left out."""
    declared = project.setting("classes", [])
    rows = project.rows_of([*labels]).tolist()
    given = {row: label for row, label in zip(rows, labels.values(), strict=True) if row >= 0}
    for name, count in Counter(label for label in labels.values() if label not in project.classes).items():
        if declared:
            reason = unknown("class", name, project.classes)
            report.skipped.append(asdict(Skipped(source, plural(count, "label"), reason)))
        else:
            report.note(f"{name!r} is a class that the project did not have, on {plural(count, 'recording')}", source)
    return {row: label for row, label in given.items() if not declared or label in project.classes}


def _label_from(project: Project, path: Path, dry: bool, by: str, report: _Report) -> None:
    table = _table(project, path)
    report.skipped.extend(asdict(item) for item in table.skipped)
    report.notes.extend(asdict(item) for item in table.notes)
    if not table.rows and len(project.samples):
        report.note(f"No line names a sample of the project. Ids look like {project.samples.ids()[0]}", path.name)
    known = {*project.classes, *find_domain(project).classes, "", "?"}
    for name, count in Counter(value for value in table.values if value not in known).items():
        report.note(f"{name!r} is a class that the project did not have, on {plural(count, 'line')}", path.name)
    if not dry and table.rows:
        _vote(project, dict(zip(table.rows, table.values, strict=True)), path.name, by, report)


def _vote(project: Project, given: dict[int, str], source: str, by: str, report: _Report, dry: bool = False) -> None:
    """Labels by row as votes of where they came from: those that are news. dry: these are only counted."""
    if not given:
        return
    by = f"{FILE}:{source}" if by == FILE else by
    different = _different(project, given)
    new = _not_said(project, different, by)
    text = f"{plural(len(given), 'label')} read: {len(new)} new or other than the present ones"
    if len(new) < len(different):
        text += f"; {len(different) - len(new)} relabelled since, which holds"
    report.note(text, source)
    if dry:
        report.votes += len(new)
    elif new:
        title = f"Labels from {source}"
        report.votes += project.journal.label_each(np.array(list(new)), list(new.values()), by, title).count


def _not_said(project: Project, given: dict[int, str], by: str) -> dict[int, str]:
    """Those that differ from what their annotator said last: what was relabelled since stays so."""
    fold = project.journal.fold
    said, _ = fold.state.read(fold.subjects[np.fromiter(given, np.int64, len(given))], LABEL, "", by)
    return {row: value for (row, value), last in zip(given.items(), said, strict=True) if last != value}


def _different(project: Project, given: Mapping[int, str]) -> dict[int, str]:
    """Those labels that are not the present ones."""
    now = project.journal.fold.labels()
    return {row: value for row, value in given.items() if (now[row] or "") != value}


def _table(project: Project, path: Path) -> Table:
    """A declared class list is strict; without one the classes of the file are taken as they are."""
    declared = project.setting("classes", [])
    return read_any(path, project, find_domain(project), [*declared] and [*project.classes])


def label_file(project: str, path: str, by: str) -> Steps:
    """Labels of a CSV as one act; lines that can't be used are in ``skipped`` by row.

    ``changed`` are the samples voted on, ``different`` those of them whose label is another one by it.
    """
    with Project.open(place(project)) as opened:
        yield Progress(text=f"Reading {path}")
        kind, by = find_domain(opened), person(by)
        file = place(path)
        table = read_any(file, opened, kind, class_names(opened, kind))
        if not table.rows:
            first = table.skipped[0] if table.skipped else None
            reason = f"{first.where}: {first.reason}" if first else "it holds no labels"
            like = f" Ids look like {opened.samples.ids()[0]}" if first and len(opened.samples) else ""
            raise UserError(f"{file}, {reason}.{like}")
        different = len(_different(opened, dict(zip(table.rows, table.values, strict=True))))
        event = opened.journal.label_each(np.array(table.rows), table.values, by, f"Labels from {file.name}")
        return {
            "changed": event.count,
            "different": different,
            "event": event.number,
            "skipped": [asdict(item) for item in table.skipped],
            "notes": [asdict(item) for item in table.notes],
        }


def _read_as(report: _Report) -> list[dict[str, Any]]:
    """Each way in which sources were read that don't tell it themselves: how many, the first, and rows of that."""
    ways: dict[str, dict[str, Any]] = {}
    for source, settings in report.settings.items():
        told = {"first": source, "sources": 0, **settings, "rows": report.first.get(source, [])}
        ways.setdefault(json.dumps(settings, sort_keys=True), told)["sources"] += 1
    return list(ways.values())


def _result(project: Project, report: _Report, dry: bool) -> dict[str, Any]:
    """Totals of the project; of a dry run those it would have if it were empty before."""
    if dry:
        classes, samples, groups = report.classes, report.added + len(project.samples), len(report.groups)
    else:
        live = project.journal.fold.live
        classes = Counter(label for label in project.journal.fold.labels()[live].tolist() if label)
        samples, groups = int(live.sum()), len(np.unique(project.samples.group_codes()[0][live]))
    return {
        "samples": samples,
        "added": report.added,
        "known": report.known,
        "groups": groups,
        "labels": sum(classes.values()),
        "votes": report.votes,
        "annotations": report.marks + (report.marked.asked if report.marked is not None else 0),
        "classes": {name: classes[name] for name in sorted(classes, key=natural)},
        "skipped": report.skipped,
        "notes": report.notes,
        "read_as": _read_as(report),
        "renewed": report.renewed,
        "words": dict(zip(("group", "sample"), report.words, strict=True)),
        "dry_run": dry,
    }
