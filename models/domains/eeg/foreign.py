"""Recordings that mne reads: BrainVision, EEGLAB, Nicolet, FIF. What their headers say is checked first."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.eeg.broken import Broken
from models.domains.eeg.edf import BadRecording, span
from models.domains.eeg.matcheck import check_mat

Floats = npt.NDArray[np.float32]
#: The reader of mne by the suffix of the file that it is given, and what the format is called.
READERS = {
    ".vhdr": ("read_raw_brainvision", "BrainVision"),
    ".set": ("read_raw_eeglab", "EEGLAB"),
    ".data": ("read_raw_nicolet", "Nicolet"),
    ".fif": ("read_raw_fif", "FIF"),
}
#: Files beside these, and the suffix of the one that is read.
COMPANIONS = {".eeg": ".vhdr", ".vmrk": ".vhdr", ".fdt": ".set", ".head": ".data"}
#: FIFF's number for volts.
_VOLT = 107
#: A header is no larger, in bytes.
_HEADER = 64 << 20


@dataclass(frozen=True)
class Foreign:
    """One recording through mne: labels, µV for each stored unit (0: no voltage), and what else its header says.

    notes of the file: `marks` as (onset in s of the first sample, duration, text, channels). patient: as it is told.
    """

    raw: Any
    form: str
    labels: tuple[str, ...]
    micro: tuple[float, ...]
    rate: float
    length: int
    start: dt.datetime | None
    patient: str = field(repr=False)
    marks: tuple[tuple[float, float, str, tuple[str, ...]], ...]
    notes: tuple[str, ...]
    lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def read(self, first: int, last: int) -> Floats:
        """Samples first to before last, (channels, n), voltages in µV."""
        with self.lock:
            values = self.raw[:, first:last][0]
        scale = np.array([[micro or 1.0] for micro in self.micro])
        return np.asarray(values * scale, np.float32)


def main_file(path: Path) -> Path:
    """The file that is read of a recording of several files; the path itself where it is that, or stands alone."""
    suffix = COMPANIONS.get(path.suffix.lower())
    beside = path.with_suffix(suffix) if suffix else path
    return beside if beside.is_file() else path


def open_foreign(path: Path) -> Foreign:
    """Open a recording without reading its samples. Raises BadRecording or OSError."""
    name, form = READERS.get(path.suffix.lower(), ("", ""))
    if beside := COMPANIONS.get(path.suffix.lower()):
        raise BadRecording(f"it is read with {path.stem}{beside}, which is not beside it")
    if not name:
        raise BadRecording(f"no reader knows files that end with {path.suffix or 'nothing'}")
    try:
        _CHECKS.get(path.suffix.lower(), _nothing)(path)
        raw = _open(path, name)
        marks = _marks(raw, path)
    except BadRecording:
        raise
    except ModuleNotFoundError as error:
        raise BadRecording(f"its version is read by the package {error.name}, which is not installed") from error
    except Exception as error:
        # A foreign reader of a broken header can raise anything.
        raise BadRecording(f"it is no {form} recording, or a damaged one ({_short(error)})") from error
    if any(Path(name).resolve().parent != path.resolve().parent for name in raw.filenames if name):
        raise BadRecording("it names data in another folder, which are not read")
    notes: list[str] = []
    length = _readable(raw, notes)
    micro = tuple(1e6 if int(one["unit"]) == _VOLT else 0.0 for one in raw.info["chs"])
    day = raw.info["meas_date"]
    start = day.replace(tzinfo=None) if day is not None else None
    subject = raw.info["subject_info"] or {}
    patient = " ".join(str(subject[key]) for key in ("his_id", "last_name", "first_name") if subject.get(key))
    rate = float(raw.info["sfreq"])
    return Foreign(raw, form, tuple(raw.ch_names), micro, rate, length, start, patient, marks, tuple(notes))


def _open(path: Path, name: str) -> Any:
    import mne

    options: dict[str, Any] = {"ch_type": "eeg"} if name == "read_raw_nicolet" else {}
    options |= {"allow_maxshield": "yes"} if name == "read_raw_fif" else {}
    with warnings.catch_warnings(), mne.utils.use_log_level("ERROR"):
        # What mne warns of is channel types and places, which are not used here.
        warnings.simplefilter("ignore")
        return getattr(mne.io, name)(path, preload=False, **options)


def _short(error: BaseException) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 160 else f"{words[:157]}…"


def _marks(raw: Any, path: Path) -> tuple[tuple[float, float, str, tuple[str, ...]], ...]:
    """The annotations, those past the end too, which mne leaves out of a recording."""
    import mne

    beside = path.with_suffix(".vmrk") if path.suffix.lower() == ".vhdr" else path
    shift = float(raw.first_time)
    found = raw.annotations
    if path.suffix.lower() in (".vhdr", ".set") and beside.is_file():
        with warnings.catch_warnings(), mne.utils.use_log_level("ERROR"):
            warnings.simplefilter("ignore")
            found, shift = mne.read_annotations(beside), 0.0
    return tuple(
        (float(onset) - shift, float(duration), str(text), tuple(map(str, names)))
        for onset, duration, text, names in zip(
            found.onset, found.duration, found.description, found.ch_names, strict=True
        )
    )


def _readable(raw: Any, notes: list[str]) -> int:
    """How many samples can be read: all that the header tells, or fewer of a file that is cut short."""
    stated = int(raw.n_times)
    if _reads(raw, stated):
        return stated
    low, high = 0, stated
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _reads(raw, middle) else (low, middle)
    if not low:
        raise BadRecording("none of its samples can be read")
    rate = float(raw.info["sfreq"])
    notes.append(f"the file is cut short: {span(low / rate)} of {span(stated / rate)} is there")
    return low


def _reads(raw: Any, length: int) -> bool:
    """Whether the last of so many samples can be read."""
    try:
        return bool(raw[:, max(0, length - 1) : length][0].shape[1] == 1)
    except Exception:  # noqa: BLE001 - a foreign reader behind the end of a file can raise anything
        return False


# Headers


def _nothing(path: Path) -> None:
    """A format whose reader believes nothing that a header says of sizes."""


def _check_brainvision(path: Path) -> None:
    """Its data and markers lie beside it."""
    if path.stat().st_size > _HEADER:
        raise BadRecording("its header is too large to be one")
    text = path.read_text("utf-8", errors="replace")
    for key in ("DataFile", "MarkerFile"):
        for value in re.findall(rf"^\s*{key}\s*=\s*(.*?)\s*$", text, re.MULTILINE | re.IGNORECASE):
            name = value.replace("$b", path.stem)
            _check_name(name)
            # Headers in other encodings are decoded by their reader.
            if key == "DataFile" and "\ufffd" not in name and not path.with_name(name).is_file():
                raise BadRecording(f"{name}, which it says holds its samples, is not beside it")


def _check_name(name: str) -> None:
    if Path(name).name != name or "\\" in name or name in ("", ".", ".."):
        raise BadRecording(f"it names {name[:80]!r}, which is no file beside it")


def _check_nicolet(path: Path) -> None:
    head = path.with_suffix(".head")
    if not head.is_file():
        raise BadRecording(f"{head.name}, its header, is not beside it")
    if head.stat().st_size > _HEADER:
        raise BadRecording("its header is too large to be one")
    stated = re.search(r"^num_samples=(\d+)\s*$", head.read_text("utf-8", errors="replace"), re.MULTILINE)
    if stated is None or int(stated.group(1)) > path.stat().st_size:
        raise BadRecording(f"{head.name} tells more samples than the file can hold")


def _check_eeglab(path: Path) -> None:
    """What a .set says of its .fdt, where the samples are not in it."""
    from scipy.io import loadmat

    with path.open("rb") as file:
        start = file.read(10)
    if start == b"MATLAB 7.3" and find_spec("pymatreader") is None:
        raise BadRecording("it is of MATLAB 7.3, which needs the package pymatreader; or save it as version 7")
    if start != b"MATLAB 5.0":
        return
    try:
        # What reads these files ends the process where one is damaged.
        check_mat(path)
    except Broken as reason:
        raise BadRecording(str(reason)) from reason
    if path.stat().st_size > _HEADER:
        return
    found = loadmat(path, simplify_cells=True, variable_names=["EEG", "data", "pnts", "nbchan", "trials"])
    inside = found.get("EEG", found)
    data = inside.get("data") if isinstance(inside, dict) else None
    if not isinstance(data, str):
        return
    _check_name(data)
    fdt = next((place for place in (path.with_name(data), path.with_suffix(".fdt")) if place.is_file()), None)
    if fdt is None:
        raise BadRecording(f"{data}, which holds its samples, is not beside it")
    samples = int(inside["pnts"]) * int(inside.get("nbchan", 1)) * max(1, int(inside.get("trials", 1)))
    if samples > fdt.stat().st_size:
        raise BadRecording(f"it tells {samples:,} samples, which {fdt.name} cannot hold")


_CHECKS = {".vhdr": _check_brainvision, ".data": _check_nicolet, ".set": _check_eeglab}
