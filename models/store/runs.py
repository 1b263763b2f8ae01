"""Runs: immutable folders of one training each, with names, notes and marks kept in the journal."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.errors import UserError
from models.event import RUN, Entry, Event
from models.params import unknown
from models.store.atomic import begin_folder, plain, sync_file, sync_folder, write_text
from models.store.database import read_only_text, translated
from models.store.digest import digest
from models.store.journal import Journal
from models.store.predictions import FILE_NAME, Predictions, read_predictions

_FOLDER = re.compile(r"^(?:\.run-(\d+)\.partial|run-(\d+))$")
#: Parts of a run that is being made: whose it is, its checkpoints, its model; the first two do not stay.
_OWNER, WORK, _MODEL = ".owner", "work", "model"
#: Seconds by which the begin of one and the same process may be told differently.
_SAME = 2.0
#: Folder inside a run's own for results that were made from it later; what the training wrote stays as it is.
ADDED = "added"
#: What the parts of such a result are, and those of a run's record, where they have them.
_RESULT: dict[str, type] = {
    "metrics": dict,
    **dict.fromkeys(("part", "labels", "at"), str),
    **dict.fromkeys(("position", "test_version"), int),
}
_RECORD: dict[str, type] = {
    **dict.fromkeys(("metrics", "split", "snapshot", "params", "wish", "versions", "grouping"), dict),
    **dict.fromkeys(("input", "stopping", "digests", "cluster"), dict),
    **dict.fromkeys(("classes", "curves", "log"), list),
    **dict.fromkeys(("recipe", "started", "words", "domain", "preset"), str),
    **dict.fromkeys(("seed", "test_version"), int),
}
_ITEMS: dict[str, type] = {"classes": str, "curves": dict, "log": str}
#: Parts of a run's samples that can judge it, the best judge first.
JUDGES = ("test", "out_of_fold", "val")
#: Those of them that had no say in the model at all: validation chose its epoch.
HELD_OUT = JUDGES[:2]


@dataclass(frozen=True)
class RunFolder:
    """The folder of a run that is being made. path: what is to stay; work: checkpoints, gone at the end."""

    id: str
    path: Path
    final: Path

    @property
    def work(self) -> Path:
        """Folder of checkpoints of this run; removed by `finish`."""
        folder = self.path / WORK
        folder.mkdir(exist_ok=True)
        return folder

    def take_over(self, other: RunFolder) -> None:
        """Go on with the checkpoints of another, which ends: they move in one step, so that a kill loses none.

        So does its model, where it was kept already. Raises UserError where another process has taken them.
        """
        try:
            with translated(self.path):
                other.claim()  # so that nobody sweeps it away in between
                os.rename(other.path / WORK, self.path / WORK)
                if (other.path / _MODEL).is_dir():
                    os.rename(other.path / _MODEL, self.path / _MODEL)
        except FileNotFoundError:
            raise UserError(f"another process already goes on with the interrupted {other.id}.") from None
        other.discard()

    def finish(self, record: Mapping[str, Any]) -> Path:
        """Write run.json and give the folder its final name; from then on the run exists."""
        with translated(self.path):
            digests = _digests(self.path)
            for name in digests:
                sync_file(self.path / name)
            whole = {**record, "id": self.id, "digests": digests}
            write_text(self.path / "run.json", json.dumps(whole, indent=1, ensure_ascii=False))
            sync_folder(self.path)
            # Whose it is and what to go on with stay until it is a run: no kill and no sweep takes it before.
            os.rename(self.path, self.final)
            sync_folder(self.final.parent)
            _tidy(self.final)
        return self.final

    def discard(self) -> None:
        """Give the run up; nothing of it stays."""
        shutil.rmtree(self.path, ignore_errors=True)

    def claim(self) -> None:
        """Mark the folder as this process's own."""
        write_text(self.path / _OWNER, f"{socket.gethostname()} {os.getpid()} {_born(os.getpid()):.2f}")

    def release(self) -> None:
        """Mark the folder as nobody's: whoever comes may go on with it."""
        (self.path / _OWNER).unlink(missing_ok=True)

    def alive(self) -> bool:
        """Whether the process that makes this run may still be at work: another of its number is not it."""
        try:
            host, pid, *born = plain(self.path / _OWNER).read_text("utf-8").split()
            now = _born(int(pid))
            return host != socket.gethostname() or (now is not None and abs(now - float(*born or (now,))) < _SAME)
        except (OSError, TypeError, ValueError):
            return False


