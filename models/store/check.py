"""Whether all is well with a project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sqlalchemy.engine import Connection

from models.errors import UserError
from models.store.database import Database
from models.store.digest import digest, measure
from models.store.project import Project
from models.store.runs import ADDED
from models.store.sources import SourceInfo
from models.store.state import Ints, State
from models.store.structure import missing_rows


def check(project: Project) -> list[str]:
    """Sentences about what is wrong; none when all is well.

    Looks at the integrity of the database, folds the journal again from nothing and compares, at
    gaps in event numbers, samples and sources, runs and what was left half done.
    """
    problems = _database_problems(project._database)
    if problems:
        return problems
    project.refresh()
    project.journal.refresh()
    truth = project.journal.from_nothing()
    return [
        *project._settings.problems(),
        *_journal_problems(project._labels),
        *_sample_problems(project),
        *compare(truth, project.journal.fold.state),
        *missing_rows(project, truth),
        *(problem for source in project.sources() for problem in _source_problems(source)),
        *_run_problems(project),
        *_left_over(project),
    ]


def _database_problems(database: Database) -> list[str]:
    try:
        with database.reading() as connection:
            lines = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    except UserError as error:
        return [str(error)]
    return [] if lines == ["ok"] else [f"{database.place}: {line}" for line in lines]


def _journal_problems(database: Database) -> list[str]:
    problems = []
    with database.reading() as connection:
        count, first, last = connection.exec_driver_sql("SELECT count(*), min(number), max(number) FROM event").one()
        if count and (first != 1 or last != count):
            problems.append(f"event numbers have gaps: {count} events between {first} and {last}.")
        lost = _number(
            connection,
            "SELECT count(*) FROM change c LEFT JOIN subject s ON s.number = c.subject "
            "WHERE s.number IS NULL AND c.subject <> 0",
        )
        if lost:
            problems.append(f"{lost} changes in the journal name a sample that does not exist.")
        wrong = _number(
            connection,
            "SELECT count(*) FROM event e LEFT JOIN (SELECT event, count(*) AS n FROM change GROUP BY event) c "
            "ON c.event = e.number WHERE coalesce(c.n, 0) <> e.count",
        )
        if wrong:
            problems.append(f"{wrong} events hold another number of changes than they say.")
    return problems


def _number(connection: Connection, text: str) -> int:
    return int(connection.exec_driver_sql(text).scalar_one())


def _sample_problems(project: Project) -> list[str]:
    """Each sample must stand in the journal's register under its own id."""
    with project._labels.reading() as connection:
        known: dict[int, str] = dict(connection.exec_driver_sql("SELECT number, id FROM subject").all())
    pairs = zip(project.journal.fold.subjects.tolist(), project.samples.ids(), strict=True)
    wrong = [name for number, name in pairs if known.get(number) != name]
    return [f"{len(wrong)} samples are not in the journal's register, the first is {wrong[0]}."] if wrong else []


def compare(truth: State, state: State) -> list[str]:
    """Differences between the journal folded anew and the present fold."""
    problems = []
    for key in sorted(set(truth.tracks) | set(state.tracks)):
        values = [_track(one, key) for one in (truth, state)]
        if not _same(values[0], values[1]):
            problems.append(f"the present {key[0]}s {key[1]!r} of {key[2]} differ from the journal.")
    for pair in sorted(set(truth.present) | set(state.present)):
        if not _same(_present(truth, pair), _present(state, pair)):
            problems.append(f"the present {pair[0]}s {pair[1]!r} differ from the journal.")
    if truth.sparse != state.sparse:
        problems.append("notes and other entries differ from the journal.")
    stacks = [{by: (s.undo, s.redo) for by, s in one.stacks.items() if s.undo or s.redo} for one in (truth, state)]
    if stacks[0] != stacks[1]:
        problems.append("what can be undone differs from the journal.")
    return problems


Columns = tuple[list[str | None], Ints, list[str | None]]


def _track(state: State, key: tuple[str, str, str]) -> Columns:
    track = state.tracks.get(key)
    if track is None:
        return [], np.zeros(0, np.int64), []
    return state.vocabulary(key[0], key[1]).decode(track.codes), track.stamps, []


def _present(state: State, pair: tuple[str, str]) -> Columns:
    now = state.present.get(pair)
    if now is None:
        return [], np.zeros(0, np.int64), []
    return state.vocabulary(*pair).decode(now.codes), now.stamps, state.people.decode(now.by)


def _same(one: Columns, other: Columns) -> bool:
    """Equal up to room at the end that nothing was put in."""
    return _stripped(one) == _stripped(other)


def _stripped(columns: Columns) -> tuple[list[str | None], list[int], list[str | None]]:
    values, stamps, people = columns
    size = len(values)
    while size and values[size - 1] is None and not stamps[size - 1]:
        size -= 1
    return values[:size], stamps[:size].tolist(), people[:size]


def _source_problems(source: SourceInfo) -> list[str]:
    if source.size < 0:
        return []
    if source.missing:
        return [f"{source.path} is missing. Find it again with `winnow locate`."]
    size, mtime = measure(source.path)
    if size == source.size and mtime == source.mtime:
        return []
    try:
        same = not source.sha or (size == source.size and digest(source.path) == source.sha)
    except OSError as error:
        return [f"{source.path} can't be read: {error.strerror}."]
    return [] if same else [f"{source.path} has changed since it was imported. Import it again to read it anew."]


def _run_problems(project: Project) -> list[str]:
    problems = []
    shown = {run.id for run in project.runs.list()}
    for folder in project.runs.folders():
        try:
            project.runs.read(folder)
            if folder.name in shown:
                run = project.runs.get(folder.name)
                problems += [_damaged(file) for file in run.damaged()]
                run.predictions()
        except UserError as error:
            problems.append(str(error))
    return problems


def _damaged(file: Path) -> str:
    if file.parent.name == ADDED:
        return f"{file} is damaged: what was added to the run can't be read. Delete that file and make it anew."
    return f"{file} is {'damaged' if file.exists() else 'missing'}. Restore it, or delete the run and train again."


def notes(project: Project) -> list[str]:
    """What is no problem but worth knowing: trainings that were killed and can go on."""
    return [
        f"{folder.path.name.strip('.')}: a training was begun and never finished. Train with --resume to go on, "
        f"or delete the folder {folder.path}."
        for folder in project.runs.left_over()
    ]


def _left_over(project: Project) -> list[str]:
    partial = [path for path in project.path.glob(".*.partial") if path.is_file()]
    return [f"{path} was left half written. It can be deleted." for path in partial]
