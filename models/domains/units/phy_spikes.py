"""The spikes of a phy folder: vectors of one length, with what is wrong in them told by row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units.trains import Spikes, flat, open_array
from models.errors import UserError

Index = npt.NDArray[np.int64]
Array = npt.NDArray[Any]

#: Where something is wrong, and what.
Notes = list[tuple[str, str]]
CLUSTERS, TEMPLATES = "spike_clusters", "spike_templates"
#: An id above it is no cluster number but something else.
HIGHEST = 5_000_000
_CHUNK = 8_000_000


def array_of(folder: Path, name: str, notes: Notes) -> Array | None:
    """An array of the folder; None, told, for one that cannot be read."""
    try:
        return open_array(folder / name)
    except UserError as error:
        notes.append((name, str(error).removeprefix(f"{folder / name} ")))
        return None


def read_spikes(folder: Path, notes: Notes, problems: Notes) -> tuple[Spikes | None, Array | None, bool]:
    """Spikes with clusters as codes, the template of each, and whether their times are known."""
    vectors = {
        name: flat(found)
        for name in ("spike_times", CLUSTERS, TEMPLATES, "amplitudes")
        if (found := array_of(folder, f"{name}.npy", problems if name == CLUSTERS else notes)) is not None
    }
    if problems and TEMPLATES in vectors:
        name, text = problems.pop()
        lost = "the units are those of spike_templates.npy, without what was merged or split by hand"
        problems.append((name, f"{text}; {lost}"))
    name = next((name for name in (CLUSTERS, TEMPLATES) if name in vectors), "")
    told = _numbered(vectors[name], f"{name}.npy", problems) if name else None
    if told is None:
        return None, None, False
    codes, units = told
    times = vectors.get("spike_times")
    if times is not None and not _timely(times, len(codes), notes):
        times = None
    count = len(codes) if times is None else min(len(codes), len(times))
    if times is not None and len(times) != len(codes):
        notes.append(
            ("spike_times.npy", f"{len(times)} times for {len(codes)} spikes: what is above {count} is left out")
        )
    others = {name: _long_enough(vectors.get(name), name, count, notes) for name in (TEMPLATES, "amplitudes")}
    timed = times is not None
    moments = times[:count] if times is not None else np.arange(count)
    moments, codes, others = _rising(moments, codes[:count], others, notes)
    return Spikes(moments, codes, units + 1, others["amplitudes"]), others[TEMPLATES], timed


def _long_enough(values: Array | None, name: str, count: int, notes: Notes) -> Array | None:
    """As many values as there are spikes, None where there are fewer."""
    if values is not None and len(values) < count:
        notes.append((f"{name}.npy", f"{len(values)} values for {count} spikes: they are left out"))
        return None
    return None if values is None else values[:count]


def _numbered(found: Array, name: str, problems: Notes) -> tuple[Array, int] | None:
    """The cluster of each spike, and a number above all clusters, which those spikes get that name none.

    So all vectors keep their length and order. None where no entry is a cluster number.
    """
    if found.dtype.kind not in "iuf":
        problems.append((name, f"{found.dtype} where whole numbers are needed"))
        return None
    highest, wrong, first = -1, 0, -1
    for at in range(0, len(found), _CHUNK):
        bad, top = _bad(found[at : at + _CHUNK])
        highest = max(highest, top)
        if first < 0 and len(bad):
            first = at + int(bad[0])
        wrong += len(bad)
    if not wrong:
        return (found if found.dtype.kind != "f" else found.astype(np.int32)), highest + 1
    which = f"row {first} (from 0) is {found[first].item()!r}, no cluster id"
    if wrong == len(found):
        problems.append((name, f"{which}: whole numbers are needed, and no row holds one"))
        return None
    more = f", and so {_are(wrong - 1)} more" if wrong > 1 else ""
    problems.append((name, f"{which}{more}: {'these spikes are' if wrong > 1 else 'this spike is'} of no unit"))
    codes = np.full(len(found), highest + 1, np.int32)
    for at in range(0, len(found), _CHUNK):
        part = found[at : at + _CHUNK]
        good = np.ones(len(part), bool)
        good[_bad(part)[0]] = False
        codes[at : at + _CHUNK][good] = part[good]
    return codes, highest + 1


def _are(count: int) -> str:
    return f"are {count}" if count > 1 else "is 1"


def _bad(part: Array) -> tuple[Index, int]:
    """Where some entries are no cluster ids, and the highest of those that are; −1 for none."""
    if not len(part):
        return np.zeros(0, np.int64), -1
    if part.dtype.kind != "f" and int(part.min()) >= 0 and int(part.max()) <= HIGHEST:
        return np.zeros(0, np.int64), int(part.max())
    good = (part >= 0) & (part <= HIGHEST)
    if part.dtype.kind == "f":
        good &= part == np.floor(part)
    return np.flatnonzero(~good), int(part[good].max()) if good.any() else -1


def _timely(times: Array, count: int, notes: Notes) -> bool:
    """Whether these are times. count: of the spikes."""
    if not len(times) and count:
        notes.append(("spike_times.npy", f"it is empty, and there are {count} spikes: units come without times"))
        return False
    if times.dtype.kind not in "iuf":
        notes.append(("spike_times.npy", f"{times.dtype} where numbers are needed: the times are left out"))
        return False
    early, first = 0, -1
    for at in range(0, len(times) if times.dtype.kind != "u" else 0, _CHUNK):
        part = times[at : at + _CHUNK]
        wrong = np.flatnonzero(~np.isfinite(part))
        if len(wrong):
            place = at + int(wrong[0])
            notes.append(("spike_times.npy", f"time {place} (from 0) is no number: the times are left out"))
            return False
        if part.min() < 0:
            below = np.flatnonzero(part < 0)
            first = at + int(below[0]) if first < 0 else first
            early += len(below)
    if early:
        value, more = times[first].item(), f", and so {_are(early - 1)} more" if early > 1 else ""
        notes.append(("spike_times.npy", f"time {first} (from 0) is {value}, before the recording begins{more}"))
    return True


def _rising(
    times: Array, codes: Array, others: dict[str, Array | None], notes: Notes
) -> tuple[Array, Array, dict[str, Array | None]]:
    """All vectors in the order of time; they mostly are already."""
    steps = range(0, len(times), _CHUNK)
    # Times are often unsigned, where a step back would look like a great step ahead.
    if all((times[at + 1 : at + _CHUNK + 1] >= times[at : at + _CHUNK][: len(times) - at - 1]).all() for at in steps):
        return times, codes, others
    notes.append(("spike_times.npy", "the times do not rise; they are sorted when read"))
    order = np.argsort(times, kind="stable")
    return times[order], codes[order], {k: None if v is None else v[order] for k, v in others.items()}
