"""BIDS trees: whose recording a file is, and what the tables beside it tell of channels and events."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.electrodes import EEG, EKG, EMG, EOG, OTHER

#: No table of a tree is longer, in bytes.
_LONGEST = 256 << 20
#: How deep a tree is at most: root, subject, session, modality.
_DEPTH = 4
_ENTITY = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]+)-([A-Za-z0-9+]+)")
_KINDS = {
    "EEG": EEG, "SEEG": EEG, "ECOG": EEG, "ECG": EKG, "EKG": EKG, "EMG": EMG, "EOG": EOG, "HEOG": EOG, "VEOG": EOG,
    "TRIG": OTHER, "MISC": OTHER, "AUDIO": OTHER, "GSR": OTHER, "RESP": OTHER, "TEMP": OTHER, "REF": EEG,
    "EYEGAZE": OTHER, "PUPIL": OTHER, "PPG": OTHER, "SYSCLOCK": OTHER, "LATENCY": OTHER,
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where a file stands in a tree: subject, session, task and run, "" where its name does not tell."""

    root: Path
    subject: str
    session: str = ""
    task: str = ""
    run: str = ""


@dataclass(frozen=True)
class Told:
    """What channels.tsv tells of a channel: its kind, "" where not, and whether it is bad."""

    kind: str
    bad: bool


def place_of(path: Path) -> Place | None:
    """Where a recording stands in a tree; None outside of one."""
    found = dict(_ENTITY.findall(path.name))
    if not found.get("sub") or not path.name.startswith("sub-"):
        return None
    root = next(
        (folder.parent for folder in list(path.parents)[:_DEPTH] if folder.name == f"sub-{found['sub']}"), path.parent
    )
    return Place(root, *(found.get(key, "") for key in ("sub", "ses", "task", "run")))


def channel_table(path: Path) -> Path | None:
    """The channels.tsv of a recording; None without one."""
    return _beside(path, "channels")


def channels_of(path: Path) -> dict[str, Told]:
    """What channels.tsv tells of each channel of a recording, by its label; empty without one."""
    table = channel_table(path)
    if table is None:
        return {}
    rows = read_table(table)
    return {
        row["name"]: Told(_KINDS.get(row.get("type", "").upper(), ""), row.get("status", "").lower() == "bad")
        for row in rows
        if row.get("name")
    }


def events_of(path: Path) -> Path | None:
    """The events.tsv of a recording; None without one."""
    return _beside(path, "events")


def participants_of(root: Path) -> dict[str, dict[str, str]]:
    """The rows of participants.tsv by subject, without its sub-."""
    table = root / "participants.tsv"
    if not table.is_file():
        return {}
    rows = read_table(table)
    return {row["participant_id"].removeprefix("sub-"): row for row in rows if row.get("participant_id")}


def _beside(path: Path, kind: str) -> Path | None:
    """The table of a kind that holds for a recording: beside it, or higher up with fewer words in its name."""
    place = place_of(path)
    if place is None:
        return None
    words = set(path.name.partition(".")[0].split("_")[:-1])
    for folder in list(path.parents)[:_DEPTH]:
        fitting = [table for table in folder.glob(f"*{kind}.tsv") if set(table.stem.split("_")[:-1]) <= words]
        if fitting:
            return max(fitting, key=lambda table: len(table.name))
        if folder == place.root:
            break
    return None


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a table with tabs; n/a is "". Raises OSError, also for one that is too long."""
    if path.stat().st_size > _LONGEST:
        raise OSError(errno.EFBIG, f"{path.name} is longer than {_LONGEST >> 20} MB")
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Tables of older programs; what they say is kept, not replaced.
        text = content.decode("cp1252", errors="replace")
    return list(_rows(text.replace("\r\n", "\n").replace("\r", "\n")))


def _rows(text: str) -> Iterator[dict[str, str]]:
    lines = iter(text.split("\n"))
    heads = [head.strip() for head in next(lines, "").split("\t")]
    for line in lines:
        if line.strip():
            cells = ["" if cell.strip().lower() == "n/a" else cell.strip() for cell in line.split("\t")]
            yield dict(zip(heads, cells, strict=False))
