"""A project: one folder with its database, its runs and a cache that may be deleted at any time."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import select
from sqlalchemy.engine import Connection

from models.errors import UserError
from models.event import FILE, LABEL
from models.natural import natural
from models.sample import LINE, Samples, portable_id
from models.store import schema
from models.store.database import read_only_text, translated
from models.store.digest import id_digest
from models.store.folder import FILE_NAME, Opened, create_file, open_folder, open_labels
from models.store.intake import Added, Intake, lost_words, withdrawn_words
from models.store.journal import Journal, Rows
from models.store.locked import LockedSet
from models.store.presence import Presence
from models.store.recognition import Recognised, doubtful_words, known_of, recognise
from models.store.runs import Runs
from models.store.samples import Loaded, SampleTable, metadata_rows, samples_of
from models.store.settings import Settings, joined
from models.store.sources import (
    BAD_CHANNELS,
    READ_AS,
    Located,
    SourceInfo,
    all_sources,
    find_source,
    relocate,
    remeasure,
)
from models.store.structure import Edited, Restructure, family, follow_made
from models.store.writer import Writer
from models.structure import Step

if TYPE_CHECKING:
    from models.domain import Found

__all__ = ["FILE_NAME", "Added", "Project"]


class Project:
    """One open project; a context manager. Made by `create` or `open`.

    path: its folder. cache: a folder for anything that can be made again. read_only: the folder
    lets us look only; each write then raises UserError.
    """

    def __init__(self, path: Path, opened: Opened) -> None:
        self.path = path
        self._opened = opened
        self._database, self._labels = database, labels = opened.database, opened.labels
        self.read_only = database.read_only
        self._lock = threading.RLock()
        self._settings = Settings(database, labels)
        self._locked = LockedSet(labels)
        if self.shared and not self.read_only:
            self._settings.share()
            self._locked.share(database)
        self.domain = str(self.setting("domain", ""))
        self.labels_url = str(self.setting("labels_url", ""))
        self.cache = opened.copy or path / "cache"
        if not self.read_only:
            with translated(self.cache):
                self.cache.mkdir(exist_ok=True)
        self._table = SampleTable(database, path / "cache", not self.read_only)
        self._journal = Journal(labels, path / "cache", not self.read_only)
        self._behind = False
        self._samples: Samples
        self._standing: npt.NDArray[np.bool_] | None = None
        self._rewrites = 0
        self._followed = self._purges = -1
        self.presence = Presence(path / "cache")
        owner = str(self.setting("project_id", "")) if self.shared else ""
        self.runs = Runs(path / "runs", lambda: self.journal, owner, self.read_only)
        self._load()

    # ---- opening and closing

    @classmethod
    def create(
        cls, path: Path, domain: str, classes: Sequence[str] = (), labels_url: str = "", votes: bool = False
    ) -> Project:
        """Make a new project in a new or empty folder; UserError for any other. votes: all votes on a sample count."""
        path = Path(path).absolute()
        with translated(path):
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise UserError(f"{path} is not empty. Give a new folder for the project.")
            labels = open_labels(labels_url, create=True) if labels_url else None
            path.mkdir(parents=True, exist_ok=True)
            (path / "runs").mkdir()
        if labels is not None:
            labels.close()
        settings = {
            "domain": domain,
            "classes": list(dict.fromkeys(classes)),
            "labels_url": labels_url,
            "project_id": uuid.uuid4().hex,
            **({"votes": True} if votes else {}),
        }
        create_file(path, settings, labels=not labels_url)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Project:
        """Open a project; UserError when it is none, of a newer version, or locked."""
        path = Path(path).absolute()
        opened = open_folder(path)
        try:
            return cls(path, opened)
        except BaseException:
            opened.close()
            raise

    def close(self) -> None:
        """Write the caches and let go of the files; again is harmless."""
        try:
            if not (self.read_only or self._settle_withdrawals()):
                if self._behind:
                    with contextlib.suppress(UserError):
                        self._reload()
                self._table.save()
                self._journal.save()
        finally:
            self.presence.leave()
            self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def checkpoint(self) -> None:
        """Carry what was written over into the database files: for a pause, so that no act has to do it."""
        self._database.checkpoint()
        if self.shared:
            self._labels.checkpoint()

    @property
    def shared(self) -> bool:
        """Whether the journal is on a label server."""
        return self._labels is not self._database

    # ---- samples

    @property
    def samples(self) -> Samples:
        """All samples in order of addition, as of the last `add`, `purge` or `refresh`; they know who is retired."""
        if self._behind:
            with self._lock, self._journal.lock:
                self._reload()
        live = self._journal.fold.live
        if live is not self._standing and len(live) == len(self._samples):
            self._standing = live
            there = None if live.all() else live
            if there is not None or self._samples.live is not None:
                self._samples = self._samples.standing(there)
        return self._samples

    @property
    def journal(self) -> Journal:
        """The acts, and the fold aligned with `samples`."""
        if self._behind:
            with self._lock, self._journal.lock:
                self._reload()
        return self._journal

    def refresh(self) -> bool:
        """Notice samples and sources that another process added or changed; True when there are any.

        Rows stay what they were, unless samples were purged. Settings are read anew.
        """
        with self._lock:
            self._settings.read()
            self._hear()
            self._apply_withdrawals()
            self._follow_made()
            if not self.read_only:
                self._settle_withdrawals()
                self.presence.settle(self._purges)
            if not self._table.stale():
                return False
            self._reload()
            return True

    def _load(self) -> None:
        loaded = self._take(self._table.load())
        self._journal.load(self._samples, loaded.subjects(), loaded.made())
        if self._apply_withdrawals() or self._follow_made():
            self._reload()
        if not self.read_only:
            self._table.save()
            self._finish_purge()
        self._see_purges()

    def _reload(self) -> None:
        loaded = self._take(self._table.load())
        self._journal.bind(self._samples, loaded.subjects(), loaded.made())
        self._behind = False

    def _take(self, loaded: Loaded) -> Loaded:
        self._samples, self._standing, self._rewrites = loaded.samples(), None, loaded.rewrites
        self._hear()
        return loaded

    def _hear(self) -> None:
        """Let the samples know which channels are called bad."""
        told: dict[str, Any] = {}
        with contextlib.suppress(UserError):  # damaged; `check` tells of it
            told = self.setting(BAD_CHANNELS, told)
        if told != self._samples.bad_channels:
            self._samples = self._samples.heard(told)

    def rows_of(self, ids: Sequence[str]) -> Rows:
        """The row of each id; −1 for one that is not in the project."""
        import pyarrow.compute as pc

        places = pc.index_in(pa.array(list(ids), pa.string()), value_set=self.samples.table.column("id"))
        return cast(Rows, pc.fill_null(places, -1).to_numpy(zero_copy_only=False).astype(np.int64))

    def add(self, found: Found) -> Added:
        """Add the samples of one source with the labels found in it, in one transaction.

        Labels are votes of ``file``; other votes are those of their annotators. Again is harmless:
        what is known stays, only labels that differ from the last import are new votes.
        """
        with self._lock, self._journal.lock:
            with self._writing() as (local, writer):
                result = Intake(self._database, local, writer, self._labels, found).run()
            writer.settle()
            # Rows are read when someone asks for them, so that thousands of sources don't each cost a reload.
            self._behind = True
            self._followed = -1
            return result

    def recognise(self, found: Found) -> Recognised:
        """The samples of one source as `add` would call them. Raises UserError as it does."""
        with self._database.reading() as local, self._labels.reading() as labels:
            source = find_source(local, found.source, found.name)
            known = known_of(local, source.number, source.name, found, source.changed)
            stones = set(labels.execute(select(schema.tombstone.c.sha)).scalars())
            again = recognise(replace(found, name=source.name), source.name, known, stones)
            there = samples_of(local, source.number)
        lost = {one.key for one in known.placed} - set(map(str, again.found.keys))
        notes = [*again.notes, *lost_words(source.name, [portable_id(source.name, key) for key in lost])]
        notes += withdrawn_words(source.name, again.withdrawn)
        new = [key for key in map(str, again.found.keys) if key not in known.keys]
        notes += doubtful_words(source.name, known.gone - again.withdrawn, new) if LINE in found.columns else []
        renewed = self._told_otherwise(again.found, there) if source.changed or found.beside else 0
        return replace(again, notes=notes, renewed=renewed)

    def _told_otherwise(self, found: Found, there: Mapping[str, tuple[str, str]]) -> int:
        """Of how many known samples another group, other metadata or another class are told than before."""
        ids = [portable_id(found.name, str(key)) for key in found.keys]
        told = zip(ids, map(str, found.groups), metadata_rows(found.columns, len(ids)), strict=True)
        other = {
            name
            for name, group, meta in told
            if (before := there.get(name)) is not None
            # A group that nobody tells any more holds.
            and (before[1] != meta or (before[0] != group and portable_id(found.name, group) != name))
        }
        fold, rows = self.journal.fold, self.rows_of(ids)
        known = np.flatnonzero(rows >= 0) if len(found.labels) else np.zeros(0, np.int64)
        said, _ = fold.state.read(fold.subjects[rows[known]], LABEL, "", FILE)
        labels = [found.labels[place] for place in known.tolist()]
        pairs = zip(known.tolist(), said, labels, strict=True)
        return len(other | {ids[place] for place, before, now in pairs if now is not None and now != (before or "")})

    @property
    def generation(self) -> str:
        """What tells these samples with their metadata from those of another moment: for names in the cache."""
        samples = self.samples
        return "-".join(filter(None, (f"{len(samples)}-{self._rewrites}", samples.bad_digest)))

    def restructure(self, steps: Sequence[Step], by: str, title: str, run: str = "") -> Edited:
        """Retire samples and make others in their place, as one act that can be undone.

        UserError where one of them is not there any more, or where what is made has the id of another sample.
        """
        names = {source.number: source.name for source in self.sources()}
        with self._lock, self.journal.lock:
            with self._writing() as (local, writer):
                work = Restructure(self, local, writer, steps, names)
                event, ids = work.run(by, title, run)
            writer.settle()
            self._reload()
            retired = tuple(row for step in steps for row in step.retired)
            made = tuple(self.rows_of(ids).tolist())
            return Edited(self.journal.event(event.number), retired, made, tuple(work.tested))

    def taken(self, row: int, key: str) -> bool:
        """Whether a key is in use in the source of a row, or was, so that no other sample may have it."""
        own = self.samples.sample(row)
        name = portable_id(own.id.removesuffix(f"#{own.key}"), key)
        if int(self.rows_of([name])[0]) >= 0:
            return True
        with self._labels.reading() as connection:
            known = select(schema.subject.c.number).where(schema.subject.c.id == name)
            stone = select(schema.tombstone.c.sha).where(schema.tombstone.c.sha == id_digest(name))
            return any(connection.execute(one).first() is not None for one in (known, stone))

    def keep_columns(self, columns: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep metadata measured anew of samples, by id: these values hold, those of the same name go."""
        with self._lock, self.journal.lock:
            self._table.keep(columns)
            self._reload()

    def remeasure_sources(self, numbers: Sequence[int]) -> None:
        """Know sources again by what they hold now: more was written into them."""
        with self._lock, self._database.writing() as connection:
            remeasure(connection, numbers)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[tuple[Connection, Writer]]:
        """Both write locks. The journal commits first: a vote without its sample harms nobody."""
        with self._database.writing() as local:
            if self.shared:
                with self._labels.writing() as remote, self._journal.writing(remote) as writer:
                    yield local, writer
            else:
                with self._journal.writing(local) as writer:
                    yield local, writer

    # ---- settings

    def setting(self, name: str, default: Any = None) -> Any:
        """A setting of the project (JSON), or the default."""
        return self._settings.get(name, default)

    def set_setting(self, name: str, value: Any) -> None:
        """Keep a setting; None takes it out."""
        with self._lock:
            self._settings.set(name, value)

    def call_bad(self, recording: str, channels: Collection[str] | None) -> None:
        """These channels of a recording are bad, and all others good whatever its files tell; None: as these tell."""

        def told(old: dict[str, Any] | None) -> dict[str, Any]:
            others = {name: bad for name, bad in (old or {}).items() if name != recording}
            return others if channels is None else {**others, recording: sorted(channels)}

        with self._lock:
            self._settings.change(BAD_CHANNELS, told)
            self._hear()

    @property
    def classes(self) -> tuple[str, ...]:
        """The declared classes in their own order, then those found in labels in natural order."""
        declared = [str(name) for name in self.setting("classes", [])]
        found = sorted(set(self.journal.fold.used()) - set(declared), key=natural)
        return (*declared, *found)

    def add_class(self, name: str) -> None:
        """Declare one more class; UserError for an empty name."""
        name = name.strip()
        if not name or name == "?":
            raise UserError("a class needs a name other than '?'. Give one.")
        with self._lock:
            self._settings.change("classes", lambda declared: joined(declared, [name]))

    # ---- the locked test set

    def test_rows(self) -> Rows | None:
        """Rows of the locked test set that are there, ascending; None when there are none."""
        ids = self._locked.ids()
        rows = self.rows_of(ids) if ids else np.zeros(0, np.int64)
        rows = rows[rows >= 0]
        rows = rows[self.journal.fold.live[rows]]
        return np.sort(rows) if len(rows) else None

    def lock_test(self, rows: npt.ArrayLike, again: bool = False) -> int:
        """Lock these rows as the test set; gives the version of its labels.

        A set that is locked stays: another one raises UserError unless `again` says so. What rows were made
        of, or are made into, is of the test set too, should it be there again.
        """
        chosen = np.unique(np.asarray(rows, np.int64))
        fold, everything = self.journal.fold, self.samples.ids()
        there = {name for name, live in zip(everything, fold.live.tolist(), strict=True) if live}
        kin = family(self, chosen)
        with self._lock:
            self._locked.lock({everything[row] for row in chosen.tolist()}, there, again)
            self._locked.join({everything[row] for row in kin[~fold.live[kin]].tolist()})
        return self.keep_test_version()

    @property
    def test_version(self) -> int:
        """Version of the test set's labels: one that was kept, or else the next; 0 for no test set."""
        labels = self._test_labels()
        return self._locked.version(labels) if labels else 0

    def keep_test_version(self) -> int:
        """The version of the test set's labels, known from now on: what is told of a run or a comparison."""
        labels = self._test_labels()
        with self._lock:
            return self._locked.keep(labels) if labels else 0

    def _test_labels(self) -> list[tuple[str, str | None]]:
        rows = self.test_rows()
        if rows is None:
            return []
        ids = self.samples.table.column("id").take(pa.array(rows)).to_pylist()
        return list(zip(ids, self.journal.fold.labels()[rows].tolist(), strict=True))

    # ---- sources and withdrawal

    def sources(self) -> list[SourceInfo]:
        """The files and folders that samples come from."""
        with self._database.reading() as connection:
            return all_sources(connection)

    def keep_read_as(self, told: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep how sources were read, by name, beside what is known of others; nothing of one that is not here."""
        names = {source.name for source in self.sources()}
        here = {name: dict(settings) for name, settings in told.items() if name in names}
        if here:
            with self._lock:
                self._settings.change(READ_AS, lambda old: {**(old or {}), **here})

    def locate(self, old: Path, new: Path) -> Located:
        """Point sources at (or below) `old` to `new`, checked by hash; those that differ stay as they were."""
        with self._lock:
            located = relocate(self._database, Path(old).absolute(), Path(new).absolute())
            if located.found:
                self._reload()
        return located

    def purge(self, rows: npt.ArrayLike) -> int:
        """Take samples out for good: data, labels, notes, predictions; only hashes stay.

        What was made of them, and what they were made of, holds the same data and goes with them.
        """
        from models.store.purge import purge

        if self.read_only:
            raise UserError(read_only_text(str(self.path)))
        with self._lock, self.journal.lock:
            count = purge(self, family(self, np.unique(np.asarray(rows, np.int64))))
            self._reload()
            self._see_purges()
            return count

    def _follow_made(self) -> bool:
        """Rows of what other curators of a shared journal made; the journal tells of it first."""
        if not self.shared or self.read_only:
            return False
        self._journal.catch_up()
        edits = self._journal.fold.state.edits
        if edits == self._followed:
            return False
        self._followed = edits
        return follow_made(self)

    def _apply_withdrawals(self) -> bool:
        if not self.shared or self.read_only:
            return False
        from models.store.purge import follow_withdrawals

        return follow_withdrawals(self)

    def _count_purges(self) -> int:
        with self._labels.reading() as connection:
            return int(connection.exec_driver_sql("SELECT value FROM counter WHERE name = 'purges'").scalar() or 0)

    def _see_purges(self) -> None:
        """What was withdrawn up to now is out of all that this one writes."""
        self._purges = self._count_purges()
        if not self.read_only:
            self.presence.settle(self._purges)

    def _settle_withdrawals(self) -> bool:
        """Take what was withdrawn while this was open out of what was made of it meanwhile; True when there was any.

        A training, say, goes on with the samples that it began with. Where it fails it is tried again.
        """
        from models.store.purge import finish

        with contextlib.suppress(UserError):
            count = self._count_purges()
            if count != self._purges:
                finish(self)
                self._purges = count
                self.presence.settle(count)
                return True
        return False

    def _finish_purge(self) -> None:
        """Go on with a purge that was interrupted, and with what somebody who was killed wrote after one."""
        left = self.presence.killed(self._count_purges())
        if left or self.setting("purge_due"):
            from models.store.purge import finish

            finish(self)
            self.presence.forget(left)
