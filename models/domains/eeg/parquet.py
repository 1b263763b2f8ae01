"""Tables of HMS: EEGs and spectrograms, in Parquet or as text under that name. The content tells, never the suffix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models import electrodes
from models.domains.eeg.broken import DAMAGE, Broken, short
from models.domains.eeg.constants import BINS, CHANNELS, REGIONS

Floats = npt.NDArray[np.float32]
#: No table is larger than this, in bytes, packed or unpacked, and none has more values: 37 hours of 20 channels. Where
#: all values are alike, a file of a few MB can hold more of them than any memory.
LARGEST, MOST = 2 << 30, 1 << 29
#: So many values are unpacked at once, of one column at least.
_AT_ONCE = 1 << 25
#: The lowest bin of a spectrogram is number 3 of a transform of 1024 samples at 200 a second.
_LOWEST, _BINS_A_HERTZ = 3, 1024 / 200
_MAGIC = b"PAR1"
_BIN = re.compile(r"(LL|RL|LP|RP)_(?:f=)?(\d+(?:\.\d+)?)(?:\s*Hz)?", re.IGNORECASE)


@dataclass(frozen=True)
class Head:
    """What a table tells without its values. text: it is CSV. lines: of its header, where it is."""

    names: tuple[str, ...]
    rows: int
    text: bool = False
    lines: int = 1

    @cached_property
    def channels(self) -> list[int]:
        """Where each of our channels stands among the columns, −1 for one that is not there."""
        return list(_channels(self.names))

    @cached_property
    def bins(self) -> dict[int, int]:
        """Where each bin of each region stands among the columns; region · BINS + bin."""
        found: dict[int, int] = {}
        for place, name in enumerate(self.names):
            match = _BIN.fullmatch(name.strip())
            number = round(float(match[2]) * _BINS_A_HERTZ) - _LOWEST if match else -1
            if match and 0 <= number < BINS:
                found.setdefault(REGIONS.index(match[1].upper()) * BINS + number, place)
        return found

    @property
    def kind(self) -> str:
        """eeg, spectrogram, or "" for another table."""
        if len(self.bins) > BINS // 2:
            return "spectrogram"
        return "eeg" if sum(place >= 0 for place in self.channels) > 1 else ""


@dataclass(frozen=True)
class Spectra:
    """times (n,): s of the centre of each window, rising. power (4, 100, n): µV²/Hz by REGIONS, NaN for none."""

    times: npt.NDArray[np.float64]
    power: Floats


@lru_cache(maxsize=64)
def _channels(columns: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(electrodes.places([one.name for one in electrodes.name_channels(columns)]))


def read_head(path: Path) -> Head:
    """The columns of a table and how many rows it has. Raises Broken for what is none."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(1 << 16)
    except OSError as error:
        raise Broken(f"it cannot be read ({error.strerror or short(error)})") from error
    if size > LARGEST:
        raise Broken(f"it is larger than {LARGEST >> 30} GiB")
    head = _parquet_head(path) if start[:4] == _MAGIC else _text_head(path, start)
    if head.rows * max(len(head.names), 1) > MOST:
        raise Broken(f"it claims {head.rows} rows, more than can be right")
    return head


def _parquet_head(path: Path) -> Head:
    import pyarrow.parquet as pq

    try:
        told = pq.read_metadata(path)
        columns = tuple(str(name) for name in told.schema.to_arrow_schema().names)
        unpacked = sum(told.row_group(place).total_byte_size for place in range(told.num_row_groups))
    except DAMAGE as error:
        raise Broken(f"the Parquet file is damaged or cut off ({short(error)}); copy it again") from error
    if unpacked > LARGEST:
        raise Broken(f"it claims {told.num_rows} rows, more than can be right")
    return Head(columns, told.num_rows)


def _text_head(path: Path, start: bytes) -> Head:
    first, second = _text_names(start)
    with path.open("rb") as file:
        count = sum(1 for line in file if line.strip())
    if sum(part.upper() in REGIONS for part in first) > 1 and second:
        # Two lines of header: the region of each column, and its frequency.
        joined = (f"{region}_{hertz}" if region else "time" for region, hertz in zip(first, second, strict=False))
        return Head(tuple(joined), count - 2, True, 2)
    return Head(tuple(first), count - 1, True)


