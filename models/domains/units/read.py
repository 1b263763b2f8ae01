"""Finding units: tables, phy folders, SortingAnalyzers and curation files, and what belongs together."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.domain import Finding, Found, Lacking, Noted, Skipped
from models.domains.units import analyzer, curation, phy, tables
from models.domains.units.curation import Curation
from models.domains.units.names import animal_of, probe_of, session_of, stem_of
from models.domains.units.tables import BrokenTable, Sheet, Table
from models.errors import UserError
from models.job import Progress
from models.natural import natural

#: What a file of each suffix is read as.
_KINDS = {".csv": "table", ".tsv": "table", ".parquet": "table", ".json": "json"}
#: What a damaged file of a foreign form can raise while it is read.
DAMAGE = (UserError, BrokenTable, OSError, ValueError, KeyError, IndexError, TypeError, RecursionError, MemoryError)
#: What becomes of extensions that an analyzer lacks.
LEAVE, COMPUTE = "leave", "compute"
#: A table of labels belongs to a table of measures when this share of its units is there.
_OVERLAP = 0.5


@dataclass(frozen=True)
class Listed:
    """A thing to read: kind (analyzer, phy, table, json), path, portable name; named: pointed at itself."""

    kind: str
    path: Path
    name: str
    named: bool = False


@dataclass
class Session:
    """Tables of the units of one recording: the first is the source, the others add to it."""

    tables: list[Table]
    stem: str
    named: bool

    @property
    def measured(self) -> bool:
        """Whether it holds more than labels."""
        return any(table.known for table in self.tables)

    @property
    def ids(self) -> set[str]:
        """All its units."""
        return {key for table in self.tables for key in table.ids}


@dataclass
class Ready:
    """Units that are read and not yet given away. sessions: the recording of each, () for one; sorted: with spikes."""

    path: Path
    name: str
    units: Sheet
    sessions: tuple[str, ...] = ()
    sorted: bool = False


def scan(sources: Sequence[Path], settings: Mapping[str, str]) -> Iterator[Progress | Finding]:
    """All units of the sources; one broken file is told and the rest goes on.

    settings: ``id``, ``label_column`` and ``group`` name columns of tables (unit id, label, recording);
    ``rate`` is the sampling rate of phy folders without params.py, in Hz; ``extensions`` is ``compute``
    for those that analyzers lack to be written into them, or ``leave``; ``dry``: nothing is written.
    Raises UserError for a missing path or a wrong setting.
    """
    rate = _rate(settings.get("rate", ""))
    if settings.get("extensions", "") not in ("", LEAVE, COMPUTE):
        raise UserError(f"extensions is {settings['extensions']!r}: give {LEAVE} or {COMPUTE}")
    listed, notes = find(sources)
    yield from notes
    curations = yield from _curations([item for item in listed if item.kind == "json"])
    if not curations:
        for item in _read_all(listed, settings, rate):
            yield _found(item) if isinstance(item, Ready) else item
    else:
        # What a curation file names is only known when all is read.
        ready: list[Ready] = []
        for item in _read_all(listed, settings, rate):
            if isinstance(item, Ready):
                ready.append(item)
            else:
                yield item
        ready += yield from _give(curations, ready)
        yield from map(_found, ready)
    yield Progress(len(listed), len(listed), "")


def _read_all(
    listed: Sequence[Listed], settings: Mapping[str, str], rate: float | None
) -> Iterator[Progress | Finding | Ready]:
    """The units of folders, then of tables, as they are read."""
    for place, item in enumerate(item for item in listed if item.kind in ("phy", "analyzer")):
        yield Progress(place, len(listed), item.name)
        yield from (yield from _read_folder(item, settings, rate))
    sessions = yield from _sessions([item for item in listed if item.kind == "table"], settings)
    said: set[str] = set()
    for session in sorted(sessions, key=lambda session: natural(session.tables[0].name)):
        one, told = _read_session(session, settings)
        yield from _once(told, said)
        yield one


def _rate(text: str) -> float | None:
    if not str(text).strip():
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 100 <= rate <= 1e6:
        raise UserError(f"rate is {text!r}: give the sampling rate in Hz, such as 30000")
    return rate


# Listing


def find(sources: Sequence[Path]) -> tuple[list[Listed], list[Noted]]:
    """What there is to read, in natural order, each once; and what was left out.

    Raises UserError for a path that is missing or may not be listed.
    """
    found: list[Listed] = []
    notes: list[Noted] = []
    for source in sources:
        place = Path(os.path.abspath(source))
        if not place.exists():
            raise UserError(f"{source} does not exist: name a phy folder, an analyzer, a table or a folder of them")
        if place.is_file():
            found.append(_named(place))
        else:
            found += _walk(place, place, notes)
    unique: dict[str, Listed] = {}
    for item in found:
        unique.setdefault(os.path.realpath(item.path), item)
    return sorted(unique.values(), key=lambda item: natural(item.name)), notes


def _named(file: Path) -> Listed:
    """What a person means who points at a file: itself, or the folder that it is a part of."""
    for folder in (file.parent, file.parent.parent):
        if analyzer.is_analyzer(folder):
            return Listed("analyzer", folder, folder.name, True)
    if phy.is_phy(file.parent) and file.suffix.lower() in (".py", ".npy"):
        return Listed("phy", file.parent, file.parent.name, True)
    kind = "json" if file.suffix.lower() == ".json" else "table"
    return Listed(kind, file, file.name, True)


def _walk(folder: Path, root: Path, notes: list[Noted]) -> list[Listed]:
    name = folder.relative_to(root).as_posix() if folder != root else folder.name
    for kind, is_one in (("analyzer", analyzer.is_analyzer), ("phy", phy.is_phy)):
        if is_one(folder):
            return [Listed(kind, folder, name, folder == root)]
    try:
        entries = [entry for entry in sorted(folder.iterdir()) if not entry.name.startswith(".")]
    except OSError as error:
        if folder == root:
            raise UserError(f"{folder} can't be listed: {error.strerror}. Ask for the right to read it.") from error
        notes.append(Noted(name, "", "this folder may not be read"))
        return []
    other = _other({entry.name for entry in entries})
    if other:
        notes.append(Noted(name, "", f"{other}: it holds no units to import"))
        return []
    found: list[Listed] = []
    for entry in entries:
        if entry.is_dir():
            found += [] if entry.is_symlink() else _walk(entry, root, notes)
        elif entry.suffix.lower() in _KINDS:
            found.append(Listed(_KINDS[entry.suffix.lower()], entry, entry.relative_to(root).as_posix()))
    notes += _unrelated(name, entries)
    return found


def _other(names: set[str]) -> str:
    """What a folder is that holds no units, "" for a plain one."""
    if "model_info.json" in names or any(name.endswith(".skops") for name in names):
        return "a folder of a trained model"
    if names & {"traces_cached_seg0.raw", "binary.json"} and names & {"si_folder.json", "binary.json"}:
        return "a recording"
    return ""


def _unrelated(name: str, entries: Sequence[Path]) -> list[Noted]:
    """One note for each kind of files that are left out."""
    kinds = Counter(
        entry.suffix.lower() or "no suffix"
        for entry in entries
        if entry.suffix.lower() not in _KINDS and entry.is_file()
    )
    return [
        Noted(name, "", f"{count} {'file' if count == 1 else 'files'} of another kind left out ({kind})")
        for kind, count in sorted(kinds.items())
    ]


# Folders


def _read_folder(
    item: Listed, settings: Mapping[str, str], rate: float | None
) -> Generator[Progress | Finding, None, list[Ready]]:
    try:
        if item.kind == "phy":
            units = yield from phy.read_phy(item.path, item.name, settings, rate)
            if rate is not None:
                units.columns["_rate"] = [rate] * len(units.keys)
        else:
            yield from _complete(item, settings)
            units = yield from analyzer.read_analyzer(item.path, item.name, settings)
    except DAMAGE as error:
        yield Skipped(item.name, "", _reason(error))
        return []
    return [Ready(item.path, item.name, units, sorted=True)]


def _complete(item: Listed, settings: Mapping[str, str]) -> Iterator[Progress | Finding]:
    """Compute what an analyzer lacks where that is asked for; what it lacks afterwards is told."""
    from models.domains.units import extensions

    lacks = extensions.lacking(item.path)
    ready = [one for one in lacks if not one.obstacle]
    asked = settings.get("extensions") == COMPUTE
    if ready and asked and not settings.get("dry"):
        try:
            told = yield from extensions.compute(item.path, [one.name for one in ready])
        except UserError as error:
            yield Noted(item.name, "extensions", str(error))
            return
        if told.names:
            yield Noted(item.name, "extensions", f"computed: {', '.join(told.names)}")
        for text in told.failed:
            yield Noted(item.name, "extensions", f"not computed: {text}")
    elif ready:
        ends = "they will be computed into its folder" if asked else "import with extensions=compute for them"
        yield Noted(item.name, "extensions", f"without {_given(ready)}: {ends}")
    for reason in dict.fromkeys(one.obstacle for one in lacks if one.obstacle):
        rest = [one for one in lacks if one.obstacle == reason]
        yield Noted(item.name, "extensions", f"without {_given(rest)}, not to be computed: {reason}")


def _given(lacks: Sequence[Lacking]) -> str:
    """Extensions by name, each with what it gives."""
    return ", ".join(f"{one.name} ({one.gives})" for one in lacks)


def _reason(error: BaseException) -> str:
    if isinstance(error, UserError | BrokenTable):
        return str(error)
    return f"it cannot be read ({type(error).__name__}: {error})"


# Tables


def _sessions(
    listed: Sequence[Listed], settings: Mapping[str, str]
) -> Generator[Progress | Finding, None, list[Session]]:
    """The tables as recordings: those of one folder and one stem belong together, labels go to their measures."""
    groups: dict[tuple[Path, str], Session] = {}
    seen: set[str] = set()
    for place, item in enumerate(listed):
        yield Progress(place, len(listed), item.name)
        try:
            table, told = tables.read_table(item.path, item.name, settings)
        except DAMAGE as error:
            yield _refused(item, error)
            continue
        seen.update(table.texts)
        stem = stem_of(item.path.name)
        if not (table.known or table.judged or item.named or stem != item.path.stem):
            yield Noted(item.name, "", "no column is a measure of units that is known, and none holds labels: left out")
            continue
        yield from told
        session = groups.setdefault((item.path.parent, stem), Session([], stem, item.named))
        session.tables.append(table)
    for setting in ("label_column", "group"):
        wanted = settings.get(setting, "")
        if wanted and listed and wanted not in seen:
            yield Noted("", setting, f"no table has a column {wanted!r}")
    yield from _beside(groups.values(), {item.path for item in listed})
    return (yield from _pair(list(groups.items())))


def _beside(sessions: Iterable[Session], listed: set[Path]) -> Iterator[Noted]:
    """Tables of labels that stand beside measures that were pointed at alone."""
    if any(table.judged for session in sessions for table in session.tables):
        return
    for session in sessions:
        first = session.tables[0]
        labels = sorted(path for path in first.path.parent.glob("cluster_group*.[tc]sv") if path not in listed)
        if session.named and labels:
            text = f"without labels: {labels[0].name} beside it may hold them. Import both, or their folder"
            yield Noted(first.name, "", text)


def _refused(item: Listed, error: BaseException) -> Finding:
    ours = item.named or not isinstance(error, BrokenTable) or error.ours or stem_of(item.path.name) != item.path.stem
    if ours:
        return Skipped(item.name, "", _reason(error))
    return Noted(item.name, "", f"no table of units, left out: {error}")


def _pair(groups: list[tuple[tuple[Path, str], Session]]) -> Generator[Finding, None, list[Session]]:
    """Tables of nothing but labels, given to the recording that they name the units of."""
    measured = [(place, session) for place, session in groups if session.measured]
    alone: list[Session] = []
    for (folder, stem), session in groups:
        if session.measured:
            continue
        near = [other for (place, _), other in measured if place == folder]
        if not near and session.named:
            near = [other for _, other in measured if other.named]
        owner, share = _owner(session, near)
        if owner is None:
            alone.append(session)
            continue
        owner.tables += session.tables
        if len(near) > 1 and stem == "":
            others = ", ".join(other.tables[0].name for other in near if other is not owner)
            text = f"given to {owner.tables[0].name}, which has {share:.0%} of its units; not to {others}"
            yield Noted(session.tables[0].name, "", text)
    return [session for _, session in measured] + alone


def _owner(session: Session, near: Sequence[Session]) -> tuple[Session | None, float]:
    """The recording that has most of these units, None where none has enough or two have as many."""
    wanted = session.ids
    shares = sorted(((len(wanted & other.ids) / len(wanted), place) for place, other in enumerate(near)), reverse=True)
    if not shares or shares[0][0] < _OVERLAP:
        return None, 0.0
    if len(shares) > 1 and shares[1][0] == shares[0][0]:
        # As many in both: the one whose own units all have labels.
        tied = [near[place] for share, place in shares if share == shares[0][0]]
        whole = [other for other in tied if other.ids <= wanted and len(other.ids) == max(len(o.ids) for o in tied)]
        return (whole[0], shares[0][0]) if len(whole) == 1 else (None, 0.0)
    return near[shares[0][1]], shares[0][0]


def _read_session(session: Session, settings: Mapping[str, str]) -> tuple[Ready, list[Finding]]:
    """The units of a recording's tables. The first table with measures is the source, people's labels come last."""
    ordered = sorted(session.tables, key=lambda table: (not table.known, -len(table.ids), natural(table.name)))
    first, rest = ordered[0], ordered[1:]
    told: list[Finding] = []
    units = tables.sheet(first, settings, told)
    for table in sorted(rest, key=lambda table: table.path.stem.startswith("cluster_group")):
        tables.join(units, table, settings, told)
    return Ready(first.path, first.name, tables.settle(units), first.sessions), told


def _once(told: Sequence[Finding], said: set[str]) -> Iterator[Finding]:
    """Findings, those on older names for the first table of a kind only."""
    for item in told:
        text = item.text if isinstance(item, Noted) else ""
        if text.startswith(tables.OLDER) and text in said:
            continue
        said.add(text)
        yield item


# Curation files


def _curations(listed: Sequence[Listed]) -> Generator[Finding, None, list[tuple[Listed, Curation]]]:
    """Curation files, those of the newest format first."""
    found: list[tuple[Listed, Curation]] = []
    for item in listed:
        if not item.named and not _maybe(item.path):
            yield Noted(item.name, "", "no curation file, left out")
            continue
        try:
            found.append((item, curation.read_curation(item.path)))
        except DAMAGE as error:
            yield Skipped(item.name, "", _reason(error))
    return sorted(found, key=lambda pair: -int(pair[1].format))


def _maybe(path: Path) -> bool:
    """Whether a JSON file found in a folder says that it is a curation file; a broken one is told if its name does."""
    try:
        return curation.looks_like_curation(json.loads(path.read_text("utf-8-sig")))
    except (OSError, ValueError, RecursionError):
        return "curation" in path.name.lower()


def _give(
    curations: Sequence[tuple[Listed, Curation]], ready: Sequence[Ready]
) -> Generator[Finding, None, list[Ready]]:
    """Curations given to the sorting that has all their units; those of none, as units of their own.

    The first of several for one sorting gives the labels, the others are further opinions.
    """
    alone: list[Ready] = []
    given: set[int] = set()
    for item, one in curations:
        owner = _sorting(item, one, ready)
        if owner is None:
            units = curation.units_of(one)
            yield from curation.give(one, units, item.name)
            alone.append(Ready(item.path, item.name, units))
            continue
        opinion = item.path.stem if id(owner) in given else ""
        yield from curation.give(one, owner.units, item.name, opinion)
        tables.settle(owner.units)
        given.add(id(owner))
        what = f"a further opinion, file:{opinion}," if opinion else "the labels"
        yield Noted(item.name, "", f"{what} of {owner.name}, which has all its {len(one.units)} units")
    return alone


def _sorting(item: Listed, one: Curation, ready: Sequence[Ready]) -> Ready | None:
    """What has all the units: the sorting that the file lies in or beside, else the only one; tables after sortings."""
    wanted = {str(unit) for unit in one.units}
    have = [other for other in ready if wanted <= set(other.units.keys)]
    fit = [other for other in have if other.sorted] or have
    near = [other for other in fit if other.path in item.path.parents or other.path.parent == item.path.parent]
    # Numbers from 1 to 7 are units of many sortings: from afar, a file must name all units or be pointed at.
    far = fit if item.named else [other for other in fit if wanted == set(other.units.keys)]
    for choice in (near, far):
        if len(choice) == 1:
            return choice[0]
    return None


# Giving away


def _found(one: Ready) -> Found:
    """Units with the columns that tell where they come from."""
    session = session_of(one.name, one.path)
    groups = [f"{session}/{name}" if name else session for name in one.sessions] or [session] * len(one.units.keys)
    columns = {"session": list(groups)}
    for name, told in (("animal", animal_of), ("probe", probe_of)):
        if name not in one.units.columns and any(told(group) for group in set(groups)):
            columns[name] = [told(group) for group in groups]  # type: ignore[misc]
    own = {name: values for name, values in one.units.columns.items() if name not in columns}
    return Found(
        source=one.path,
        name=one.name,
        keys=one.units.keys,
        groups=groups,
        labels=one.units.labels,
        votes=one.units.votes,
        columns={**columns, **own},
    )
