"""What is shown of a sample: the sound, the mel image, or the trace of a row's features; its small line and name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.voice import audio, images
from models.domains.voice.audio import NoAudio
from models.domains.voice.headings import OURS
from models.domains.voice.images import NoImage, Pixmap
from models.domains.voice.mapping import is_described
from models.domains.voice.nouns import group_word
from models.domains.voice.places import (
    FEATURES,
    FILE,
    IMAGE,
    KIND,
    ROW,
    WITHOUT,
    facts_of,
    kinds,
    path_of,
    text_of,
    texts_of,
)
from models.errors import UserError
from models.payload import ArrayReader, Axis, Payload, Picture, Sound, Traces, Track
from models.sample import LINE, Samples

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
#: Facts that stand beside a name, in words.
_FACTS = ("quality", "age", "sex", "vowel", "microphone", "column_id")
#: Values of a longer sound that a small line is drawn from.
_MOST = 4_000_000
_CODE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@dataclass(frozen=True)
class Heard:
    """A SoundReader over a file of any length: the mean of its channels. key: changes with the file."""

    sound: audio.Sound

    @property
    def length(self) -> int:
        return self.sound.header.length

    @property
    def key(self) -> str:
        return self.sound.key

    def read(self, start: int, stop: int) -> Floats:
        """Samples [start, stop) that are there, (n,). Raises UserError when the file is gone."""
        try:
            return audio.mono(self.sound.read(start, min(stop, self.length)))
        except NoAudio as reason:
            raise UserError(f"{self.sound.path} cannot be read any more: {reason}") from None


def load(samples: Samples, row: int) -> tuple[Payload, ...]:
    """The payload of one sample. Raises UserError for a file that is missing or broken."""
    kind = text_of(samples, row, KIND)
    if kind == ROW:
        return (_row(samples, row),)
    path = path_of(samples, row)
    if path is None:
        raise UserError(f"{short(samples, row)}: its file lies outside the folder of its source, where nothing is read")
    return (_picture(samples, row, path),) if kind == IMAGE else (_sound(samples, row, path),)


def _sound(samples: Samples, row: int, path: Path) -> Sound:
    try:
        found = audio.open_sound(path)
    except NoAudio as reason:
        raise UserError(f"{path} cannot be heard: {reason}") from None
    header = found.header
    channels = {1: "mono", 2: "stereo"}.get(header.channels, f"{header.channels} channels")
    facts = (f"{header.seconds:.3g} s", f"{header.rate / 1000:g} kHz", channels, *_facts(samples, row))
    reader = Heard(found)
    return Sound(
        reader,
        float(header.rate),
        path,
        tracks=partial(_tracks, reader, float(header.rate)),
        whole=str(samples.table.column("id")[row].as_py()),
        title=short(samples, row),
        facts=facts,
    )


def _tracks(reader: Heard, rate: float) -> Iterator[Track]:
    from models.domains.voice.tracks import follow

    return follow(reader, rate)


def _picture(samples: Samples, row: int, path: Path) -> Picture:
    nothing = np.zeros((0, 4), np.float32)
    try:
        pixels = images.read_pixels(path)
    except NoImage as reason:
        return Picture(
            None, nothing, (), -1, short(samples, row), note=f"{path.name} cannot be shown: {reason}", boxed=False
        )
    axes = _axes(samples, row, pixels.shape)
    size = f"{pixels.shape[1]} × {pixels.shape[0]} px"
    scale = ("1.5 s of the middle", "0–4 kHz mel", size) if axes is not None else (f"picture {size}", "no scale known")
    facts = (*scale, *_facts(samples, row))
    return Picture(Pixmap(pixels), nothing, (), -1, short(samples, row), facts=facts, axes=axes, boxed=False)


def _axes(samples: Samples, row: int, shape: tuple[int, ...]) -> tuple[Axis, Axis] | None:
    """What the sides of a picture measure: those of the seed's layout are square and all drawn the same way; of any
    other nobody knows."""
    if not text_of(samples, row, "record_id") or shape[0] != shape[1]:
        return None
    from models.domains.voice.rendering import RenderSettings, axes

    return axes(RenderSettings())


def _row(samples: Samples, row: int) -> Traces:
    values = profiles(samples, np.array([row]))[0]
    names = feature_names(samples, row)
    return Traces(
        ArrayReader(np.asarray(values, np.float32)[None]),
        ("standard deviations from the mean",),
        start=1.0,
        title=short(samples, row),
        facts=_facts(samples, row),
        note=f"Features in the order of the table: {', '.join(names[:6])}{' …' if len(names) > 6 else ''}",
        across="Feature, by its place in the table",
    )


def _facts(samples: Samples, row: int) -> tuple[str, ...]:
    speaker, noun = text_of(samples, row, "speaker"), group_word(text_of(samples, row, KIND))
    told = facts_of(samples, row, _FACTS)
    words = (f"{name.removesuffix('_id')} {value}" for name, value in told.items())
    return (*([f"{noun} {_plain(speaker)}"] if speaker else []), *words)


def feature_names(samples: Samples, row: int) -> list[str]:
    """The columns that are features of a row of a table: those that its mapping names, else all that are measured."""
    told = _told(text_of(samples, row, FEATURES))
    if isinstance(told, list):
        return [name for name in told if name in samples.names]
    return measured_names(samples) if text_of(samples, row, KIND) == ROW else []


def measured_names(samples: Samples) -> list[str]:
    """The columns of numbers that tables of features brought, that describe nobody, and that no table leaves out."""
    if "measured" not in samples.memo:
        rows = kinds(samples) == ROW
        left = {name for text in set(texts_of(samples, FEATURES)) for name in _left_out(text)}
        own = [name for name in samples.names if not (name.startswith("_") or name in OURS or is_described(name))]
        columns = {name: samples.column(name)[rows] for name in own if name not in left} if rows.any() else {}
        numbers = {name: values for name, values in columns.items() if values.dtype not in (object, bool)}
        samples.memo["measured"] = [name for name, values in numbers.items() if np.isfinite(values).any()]
    return list(samples.memo["measured"])


def left_elsewhere(samples: Samples) -> list[str]:
    """The columns of features that some table leaves out and another one has as features: nobody learns from them."""
    texts, rows = np.array(texts_of(samples, FEATURES), object), kinds(samples) == ROW
    told = {text: frozenset(_left_out(text)) for text in set(texts[rows]) if not isinstance(_told(text), list)}
    found = []
    for name in sorted(set().union(*told.values())):
        leaving = [text for text, left in told.items() if name in left]
        having = rows & ~np.isin(texts, leaving)
        values = samples.column(name) if name in samples.names else np.zeros(0, object)
        if values.dtype != object and np.isfinite(values[having].astype(np.float64)).any():
            found.append(name)
    return found


def _told(text: str) -> Any:
    """What the mapping of a row says of features, None for nothing."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return []