def _text_names(start: bytes) -> tuple[list[str], list[str]]:
    """The first two lines of a table of text."""
    if not start:
        raise Broken("the file is empty")
    try:
        # The last character may be cut.
        text = start.decode("utf-8-sig") if len(start) < 1 << 16 else start[:-8].decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    lines = text.splitlines()
    if "\0" in text or not lines or "," not in lines[0]:
        raise Broken("it is neither Parquet nor a table of text")
    first, second = ([part.strip().strip('"') for part in line.split(",")] for line in [*lines, ""][:2])
    return first, second


def read_eeg(path: Path) -> Floats:
    """The EEG of a table, (20, n) µV in the order of CHANNELS, NaN where there is none. Raises Broken."""
    head = read_head(path)
    if head.kind != "eeg":
        raise Broken(f"it is no table of EEG (its columns are {_some(head.names)})")
    found = [row for row, place in enumerate(head.channels) if place >= 0]
    return _stacked(_read_columns(path, head, [head.channels[row] for row in found]), found, len(CHANNELS))


def read_spectra(path: Path) -> Spectra:
    """The spectrogram of a table. Raises Broken with the reason."""
    head = read_head(path)
    if head.kind != "spectrogram":
        raise Broken(f"it is no spectrogram (its columns are {_some(head.names)})")
    if "time" not in head.names:
        raise Broken("the spectrogram has no column time")
    wanted = sorted(head.bins)
    read = _read_columns(path, head, [head.names.index("time"), *(head.bins[number] for number in wanted)])
    times = next(read)
    if not len(times) or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise Broken("the times of the spectrogram do not rise")
    power = _stacked(read, wanted, len(REGIONS) * BINS)
    return Spectra(times, power.reshape(len(REGIONS), BINS, -1))


def _stacked(read: Iterator[npt.NDArray[np.float64]], rows: Sequence[int], count: int) -> Floats:
    """Columns as rows of an array of so many, NaN in others."""
    out: Floats | None = None
    for row, values in zip(rows, read, strict=True):
        if out is None:
            out = np.full((count, len(values)), np.nan, np.float32)
        out[row] = values
    return np.zeros((count, 0), np.float32) if out is None else out


def _read_columns(path: Path, head: Head, places: Sequence[int]) -> Iterator[npt.NDArray[np.float64]]:
    """The numbers of some columns one by one, NaN where there is none; never all of a long file at once."""
    import pyarrow as pa

    try:
        for table, part in _tables(path, head, places):
            for place in part:
                column = table.column(str(place) if head.text else head.names[place])
                if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                    column = _plain(column)
                yield column.cast(pa.float64()).to_numpy().astype(np.float64)
    except DAMAGE as error:
        raise Broken(f"its values cannot be read ({short(error)})") from error


def _tables(path: Path, head: Head, places: Sequence[int]) -> Iterator[tuple[Any, Sequence[int]]]:
    """Tables of some of these columns, and which these are."""
    import pyarrow.parquet as pq

    if head.text:
        yield _read_text(path, head), places
        return
    names = [head.names[place] for place in places]
    if len(set(names)) < len(set(places)):
        raise Broken("two of its columns have one name")
    step = max(_AT_ONCE // max(head.rows, 1), 1)
    file = pq.ParquetFile(path)
    for first in range(0, len(places), step):
        yield file.read(columns=names[first : first + step], use_threads=False), places[first : first + step]


def _read_text(path: Path, head: Head) -> Any:
    """All columns by their number; those of signals are numbers or the file is broken."""
    import pyarrow as pa
    from pyarrow import csv

    columns = [str(place) for place in range(len(head.names))]
    kinds = {
        str(place): pa.string() if name == "time" else pa.float64()
        for place, name in enumerate(head.names)
        if name == "time" or place in head.channels or place in head.bins.values()
    }
    return csv.read_csv(
        path,
        csv.ReadOptions(skip_rows=head.lines, column_names=columns, use_threads=False),
        convert_options=csv.ConvertOptions(column_types=kinds, include_columns=list(kinds)),
    )


def _plain(column: Any) -> Any:
    """Numbers such as those of t=001sec."""
    import pyarrow.compute as pc

    return pc.replace_substring_regex(column, r"^\s*t\s*=\s*0*(\d[\d.]*)\s*s(ec)?\s*$", r"\1")


def _some(columns: Sequence[str]) -> str:
    told = ", ".join(columns[:4]) or "none"
    return f"{told}, …" if len(columns) > 4 else told
