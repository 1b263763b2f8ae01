"""Samples as a network of pictures takes them: mel images as they are, recordings drawn the same way."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.domains.voice.places import AUDIO, IMAGE, kinds, path_of
from models.job import Progress
from models.learn import kept
from models.learn.frozen import Seer, imagenet, tag, width_in
from models.sample import Samples

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
#: Raised when pictures reach a network otherwise than before.
VERSION = 2
#: Seconds read on either side of what is shown.
MARGIN = 0.5
#: Pictures looked at between two signs of life.
STEP = 16


def drawable(samples: Samples) -> npt.NDArray[np.bool_]:
    """Which samples can be seen as a picture: images and recordings, not rows of tables, (n,)."""
    return np.isin(kinds(samples).astype(str), (AUDIO, IMAGE))


def draw(samples: Samples, row: int, side: int) -> Bytes | None:
    """One sample as a square picture (side, side, 3), None where it cannot be read."""
    from models.domains.voice.audio import NoAudio, mono, open_sound
    from models.domains.voice.images import NoImage, small
    from models.domains.voice.rendering import RenderSettings, picture

    path = path_of(samples, row)
    if path is None:
        return None
    try:
        if str(kinds(samples.take(np.array([row])))[0]) == IMAGE:
            return small(path, side)
        settings, sound = RenderSettings(side=side), open_sound(path)
        rate, length = sound.header.rate, sound.header.length
        # Of hours of sound only the middle is read, with room for the filter that brings it to another rate.
        around = int((settings.seconds / 2 + MARGIN) * rate)
        first = max(length // 2 - around, 0)
        return picture(mono(sound.read(first, min(length - first, length))), rate, settings)
    except (NoImage, NoAudio):
        return None


def drawn(samples: Samples, rows: Index, side: int) -> tuple[Bytes, Index]:
    """The pictures (m, side, side, 3) of those of these rows that can be read, and their places among the rows."""
    found = [(place, draw(samples, int(row), side)) for place, row in enumerate(rows.tolist())]
    seen = [(place, one) for place, one in found if one is not None]
    if not seen:
        return np.zeros((0, side, side, 3), np.uint8), np.empty(0, np.int64)
    return np.stack([one for _, one in seen]), np.array([place for place, _ in seen], np.int64)


def embed(
    samples: Samples, rows: Index, backbone: str, weights: str, side: int, cache: Path, device: str
) -> Generator[Progress, None, Floats]:
    """What a frozen backbone sees of these rows, (n, d), computed once and kept; NaN where nothing can be read."""
    folder = cache / "voice" / f"embeddings-{tag(weights, device, VERSION, backbone, weights, side)}"
    seer = Seer(backbone, weights, side, device, imagenet)
    width = width_in(folder, seer)

    def make(places: Index) -> Floats:
        out = np.full((len(places), width), np.nan, np.float32)
        pictures, readable = drawn(samples, rows[places], side)
        out[readable] = look(seer, pictures)
        return out

    words = f"Looking at recordings with {backbone}"
    return (yield from kept.keep(marks(samples, rows), folder, width, make, words, STEP))


def look(seer: Seer, pictures: Bytes) -> Floats:
    """The vectors of pictures (n, side, side, 3), (n, d).

    A processor looks at one after the other: the last bits of a vector would depend on how many are looked at
    together, and who goes on with half of them, or shares them among workers, would come to another run.
    """
    if seer.device != "cpu" or not len(pictures):
        return seer.see(pictures)
    return np.concatenate([seer.see(pictures[place : place + 1]) for place in range(len(pictures))])


def marks(samples: Samples, rows: Index) -> kept.Marks:
    """What tells each sample from every other one: its file, and that file's size and time, (n,)."""
    paths = [path_of(samples, int(row)) for row in rows.tolist()]
    return kept.marks_of("" if path is None else kept.state_of(path) for path in paths)


def stage(samples: Samples, rows: Index, side: int, cache: Path) -> Generator[Progress, None, npt.NDArray[np.uint8]]:
    """Pictures of these rows (n, side, side, 3), kept in one file for the trainings that follow; blank where unread."""
    marked = marks(samples, rows)
    name = hashlib.blake2b(marked.tobytes() + f"{VERSION} {side}".encode(), digest_size=12).hexdigest()
    path = cache / "voice" / f"pictures-{name}.npy"
    if path.is_file():
        found: npt.NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
        if found.shape == (len(rows), side, side, 3):
            return found
    out = np.zeros((len(rows), side, side, 3), np.uint8)
    for start in range(0, len(rows), STEP):
        yield Progress(start, len(rows), "Drawing mel spectrograms")
        pictures, readable = drawn(samples, rows[start : start + STEP], side)
        out[start + readable] = pictures
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.partial")
    with beside.open("wb") as file:
        np.save(file, out)
    beside.replace(path)
    return out