@dataclass(frozen=True)
class RunRecord:
    """One finished run. record: its run.json; name, note, best: from the journal; at: when it began (ISO 8601)."""

    id: str
    name: str
    note: str
    best: bool
    path: Path
    recipe: str
    record: dict[str, Any]
    at: str

    @property
    def title(self) -> str:
        """What it is called: its name, else its id."""
        return self.name or self.id

    @property
    def grouping(self) -> dict[str, str]:
        """Label → the class of the run that it stands for, "" for one left out; {} where each stands for itself."""
        return dict(self.record.get("grouping") or {})

    @property
    def part(self) -> str:
        """The part that the run is judged by: test, else out of fold, else validation; "" for none."""
        return self.judged()[0]

    def judged(self, wanted: str = "") -> tuple[str, dict[str, Any]]:
        """The part that the run is judged by, with its metrics; `wanted` where the run has that part."""
        metrics = self.record.get("metrics") or {}
        part = next((name for name in (wanted, *JUDGES) if name and metrics.get(name)), "")
        return part, dict(metrics[part]) if part else {}

    def predictions(self) -> Predictions:
        """What the run predicted; UserError when that file is missing or damaged."""
        found = read_predictions(self.path / FILE_NAME)
        if len(found.classes) != len(self.record.get("classes", found.classes)):
            raise UserError(f"{self.path} predicts other classes than its record names. Train again or delete the run.")
        return found

    def add(self, name: str, result: Mapping[str, Any]) -> None:
        """Keep a result made from this run later, in place of an earlier one of that name; UserError on a fault."""
        folder = self.path / ADDED
        with translated(folder):
            folder.mkdir(exist_ok=True)
        write_text(folder / f"{name}.json", json.dumps(result, ensure_ascii=False))

    def added(self, name: str) -> dict[str, Any] | None:
        """What `add` kept under this name ("curve", "matrix"); None for nothing, or what can't be used."""
        try:
            return _read_added(self.path / ADDED / f"{name}.json")
        except (OSError, ValueError, RecursionError):
            return None

    def added_at(self, name: str) -> int:
        """When `add` last kept something under this name, in nanoseconds; 0 for never."""
        try:
            return (self.path / ADDED / f"{name}.json").stat().st_mtime_ns
        except OSError:
            return 0

    def additions(self) -> Named:
        """All that `add` kept, by name."""
        found = {file.stem: self.added(file.stem) for file in self._added_files()}
        return {name: result for name, result in found.items() if result is not None}

    def damaged(self) -> Paths:
        """Files of the run that are gone or not as they were written, but for record and predictions."""
        now, then = _digests(self.path), self.record.get("digests", {})
        changed = [self.path / name for name, told in then.items() if now.get(name) != told]
        return [*changed, *(file for file in self._added_files() if self.added(file.stem) is None)]

    def _added_files(self) -> Paths:
        return sorted(self.path.glob(f"{ADDED}/*.json"))


def _tidy(run: Path) -> None:
    """Take away what was of use to the making of a run alone."""
    shutil.rmtree(run / WORK, ignore_errors=True)
    (run / _OWNER).unlink(missing_ok=True)


def _born(process: int) -> float | None:
    """When a process began, in s since the system did, which a clock that is set anew does not move; None for none.

    One that has ended and is only not yet taken note of by who started it, in a container perhaps never, is none.
    """
    import psutil

    try:
        found = psutil.Process(process)
        ended = found.status() == psutil.STATUS_ZOMBIE
        return None if ended else float(found.create_time() - psutil.boot_time())
    except psutil.Error:
        return None


