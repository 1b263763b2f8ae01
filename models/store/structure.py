"""Acts of structure: samples that are retired and samples that are made of others, as one event.

A retired sample is never deleted: an entry `RETIRED` says by which kind of act it went. A made one has an
entry `MADE` with all that others need to have it too: the name of its source, key, group, metadata and the
ids of its parents. Undo takes these entries back like any others, and who is there follows from them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.engine import Connection

from models.errors import UserError
from models.event import LABEL, MADE, RETIRED, STRUCTURE, Event
from models.sample import portable_id
from models.store import schema
from models.store.database import Database, insert_rows
from models.store.digest import id_digest
from models.store.samples import bump, insert_samples, metadata_rows
from models.store.state import Ints, State
from models.store.turning import past
from models.structure import BOX, PENDING, Made, Step

if TYPE_CHECKING:
    from models.store.project import Project
    from models.store.writer import Writer

#: Metadata of a made sample: the ids of its parents as JSON, and the kind of act.
PARENTS, KIND = "_parents", "_act"
#: A made sample as the journal tells it: id, subject, all that travels with the act.
Travelled = tuple[str, int, Mapping[str, Any]]
#: Entries of an act: kind, name, subjects, values.
Wanted = list[tuple[str, str, Ints, list[str | None]]]


@dataclass(frozen=True)
class Edited:
    """What an act of structure did. tested: ids of made samples that came into the locked test set by a parent."""

    event: Event
    retired: tuple[int, ...]
    made: tuple[int, ...]
    tested: tuple[str, ...] = ()


class Restructure:
    """Writes the steps of one act.

    local: the open transaction of the project's file; writer: the journal's. names: of the sources by number.
    """

    def __init__(
        self, project: Project, local: Connection, writer: Writer, steps: Sequence[Step], names: Mapping[int, str]
    ) -> None:
        self.project = project
        self.local = local
        self.writer = writer
        self.steps = steps
        self.names = names
        self.tested: list[str] = []

    def run(self, by: str, title: str, run: str) -> tuple[Event, list[str]]:
        """Write the event with its rows; the ids of what was made. UserError where a sample is not there any more."""
        if not self.writer.current:
            raise UserError("samples were withdrawn from the project meanwhile. Nothing was changed; try again.")
        retired = [(row, step.kind) for step in self.steps for row in step.retired]
        self._check([row for row, _ in retired])
        made = [(self._told(one, step.kind), one) for step in self.steps for one in step.made]
        ids = [portable_id(told["source"], told["key"]) for told, _ in made]
        subjects = self._settle(ids, [told for told, _ in made])
        wanted: Wanted = [(STRUCTURE, RETIRED, self._of([row for row, _ in retired]), [kind for _, kind in retired])]
        wanted.append((STRUCTURE, MADE, _ints(subjects), [written(told) for told, _ in made]))
        labels = [(subject, one.label) for subject, (_, one) in zip(subjects, made, strict=True) if one.label]
        wanted.append((LABEL, "", _ints([subject for subject, _ in labels]), [label for _, label in labels]))
        self._follow_test([(name, told["parents"]) for name, (told, _) in zip(ids, made, strict=True)])
        return self.writer.act(wanted, by, title, run), ids

    def _of(self, rows: Sequence[int]) -> Ints:
        return self.project.journal.fold.subjects[np.array(rows, np.int64)]

    def _check(self, rows: Sequence[int]) -> None:
        """Each of these is there, now that everything that came before is known, and is named once."""
        fold = self.project.journal.fold
        ids = self.project.samples.take(np.array(rows, np.int64)).ids()
        twice = next((name for name, count in Counter(ids).items() if count > 1), None)
        if twice is not None:
            raise UserError(f"{twice} is named twice: a sample can be in one change of an act only.")
        for name, row in zip(ids, rows, strict=True):
            if not fold.live[row]:
                kind, by, _ = fold.state.structure(int(fold.subjects[row]), RETIRED)
                raise UserError(f"{name} is not there any more: {past(kind, by)}. Nothing was changed.")

    def _told(self, made: Made, kind: str) -> dict[str, Any]:
        """What travels with the act."""
        samples = self.project.samples
        source = int(samples.table.column("source")[made.parents[0]].as_py())
        columns = {name: [value] for name, value in made.columns.items()}
        return {
            "act": kind,
            "source": self.names[source],
            "key": made.key,
            "group": made.group,
            "parents": samples.take(np.array(made.parents, np.int64)).ids(),
            "meta": json.loads(metadata_rows(columns, 1)[0]),
        }

    def _settle(self, ids: list[str], told: list[dict[str, Any]]) -> list[int]:
        """Subjects and rows of what is made; one that an act made before and that was taken back is that one again."""
        if len(set(ids)) < len(ids):
            raise UserError("two samples would be made under one id. Nothing was changed.")
        known = self._known(ids)
        for name, one in zip(ids, told, strict=True):
            self._free(name, one, known.get(name))
        subjects = self.writer.register(ids)
        fresh = [place for place, name in enumerate(ids) if name not in known]
        numbers = {name: number for number, name in self.names.items()}
        insert_made(self.project._database, self.local, [(ids[p], subjects[ids[p]], told[p]) for p in fresh], numbers)
        bump(self.project._database, self.local, "samples")
        return [subjects[name] for name in ids]

    def _known(self, ids: Sequence[str]) -> dict[str, tuple[int, bool, str]]:
        table = schema.sample.c
        statement = select(table.id, table.subject, table.made, table.meta).where(table.id.in_(ids))
        return {name: (subject, bool(made), meta) for name, subject, made, meta in self.local.execute(statement)}

    def _free(self, name: str, told: Mapping[str, Any], known: tuple[int, bool, str] | None) -> None:
        stones = select(schema.tombstone.c.sha).where(schema.tombstone.c.sha == id_digest(name))
        if self.writer.connection.execute(stones).first() is not None:
            raise UserError(f"{name} was withdrawn from this project; its id is not given again.")
        if known is None:
            if self.writer.registered(name):
                raise UserError(f"{name} was made by another curator meanwhile. Nothing was changed; try again.")
            return
        subject, made, meta = known
        same = made and recipe_of(json.loads(meta)) == recipe_of(metadata(told))
        if not same or self.project.journal.fold.state.structure(subject, MADE)[0]:
            raise UserError(f"{name} is there already. Give what is made another name.")

    def _follow_test(self, made: Sequence[tuple[str, list[str]]]) -> None:
        """What is made of a test sample is a test sample: nothing of it may be trained on."""
        connection, table = self.writer.connection, schema.test_sample.c
        named = [name for name, _ in made] + [parent for _, parents in made for parent in parents]
        locked = set(connection.execute(select(table.id).where(table.id.in_(named))).scalars())
        self.tested = [name for name, parents in made if locked & set(parents)]
        new = [name for name in self.tested if name not in locked]
        insert_rows(self.project._labels, connection, "test_sample", [new])


def written(told: Mapping[str, Any]) -> str:
    """An entry `MADE` as text."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def metadata(told: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata that the row of a made sample has."""
    return {**told["meta"], PARENTS: json.dumps(told["parents"], ensure_ascii=False), KIND: told["act"]}


