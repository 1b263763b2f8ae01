"""Sound files of every usual kind: WAV, FLAC, OGG and MP3 by libsndfile, M4A and AAC by PyAV, in stretches or whole.

Values are float32, 1 at full scale. Nothing here is as long as a header says before it was read.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from models.domains.voice import riff

if TYPE_CHECKING:
    from models.domains.voice.packets import Packets

Floats = npt.NDArray[np.float32]
Made = TypeVar("Made")
#: Ends of names that are taken for sound.
SUFFIXES = (
    ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".m4a", ".mp4", ".aac", ".w64", ".caf",
)  # fmt: skip
#: No sound is read at once that has more values than this (a gigabyte), has more channels, or another rate.
MOST_VALUES, MOST_CHANNELS, RATES = 1 << 28, 64, (100, 1_000_000)
#: Samples before a stretch of MP3 from which it is decoded: after a jump libsndfile gives silence for some frames.
_LEAD = 32768
#: Values that are read between two looks at how many there are.
_BLOCK = 1 << 20
#: How a file begins that is no sound, whatever its name, and what it is.
_OTHERS = {
    b"\xff\xd8\xff": "a JPEG picture", b"\x89PNG": "a PNG picture", b"GIF8": "a GIF picture", b"%PDF": "a PDF",
    b"PK\x03\x04": "a ZIP archive", b"\x1f\x8b": "a gzip archive", b"<!DOCTYPE": "a web page", b"<html": "a web page",
    b"\x89HDF": "an HDF5 file", b"version https://git-lfs": "a pointer of Git LFS, not the file itself",
}  # fmt: skip


class NoAudio(Exception):
    """Why a file cannot be heard, in words."""


@dataclass(frozen=True)
class Header:
    """What a file says of itself. rate: samples/s; length: samples of each channel, as told; coding: as PCM_24."""

    rate: int
    channels: int
    length: int
    coding: str

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.length / self.rate


@dataclass(frozen=True)
class Sound:
    """A file that can be read in stretches by several threads; key changes with its content."""

    path: Path
    header: Header
    key: str
    packets: Packets | None = None

    def read(self, first: int = 0, last: int | None = None) -> Floats:
        """Samples [first, last) that are there, (channels, n). Raises NoAudio."""
        first, last = max(first, 0), self.header.length if last is None else last
        if (last - first) * self.header.channels > MOST_VALUES:
            raise NoAudio(f"{(last - first) / self.header.rate / 3600:,.1f} hours of it are too much to read at once")
        if last <= first:
            return np.zeros((self.header.channels, 0), np.float32)
        values = self.packets.read(first, last) if self.packets is not None else _read(self.path, first, last)
        if not np.isfinite(values).all():
            raise NoAudio(f"{int((~np.isfinite(values)).sum()):,} of its values are no numbers")
        return values


def examine(path: Path) -> Header:
    """What a file says of itself, without decoding it. Raises NoAudio."""
    return open_sound(path).header


def open_sound(path: Path) -> Sound:
    """A file as sound. Raises NoAudio."""
    start, key = _begin(path)
    if is_packed(path, start):
        from models.domains.voice.packets import open_packets

        packets = open_packets(path)
        return Sound(path, _checked(packets.header), key, packets)
    return Sound(path, _checked(_told(path)), key)


def mono(values: Floats) -> Floats:
    """The mean of channels (channels, n), (n,)."""
    return values[0] if len(values) == 1 else np.asarray(values.mean(axis=0), np.float32)


def fingerprint(values: Floats, rate: int) -> str:
    """What tells a sound from every other one, whatever file it is in: its mean channel in 16 bits, without a loss."""
    rounded = np.clip(np.round(np.clip(mono(values), -1, 1) * 32768), -32768, 32767).astype("<i2")
    return hashlib.blake2b(rounded.tobytes(), digest_size=12, key=str(rate).encode()).hexdigest()


def is_packed(path: Path, start: bytes) -> bool:
    """Whether a file is of a kind that libsndfile does not read and PyAV does, by its first bytes."""
    adts = len(start) > 1 and start[0] == 0xFF and start[1] & 0xF6 == 0xF0 and path.suffix.lower() in (".aac", ".m4a")
    return start[4:8] == b"ftyp" or adts or start[:4] in (b"\x1aE\xdf\xa3", b"ADIF", b"0&\xb2u")


def _begin(path: Path) -> tuple[bytes, str]:
    """The first bytes of a file, and what changes with its content. Raises NoAudio for what is no sound at all."""
    try:
        state = os.stat(path)
        if not stat.S_ISREG(state.st_mode):
            raise NoAudio("it is a folder" if stat.S_ISDIR(state.st_mode) else "it is a pipe or a device, not a file")
        with path.open("rb") as file:
            start = file.read(64)
    except FileNotFoundError:
        raise NoAudio("it is not there") from None
    except (OSError, ValueError) as error:
        raise NoAudio(f"it cannot be read ({getattr(error, 'strerror', None) or error})") from None
    if not start:
        raise NoAudio("it is empty (0 bytes)")
    other = next((words for sign, words in _OTHERS.items() if start.startswith(sign)), "")
    if other:
        raise NoAudio(f"it is {other}, whatever its name")
    return start, f"{path} {state.st_size} {state.st_mtime_ns}"


def _checked(header: Header) -> Header:
    if not RATES[0] <= header.rate <= RATES[1]:
        raise NoAudio(f"its header tells a rate of {header.rate:,} samples/s, which no sound has")
    if not 1 <= header.channels <= MOST_CHANNELS:
        raise NoAudio(f"its header tells {header.channels} channels; up to {MOST_CHANNELS} are read")
    if header.length < 1:
        raise NoAudio("it holds no sound (0 samples)")
    return header


def _told(path: Path) -> Header:
    """What libsndfile tells of a file."""
    lost = riff.lacking(path)
    if lost is not None:
        raise NoAudio(f"it is cut off: its header tells {lost[0]:,} bytes of sound, {max(lost[1], 0):,} are there")
    return _opened(path, lambda file: Header(int(file.samplerate), int(file.channels), int(file.frames), file.subtype))


def _read(path: Path, first: int, last: int) -> Floats:
    """Samples [first, last) by libsndfile, block by block: a header may tell more than there is."""

    def read(file: Any) -> Floats:
        if first >= file.frames:
            return np.zeros((file.channels, 0), np.float32)
        lead = min(first, _LEAD) if "MPEG" in file.subtype else 0
        file.seek(first - lead)
        parts, left = [], min(last, file.frames) - first + lead
        while left > 0:
            part = file.read(min(left, _BLOCK), dtype="float32", always_2d=True)
            if not len(part):
                raise NoAudio(f"it is cut off: its header tells {file.frames:,} samples, {last - left:,} are there")
            parts.append(part)
            left -= len(part)
        return np.ascontiguousarray(np.concatenate(parts)[lead:].T)

    return _opened(path, read)


def _opened(path: Path, use: Callable[[Any], Made]) -> Made:
    """What is made of a file that libsndfile opened. Raises NoAudio."""
    import soundfile

    try:
        with soundfile.SoundFile(str(path)) as file:
            return use(file)
    except (soundfile.SoundFileError, OSError, ValueError, RuntimeError, MemoryError, TypeError) as error:
        words = str(error).rpartition(": ")[2].strip().rstrip(".") or type(error).__name__
        if "not recogni" in words or "unknown format" in words.lower():
            raise NoAudio("it is no sound of a known kind, or its beginning is damaged") from None
        raise NoAudio(f"the file is damaged ({words[:160]})") from None
