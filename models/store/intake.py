"""Adding the samples of one source, with the labels found in it, inside one transaction."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from models.event import FILE, LABEL, REGION, TALLY
from models.findings import Placed
from models.natural import natural
from models.region import write_region
from models.sample import LINE, portable_id
from models.store import schema
from models.store.database import Database, insert_rows
from models.store.digest import id_digest
from models.store.fold import is_file
from models.store.recognition import doubtful_words, keep_gone, known_of, recognise
from models.store.samples import bump, insert_samples, keep_metadata, metadata_rows
from models.store.sources import Known, forget_sources, settle_source
from models.store.writer import Writer
from models.tally import write_tally

if TYPE_CHECKING:
    from models.domain import Found


@dataclass(frozen=True)
class Added:
    """What an import of one source brought.

    added, known: samples. labels: votes that are new or changed. skipped: withdrawn samples that
    stay out. notes: what a person should know (a second file of one name, a moved file, …). annotations: those that are
    new, changed or taken out. found: the samples as the project calls them.
    """

    found: Found
    added: int
    known: int
    labels: int
    skipped: int = 0
    notes: list[str] = field(default_factory=list)
    annotations: int = 0


class Intake:
    """One import of one source. local: the open transaction of the project's `database`; writer: the journal's."""

    def __init__(self, database: Database, local: Connection, writer: Writer, labels: Database, found: Found) -> None:
        self.database = database
        self.local = local
        self.writer = writer
        self.labels = labels
        self.found = found
        #: Labels that a person gave and the file now tells otherwise.
        self.kept = 0
        #: Annotations that are new, changed or taken out.
        self.marks = 0
        #: Samples of which the file told another class before: an id, what it told and tells.
        self.reclassed: list[tuple[int, str, str]] = []

    def run(self) -> Added:
        """Register, insert or renew, vote."""
        known = settle_source(self.local, Path(os.path.abspath(self.found.source)), self.found.name)
        notes = list(known.notes)
        stones = set(self.writer.connection.execute(select(schema.tombstone.c.sha)).scalars())
        before = known_of(self.local, known.number, known.name, self.found, known.changed)
        again = recognise(self.found, known.name, before, stones)
        found = self.found = again.found
        notes += again.notes
        ids = [portable_id(known.name, str(key)) for key in found.keys]
        made = self._made_of(known.number)
        wanted, withdrawn = self._wanted(ids, made, notes, stones)
        withdrawn += again.withdrawn
        if withdrawn and not wanted:
            # Nothing of this file may stand in the project: not even its name.
            forget_sources(self.local)
        have = self._samples_of(known.number)
        fresh = [place for place in wanted if ids[place] not in have]
        old = [place for place in wanted if ids[place] in have]
        subjects = self.writer.register([ids[place] for place in fresh])
        self._insert(known.number, fresh, ids, subjects)
        if known.changed or found.beside:
            notes += self._regrouped(known, old, ids)
        if known.changed:
            self._renew(old, ids)
        elif found.beside and old:
            self._renew_beside(known.number, old, ids)
        if known.changed or LINE in found.columns:
            notes += lost_words(known.name, lost := set(have) - set(ids) - made)
            self._unplace(known.name, before.placed, lost)
        numbers = {**{ids[place]: have[ids[place]] for place in old}, **subjects}
        labels = self._vote([(place, numbers[ids[place]]) for place in wanted])
        notes += withdrawn_words(known.name, withdrawn)
        if LINE in found.columns:
            lines = [f"{ids[place]} in {found.columns[LINE][place]}" for place in fresh if found.columns[LINE][place]]
            notes += doubtful_words(known.name, before.gone - withdrawn, lines)
            if not before.same:
                keep_gone(self.local, known.name, again.gone)
        self._keep_out(again.stones)
        if self.reclassed:
            names = {subject: name for name, subject in numbers.items()}
            notes.append(_reclassed(known.name, self.reclassed, names))
        if self.kept:
            notes.append(_contradicted(known.name, self.kept))
        bump(self.database, self.local, "samples")
        return Added(found, len(fresh), len(old), labels, withdrawn, notes, self.marks)

    def _keep_out(self, stones: Sequence[str]) -> None:
        """Leave hashes of what was kept out and holds something else by now, so that it is again."""
        new = list(dict.fromkeys(stones))
        if new:
            at = [datetime.now(UTC).isoformat()] * len(new)
            insert_rows(self.labels, self.writer.connection, "tombstone", [new, at])

    def _unplace(self, name: str, placed: Sequence[Placed], lost: Set[str]) -> None:
        """What is not in a source any more stands nowhere in it."""
        nowhere = {LINE: "", LINE.removeprefix("_"): None}
        gone = {portable_id(name, one.key): nowhere for one in placed if one.line}
        columns = {sample: told for sample, told in gone.items() if sample in lost}
        if columns:
            keep_metadata(self.database, self.local, columns)

    def _wanted(self, ids: list[str], made: set[str], notes: list[str], stones: Set[str]) -> tuple[list[int], int]:
        """Places to add: the first of each id, none that was withdrawn or goes by the id of a sample made here."""
        places: dict[str, int] = {}
        for place, name in enumerate(ids):
            places.setdefault(name, place)
        if twice := len(ids) - len(places):
            told = "a key comes twice" if twice == 1 else f"{twice} keys come twice"
            notes.append(f"{self.found.name}: {told}; the first of each counts.")
        taken = [name for name in places if name in made]
        if taken:
            more = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
            notes.append(f"{taken[0]}{more}: a sample of this id was made here by an act; it stays as it is.")
            places = {name: place for name, place in places.items() if name not in made}
        kept = [place for name, place in places.items() if not stones or id_digest(name) not in stones]
        return kept, len(places) - len(kept)

    def _made_of(self, source: int) -> set[str]:
        statement = select(schema.sample.c.id).where(schema.sample.c.source == source, schema.sample.c.made == 1)
        return set(self.local.execute(statement).scalars())

    def _samples_of(self, source: int) -> dict[str, int]:
        statement = select(schema.sample.c.id, schema.sample.c.subject).where(schema.sample.c.source == source)
        return dict(self.local.execute(statement).all())

    def _insert(self, source: int, places: list[int], ids: list[str], subjects: Mapping[str, int]) -> None:
        metas = metadata_rows(self.found.columns, len(ids))
        columns: list[list[Any]] = [
            [ids[place] for place in places],
            [subjects[ids[place]] for place in places],
            [source] * len(places),
            [str(self.found.keys[place]) for place in places],
            [str(self.found.groups[place]) for place in places],
            [metas[place] for place in places],
        ]
        insert_samples(self.database, self.local, columns, made=False)

    def _regrouped(self, known: Known, places: list[int], ids: list[str]) -> list[str]:
        """Give known samples the group that is told of them now, and what to say of it.

        Who only later says which column tells the patient means all that is here. A locked test set stays; what
        shares a group with it from now on is left out of training, as every split tells. A table that is gone parts
        nobody: who has shared a group stays in it while none is told.
        """
        statement = select(schema.sample.c.id, schema.sample.c.grp).where(schema.sample.c.source == known.number)
        now: dict[str, str] = dict(self.local.execute(statement).all())
        values = [(str(self.found.groups[place]), ids[place]) for place in places]
        moved = [one for one in values if now.get(one[1]) != one[0]]
        stay = self._nameless(places, ids, now)
        notes = [_untold(known.name, len(stay), name, now[name]) for name in sorted(stay)[:1]]
        moved = [one for one in moved if one[1] not in stay]
        if not moved:
            return notes
        self.local.exec_driver_sql("UPDATE sample SET grp = ? WHERE id = ?", moved)
        bump(self.database, self.local, "rewrites")
        group, first = moved[0]
        many = f"{len(moved)} samples are" if len(moved) > 1 else "a sample is"
        told = f"{many} of another group than before ({first}: {group}, not {now[first]})"
        return [*notes, f"{known.name}: {told}. Runs of before were split by the former groups: train anew."]

    def _nameless(self, places: list[int], ids: list[str], now: dict[str, str]) -> set[str]:
        """Ids of known samples that go by their own name for want of a group, and have shared one until now."""
        counts = Counter(map(str, self.found.groups))
        alone = {
            ids[place]
            for place in places
            if (group := str(self.found.groups[place])) in (str(self.found.keys[place]), self.found.name)
            and counts[group] == 1
            and now.get(ids[place]) != group
        }
        if not alone:
            return alone
        many = select(schema.sample.c.grp).group_by(schema.sample.c.grp).having(func.count() > 1)
        shared = set(self.local.execute(many).scalars())
        return {name for name in alone if now[name] in shared}

    def _renew(self, places: list[int], ids: list[str]) -> None:
        """Metadata of known samples whose source has changed."""
        metas = metadata_rows(self.found.columns, len(ids))
        values = [(metas[place], ids[place]) for place in places]
        if values:
            self.local.exec_driver_sql("UPDATE sample SET meta = ? WHERE id = ?", values)
            bump(self.database, self.local, "rewrites")

    def _renew_beside(self, source: int, places: list[int], ids: list[str]) -> None:
        """Metadata of known samples that other files tell differently now."""
        statement = select(schema.sample.c.id, schema.sample.c.meta).where(schema.sample.c.source == source)
        now: dict[str, str] = dict(self.local.execute(statement).all())
        metas = metadata_rows(self.found.columns, len(ids))
        values = [(metas[place], ids[place]) for place in places if now.get(ids[place]) != metas[place]]
        if values:
            self.local.exec_driver_sql("UPDATE sample SET meta = ? WHERE id = ?", values)
            bump(self.database, self.local, "rewrites")

    def _vote(self, places: list[tuple[int, int]]) -> int:
        """Votes that differ from what their annotator said last, an event for each annotator.

        A further opinion never holds where the file tells its own label ("" for none), nor over a person's.
        """
        votes: dict[str, dict[int, str]] = {}
        told: list[int] = []
        for place, subject in places:
            if self.found.labels and self.found.labels[place] is not None:
                votes.setdefault(FILE, {})[subject] = str(self.found.labels[place])
                told.append(subject)
            for by, value in self.found.votes[place].items() if self.found.votes else ():
                votes.setdefault(by, {})[subject] = str(value)
        self._annotate(places)
        return self._tally(places) + sum(self._vote_as(by, votes[by], np.array(told, np.int64)) for by in sorted(votes))

    def _annotate(self, places: list[tuple[int, int]]) -> None:
        """Annotations that differ from what the source said last, as one event; those that it lost are taken out."""
        wanted: dict[str, dict[int, str]] = {}
        for place, subject in places:
            key = str(self.found.keys[place])
            given = {region.name: write_region(region) for region in self.found.regions.get(key, ())}
            before = self.writer.state.sparse.get((subject, REGION), {})
            own = {name: value for (name, by), (value, _) in before.items() if by == FILE and value}
            for name, text in {**dict.fromkeys(own, ""), **given}.items():
                if own.get(name, "") != text:
                    wanted.setdefault(name, {})[subject] = text
        entries = [
            (REGION, name, np.fromiter(given, np.int64, len(given)), list[str | None](given.values()))
            for name, given in wanted.items()
        ]
        if entries:
            self.marks = sum(len(one[2]) for one in entries)
            self.writer.act(entries, FILE, f"importing {self.marks} annotations")

    def _tally(self, places: list[tuple[int, int]]) -> int:
        """Counts of votes that differ from what the source said last, as one event."""
        if not self.found.tallies:
            return 0
        given = {subject: self._counted(place) for place, subject in places}
        subjects = np.fromiter(given, np.int64, len(given))
        before, _ = self.writer.state.read(subjects, LABEL, TALLY, FILE)
        new = [place for place, text in enumerate(given.values()) if (before[place] or "") != text]
        if new:
            values = list(given.values())
            texts: list[str | None] = [values[place] for place in new]
            title = f"importing the votes of {len(new)} samples"
            self.writer.act([(LABEL, TALLY, subjects[new], texts)], FILE, title)
        return len(new)

    def _counted(self, place: int) -> str:
        """The text of the counts of one sample: of none beside named votes it tells that the label sums these up."""
        votes = self.found.votes[place] if self.found.votes else {}
        return write_tally(self.found.tallies[place]) or ("{}" if votes else "")

    def _vote_as(self, by: str, given: dict[int, str], told: npt.NDArray[np.int64]) -> int:
        subjects = np.fromiter(given, np.int64, len(given))
        values = list(given.values())
        before, _ = self.writer.state.read(subjects, LABEL, "", by)
        # An empty label where none was before is no news.
        new = [place for place, value in enumerate(values) if (before[place] or "") != value]
        if by == FILE:
            self.reclassed = [(int(subjects[at]), str(before[at]), values[at]) for at in new if before[at]]
        if new:
            subjects, values = subjects[new], [values[place] for place in new]
            aside, apart = self._persons(subjects, values)
            if by == FILE:
                self.kept = apart
            else:
                aside = np.union1d(aside, told)
            self.writer.act([(LABEL, "", subjects, list(values))], by, f"importing {len(new)} labels", aside=aside)
        return len(new)

    def _persons(self, subjects: npt.NDArray[np.int64], told: Sequence[str]) -> tuple[npt.NDArray[np.int64], int]:
        """Those whose present label a person gave, and for how many of them another one is told now."""
        state = self.writer.state
        now = state.present.get((LABEL, ""))
        if now is None:
            return np.zeros(0, np.int64), 0
        state.grow(int(subjects.max(initial=0)) + 1)
        words = state.vocabulary(LABEL, "").decode(now.codes[subjects])
        people = state.people.decode(now.by[subjects])
        held = [bool(word and by and not is_file(by)) for word, by in zip(words, people, strict=True)]
        apart = sum(own and value not in ("", word) for own, value, word in zip(held, told, words, strict=True))
        return np.asarray(subjects[np.array(held, bool)], np.int64), apart


def _untold(source: str, count: int, first: str, group: str) -> str:
    many = f"of {count} samples" if count > 1 else "of a sample"
    return f"{source}: {many} no group is told any more ({first}: {group} before). What was told before holds."


def _contradicted(name: str, count: int) -> str:
    many = f"{count} labels that persons gave stay" if count > 1 else "a label that a person gave stays"
    return f"{name}: {many} where it now tells another one, which counts as the file's vote; Agreement shows both."


def _reclassed(name: str, moved: Sequence[tuple[int, str, str]], ids: Mapping[int, str]) -> str:
    subject, before, now = moved[0]
    many = f"{len(moved)} samples are" if len(moved) > 1 else "a sample is"
    return f"{name}: {many} of another class by the file than before ({ids[subject]}: {now or 'none'}, not {before})."


def withdrawn_words(name: str, count: int) -> list[str]:
    """What to say of samples that stay out because they were withdrawn."""
    return [f"{name}: {count} withdrawn before, kept out."] if count else []


def lost_words(name: str, lost: Collection[str]) -> list[str]:
    """What to say of samples, by their ids, that a source had before it changed: nothing is taken out by itself."""
    if not lost:
        return []
    ids = sorted(lost, key=natural)
    first = ", ".join(ids[:3]) + (", …" if len(ids) > 3 else "")
    if len(ids) == 1:
        told = f"a sample that it had before is not in it any more ({first}). It stays, with its label"
        return [f"{name}: {told}; `winnow purge` takes it out."]
    told = f"{len(ids)} samples that it had before are not in it any more ({first})"
    return [f"{name}: {told}. They stay, with their labels; `winnow purge` takes them out."]
