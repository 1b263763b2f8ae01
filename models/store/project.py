"""A project: one folder with its database, its runs and a cache that may be deleted at any time."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import select
from sqlalchemy.engine import Connection

from models.domain import Found
from models.errors import UserError
from models.event import FILE, LABEL
from models.natural import natural
from models.sample import Samples, portable_id
from models.store import migrate, schema
from models.store.database import Database, insert_rows, open_file, open_url, read_only_text, translated
from models.store.digest import id_digest, measure
from models.store.journal import Journal, Rows, Writer
from models.store.runs import Runs
from models.store.samples import Loaded, SampleTable, bump, metadata_rows
from models.store.sources import Located, SourceInfo, all_sources, find_moved, forget_sources, set_place, settle_source

FILE_NAME = "project.sqlite"
_CHUNK = 5_000


@dataclass(frozen=True)
class Added:
    """What an import of one source brought.

    added, known: samples. labels: votes that are new or changed. skipped: withdrawn samples that
    stay out. notes: what a person should know (a second file of one name, a moved file, …).
    """

    added: int
    known: int
    labels: int
    skipped: int = 0
    notes: list[str] = field(default_factory=list)


class Project:
    """One open project; a context manager. Made by `create` or `open`.

    path: its folder. cache: a folder for anything that can be made again. read_only: the folder
    lets us look only; each write then raises UserError.
    """

    def __init__(self, path: Path, database: Database, labels: Database, copy: Path | None) -> None:
        self.path = path
        self.read_only = database.read_only
        self._database = database
        self._labels = labels
        self._copy = copy
        self._lock = threading.RLock()
        self._settings: dict[str, str] = self._read_settings()
        self.domain = str(self.setting("domain", ""))
        self.labels_url = str(self.setting("labels_url", ""))
        self.cache = path / "cache" if copy is None else copy
        if not self.read_only:
            with translated(self.cache):
                self.cache.mkdir(exist_ok=True)
        self._table = SampleTable(database, path / "cache", not self.read_only)
        self._journal = Journal(labels, path / "cache", not self.read_only)
        self._behind = False
        owner = str(self.setting("project_id", "")) if self.shared else ""
        self.runs = Runs(path / "runs", lambda: self.journal, owner, self.read_only)
        self._load()

    # ---- opening and closing

    @classmethod
    def create(cls, path: Path, domain: str, classes: Sequence[str] = (), labels_url: str = "") -> Project:
        """Make a new project in a new or empty folder; UserError for any other."""
        path = Path(path).absolute()
        with translated(path):
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise UserError(f"{path} is not empty. Give a new folder for the project.")
            labels = _open_labels(labels_url, create=True) if labels_url else None
            path.mkdir(parents=True, exist_ok=True)
            (path / "runs").mkdir()
        if labels is not None:
            labels.close()
        settings = {
            "domain": domain,
            "classes": list(dict.fromkeys(classes)),
            "labels_url": labels_url,
            "project_id": uuid.uuid4().hex,
        }
        _create_file(path, settings, labels=not labels_url)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Project:
        """Open a project; UserError when it is none, of a newer version, or locked."""
        path = Path(path).absolute()
        file = path / FILE_NAME
        if not file.is_file():
            raise UserError(f"{path} is not a project: it holds no {FILE_NAME}. Give the folder of a project.")
        if _writable(path, file):
            database, copy = open_file(file), None
        else:
            database, copy = _open_read_only(file)
        labels = database
        try:
            url = _labels_url(database)
            migrate.ensure(database, project=True, labels=not url)
            labels = _open_labels(url) if url else database
            return cls(path, database, labels, copy)
        except BaseException:
            database.close()
            if labels is not database:
                labels.close()
            raise

    def close(self) -> None:
        """Write the caches and let go of the files; again is harmless."""
        if not self.read_only:
            if self._behind:
                with contextlib.suppress(UserError):
                    self._reload()
            self._table.save()
            self._journal.save()
        self._database.close()
        self._labels.close()
        if self._copy is not None:
            shutil.rmtree(self._copy, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def shared(self) -> bool:
        """Whether the journal is on a label server."""
        return self._labels is not self._database

    # ---- samples

    @property
    def samples(self) -> Samples:
        """All samples in order of addition, as of the last `add`, `purge` or `refresh`."""
        if self._behind:
            with self._lock, self._journal.lock:
                self._reload()
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

        Rows stay what they were, unless samples were purged.
        """
        with self._lock:
            self._apply_withdrawals()
            if not self._table.stale():
                return False
            self._reload()
            return True

    def _load(self) -> None:
        loaded = self._take(self._table.load())
        self._journal.load(self._samples, loaded.subjects())
        if self._apply_withdrawals():
            self._reload()
        if not self.read_only:
            self._table.save()
            self._finish_purge()

    def _reload(self) -> None:
        loaded = self._take(self._table.load())
        self._journal.bind(self._samples, loaded.subjects())
        self._behind = False

    def _take(self, loaded: Loaded) -> Loaded:
        self._samples = loaded.samples()
        return loaded

    def rows_of(self, ids: Sequence[str]) -> Rows:
        """The row of each id; −1 for one that is not in the project."""
        places = pc.index_in(pa.array(list(ids), pa.string()), value_set=self.samples.table.column("id"))
        return cast(Rows, pc.fill_null(places, -1).to_numpy(zero_copy_only=False).astype(np.int64))

    def add(self, found: Found) -> Added:
        """Add the samples of one source with the labels found in it, in one transaction.

        Labels are votes of ``file``; other votes are those of their annotators. Again is harmless:
        what is known stays, only labels that differ from the last import are new votes.
        """
        with self._lock, self._journal.lock:
            with self._writing() as (local, writer):
                result = _Adding(self, local, writer, found).run()
            writer.settle()
            # Rows are read when someone asks for them, so that thousands of sources don't each cost a reload.
            self._behind = True
            return result

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
        text = self._settings.get(name)
        return default if text is None else json.loads(text)

    def set_setting(self, name: str, value: Any) -> None:
        """Keep a setting; None takes it out."""
        text = None if value is None else json.dumps(value, ensure_ascii=False)
        with self._lock, self._database.writing() as connection:
            connection.execute(schema.setting.delete().where(schema.setting.c.name == name))
            if text is not None:
                connection.execute(schema.setting.insert().values(name=name, value=text))
        if text is None:
            self._settings.pop(name, None)
        else:
            self._settings[name] = text

    def _read_settings(self) -> dict[str, str]:
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(select(schema.setting))}

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
        declared = self.setting("classes", [])
        if name not in declared:
            self.set_setting("classes", [*declared, name])

    # ---- the locked test set

    def test_rows(self) -> Rows | None:
        """Rows of the locked test set, ascending; None when there is none."""
        ids = self._test_ids()
        if not ids:
            return None
        rows = self.rows_of(ids)
        return np.sort(rows[rows >= 0])

    def lock_test(self, rows: npt.ArrayLike, again: bool = False) -> int:
        """Lock these rows as the test set; gives the version of its labels.

        A set that is locked stays: another one raises UserError unless `again` says so.
        """
        chosen = np.unique(np.asarray(rows, np.int64))
        ids = set(self.samples.table.column("id").take(pa.array(chosen)).to_pylist())
        old = set(self._test_ids())
        if old and old != ids and not again:
            raise UserError("the test set is locked already. Runs are compared on it; it is drawn only once.")
        if old != ids:
            with self._lock, self._database.writing() as connection:
                connection.execute(schema.test_sample.delete())
                insert_rows(self._database, connection, "test_sample", [sorted(ids)])
        return self.test_version

    @property
    def test_version(self) -> int:
        """Version of the test set's labels: 1 when locked, one more with each new state of its labels; 0 for none."""
        rows = self.test_rows()
        if rows is None:
            return 0
        sha = self._test_sha(rows)
        table = schema.test_version
        with self._lock, self._database.reading() as connection:
            known = dict(connection.execute(select(table.c.sha, table.c.version)).all())
        if sha in known or self.read_only:
            return int(known.get(sha, max(known.values(), default=0) + 1))
        with self._lock, self._database.writing() as connection:
            version = connection.exec_driver_sql("SELECT coalesce(max(version), 0) + 1 FROM test_version").scalar_one()
            connection.execute(table.insert().values(version=version, sha=sha, at=datetime.now(UTC).isoformat()))
        return cast(int, version)

    def _test_ids(self) -> list[str]:
        with self._database.reading() as connection:
            return list(connection.execute(select(schema.test_sample.c.id)).scalars())

    def _test_sha(self, rows: Rows) -> str:
        ids = self.samples.table.column("id").take(pa.array(rows)).to_pylist()
        labels = self.journal.fold.labels()[rows].tolist()
        return hashlib.sha256(json.dumps(sorted(zip(ids, labels, strict=True))).encode()).hexdigest()

    # ---- sources and withdrawal

    def sources(self) -> list[SourceInfo]:
        """The files and folders that samples come from."""
        with self._database.reading() as connection:
            return all_sources(connection)

    def locate(self, old: Path, new: Path) -> Located:
        """Point sources at (or below) `old` to `new`, checked by hash; those that differ stay as they were."""
        old, new = Path(old).absolute(), Path(new).absolute()
        if not new.exists():
            raise UserError(f"{new} does not exist. Give the place where the files are now.")
        places, missing = find_moved(self.sources(), old, new)
        if not places and not missing:
            raise UserError(f"no source of this project is at {old}. See `winnow check` for those that are missing.")
        if places:
            shas = {source.number: source.sha for source in self.sources()}
            with self._lock, self._database.writing() as connection:
                for number, place in places.items():
                    set_place(connection, number, str(place), (*measure(place), shas[number]))
                bump(self._database, connection, "samples")
            self._reload()
        return Located(len(places), [source.name for source in missing])

    def purge(self, rows: npt.ArrayLike) -> int:
        """Take samples out for good: data, labels, notes, predictions; only a hash of the id stays."""
        from models.store.purge import purge

        if self.read_only:
            raise UserError(read_only_text(str(self.path)))
        with self._lock, self.journal.lock:
            count = purge(self, np.unique(np.asarray(rows, np.int64)))
            self._reload()
            return count

    def _apply_withdrawals(self) -> bool:
        if not self.shared or self.read_only:
            return False
        from models.store.purge import follow_withdrawals

        return follow_withdrawals(self)

    def _finish_purge(self) -> None:
        if self.setting("purge_due"):
            from models.store.purge import finish

            finish(self)


