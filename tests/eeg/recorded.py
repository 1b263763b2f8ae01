"""Small recordings of every format, well-formed and broken, written by hand where a library writes no such thing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.domains.eeg.annotations import Note
from models.domains.eeg.clinical import scan_recording
from models.domains.eeg.constants import CHANNELS
from models.domains.eeg.options import Options
from tests.scans import Scanned

FORMATS = Path(__file__).parents[2].parent / "shared" / "data" / "eeg" / "formats"
Fields = dict[str, list[str]]
#: The fields of a signal in the header, and how long each is.
LENGTHS = {
    "label": 16, "transducer": 80, "unit": 8, "low": 8, "high": 8, "least": 8, "most": 8, "filters": 80, "samples": 8,
    "reserved": 32,
}  # fmt: skip


def waves(seconds: float = 60, rate: int = 64, names: Sequence[str] = CHANNELS, seed: int = 0) -> dict[str, Any]:
    """µV of each channel, whole numbers, so that a file of whole numbers holds them exactly."""
    rng = np.random.default_rng(seed)
    return {name: np.round(rng.normal(0, 30, int(seconds * rate))) for name in names}


def compose(
    path: Path,
    signals: Mapping[str, Any],
    *,
    records: int,
    texts: Sequence[bytes] = (),
    width: int = 2,
    patient: str = "X X X X",
    reserved: str = "",
    stated: str = "",
    seconds: str = "1",
    change: Callable[[Fields], None] = lambda fields: None,
    cut: int = 0,
) -> Path:
    """An EDF (BDF with width 3) whose digital values are µV. texts: of each record. stated: records as the header says.

    change: of the fields of the signals. cut: bytes that are missing at its end.
    """
    full = 1 << (8 * width - 1)
    room = -(-max(map(len, texts)) // width) if texts else 0
    lengths = [len(values) // records for values in signals.values()] + [room] * bool(texts)
    count = len(lengths)
    fields = {name: [""] * count for name in LENGTHS}
    fields |= {
        "label": [*signals, *["BDF Annotations" if width == 3 else "EDF Annotations"] * bool(texts)],
        "unit": ["uV"] * len(signals) + [""] * bool(texts),
        "low": [str(-full)] * count,
        "high": [str(full - 1)] * count,
        "least": [str(-full)] * count,
        "most": [str(full - 1)] * count,
        "samples": [str(length) for length in lengths],
    }
    change(fields)
    head = [
        (b"\xffBIOSEMI" if width == 3 else b"0       "),
        f"{patient:80}{'Startdate 05-JUN-2024 X X X':80}05.06.2407.08.09{256 * (count + 1):<8}".encode("latin-1"),
        f"{reserved:44}{stated or records:<8}{seconds:8}{count:<4}".encode(),
        *(value.encode("latin-1")[:long].ljust(long) for name, long in LENGTHS.items() for value in fields[name]),
    ]
    content = b"".join([*head, *_records(signals, records, texts, width, room)])
    path.write_bytes(content[: len(content) - cut])
    return path


def scoring(path: Path, notes: Sequence[Note], start: dt.datetime | None = None) -> Path:
    """An EDF+ file of annotations alone, as another program keeps scorings of sleep. start: of its header."""
    from edfio import Edf, EdfAnnotation, Patient, Recording

    lists = [
        EdfAnnotation(one.onset, one.duration or None, f"{one.text}@@{name}" if name else one.text)
        for one in notes
        for name in one.channels or ("",)
    ]
    day, clock = (start.date(), start.time()) if start else (None, None)
    Edf([], patient=Patient(), recording=Recording(startdate=day), starttime=clock, annotations=lists).write(path)
    return path


def _records(
    signals: Mapping[str, Any], records: int, texts: Sequence[bytes], width: int, room: int
) -> Iterator[bytes]:
    """What each record holds: a piece of every signal, then its text."""
    for place in range(records):
        for values in signals.values():
            size = len(values) // records
            piece = np.asarray(values[place * size : (place + 1) * size], "<i4")
            yield piece.view(np.uint8).reshape(-1, 4)[:, :width].tobytes()
        yield from (text.ljust(room * width, b"\x00") for text in texts[place : place + 1])


def scanned(path: Path, name: str = "", **options: Any) -> Scanned:
    """The findings of a scan of one file."""
    return Scanned(scan_recording(path, name or path.name, Options(**options)))


def brainvision(folder: Path, signals: Mapping[str, Any], rate: int, marks: str = "", data: str = "a.eeg") -> Path:
    """Header, markers and data as the Vision Recorder writes them, in tenths of µV."""
    channels = "\n".join(f"Ch{place}={name},,0.1,µV" for place, name in enumerate(signals, 1))
    head = folder / "a.vhdr"
    head.write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nCodepage=UTF-8\n"
        f"DataFile={data}\nMarkerFile=a.vmrk\nDataFormat=BINARY\nDataOrientation=MULTIPLEXED\n"
        f"NumberOfChannels={len(signals)}\nSamplingInterval={1e6 / rate:g}\n[Binary Infos]\nBinaryFormat=INT_16\n"
        f"[Channel Infos]\n{channels}\n",
        "utf-8",
    )
    (folder / "a.vmrk").write_text(
        "Brain Vision Data Exchange Marker File, Version 1.0\n[Common Infos]\nCodepage=UTF-8\nDataFile=a.eeg\n"
        f"[Marker Infos]\nMk1=New Segment,,1,1,0,20240605070809250000\n{marks}",
        "utf-8",
    )
    (folder / "a.eeg").write_bytes((np.stack(list(signals.values()), 1) * 10).astype("<i2").tobytes())
    return head


def eeglab(folder: Path, signals: Mapping[str, Any], rate: int, pnts: int | None = None, data: str = "a.fdt") -> Path:
    """A .set with its samples in an .fdt, and two events."""
    from scipy.io import savemat

    values = np.stack(list(signals.values())).astype("<f4")
    chanlocs = np.array([(name,) for name in signals], [("labels", object)])
    events = np.array(
        [("square", 65.0, 0.0), ("Anfall ä", 129.0, 32.0)], [(n, object) for n in ("type", "latency", "duration")]
    )
    inside = {
        "setname": "a", "nbchan": len(values), "pnts": pnts or values.shape[1], "trials": 1, "srate": float(rate),
        "xmin": 0.0, "xmax": values.shape[1] / rate, "data": data, "chanlocs": chanlocs, "event": events,
        "ref": "common",
    }  # fmt: skip
    path = folder / "a.set"
    savemat(path, {"EEG": inside}, appendmat=False)
    (folder / "a.fdt").write_bytes(values.T.tobytes())
    return path


def nicolet(folder: Path, signals: Mapping[str, Any], rate: int, samples: int | None = None) -> Path:
    """A .data of whole µV with its .head."""
    values = np.stack(list(signals.values())).astype("<i2")
    (folder / "a.head").write_text(
        f"start_ts=2024-06-05 07:08:09.000\nnum_samples={samples or values.shape[1]}\nsample_freq={rate}\n"
        f"conversion_factor=1.0\nnum_channels={len(values)}\nelec_names=[{','.join(signals)}]\n"
        "pat_id=1\nadm_id=1\nrec_id=1\nduration_in_sec=1\nsample_bytes=2\n"
    )
    path = folder / "a.data"
    path.write_bytes(values.T.tobytes())
    return path
