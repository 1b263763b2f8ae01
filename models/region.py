"""A stretch of time inside a sample that somebody named, or a box of time and frequency: an annotation of a recording.

Each is an entry of the journal on the sample that is the whole recording; its name there is the region's own, its
value this text: `{"start":12.5,"stop":14,"text":"seizure"}`, with `"channels"` where it concerns some alone, with
`"low"` and `"high"` where it concerns some frequencies alone.
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from models.errors import UserError


@dataclass(frozen=True)
class Region:
    """From `start` to `stop` in s of the sample's own time (alike: a moment); channels: () for all of them.

    name: what the journal calls it, the same for as long as it lives. low, high: of its frequencies in Hz, None: from
    the lowest, or to the highest.
    """

    name: str
    start: float
    stop: float
    text: str
    channels: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        """Channels have no order; so that regions compare, they get one."""
        object.__setattr__(self, "channels", tuple(sorted(set(self.channels))))

    @property
    def seconds(self) -> float:
        return self.stop - self.start

    @property
    def banded(self) -> bool:
        """Whether it concerns some frequencies alone."""
        return self.low is not None or self.high is not None


def region_name(seed: str = "") -> str:
    """A name that no other region has; of the same seed the same one, so that an import again finds its own."""
    return (uuid.uuid5(uuid.NAMESPACE_OID, seed) if seed else uuid.uuid4()).hex[:16]


def write_region(region: Region) -> str:
    """The text of a region in the journal. Raises UserError for times or frequencies that cannot be."""
    if not (math.isfinite(region.start) and math.isfinite(region.stop)) or region.stop < region.start:
        raise UserError(
            f"an annotation from {region.start:g} to {region.stop:g} s cannot be. Let it end after its start."
        )
    if not _is_band(region.low, region.high):
        raise UserError(
            f"an annotation from {_hertz(region.low)} to {_hertz(region.high)} cannot be. "
            "Let its frequencies be 0 Hz or more, and the upper one above the lower."
        )
    value: dict[str, Any] = {"start": _plain(region.start), "stop": _plain(region.stop), "text": region.text}
    if region.channels:
        value["channels"] = list(region.channels)
    value |= {name: _plain(at) for name, at in (("low", region.low), ("high", region.high)) if at is not None}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# An act changes few of many annotations: the others are read once.
@lru_cache(maxsize=1 << 16)
def read_region(name: str, text: str) -> Region | None:
    """The region of an entry; None for one that was taken out, or whose text is none."""
    try:
        value = json.loads(text) if text.startswith("{") else None
        if value is None:
            return None
        start, stop = float(value["start"]), float(value["stop"])
        channels = tuple(str(one) for one in value.get("channels", ()))
        low, high = (None if value.get(end) is None else float(value[end]) for end in ("low", "high"))
        found = Region(name, start, stop, str(value["text"]), channels, low, high)
    except (ValueError, KeyError, TypeError):
        return None
    told = math.isfinite(start) and math.isfinite(stop) and stop >= start and _is_band(low, high)
    return found if told else None


def read_regions(entries: Mapping[str, str]) -> list[Region]:
    """The regions of these entries by name, in order of time."""
    found = [region for name, text in entries.items() if (region := read_region(name, text)) is not None]
    return sorted(found, key=lambda one: (one.start, one.stop, one.name))


def split_region(region: Region, at: float) -> tuple[Region, Region]:
    """The two parts of a region before and after a time inside it; the first keeps the name."""
    if not region.start < at < region.stop:
        raise UserError(f"{at:g} s is not inside the annotation from {region.start:g} to {region.stop:g} s.")
    return replace(region, stop=at), replace(region, name=region_name(), start=at)


def named(sample: str, regions: Iterable[tuple[float, float, str, Sequence[str]]]) -> list[Region]:
    """Regions of a source, each named by what it says and how often that was said: the same ones by the same name."""
    seen: dict[str, int] = {}
    found = []
    for start, stop, text, channels in regions:
        name = _name_of(sample, seen, (f"{start:.6f}", f"{stop:.6f}", text, *channels))
        found.append(Region(name, start, stop, text, tuple(channels)))
    return found


def named_each(sample: str, regions: Iterable[Region]) -> list[Region]:
    """Those without a name named so too, boxes by their frequencies as well; the others as they are."""
    seen: dict[str, int] = {}
    found = []
    for one in regions:
        ends = [f"{end:.3f}" for end in (one.low, one.high) if end is not None] if one.banded else []
        said = (f"{one.start:.6f}", f"{one.stop:.6f}", one.text, *one.channels, *ends)
        found.append(one if one.name else replace(one, name=_name_of(sample, seen, said)))
    return found


def _name_of(sample: str, seen: dict[str, int], parts: Sequence[str]) -> str:
    said = "\0".join((sample, *parts))
    seen[said] = seen.get(said, 0) + 1
    return region_name(f"{said}\0{seen[said]}")


def outside(spans: Sequence[tuple[float, float]], seconds: float, margin: float = 0.001) -> list[str]:
    """What is told of annotations (start, stop) that lie past the end of a recording, or before its start.

    Each is counted once. margin: s by which the end of a recording is no sharper.
    """
    end = seconds + margin
    places = {
        ("lies", "lie", "past the end of the recording: no page shows"): [start > end for start, _ in spans],
        ("goes", "go", "on past the end of the recording"): [start <= end < stop for start, stop in spans],
        ("lies", "lie", "before the start of the recording: no page shows"): [stop < 0 for _, stop in spans],
        ("begins", "begin", "before the start of the recording"): [start < 0 <= stop for start, stop in spans],
    }
    return [_told(sum(there), len(spans), *words) for words, there in places.items() if any(there)]


def _told(count: int, every: int, verb: str, verbs: str, where: str) -> str:
    """``1 annotation lies …: no page shows it``, ``153 of 154 annotations lie …: no page shows them``."""
    every_one = f"{every} annotation{'s' * (every != 1)}"
    who = every_one if count == every else f"{count} of {every_one}"
    them = "" if not where.endswith("shows") else " it" if count == 1 else " them"
    return f"{who} {verb if count == 1 else verbs} {where}{them}"


def _is_band(low: float | None, high: float | None) -> bool:
    """Whether these can be the ends of a band."""
    ends = [at for at in (low, high) if at is not None]
    if not all(math.isfinite(at) and at >= 0 for at in ends):
        return False
    return low is None or high is None or low < high


def _hertz(at: float | None) -> str:
    return "any frequency" if at is None else f"{at:g} Hz"


def _plain(seconds: float) -> float:
    """Seconds to the nanosecond, or Hz, as files have them; whole ones without a fraction."""
    rounded = round(seconds, 9)
    return int(rounded) if rounded == int(rounded) else rounded
