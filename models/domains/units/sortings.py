"""What is written back to the tools that units came from: the units of each recording, with labels and predictions."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.domain import ExportView
from models.domains.units import analyzer, curation, phy
from models.domains.units.curation import Id, Merge, Split
from models.domains.units.names import label_of
from models.errors import UserError

Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Changes:
    """What was done to the units of one recording beside labelling them."""

    merges: tuple[Merge, ...] = ()
    splits: tuple[Split, ...] = ()
    removed: tuple[Id, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.merges or self.splits or self.removed)


@dataclass(frozen=True)
class Sorting:
    """The units of one recording, all that the project has of it.

    name: of the recording, fit for a file. source: what the units were read from. ids: as the sorting
    has them, numbers or texts. rows: the row of each in the view, −1 for one that was not chosen.
    """

    name: str
    source: Path
    ids: tuple[Id, ...]
    rows: tuple[int, ...]
    changes: Changes = field(default_factory=Changes)

    def labels(self, view: ExportView) -> dict[Id, str]:
        """The class of each chosen unit that has one; "unsorted" and its like are none."""
        named = {
            one: label_of(view.labels[row] or "") for one, row in zip(self.ids, self.rows, strict=True) if row >= 0
        }
        return {one: label for one, label in named.items() if label is not None}

    def chosen(self) -> list[tuple[Id, int]]:
        """Id and row in the view of the units that were chosen."""
        return [(one, row) for one, row in zip(self.ids, self.rows, strict=True) if row >= 0]


def sortings(view: ExportView) -> list[Sorting]:
    """The recordings of which units were chosen, in the order in which they came."""
    every = view.samples if view.every is None else view.every
    chosen = {one: row for row, one in enumerate(view.samples.ids())}
    codes, groups = every.group_codes()
    sources = every.table.column("source").to_pylist()
    places: dict[tuple[int, int], list[int]] = {}
    for place, pair in enumerate(zip(sources, codes.tolist(), strict=True)):
        places.setdefault(pair, []).append(place)
    ids, keys = every.ids(), every.table.column("key").to_pylist()
    named: dict[str, int] = {}
    found = []
    for (number, code), members in places.items():
        rows = tuple(chosen.get(ids[place], -1) for place in members)
        if max(rows) < 0:
            continue
        source = Path(every.sources[number])
        own = [plain_id(keys[place], groups[code]) for place in members]
        found.append(Sorting(_once(file_name(groups[code]), named), source, typed(own, source), rows))
    return found


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
    if there or not path.is_dir() or not (phy.is_phy(path) or analyzer.is_analyzer(path)):
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


def provenance(view: ExportView, one: Sorting) -> dict[Id, Mapping[str, str]]:
    """Who gave each label, when, and whether a person or a file, by unit."""
    labels = one.labels(view)
    return {
        own: {"by": view.by[row], "at": view.at[row], "kind": view.kind[row]}
        for own, row in one.chosen()
        if own in labels
    }