class _Adding:
    """One import of one source, inside one transaction."""

    def __init__(self, project: Project, local: Connection, writer: Writer, found: Found) -> None:
        self.project = project
        self.local = local
        self.writer = writer
        self.found = found
        self.database = project._database
        self.labels = project._labels

    def run(self) -> Added:
        found = self.found
        known = settle_source(self.local, Path(os.path.abspath(found.source)), found.name)
        notes = list(known.notes)
        ids = [portable_id(known.name, str(key)) for key in found.keys]
        wanted, withdrawn = self._wanted(ids, notes)
        if withdrawn and not wanted:
            # Nothing of this file may stand in the project: not even its name.
            forget_sources(self.local)
        have = self._samples_of(known.number)
        fresh = [place for place in wanted if ids[place] not in have]
        old = [place for place in wanted if ids[place] in have]
        subjects = self._register([ids[place] for place in fresh])
        self._insert(known.number, fresh, ids, subjects)
        if known.changed:
            self._renew(old, ids)
        numbers = {**{ids[place]: have[ids[place]] for place in old}, **subjects}
        labels = self._vote([(place, numbers[ids[place]]) for place in wanted])
        if withdrawn:
            notes.append(f"{known.name}: {withdrawn} withdrawn before, kept out.")
        bump(self.database, self.local, "samples")
        return Added(len(fresh), len(old), labels, withdrawn, notes)

    def _wanted(self, ids: list[str], notes: list[str]) -> tuple[list[int], int]:
        """Places to add: the first of each id, none that was withdrawn."""
        places: dict[str, int] = {}
        for place, name in enumerate(ids):
            places.setdefault(name, place)
        if len(places) < len(ids):
            notes.append(f"{self.found.name}: {len(ids) - len(places)} keys come twice; the first of each counts.")
        stones = set(self.writer.connection.execute(select(schema.tombstone.c.sha)).scalars())
        kept = [place for name, place in places.items() if not stones or id_digest(name) not in stones]
        return kept, len(places) - len(kept)

    def _samples_of(self, source: int) -> dict[str, int]:
        statement = select(schema.sample.c.id, schema.sample.c.subject).where(schema.sample.c.source == source)
        return dict(self.local.execute(statement).all())

    def _register(self, ids: list[str]) -> dict[str, int]:
        """The number of each id in the journal; new ones are given."""
        connection, numbers = self.writer.connection, dict[str, int]()
        for start in range(0, len(ids), _CHUNK):
            part = ids[start : start + _CHUNK]
            marks = ",".join("?" * len(part))
            text = self.labels.sql(f"SELECT id, number FROM subject WHERE id IN ({marks})")
            numbers.update(dict(connection.exec_driver_sql(text, tuple(part)).all()))
        first = connection.exec_driver_sql("SELECT coalesce(max(number), 0) + 1 FROM subject").scalar_one()
        new = [name for name in ids if name not in numbers]
        insert_rows(self.labels, connection, "subject", [list(range(first, first + len(new))), new])
        return {**numbers, **dict(zip(new, range(first, first + len(new)), strict=True))}

    def _insert(self, source: int, places: list[int], ids: list[str], subjects: Mapping[str, int]) -> None:
        first = self.local.exec_driver_sql("SELECT coalesce(max(number) + 1, 0) FROM sample").scalar_one()
        metas = metadata_rows(self.found.columns, len(ids))
        columns: list[list[Any]] = [
            list(range(first, first + len(places))),
            [ids[place] for place in places],
            [subjects[ids[place]] for place in places],
            [source] * len(places),
            [str(self.found.keys[place]) for place in places],
            [str(self.found.groups[place]) for place in places],
            [metas[place] for place in places],
        ]
        insert_rows(self.database, self.local, "sample", columns)

    def _renew(self, places: list[int], ids: list[str]) -> None:
        """Metadata of known samples whose source has changed."""
        metas = metadata_rows(self.found.columns, len(ids))
        values = [(str(self.found.groups[place]), metas[place], ids[place]) for place in places]
        if values:
            self.local.exec_driver_sql("UPDATE sample SET grp = ?, meta = ? WHERE id = ?", values)
            bump(self.database, self.local, "rewrites")

    def _vote(self, places: list[tuple[int, int]]) -> int:
        """Votes that differ from what their annotator said last, an event for each annotator."""
        votes: dict[str, dict[int, str]] = {}
        for place, subject in places:
            if self.found.labels and self.found.labels[place] is not None:
                votes.setdefault(FILE, {})[subject] = str(self.found.labels[place])
            for by, value in self.found.votes[place].items() if self.found.votes else ():
                votes.setdefault(by, {})[subject] = str(value)
        return sum(self._vote_as(by, given) for by, given in votes.items())

    def _vote_as(self, by: str, given: dict[int, str]) -> int:
        subjects = np.fromiter(given, np.int64, len(given))
        values = list(given.values())
        before, _ = self.writer.state.read(subjects, LABEL, "", by)
        new = [place for place, value in enumerate(values) if before[place] != value]
        if new:
            title = f"importing {len(new)} labels"
            self.writer.act([(LABEL, "", subjects[new], [values[place] for place in new])], by, title)
        return len(new)