def recipe_of(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a made sample's metadata that says what it is; the rest may be measured anew."""
    return {name: value for name, value in meta.items() if name.startswith("_") and name != PENDING}


def insert_made(
    database: Database, connection: Connection, made: Sequence[Travelled], numbers: Mapping[str, int]
) -> None:
    """Put rows of made samples after the others. numbers: of the sources by name."""
    if not made:
        return
    columns: list[list[Any]] = [
        [name for name, _, _ in made],
        [subject for _, subject, _ in made],
        [numbers[told["source"]] for _, _, told in made],
        [told["key"] for _, _, told in made],
        [told["group"] for _, _, told in made],
        [json.dumps(metadata(told), ensure_ascii=False, separators=(",", ":")) for _, _, told in made],
    ]
    insert_samples(database, connection, columns, made=True)


def follow_made(project: Project) -> bool:
    """Make the rows of samples that other curators made of samples that are here; True when there were any."""
    missing = _missing(project)
    if not missing:
        return False
    with project._database.writing() as local:
        table = schema.sample.c
        known = set(local.execute(select(table.id).where(table.id.in_([name for name, _, _ in missing]))).scalars())
        numbers = {source.name: source.number for source in project.sources()}
        insert_made(project._database, local, [one for one in missing if one[0] not in known], numbers)
        bump(project._database, local, "samples")
    return True


def _missing(project: Project) -> list[Travelled]:
    fold = project._journal.fold
    subjects = np.array(sorted(fold.state.edited), np.int64)
    strangers = subjects[~project._journal.known(subjects)]
    names = {source.name for source in project.sources()} if len(strangers) else set()
    found = []
    for subject in strangers.tolist():
        text = fold.state.structure(subject, MADE)[0]
        told = json.loads(text) if text else {}
        if told.get("source") in names:
            found.append((portable_id(told["source"], told["key"]), subject, told))
    return found


def family(project: Project, rows: Ints) -> Ints:
    """These rows with all that were made of them and all they were made of: they hold the same data.

    A box drawn in an image goes with the sample that it was drawn beside, which is told in it, but does not take it.
    """
    links = parents_of(project)
    kinds = (
        dict(zip(links, project.samples.table.column(KIND).take(list(links)).to_pylist(), strict=True)) if links else {}
    )
    chosen = set(rows.tolist())
    while True:
        more = {row for row, found in links.items() if chosen & set(found)}
        more |= {one for row, found in links.items() if row in chosen and kinds[row] != BOX for one in found}
        if more <= chosen:
            return _ints(sorted(chosen))
        chosen |= more


def parents_of(project: Project) -> dict[int, tuple[int, ...]]:
    """The rows that each made sample was made of, by its row."""
    made = project.journal.fold.made
    if not len(made):
        return {}
    texts = project.samples.table.column(PARENTS).take(made).to_pylist()
    ids = [json.loads(text) if text else [] for text in texts]
    rows = iter(project.rows_of([name for names in ids for name in names]).tolist())
    found = [tuple(next(rows) for _ in names) for names in ids]
    return {row: tuple(one for one in own if one >= 0) for row, own in zip(made.tolist(), found, strict=True)}


def missing_rows(project: Project, state: State) -> list[str]:
    """Made samples of the journal that differ from their rows, as sentences."""
    fold = project.journal.fold
    row_of = {int(subject): row for row, subject in enumerate(fold.subjects.tolist())} if state.edited else {}
    names = {source.name for source in project.sources()} if state.edited else set()
    wrong = []
    for subject in sorted(state.edited):
        text = state.structure(subject, MADE)[0]
        told = json.loads(text) if text.startswith("{") else {}
        if told.get("source") not in names:
            continue
        row = row_of.get(subject, -1)
        if row < 0 or not _agrees(project, row, told):
            wrong.append(portable_id(told["source"], told["key"]))
    return [f"{len(wrong)} made samples differ from the journal, the first is {wrong[0]}."] if wrong else []


def _agrees(project: Project, row: int, told: Mapping[str, Any]) -> bool:
    sample = project.samples.sample(row)
    there = {name: value for name, value in sample.meta.items() if value is not None}
    address = (portable_id(told["source"], told["key"]), told["key"], told["group"])
    same = (sample.id, sample.key, sample.group) == address
    return same and row in project.journal.fold.made and recipe_of(there) == recipe_of(metadata(told))


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, np.int64)
