"""A generated recording of hours as EDF+, written second by second so that a day takes no memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from models.domains.eeg import ballots, scalp
from models.domains.eeg.constants import CHANNELS, CLASSES, LABELLED, WINDOW
from models.job import Progress
from models.store.atomic import whole

Floats = npt.NDArray[np.float32]

#: Seconds that are generated at once, and over which one stretch passes into the next.
_STRETCH, _SEAM = 600, 2
#: Physical limits of the electrodes and of the EKG in µV.
_LIMITS = (-3276.8, 3276.7)
#: Bytes of annotations in a record of one second, the least that is taken.
_LEAST_BYTES = 64


@dataclass(frozen=True)
class Shape:
    """Of what extent a recording is; annotations: how many, −1 for those of its patterns.

    seizures: how many of its patterns are seizures at least.
    """

    hours: float
    channels: int
    rate: int
    annotations: int
    seizures: int = 0


@dataclass(frozen=True)
class Told:
    """What was written: annotations, windows of the usual length and step, and how well patterns can be named."""

    annotations: int
    windows: int
    ceiling: float


Note = tuple[float, float, str]


def write(
    path: Path, shape: Shape, style: scalp.Style, ambiguous: float, rng: np.random.Generator
) -> Generator[Progress, None, Told]:
    """Write a recording with an annotation of the class of each pattern, and further ones as asked."""
    seconds = round(shape.hours * 3600)
    episodes, kinds = _episodes(seconds, ambiguous, shape.seizures, rng)
    shares = np.array([ballots.opinion(one.pattern) for one in episodes])
    notes = _notes(episodes, kinds, seconds, shape.annotations, rng)
    path.parent.mkdir(parents=True, exist_ok=True)
    by_second = _lists(notes, seconds)
    room = max(_LEAST_BYTES, max(map(len, by_second)) + 1)
    room += room % 2
    with whole(path) as place, place.open("wb") as file:
        file.write(_header(shape, seconds, room))
        tail: Floats | None = None
        for first in range(0, seconds, _STRETCH):
            yield Progress(first, seconds, f"Generating hour {first // 3600 + 1} of {-(-seconds // 3600)}")
            count = min(_STRETCH, seconds - first)
            values = _stretch(first, count + _SEAM, episodes, shape, style, rng)
            if tail is not None:
                fade = np.linspace(0, 1, tail.shape[1], dtype=np.float32)
                values[:, : tail.shape[1]] = tail * (1 - fade) + values[:, : tail.shape[1]] * fade
            tail = values[:, count * shape.rate :]
            _write_records(file, values[:, : count * shape.rate], by_second[first : first + count], shape.rate, room)
    ceiling = float(np.clip(shares.max(axis=1).mean(), 0.01, 0.99))
    return Told(len(notes), max((seconds - WINDOW) // LABELLED + 1, 1), ceiling)


def _episodes(
    seconds: int, ambiguous: float, seizures: int, rng: np.random.Generator
) -> tuple[list[scalp.Episode], list[str]]:
    """Patterns one after the other, with pauses; at least one."""
    spans: list[tuple[float, float]] = []
    at = float(rng.uniform(5, 20))
    while at < seconds - 20 or not spans:
        length = float(min(rng.uniform(20, 180), max(seconds - at - 1, 5)))
        spans.append((at, at + length))
        at += length + float(rng.uniform(20, 400))
    meant = _meant(len(spans), seizures, rng)
    patterns = [ballots.draw_pattern(kind, bool(rng.random() < ambiguous), rng) for kind in meant]
    found = [scalp.Episode(*span, pattern) for span, pattern in zip(spans, patterns, strict=True)]
    return found, [CLASSES[int(rng.choice(len(CLASSES), p=ballots.opinion(one)))] for one in patterns]


def _meant(count: int, seizures: int, rng: np.random.Generator) -> list[str]:
    """What so many patterns are meant as: any class but the last, and of the first as many as are asked for."""
    meant = [CLASSES[place] for place in rng.integers(len(CLASSES) - 1, size=count).tolist()]
    others = rng.permutation([place for place, kind in enumerate(meant) if kind != CLASSES[0]]).tolist()
    for place in others[: max(seizures - meant.count(CLASSES[0]), 0)]:
        meant[place] = CLASSES[0]
    return meant


def _notes(
    episodes: Sequence[scalp.Episode], kinds: Sequence[str], seconds: int, count: int, rng: np.random.Generator
) -> list[Note]:
    notes = [(one.start, one.stop - one.start, kind) for one, kind in zip(episodes, kinds, strict=True)]
    if count < 0:
        return notes
    for _number in range(count - len(notes)):
        notes.append((float(rng.uniform(0, seconds - 1)), float(rng.choice((0.0, 0.5, 2.0))), "event"))
    return sorted(notes[:count])


def _lists(notes: Sequence[Note], seconds: int) -> list[bytes]:
    """The annotations of each record: when it begins, then what begins in it."""
    lists = [[f"+{second}\x14\x14\x00"] for second in range(seconds)]
    for onset, duration, text in notes:
        spell = f"\x15{duration:.3f}" if duration else ""
        lists[min(int(onset), seconds - 1)].append(f"+{onset:.3f}{spell}\x14{text}\x14\x00")
    return ["".join(parts).encode() for parts in lists]


def _stretch(
    first: int,
    count: int,
    episodes: Sequence[scalp.Episode],
    shape: Shape,
    style: scalp.Style,
    rng: np.random.Generator,
) -> Floats:
    """So many seconds from a second on, (channels, n); what is no electrode is a slow voltage."""
    near = [
        dataclasses.replace(one, start=one.start - first, stop=one.stop - first)
        for one in episodes
        if one.start < first + count and one.stop > first
    ]
    values = scalp.record(style, near, count, shape.rate, rng)[: shape.channels]
    more = shape.channels - len(values)
    if more > 0:
        times = np.arange(values.shape[1]) / shape.rate
        slow = [100 * np.sin(2 * np.pi * times / (5 + number)) for number in range(more)]
        values = np.concatenate([values, np.asarray(slow, np.float32)])
    return values


def _header(shape: Shape, seconds: int, room: int) -> bytes:
    """The header of an EDF+ without gaps, of records of one second; the last signal holds the annotations."""
    labels = [f"EEG {name}-REF" if name != "EKG" else "ECG EKG" for name in CHANNELS][: shape.channels]
    labels += [f"DC{number + 1}" for number in range(shape.channels - len(labels))]
    signals = len(labels) + 1
    low, high = (f"{value:g}" for value in _LIMITS)
    columns = (
        (16, [*labels, "EDF Annotations"]),
        (80, [""] * signals),
        (8, ["uV"] * len(labels) + [""]),
        (8, [low] * len(labels) + ["-1"]),
        (8, [high] * len(labels) + ["1"]),
        (8, ["-32768"] * signals),
        (8, ["32767"] * signals),
        (80, [""] * signals),
        (8, [str(shape.rate)] * len(labels) + [str(room // 2)]),
        (32, [""] * signals),
    )
    fixed = (
        (8, "0"), (80, "X X X X"), (80, "Startdate 01-JAN-2020 X X X"), (8, "01.01.20"), (8, "00.00.00"),
        (8, str(256 * (signals + 1))), (44, "EDF+C"), (8, str(seconds)), (8, "1"), (4, str(signals)),
    )  # fmt: skip
    texts = [text.ljust(width) for width, text in fixed]
    texts += [text.ljust(width) for width, column in columns for text in column]
    return "".join(texts).encode("ascii")


def _write_records(file: BinaryIO, values: Floats, lists: Sequence[bytes], rate: int, room: int) -> None:
    """One record a second: the samples of each signal, then the annotations."""
    low, high = _LIMITS
    steps = np.rint((values - low) * (65535 / (high - low)) - 32768)
    digital = np.clip(steps, -32768, 32767).astype("<i2").reshape(len(values), -1, rate).transpose(1, 0, 2)
    records = np.zeros((len(lists), digital.shape[1] * rate + room // 2), "<i2")
    records[:, : digital.shape[1] * rate] = digital.reshape(len(lists), -1)
    told = b"".join(text.ljust(room, b"\x00") for text in lists)
    records[:, digital.shape[1] * rate :] = np.frombuffer(told, "<i2").reshape(len(lists), -1)
    file.write(records.tobytes())