def _create_file(path: Path, settings: Mapping[str, Any], labels: bool) -> None:
    """Make the database beside and rename it, so that a project exists whole or not at all."""
    partial = path / f".{FILE_NAME}.partial"
    database = open_file(partial)
    try:
        with database.writing() as connection:
            schema.create(connection, project=True, labels=labels)
            values = [{"name": name, "value": json.dumps(value)} for name, value in settings.items()]
            connection.execute(schema.setting.insert(), values)
    finally:
        database.close()
    with translated(path):
        os.rename(partial, path / FILE_NAME)


def _labels_url(database: Database) -> str:
    version = database.version()
    if version is None:
        return ""
    with database.reading() as connection:
        text = connection.execute(select(schema.setting.c.value).where(schema.setting.c.name == "labels_url")).scalar()
    return str(json.loads(text)) if text else ""


def _open_labels(url: str, create: bool = False) -> Database:
    database = open_url(url)
    try:
        if database.version() is None and create:
            with database.writing() as connection:
                if not connection.dialect.has_table(connection, schema.version.name):
                    schema.create(connection, project=False, labels=True)
        migrate.ensure(database, project=False, labels=True)
    except BaseException:
        database.close()
        raise
    return database


def _writable(path: Path, file: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(file, os.W_OK)


def _open_read_only(file: Path) -> tuple[Database, Path]:
    """Open for looking only; what is still in the write-ahead log is read from a copy."""
    copy = Path(tempfile.mkdtemp(prefix="winnow-"))
    log = file.with_name(f"{file.name}-wal")
    if not log.exists() or log.stat().st_size == 0:
        return open_file(file, read_only=True, immutable=True), copy
    for part in (file, log):
        shutil.copyfile(part, copy / part.name)
    database = open_file(copy / file.name, read_only=True)
    database.place = str(file)
    return database, copy
