"""What a viewer shows; each kind has one viewer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from models.job import Progress

Floats = npt.NDArray[np.floating[Any]]


class TraceReader(Protocol):
    """Lazy access to a long recording of shape (channels, length)."""

    @property
    def channels(self) -> int: ...

    @property
    def length(self) -> int: ...

    def read(self, start: int, stop: int, columns: int) -> tuple[Floats, Floats]:
        """Lower and upper envelope of samples [start, stop), each (channels, columns).

        With stop − start ≤ columns both are the samples themselves, (channels, stop − start).
        """
        ...


def same_reader(one: object, other: object) -> bool:
    """Whether two readers read the same: they are one, or both have the same `key`, text that changes with a file."""
    keys = [getattr(reader, "key", None) for reader in (one, other)]
    return one is other or (bool(keys[0]) and keys[0] == keys[1])


@dataclass(frozen=True)
class Mark:
    """A moment (or a span, with `end`) on a trace, in the trace's own time."""

    at: float
    text: str = ""
    end: float | None = None


@dataclass(frozen=True)
class Traces:
    """Traces on one time axis.

    reader: values (channels, length). rate: samples/s, or None when the source tells none (the
    axis is then in samples). start: time of the first sample in s. unit: of the values.
    overlays: further traces of the same axis drawn in grey (name, reader). mark_words: what the marks
    without a text of their own are, as in "spikes". across: what stands along the axis in words, where it is no time.
    """

    reader: TraceReader
    names: tuple[str, ...]
    rate: float | None = None
    start: float = 0.0
    unit: str = ""
    title: str = ""
    facts: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    overlays: tuple[tuple[str, TraceReader], ...] = ()
    note: str = ""
    mark_words: str = ""
    across: str = ""


@dataclass(frozen=True)
class Tissue:
    """The hexagonal tissue that a cell stands in.

    cells: ids of the samples in order, () text where a cell is not in the project. column, row:
    odd-q offset coordinates. ring: hops to the target of each cell. traces: (cells, length), for
    the plot by ring. chosen: index of the shown cell.
    """

    cells: tuple[str, ...]
    column: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    ring: npt.NDArray[np.int64]
    traces: Floats
    chosen: int
    title: str = ""


class SpikeReader(Protocol):
    """Lazy access to the spikes of one unit of a sorting, and to those of its neighbours."""

    @property
    def count(self) -> int: ...

    def times(self) -> npt.NDArray[np.int64]:
        """When each spike was, in samples of the recording, rising, (count,)."""
        ...

    def amplitudes(self) -> npt.NDArray[np.float32]:
        """The amplitude of each spike in the order of `times`, (count,), or (0,) where none is known."""
        ...

    def of(self, key: str) -> SpikeReader | None:
        """The spikes of another unit of the same sorting, None where it has no such unit."""
        ...


@dataclass(frozen=True)
class Measure:
    """One measure of a unit: its name as a column, title, unit, value (NaN where missing), family."""

    name: str
    title: str
    value: float
    unit: str = ""
    decimals: int = 3
    family: str = ""


@dataclass(frozen=True)
class Likeness:
    """How alike another unit of the sorting is.

    cosine: of the templates. distance: of the places in µm. dip: the rate of the cross-correlogram within
    1.5 ms over its rate at 10 to 50 ms, 0 for two that never fire together. NaN for what cannot be told.
    """

    key: str
    cosine: float
    distance: float
    dip: float
    count: int = 0


@dataclass(frozen=True)
class Snippets:
    """The waveforms of some spikes of a unit: (n, channels, samples) on these channels, `before` of the samples
    before the spike. spikes: which of the unit's they are."""

    waves: npt.NDArray[np.float32]
    channels: tuple[int, ...]
    before: int
    spikes: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Components:
    """Principal components of some spikes of a unit, (n, d), and of its neighbours', (m, d).

    names: of the d axes. spikes: which of the unit's spikes they are, (n,).
    """

    names: tuple[str, ...]
    values: npt.NDArray[np.float32]
    spikes: npt.NDArray[np.int64]
    others: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Drift:
    """How many spikes of all units there are by depth and time, (depths, parts), between edges in µm and samples."""

    counts: npt.NDArray[np.int64]
    depths: npt.NDArray[np.float64]
    times: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Stretch:
    """A piece of the recording: values (channels, samples) of the named channels, from the sample `start` on."""

    values: npt.NDArray[np.float32]
    channels: tuple[int, ...]
    start: int
    unit: str = ""


