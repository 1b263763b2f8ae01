"""M4A and AAC by PyAV, the extra ``audio``: decoded packet by packet, in stretches by the time that packets tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from models.domains.voice.audio import Header, NoAudio

Floats = npt.NDArray[np.float32]
Made = TypeVar("Made")
#: What to do where PyAV is not there.
INSTALL = 'it needs a decoder for M4A and AAC: run  pip install ".[audio]"  in Winnow\'s folder, then import it again'
#: Packets before a stretch from which its first values are decoded too: a packet of AAC overlaps the one before.
_LEAD = 4096
#: No header of a film is as large as to be sound.
_MOST_STREAMS = 64


@dataclass(frozen=True)
class Packets:
    """A file of packets. origin: the time of its first sample, in samples."""

    path: Path
    header: Header
    origin: int

    def read(self, first: int, last: int) -> Floats:
        """Samples [first, last) that are there, (channels, n); what packets leave out is 0. Raises NoAudio."""
        return _opened(self.path, lambda container: self._read(container, first, last))

    def _read(self, container: Any, first: int, last: int) -> Floats:
        stream = container.streams.audio[0]
        if first:
            wanted = Fraction(max(first - _LEAD, 0) + self.origin, self.header.rate) / stream.time_base
            container.seek(int(wanted), stream=stream, backward=True)
        out = np.zeros((self.header.channels, last - first), np.float32)
        end = 0
        for start, values in _decoded(container, stream, self.header, self.origin):
            begin, stop = max(start, first), min(start + values.shape[1], last)
            if stop > begin:
                out[:, begin - first : stop - first] = values[:, begin - start : stop - start]
                end = stop - first
            if start + values.shape[1] >= last:
                break
        return out[:, :end]


def open_packets(path: Path) -> Packets:
    """A file whose length is counted in its packets, not decoded. Raises NoAudio."""
    return _opened(path, lambda container: _examined(path, container))


def _examined(path: Path, container: Any) -> Packets:
    if not container.streams.audio or len(container.streams) > _MOST_STREAMS:
        raise NoAudio("it holds no sound")
    stream = container.streams.audio[0]
    rate = int(stream.rate or 0)
    if rate < 1:
        raise NoAudio("its header tells no rate")
    first, last, count = None, 0, 0
    for packet in container.demux(stream):
        if packet.pts is None:
            continue
        first = packet.pts if first is None else min(first, packet.pts)
        last = max(last, packet.pts + (packet.duration or 0))
        count += 1
    if first is None or not count:
        raise NoAudio("it holds no sound (0 packets)")
    base = stream.time_base * rate
    # Packets before 0 only prepare the decoder.
    origin = max(round(first * base), 0)
    length = round(last * base) - origin
    codec = str(stream.codec_context.name).upper()
    return Packets(path, Header(rate, int(stream.channels), length, codec), origin)


def _decoded(container: Any, stream: Any, header: Header, origin: int) -> Iterator[tuple[int, Floats]]:
    """The decoded frames, each with the place of its first sample."""
    import av

    sampler = av.AudioResampler(format="fltp", layout=stream.layout, rate=header.rate)
    base = stream.time_base * header.rate
    place = None
    for frame in container.decode(stream):
        told = None if frame.pts is None else round(frame.pts * frame.time_base * header.rate) - origin
        # The times of a file are rounded: a frame follows the last one but where it tells a gap.
        place = told if place is None or (told is not None and abs(told - place) > max(base, 8)) else place
        frame.pts = None
        for part in sampler.resample(frame):
            values = np.asarray(part.to_ndarray(), np.float32)
            yield place or 0, values
            place = (place or 0) + values.shape[1]


def _opened(path: Path, use: Callable[[Any], Made]) -> Made:
    """What is made of a file that PyAV opened. Raises NoAudio."""
    try:
        import av
    except ImportError:
        raise NoAudio(INSTALL) from None
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            return use(container)
    except (av.FFmpegError, OSError, ValueError, OverflowError, MemoryError, IndexError) as error:
        words = getattr(error, "strerror", None) or str(error)
        if "moov" in str(error) or "Invalid data" in words:
            raise NoAudio("it is cut off or damaged: where its sound lies cannot be read") from None
        raise NoAudio(f"the file is damaged ({words[:160]})") from None
