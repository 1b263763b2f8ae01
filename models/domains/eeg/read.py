"""Finding EEG: tables of HMS, .mat files of the IIIC studies, clinical recordings; each given to what reads it."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.domain import Finding, Noted, Skipped
from models.domains.eeg import alone, clinical, iiic, raters, session
from models.domains.eeg.broken import DAMAGE, Broken, short
from models.domains.eeg.finding import Listed, can_wait
from models.domains.eeg.hms import Tables, is_truth, kind_of
from models.domains.eeg.loose import scan_loose
from models.domains.eeg.matfile import MatFile, open_mat
from models.domains.eeg.options import Options, read_options
from models.domains.eeg.parquet import read_head
from models.domains.eeg.table import read_names
from models.errors import UserError
from models.findings import left_out
from models.job import Progress
from models.natural import natural

_KINDS = {".csv": "table", ".tsv": "table", ".parquet": "parquet", ".mat": "mat"}


@dataclass
class _Files:
    """The files below one place that a person pointed at, by what they may be; of others the names, by suffix."""

    top: Path
    files: dict[str, list[Listed]] = field(default_factory=lambda: defaultdict(list))
    others: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def put(self, path: Path, name: str, named: bool = False) -> None:
        """One more file."""
        kind = _KINDS.get(path.suffix.lower(), "")
        if clinical.belongs_to(path) is not None:
            return
        if not kind and clinical.is_clinical(path):
            kind = "recording"
        if kind or named:
            self.files[kind or "recording"].append(Listed(path, name, named))
        else:
            self.others[path.suffix.lower() or "no suffix"].append(name)

    def of(self, kind: str) -> list[Listed]:
        """The files of a kind, in natural order."""
        return sorted(self.files[kind], key=lambda one: natural(one.name))

    def leave(self, item: Listed) -> None:
        """A file that turned out to be of another kind."""
        self.others[item.path.suffix.lower()].append(item.name)


def scan(sources: Sequence[Path], settings: Mapping[str, str]) -> Iterator[Progress | Finding]:
    """All windows of the sources; one broken file or row is told and the rest goes on.

    settings: the keys of `models.domains.eeg.options.IMPORT_KEYS`. Raises UserError for a missing path or a wrong
    setting.
    """
    options = read_options(settings)
    for source in sources:
        files, notes = _find(Path(os.path.abspath(source)), source)
        yield from notes
        yield from _read(files, options)


def _find(place: Path, told: Path) -> tuple[_Files, list[Noted]]:
    if place.is_file():
        # Who points at a part of a recording means the recording.
        whole = clinical.belongs_to(place) or place
        files = _Files(place.parent)
        files.put(whole, whole.name, True)
        return files, []
    if not place.is_dir():
        raise UserError(f"{told} does not exist: name a recording, a table of windows, or a folder of them")
    files, notes = _Files(place), []

    def refused(error: OSError) -> None:
        if str(error.filename) == str(place):
            raise UserError(f"{place} can't be listed: {error.strerror}. Ask for the right to read it.")
        notes.append(Noted(os.path.relpath(str(error.filename), place), "", "this folder may not be read"))

    for folder, folders, names in os.walk(place, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(folder) / name for name in sorted(names) if not name.startswith(".")):
            if not can_wait(path):
                files.put(path, path.relative_to(place).as_posix())
    return files, notes


def _read(files: _Files, options: Options) -> Iterator[Progress | Finding]:
    tables = Tables([])
    scores: dict[Path, list[Listed]] = defaultdict(list)
    loose = files.of("parquet")
    for item in files.of("table"):
        yield from _sort(item, tables, scores, loose, files)
    yield from tables.scan()
    for item in loose:
        if item.path not in tables.claimed:
            yield Progress(text=f"Reading {item.name}")
            yield from _guarded(item, scan_loose(item, options))
    yield from _read_mats(files.of("mat"), scores)
    layouts: set[tuple[str, ...]] = set()
    recordings, scorings = alone.part(files.of("recording"))
    for item in recordings:
        scorings += alone.beside(item) if item.named else []
    joined, notes = alone.join(recordings, scorings)
    yield from notes
    for item in recordings:
        yield from clinical.scan_recording(item.path, item.name, options, layouts, joined.get(item.path))
    yield from left_out(files.top.name, files.others)


def _guarded(item: Listed, findings: Iterator[Finding]) -> Iterator[Finding]:
    """The findings of one file; what is wrong with it is told and costs no other."""
    try:
        yield from findings
    except Broken as reason:
        yield Skipped(item.name, "", str(reason))
    except DAMAGE as error:
        yield Skipped(item.name, "", f"it cannot be read ({type(error).__name__}: {short(error)})")


# Tables


def _sort(
    item: Listed, tables: Tables, scores: dict[Path, list[Listed]], loose: list[Listed], files: _Files
) -> Iterator[Finding]:
    """Give a table of text to what reads it: windows, probabilities of a session, or an EEG as text."""
    try:
        names = read_names(item.path)
        if is_truth(names) and not item.named:
            return
        if kind_of(names):
            tables.items.append(item)
        elif session.is_scores(item):
            scores[item.path.parent].append(item)
        elif names and _is_signal(item.path):
            loose.append(item)
        elif item.named:
            columns = ", ".join(names[:4]) or "none"
            yield Noted(item.name, "", f"no table of windows, EEG or probabilities (columns: {columns}), left out")
        else:
            files.leave(item)
    except Broken as reason:
        yield Skipped(item.name, "", str(reason))


def _is_signal(path: Path) -> bool:
    try:
        return bool(read_head(path).kind)
    except Broken:
        return False


# Files of MATLAB


def _read_mats(items: Sequence[Listed], scores: Mapping[Path, Sequence[Listed]]) -> Iterator[Progress | Finding]:
    folders: dict[Path, list[tuple[Listed, MatFile]]] = defaultdict(list)
    for item in items:
        yield Progress(text=f"Reading {item.name}")
        try:
            folders[item.path.parent].append((item, open_mat(item.path)))
        except Broken as reason:
            yield Skipped(item.name, "", str(reason))
    for folder in sorted({*folders, *scores}):
        yield from _read_folder(folders.get(folder, []), scores.get(folder, []))


def _read_folder(files: list[tuple[Listed, MatFile]], scores: Sequence[Listed]) -> Iterator[Progress | Finding]:
    """What lies in one folder belongs together."""
    used: set[Path] = set()
    for item, file in files:
        if iiic.is_table(file):
            yield from _guarded(item, iiic.scan_table(item, file, used))
    left = [(item, file) for item, file in files if not iiic.is_table(file) and item.path not in used]
    matrices = [one for one in left if raters.is_matrix(one[1]) or raters.is_list(one[1])]
    steps = [one for one in left if session.is_session(one[1]) or session.is_spectra(one[1])]
    if matrices:
        yield Progress(text=f"Reading votes of {matrices[0][0].name}")
        yield from _guarded(matrices[0][0], raters.scan_matrices(matrices))
    if steps or scores:
        first = steps[0][0] if steps else scores[0]
        yield from _guarded(first, session.scan_session(steps, scores))
    for item, file in left:
        if (item, file) not in matrices and (item, file) not in steps:
            yield from _guarded(item, _scan_one(item, file))


def _scan_one(item: Listed, file: MatFile) -> Iterator[Finding]:
    if iiic.is_spectro(file):
        yield from iiic.scan_spectro(item, file)
    elif iiic.is_segment(file):
        yield from iiic.scan_segment(item, file)
    else:
        variables = ", ".join([*file.variables][:4]) or "none"
        yield Noted(item.name, "", f"it holds no EEG, votes or steps (variables: {variables}), left out")
