"""What is written back to the tools that units came from: the units of each recording, with labels and predictions."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.domain import ExportView
from models.domains.units import analyzer, curation, phy
from models.domains.units.curation import Id, Merge, Split
from models.domains.units.names import label_of
from models.domains.units.pieces import SPIKES, Piece, read_pieces
from models.errors import UserError
from models.sample import Samples


@dataclass(frozen=True)
class Changes:
    """What was done to the units of one recording beside labelling them, as one step.

    reason: why it cannot be told as one step, "" when it can.
    """

    merges: tuple[Merge, ...] = ()
    splits: tuple[Split, ...] = ()
    removed: tuple[Id, ...] = ()
    reason: str = ""

    def __bool__(self) -> bool:
        return bool(self.merges or self.splits or self.removed or self.reason)


@dataclass(frozen=True)
class Unit:
    """A unit as it is now: id, its row in the view (−1: not chosen), and the units of the sorting it consists of."""

    id: Id
    row: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Sorting:
    """The units of one recording, all that the project has of it.

    name: of the recording, fit for a file. source: what the units were read from. ids: of the units as they
    were sorted, numbers or texts. rows: the row in the view that tells the label of each: its own, or that of what
    it was merged or split into; −1 for one that was not chosen or is gone. units: those that there are now.
    lost: units whose parts have different labels. before: what is not there any more, and the label that it had; of
    what was merged or split, only where something made of it was chosen.
    """

    name: str
    source: Path
    ids: tuple[Id, ...]
    rows: tuple[int, ...]
    units: tuple[Unit, ...] = ()
    changes: Changes = field(default_factory=Changes)
    lost: tuple[Id, ...] = ()
    before: Mapping[Id, str | None] = field(default_factory=dict)

    def chosen(self) -> list[tuple[Id, int]]:
        """Id and row in the view of the units of the sorting that were chosen."""
        return [(one, row) for one, row in zip(self.ids, self.rows, strict=True) if row >= 0]

    def staying(self) -> list[tuple[Id, int]]:
        """The same of the units of the sorting that are still there."""
        first = set(self.ids)
        return [(one, row) for one, row in self.present() if one in first]

    def present(self) -> list[tuple[Id, int]]:
        """The same of the units that there are now."""
        return [(one.id, one.row) for one in self.units if one.row >= 0]


def labels_of(view: ExportView, rows: Sequence[tuple[Id, int]]) -> dict[Id, str]:
    """The class of each of these units that has one; "unsorted" and its like are none."""
    named = {one: label_of(view.labels[row] or "") for one, row in rows}
    return {one: label for one, label in named.items() if label is not None}


def provenance(view: ExportView, rows: Sequence[tuple[Id, int]]) -> dict[Id, Mapping[str, str]]:
    """Who gave the label of each, when, and whether a person or a file."""
    labels = labels_of(view, rows)
    return {one: {"by": view.by[row], "at": view.at[row], "kind": view.kind[row]} for one, row in rows if one in labels}


def sortings(view: ExportView) -> list[Sorting]:
    """The recordings of which units were chosen, in the order in which they came."""
    every = view.samples if view.every is None else view.every
    codes, groups = every.group_codes()
    sources = every.table.column("source").to_pylist()
    places: dict[tuple[int, int], list[int]] = {}
    for place, pair in enumerate(zip(sources, codes.tolist(), strict=True)):
        places.setdefault(pair, []).append(place)
    table = _Table(view, every)
    named: dict[str, int] = {}
    found = []
    for (number, code), members in places.items():
        if max(table.rows[place] for place in members) >= 0:
            name = _once(file_name(groups[code]), named)
            found.append(_sorting(name, Path(every.sources[number]), groups[code], members, table))
    return found


class _Table:
    """All samples of a project by row: key, row in the view, whether it is there, what it was made of."""

    def __init__(self, view: ExportView, every: Samples) -> None:
        chosen = {one: row for row, one in enumerate(view.samples.ids())}
        self.view = view
        self.keys: list[str] = every.table.column("key").to_pylist()
        self.rows = [chosen.get(one, -1) for one in every.ids()]
        self.told: list[str | None] = list(view.told) or [None] * len(every)
        self.live = [True] * len(every) if view.live is None else view.live.tolist()
        made = every.table.column(SPIKES).to_pylist() if SPIKES in every.names else []
        self.made: list[str | None] = made or [None] * len(every)


def _sorting(name: str, source: Path, group: str, members: Sequence[int], table: _Table) -> Sorting:
    own = [place for place in members if table.made[place] is None]
    ids = typed([plain_id(table.keys[place], group) for place in own], source)
    by_key = dict(zip([table.keys[place] for place in own], ids, strict=True))
    units = [
        Unit(one, table.rows[place], (Piece(table.keys[place]),))
        for one, place in zip(ids, own, strict=True)
        if table.live[place]
    ]
    made = [
        Unit(_like(ids, plain_id(table.keys[place], group)), table.rows[place], read_pieces(str(table.made[place])))
        for place in members
        if table.made[place] is not None and table.live[place]
    ]
    rows, lost = [], []
    for one, place in zip(ids, own, strict=True):
        row, agreed = _told_by(table.keys[place], table.rows[place] if table.live[place] else None, made, table.view)
        rows.append(row)
        lost += [] if agreed else [one]
    gone = [one for one, place in zip(ids, own, strict=True) if not table.live[place]]
    changes = _changes(gone, made, by_key)
    before = {
        one: table.told[place]
        for one, place in zip(ids, own, strict=True)
        if not table.live[place] and _asked(table.keys[place], made)
    }
    return Sorting(name, source, ids, tuple(rows), (*units, *made), changes, tuple(lost), before)


def _asked(key: str, made: Sequence[Unit]) -> bool:
    """Whether something made of a unit was chosen; a removed one is always."""
    rows = [one.row for one in made if any(piece.unit == key for piece in one.pieces)]
    return not rows or max(rows) >= 0


def _like(ids: Sequence[Id], key: str) -> Id:
    return int(key) if ids and isinstance(ids[0], int) and re.fullmatch(r"-?[0-9]+", key) else key


def _told_by(key: str, row: int | None, made: Sequence[Unit], view: ExportView) -> tuple[int, bool]:
    """The row that tells the label of a unit of the sorting, and whether all that came of it say the same."""
    if row is not None:
        return row, True
    rows = [one.row for one in made if any(piece.unit == key for piece in one.pieces)]
    chosen = [row for row in rows if row >= 0]
    if not chosen:
        return -1, True
    agreed = len({view.labels[row] for row in chosen}) == 1 and len(chosen) == len(rows)
    return (chosen[0] if agreed else -1), agreed


def _changes(gone: Sequence[Id], made: Sequence[Unit], by_key: Mapping[str, Id]) -> Changes:
    """Made units as merges and splits of units of the sorting, and as removed what is in none of them."""
    merges, parts = list[Merge](), dict[str, list[Unit]]()
    reason = ""
    for one in made:
        if all(piece.take is None for piece in one.pieces):
            if len(one.pieces) > 1:
                merges.append(Merge(tuple(by_key[piece.unit] for piece in one.pieces), one.id))
        elif len(one.pieces) == 1:
            parts.setdefault(one.pieces[0].unit, []).append(one)
        else:
            reason = f"unit {one.id} was merged of parts of other units"
    splits = []
    for key, group in parts.items():
        takes = [one.pieces[0].take for one in group]
        if not np.any([take for take in takes if take is not None], axis=0).all():
            reason = reason or f"a part of unit {by_key[key]} was removed or merged after the split"
        indices = tuple(tuple(np.flatnonzero(take).tolist()) for take in takes if take is not None)
        splits.append(Split(by_key[key], indices, None, tuple(one.id for one in group)))
    kept = {by_key[piece.unit] for one in made for piece in one.pieces}
    return Changes(tuple(merges), tuple(splits), tuple(one for one in gone if one not in kept), reason)


def plain_id(key: str, group: str) -> str:
    """A unit's id in its own recording: a key of a table of several recordings begins with the recording's name."""
    session, slash, own = key.rpartition("/")
    return own if slash and group.endswith(f"/{session}") else key


def typed(ids: Sequence[str], source: Path) -> tuple[Id, ...]:
    """Ids as numbers where the sorting has numbers, which what looks like one does not tell."""
    numbered = all(re.fullmatch(r"-?[0-9]+", one) for one in ids)
    if numbered and source.is_dir() and analyzer.is_analyzer(source):
        numbered = analyzer.opened(source).numbered
    elif numbered and source.suffix.lower() == ".json":
        numbered = not any(isinstance(one, str) for one in curation.read_curation(source).units)
    return tuple(int(one) for one in ids) if numbered else tuple(ids)


def file_name(group: str) -> str:
    """A recording's name fit for a file."""
    return re.sub(r"[^\w.-]+", "_", group).strip("._")[:100] or "session"