def _left_out(text: str) -> list[str]:
    told = _told(text)
    return list(told.get(WITHOUT, ())) if isinstance(told, dict) else []


def profiles(samples: Samples, rows: Index) -> Floats:
    """The features of rows of tables, (n, d), in standard deviations from the mean of all; 0 where they are missing."""
    if "profiles" not in samples.memo:
        samples.memo["profiles"] = {}
    kept: dict[str, tuple[float, float]] = samples.memo["profiles"]
    names = feature_names(samples, int(rows[0])) if len(rows) else []
    out = np.zeros((len(rows), len(names)), np.float32)
    for place, name in enumerate(names):
        values = np.asarray(samples.column(name), np.float64)
        if name not in kept:
            told = values[np.isfinite(values)]
            kept[name] = (float(told.mean()), float(told.std()) or 1.0) if len(told) else (0.0, 1.0)
        mean, spread = kept[name]
        out[:, place] = np.nan_to_num(np.clip((values[rows] - mean) / spread, -5, 5))
    return out


def sketch(samples: Samples, rows: Index, points: int) -> Floats:
    """A small line of each: the loudness of a sound or a picture over time, the features of a row, (rows, points)."""
    out = np.full((len(rows), points), np.nan, np.float32)
    told = kinds(samples.take(rows))
    for place, (row, kind) in enumerate(zip(np.asarray(rows).tolist(), told.tolist(), strict=True)):
        line = profiles(samples, np.array([row]))[0] if kind == ROW else _loudness(samples, row, kind)
        if len(line):
            out[place] = line[(np.arange(points) * len(line)) // points] if len(line) < points else _thin(line, points)
    return out


def _loudness(samples: Samples, row: int, kind: str) -> Floats:
    """How loud it is over time; nothing for what cannot be read."""
    path = path_of(samples, row)
    try:
        if path is None:
            return np.zeros(0, np.float32)
        if kind == IMAGE:
            return np.asarray(images.small(path, 96).mean(axis=(0, 2)), np.float32)
        found = audio.open_sound(path)
        return audio.mono(found.read(0, min(found.header.length, _MOST // found.header.channels)))
    except (NoImage, NoAudio):
        return np.zeros(0, np.float32)


def _thin(line: Floats, points: int) -> Floats:
    """Extremes of stretches, low and high in turn."""
    edges = (np.arange(points) * len(line)) // points
    low, high = np.minimum.reduceat(line, edges), np.maximum.reduceat(line, edges)
    return np.where(np.arange(points) % 2 == 0, low, high).astype(np.float32)


def drawn(samples: Samples) -> bool:
    """Whether a small line says anything: of images their thumbnails say more."""
    return bool((kinds(samples) != IMAGE).any())


def short(samples: Samples, row: int) -> str:
    """The speaker and what tells the recording apart, as short as it stays clear."""
    kind = text_of(samples, row, KIND)
    speaker = text_of(samples, row, "speaker")
    if kind == ROW:
        line = text_of(samples, row, LINE)
        file = f"{_source(samples, row).stem} " if len(samples.sources) > 1 else ""
        return f"{file}{line}" if line else str(samples.table.column("key")[row].as_py())
    record = text_of(samples, row, "record_id")
    if record:
        return f"{_plain(speaker)} {_plain(record)}"
    stem = Path(text_of(samples, row, FILE) or _source(samples, row)).stem
    return stem if not speaker or speaker in stem else _joined(_plain(speaker), stem)


def _source(samples: Samples, row: int) -> Path:
    return Path(samples.sources[samples.table.column("source")[row].as_py()])


def _joined(speaker: str, stem: str) -> str:
    """Both as one name; what ends the first and begins the second, two signs at least, stands once: ALS020_a."""
    most = min(len(speaker), len(stem) - 1)
    shared = next((size for size in range(most, 1, -1) if speaker.endswith(stem[:size])), 0)
    return f"{speaker}{stem[shared:]}" if shared else f"{speaker} {stem}"


def _plain(code: str) -> str:
    """An id that a machine made by its beginning; others as they are."""
    return code[:8] if _CODE.fullmatch(code) else code