class Around(Protocol):
    """What is dear to read of a sorting, asked for when its pane is seen. None or empty for what is not there."""

    def unit(self, key: str) -> Unit | None:
        """Another unit, without its measures."""
        ...

    def likenesses(self, key: str) -> tuple[Likeness, ...]:
        """The units most alike, the first the most."""
        ...

    def snippets(self, key: str) -> Snippets | None:
        """Waveforms of single spikes."""
        ...

    def components(self, key: str) -> Components | None:
        """Places of single spikes among those of the neighbours."""
        ...

    def depths(self, key: str) -> npt.NDArray[np.float32]:
        """The depth of each spike in µm in the order of its times, (count,) or (0,)."""
        ...

    def drift(self) -> Drift | None:
        """Where the spikes of all units are."""
        ...

    def stretch(self, key: str, at: int, samples: int, way: str) -> Stretch | None:
        """The recording around a moment, on the channels near the unit; way: raw, filtered, or referenced."""
        ...


@runtime_checkable
class Parted(Protocol):
    """A sorting that knows which waveform a part of a unit's spikes will have once it is split off."""

    def part(self, key: str, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
        """The template of the spikes of the mask, (channels, samples)."""
        ...


@dataclass(frozen=True)
class Unit:
    """One unit of a sorting; what its source does not hold is empty or None.

    key: its id in the sorting. template, spread: mean waveform and standard deviation, (channels,
    samples), on `positions` (channels, 2) in µm; `before` of the samples stand before the spike.
    best: channels by the size of the template on them, the largest first. unit: of the template.
    rate: samples/s; seconds: length of the recording. location: of the unit in µm. facts: words
    beside the title; note: why something is missing. computable: extensions that its source lacks
    and that spikeinterface could compute.
    """

    key: str
    title: str
    template: npt.NDArray[np.float32]
    positions: npt.NDArray[np.float32]
    channels: tuple[str, ...]
    best: tuple[int, ...]
    spread: npt.NDArray[np.float32] | None = None
    before: int = 0
    unit: str = ""
    rate: float | None = None
    seconds: float | None = None
    location: tuple[float, ...] | None = None
    spikes: SpikeReader | None = None
    measures: tuple[Measure, ...] = ()
    facts: tuple[str, ...] = ()
    note: str = ""
    around: Around | None = None
    computable: frozenset[str] = frozenset()


class PictureReader(Protocol):
    """Lazy access to a colour image of any size."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    def read(self, left: int, top: int, right: int, bottom: int, scale: int) -> npt.NDArray[np.uint8]:
        """The pixels [left, right) × [top, bottom) at 1/scale, (h, w, 3); scale: a power of two.

        h and w are ⌈extent / scale⌉; each pixel is the mean of those that it stands for. What lies outside
        the image is cut off.
        """
        ...


@dataclass(frozen=True)
class Axis:
    """What one side of a picture measures: the values at places along it, linear between two of them.

    places: from 0 at the left, or at the foot, to 1, rising. values: at these, rising, in `unit`.
    """

    title: str
    unit: str
    places: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Picture:
    """An image with the boxes of its samples, one of them chosen.

    boxes: left, top, right, bottom in pixels, right and bottom exclusive, (n, 4). ids: of the sample of each
    box. chosen: place of the shown one, −1 where the whole image is it. pixel: µm per pixel, None where
    unknown. facts: words beside the title; note: why something is missing. axes: what its width and its height
    measure, None where nothing is known of that. boxed: things in it can be boxed; else it is a chart of one sample.
    """

    reader: PictureReader | None
    boxes: npt.NDArray[np.float32]
    ids: tuple[str, ...]
    chosen: int
    title: str = ""
    pixel: float | None = None
    facts: tuple[str, ...] = ()
    note: str = ""
    axes: tuple[Axis, Axis] | None = None
    boxed: bool = True


class SignalReader(Protocol):
    """The true values of a recording of several channels."""

    @property
    def channels(self) -> int: ...

    @property
    def length(self) -> int: ...

    def read(self, first: int, last: int) -> npt.NDArray[np.float32]:
        """Values of samples [first, last) that are there, (channels, n); NaN where nothing was recorded."""
        ...


@dataclass(frozen=True)
class Recording:
    """Channels of a recording on one time axis, to be shown by pages.

    rate: samples/s of all channels. start: time of the first sample in s; clock: the wall time of 0 s (ISO 8601),
    "" where it is not known. kinds: what each channel is: eeg, ekg, eog, emg or other. window, labelled: what of it
    is the sample, and what of that was judged, in s. gaps: where nothing was recorded, in s. bad: channels that say
    nothing. whole: id of the sample that annotations of the recording are kept on, "" for none. unit: of the values.
    """

    reader: SignalReader
    names: tuple[str, ...]
    rate: float
    kinds: tuple[str, ...] = ()
    start: float = 0.0
    clock: str = ""
    window: tuple[float, float] | None = None
    labelled: tuple[float, float] | None = None
    gaps: tuple[tuple[float, float], ...] = ()
    bad: frozenset[str] = frozenset()
    whole: str = ""
    unit: str = "µV"
    title: str = ""
    facts: tuple[str, ...] = ()
    note: str = ""


class LevelReader(Protocol):
    """Lazy access to a spectrogram of any length, as levels of 0 to 255."""

    @property
    def bins(self) -> int: ...

    @property
    def length(self) -> int: ...

    def read(self, first: int, last: int, columns: int) -> npt.NDArray[np.uint8]:
        """Columns [first, last), (bins, columns) with the lowest frequency first.

        Each column is the highest of those that it stands for, so that what is short is seen at any width; with
        last − first ≤ columns they are the columns themselves. 0 stands for nothing there.
        """
        ...


@dataclass(frozen=True)
class Strip:
    """One spectrogram among several of the same axis: of a region or a channel."""

    name: str
    reader: LevelReader


@dataclass(frozen=True)
class Spectrogram:
    """Spectrograms one below the other on one time axis.

    start: time of the middle of the first column in s; step: s from column to column. low, high: Hz of the first
    and the last bin, evenly spaced (`mel`: on that scale). floor, top: dB that the levels 1 and 255 stand for.
    shown: dB between which colours change at first. window, labelled: what of it is the sample, and what of that was
    judged, in s. grow(folder): computes what of the strips is not there yet, a step at a time, and keeps it in that
    folder (None: nowhere); what is not reached is 0 until then. None where all is there. key: the same for whatever is
    computed of the same recording in the same way, "" for what is not known again.
    """

    strips: tuple[Strip, ...]
    start: float
    step: float
    low: float
    high: float
    floor: float
    top: float
    shown: tuple[float, float] = (-10.0, 25.0)
    window: tuple[float, float] | None = None
    labelled: tuple[float, float] | None = None
    mel: bool = False
    clock: str = ""
    title: str = ""
    facts: tuple[str, ...] = ()
    note: str = ""
    grow: Callable[[Path | None], Iterator[Progress]] | None = None
    key: str = ""


class SoundReader(Protocol):
    """Lazy access to the samples of a recording of sound, one channel.

    One that has a `key` (text that changes with its file) is known again: what was computed of it is kept.
    """

    @property
    def length(self) -> int: ...

    def read(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Samples [start, stop) that are there, (n,); full scale is −1 to 1."""
        ...


@dataclass(frozen=True)
class Track:
    """A curve over the time of a sound, such as its pitch or a formant.

    times: in s, rising, (n,). values: in `unit`, (n,), NaN where there is none.
    """

    name: str
    times: npt.NDArray[np.float64]
    values: npt.NDArray[np.float32]
    unit: str = "Hz"


@dataclass(frozen=True)
class Sound:
    """A recording of sound, to be seen and heard.

    rate: samples/s. file: where it stands, None for what has no file. whole: id of the sample that regions are kept on,
    "" for none. tracks(): computes curves over time, step by step, off the window's thread; a later one of a name
    stands for more of the recording than the one before. facts: words beside the title; note: why something is missing.
    """

    reader: SoundReader
    rate: float
    file: Path | None = None
    whole: str = ""
    tracks: Callable[[], Iterator[Track]] | None = None
    title: str = ""
    facts: tuple[str, ...] = ()
    note: str = ""

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.reader.length / self.rate


Payload = Traces | Tissue | Unit | Picture | Recording | Spectrogram | Sound


@dataclass(frozen=True)
class ArrayReader:
    """A TraceReader over an array in memory or a memory map, (channels, length)."""

    values: Floats

    @property
    def channels(self) -> int:
        return int(self.values.shape[0])

    @property
    def length(self) -> int:
        return int(self.values.shape[1])

    def read(self, start: int, stop: int, columns: int) -> tuple[Floats, Floats]:
        part = self.values[:, max(start, 0) : stop]
        count = part.shape[1]
        if count <= columns:
            return part, part
        edges = (np.arange(columns) * count) // columns
        return np.minimum.reduceat(part, edges, axis=1), np.maximum.reduceat(part, edges, axis=1)
