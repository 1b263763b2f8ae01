"""The file beside files of regions that holds what their format has no place for, so that each comes back as it was.

``annotations.json``: for each file the id of its sample, its label with who gave it, and every region as it is; where
the file itself says something else of one, that too, as ``written``. What was changed in another program is then no
more what was written, and is taken as the file says it.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.region import Region, read_region, write_region

NAME = "annotations.json"
#: No sidecar is longer, in bytes.
_LONGEST = 256 << 20
#: Seconds and Hz by which other programs round what they save again.
_NEAR, _NEAR_HERTZ = 1e-5, 0.5
#: How a region can differ from what a file says of it, and what is told of that.
_LOST = {
    "text": "tabs, line ends or empty texts",
    "low": "frequencies",
    "high": "frequencies",
    "channels": "channels",
    "start": "times to the nanosecond",
    "stop": "times to the nanosecond",
}


@dataclass(frozen=True)
class Kept:
    """What a sidecar tells of one file. label, written: the class of the recording, and how the file says it.

    regions: each as it is, and as the file said it.
    """

    sample: str = ""
    path: str = ""
    label: str = ""
    written: str = ""
    regions: Sequence[tuple[Region, Region]] = ()
    #: Who gave the label, when (``label_at``) and how; what is written beside it.
    given: Mapping[str, str] = field(default_factory=dict)


def lost(pairs: Sequence[tuple[Region, Region]]) -> Counter[str]:
    """How many regions a file says something of other than what is, by what that is."""
    told: Counter[str] = Counter()
    for one, written in pairs:
        told.update({words for name, words in _LOST.items() if getattr(one, name) != getattr(written, name)})
    return told


def write(path: Path, form: str, files: Mapping[str, Kept]) -> None:
    """Write what is kept of each file."""
    told = {"format": form, "made_by": "Winnow", "files": {name: _plain(kept) for name, kept in files.items()}}
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _plain(kept: Kept) -> dict[str, Any]:
    label = {"label": kept.label, **kept.given} if kept.label else {}
    label |= {"label_written": kept.written} if kept.written != kept.label else {}
    regions = []
    for one, written in kept.regions:
        told = {"name": one.name, **json.loads(write_region(one))}
        other = {name: getattr(written, name) for name in _LOST if getattr(one, name) != getattr(written, name)}
        regions.append(told | ({"written": other} if other else {}))
    return {"sample": kept.sample, "path": kept.path, **label, "regions": regions}


def read(path: Path) -> dict[str, Kept]:
    """What a sidecar keeps, by file; empty for one that is missing or none. Raises ValueError for a damaged one."""
    try:
        if not path.is_file():
            return {}
        if path.stat().st_size > _LONGEST:
            raise ValueError(f"it is longer than {_LONGEST >> 20} MB")
        told = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError:
        return {}
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON ({str(error)[:80]})") from error
    files = told.get("files") if isinstance(told, dict) else None
    if not isinstance(files, dict):
        raise ValueError("it tells of no files")
    return {str(name): _kept(one) for name, one in files.items() if isinstance(one, dict)}


def _kept(told: Mapping[str, Any]) -> Kept:
    label = str(told.get("label") or "")
    rows = told.get("regions")
    pairs = [_pair(one) for one in (rows if isinstance(rows, list) else ()) if isinstance(one, dict)]
    return Kept(
        str(told.get("sample") or ""),
        str(told.get("path") or ""),
        label,
        str(told.get("label_written", label)),
        [pair for pair in pairs if pair is not None],
        {"label_at": str(told.get("label_at") or "")},
    )


def _pair(told: Mapping[str, Any]) -> tuple[Region, Region] | None:
    """A region as it is and as it was written; None for what is no region."""
    one = read_region(str(told.get("name") or ""), json.dumps({key: told[key] for key in told if key != "written"}))
    other = told.get("written")
    if one is None or not one.name or not isinstance(other, dict):
        return None if one is None or not one.name else (one, one)
    said: dict[str, Any] = {name: value for name, value in other.items() if name in _LOST}
    try:
        return one, replace(one, **said | ({"channels": tuple(said["channels"])} if "channels" in said else {}))
    except (TypeError, ValueError):
        return one, one


class Restored:
    """Regions as a file says them made what they were, as long as it still says what was written of them."""

    def __init__(self, pairs: Sequence[tuple[Region, Region]]) -> None:
        self._free: dict[tuple[str, tuple[str, ...], int], list[tuple[Region, Region]]] = defaultdict(list)
        for one, written in pairs:
            self._free[written.text, written.channels, _slot(written.start)].append((one, written))

    def take(self, said: Region) -> Region:
        """The region that was written so, each once; what was not is returned as it is said."""
        slot = _slot(said.start)
        for near in (slot, slot - 1, slot + 1):
            found = self._free.get((said.text, said.channels, near), [])
            for place, (one, written) in enumerate(found):
                if _alike(written, said):
                    del found[place]
                    return one
        return said


def _slot(seconds: float) -> int:
    return math.floor(seconds * 1000)


def _alike(one: Region, other: Region) -> bool:
    times = abs(one.start - other.start) <= _NEAR and abs(one.stop - other.stop) <= _NEAR
    return times and _near(one.low, other.low) and _near(one.high, other.high)


def _near(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else abs(one - other) <= _NEAR_HERTZ