def _once(name: str, named: dict[str, int]) -> str:
    named[name.lower()] = count = named.get(name.lower(), 0) + 1
    return name if count == 1 else f"{name}-{count}"


def of_place(found: Sequence[Sorting], path: Path) -> list[Sorting]:
    """Those that were read from this place, where there are any; else all. UserError for another sorting's folder."""
    there = [one for one in found if _same(one.source, path)]
    if there or not path.is_dir() or not (holds_spikes(path) or analyzer.is_analyzer(path)):
        return there or list(found)
    held = set(analyzer.opened(path).keys if analyzer.is_analyzer(path) else phy.opened(path).keys)
    fit = [one for one in found if held and held >= {str(own) for own in one.ids}]
    if len(fit) != 1:
        raise UserError(
            f"{path} holds a sorting whose units are not those of one recording here. Choose another place."
        )
    return fit


def files_for(view: ExportView, written: Sequence[Sorting], path: Path, suffix: str) -> list[Path]:
    """The file of each recording: the path itself where it has the suffix, else a file for each in that folder."""
    if path.suffix.lower() != suffix:
        return [path / f"{one.name}{suffix}" for one in written]
    if len(written) > 1:
        group = view.samples.column("group")[written[0].chosen()[0][1]]
        raise UserError(
            f"{path.name} can hold one recording and there are {len(written)}. Give a folder, or choose one with "
            f"--where 'group == \"{group}\"'."
        )
    return [path]