def _digests(folder: Path) -> dict[str, str]:
    """The digest of each file that stays as the training wrote it; a withdrawal changes predictions."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    names = {file.relative_to(folder).as_posix(): file for file in files}
    moving = ("run.json", _OWNER)
    kept = {name: file for name, file in names.items() if name not in moving and file.name != FILE_NAME}
    return {name: _digest(file) for name, file in kept.items() if not name.startswith((f"{ADDED}/", f"{WORK}/"))}


def _digest(file: Path) -> str:
    try:
        return digest(plain(file))
    except OSError:
        return ""


def _read_added(file: Path) -> dict[str, Any]:
    """A result that was kept with a run; ValueError where it is not what `add` writes."""
    return _formed(json.loads(plain(file).read_text("utf-8")), _RESULT)


def _validated(run: RunRecord) -> float:
    """Balanced accuracy on the rows that a run was validated by, below any score where there were none."""
    told: Any = run.record.get("metrics")
    for name in ("val", "balanced_accuracy"):
        told = told.get(name) if isinstance(told, dict) else None
    return told if isinstance(told, int | float) and not math.isnan(told) else -1.0


def _formed(found: Any, form: Mapping[str, type]) -> dict[str, Any]:
    """The object as it is; ValueError where it is none, or a part of it is of another kind."""
    if not isinstance(found, dict):
        raise ValueError("no record")
    for name, kind in form.items():
        if not isinstance(found.get(name, kind()), kind):
            raise ValueError(f"{name} is of another kind")
    for name, kind in _ITEMS.items():
        if not all(isinstance(item, kind) for item in found.get(name, ())):
            raise ValueError(f"{name} holds another kind")
    metrics = found.get("metrics") or {}
    if not all(isinstance(metrics[part], dict) for part in JUDGES if metrics.get(part)):
        raise ValueError("a score is no record")
    return found


Named = dict[str, dict[str, Any]]
Paths = list[Path]
Numbers = list[int]


class Runs:
    """The runs of one project.

    owner: what tells this project's runs from those of others that share its journal ("" when none
    does: runs stay in their project's folder, only labels are shared).
    """

    def __init__(self, folder: Path, journal: Callable[[], Journal], owner: str = "", read_only: bool = False) -> None:
        self.folder = folder
        self._journal = journal
        self._owner = f"{owner}:" if owner else ""
        self._read_only = read_only
        self._read: dict[Path, tuple[int, dict[str, Any]]] = {}

    def start(self) -> RunFolder:
        """Reserve the next id, so that two processes never get the same, and make its folder."""
        if self._read_only:
            raise UserError(read_only_text(str(self.folder)))
        with translated(self.folder):
            self.folder.mkdir(exist_ok=True)
            while True:
                folder = self._begin(max(self._numbers(), default=0) + 1)
                if folder is not None:
                    return folder

    def _begin(self, number: int) -> RunFolder | None:
        """The folder of a new run of this number; None where another has it."""
        place, final = self.folder / f".run-{number}.partial", self.folder / f"run-{number}"
        folder = RunFolder(final.name, place, final)
        # A folder without an owner is anybody's to sweep away, so it has one when it appears.
        if not begin_folder(place, lambda new: replace(folder, path=new).claim()):
            return None
        if final.exists():
            folder.discard()
            return None
        return folder

    def left_over(self) -> list[RunFolder]:
        """Runs begun and never finished whose process is gone, newest first: resume or discard them."""
        return [folder for folder in self.unfinished() if not folder.alive()]

    def tidy(self) -> None:
        """Take away what processes that were killed left in finished runs."""
        for path in self.folders():
            if (path / _OWNER).exists() and not RunFolder(path.name, path, path).alive():
                _tidy(path)

    def unfinished(self) -> list[RunFolder]:
        """All runs begun and not finished, newest first."""
        names = [(int(m[1]), path) for path in self._paths() if (m := _FOLDER.match(path.name)) and m[1]]
        return [RunFolder(f"run-{n}", path, self.folder / f"run-{n}") for n, path in sorted(names, reverse=True)]

    def list(self) -> list[RunRecord]:
        """All runs that are not deleted, newest first; one whose record can't be read is left out."""
        facts = self._journal().fold.values(-1, RUN)
        records = [self._record(path, facts) for path in self.folders()]
        return [record for record in records if record is not None and not facts.get(self._key(record.id, "deleted"))]

    def get(self, name: str) -> RunRecord:
        """The run with this id or given name, ``best`` or ``last``; UserError with the known ones.

        best: the run marked so; before any is, the one that did best on its validation rows, never by its test.
        """
        known = self.list()
        if name == "last" and known:
            return known[0]
        if name == "best" and known:
            return next((record for record in known if record.best), None) or max(known, key=_validated)
        for record in known:
            if record.id == name:
                return record
        for record in known:
            if record.name == name:
                return record
        if not known:
            raise UserError("there is no run yet. Train one first.")
        raise UserError(unknown("run", name, [record.title for record in known]))

    def best(self) -> RunRecord | None:
        """The run that is marked as best, if any."""
        return next((record for record in self.list() if record.best), None)

    def delete(self, name: str, by: str) -> Event:
        """Take a run out of sight; its folder stays, so that undo brings it back."""
        run = self.get(name)
        return self._set(run.id, "deleted", "on", by, f"deleting {run.title}")

    def rename(self, name: str, text: str, by: str) -> Event:
        """Give a run a name; UserError for one that is taken or means something else."""
        run, text = self.get(name), text.strip()
        entry = Entry(-1, RUN, self._key(run.id, "name"), text)
        # Looked at once no other process can write any more: of two that give one name, one is told.
        return self._journal().act([entry], by, f"naming {run.id}", first=lambda: self.check_name(text, run.id))

    def check_name(self, text: str, own: str = "") -> None:
        """UserError for a name that another run has, or that means something else. own: the id of the run to name."""
        text = text.strip()
        taken = {record.title for record in self.list() if record.id != own}
        if text in ("best", "last") or text in taken or (_FOLDER.match(text) and text != own):
            raise UserError(f"a run can't be named {text!r}: that name is taken. Choose another.")

    def note(self, name: str, text: str, by: str) -> Event:
        """Write a note on a run."""
        run = self.get(name)
        return self._set(run.id, "note", text, by, f"note on {run.id}")

    def mark_best(self, name: str, by: str) -> Event:
        """Mark a run as the best one; the mark leaves the one before."""
        run = self.get(name)
        entry = Entry(-1, RUN, f"{self._owner}best", run.id)
        return self._journal().act([entry], by, f"marking {run.title} as best")

    def folders(self) -> Paths:
        """The folders of all finished runs, deleted ones too, newest first."""
        names = [(int(m[2]), path) for path in self._paths() if (m := _FOLDER.match(path.name)) and m[2]]
        return [path for _, path in sorted(names, reverse=True)]

    def read(self, path: Path) -> dict[str, Any]:
        """A run's record; UserError when it is missing or damaged."""
        file = path / "run.json"
        try:
            changed = file.stat().st_mtime_ns
            kept = self._read.get(path)
            if kept is None or kept[0] != changed:
                record = _formed(json.loads(plain(file).read_text("utf-8")), _RECORD)
                kept = self._read[path] = (changed, record)
            return kept[1]
        except (OSError, ValueError, RecursionError):
            raise UserError(f"{file} is missing or damaged. Delete that run's folder or restore it.") from None

    def _set(self, run: str, part: str, value: str, by: str, title: str) -> Event:
        return self._journal().act([Entry(-1, RUN, self._key(run, part), value)], by, title)

    def _key(self, run: str, part: str) -> str:
        return f"{self._owner}{run}/{part}"

    def _record(self, path: Path, facts: Mapping[str, str]) -> RunRecord | None:
        try:
            record = self.read(path)
        except UserError:
            return None
        name = facts.get(self._key(path.name, "name"), "")
        note = facts.get(self._key(path.name, "note"), "")
        best = facts.get(f"{self._owner}best") == path.name
        at = str(record.get("started") or datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat())
        return RunRecord(path.name, name, note, best, path, str(record.get("recipe", "")), record, at)

    def _paths(self) -> Paths:
        return [path for path in self.folder.iterdir() if path.is_dir()] if self.folder.is_dir() else []

    def _numbers(self) -> Numbers:
        return [int(m[1] or m[2]) for path in self._paths() if (m := _FOLDER.match(path.name))]