def holds_spikes(folder: Path) -> bool:
    """Whether a folder is a sorting of its own, and not a former export of one."""
    return any((folder / name).is_file() for name in ("spike_times.npy", "spike_templates.npy"))


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def noted(path: Path, *texts: str) -> list[dict[str, str]]:
    """Notes of an export, those that say something."""
    return [{"source": str(path), "where": "", "text": text} for text in texts if text]


def many(written: Sequence[Sorting], what: str) -> str:
    """What to say of several recordings."""
    return f"{len(written)} recordings, {what} for each" if len(written) > 1 else ""


def unspoken(view: ExportView) -> str:
    """What to say of classes that stand for no label in these formats, such as "unknown"."""
    lost = sorted({label for label in view.labels if label and label_of(label) is None})
    return f"{', '.join(map(repr, lost))} means unlabelled in this format" if lost else ""


def split_labels(written: Sequence[Sorting], place: str) -> str:
    """What to say of units that were split and whose parts have different labels, where a unit can have one only.

    place: where the labels of the parts stand.
    """
    lost = [f"{one.name}: {own}" for one in written for own in one.lost]
    if not lost:
        return ""
    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
    return (
        f"the parts of {', '.join(lost[:3])}{more} have different labels, for which the format has no place: "
        f"they stand under {place}, which is read here; other programs see an unlabelled unit"
    )


def others(found: Sequence[Sorting], written: Sequence[Sorting], path: Path) -> str:
    """What to say of recordings that do not belong into the place that was given."""
    left = [one.name for one in found if one not in written]
    more = ", …" if len(left) > 5 else ""
    return f"{path.name} holds {written[0].name}; left out: {', '.join(left[:5])}{more}" if left else ""


def keep_former(path: Path) -> Path | None:
    """A copy of a file beside it, whose name no other program reads; None where there is none yet."""
    if not path.is_file():
        return None
    from models.store.atomic import write_whole

    moment = time.strftime("%Y%m%d-%H%M%S")
    kept = path.with_name(f"{path.name}.before-{moment}")
    number = 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}.before-{moment}-{number}")
    content = path.read_bytes()
    write_whole(kept, lambda file: file.write(content))
    return kept


def write_kept(path: Path, text: str) -> list[Path]:
    """Write a text, the former file kept beside; the files that are new. Nothing is done where it stands so already."""
    from models.store.atomic import write_text

    if path.is_file() and path.read_bytes() == text.encode("utf-8"):
        return [path]
    kept = keep_former(path)
    write_text(path, text)
    return [path] if kept is None else [path, kept]
