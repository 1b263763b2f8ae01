"""A copy of an EDF or BDF file with other annotations: its samples stay bit by bit, record by record, gaps included."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np

from models.domains.eeg import tal
from models.domains.eeg.annotations import Note, stamps
from models.domains.eeg.edf import BadRecording, Edf, is_text
from models.domains.eeg.identity import strip_patient, strip_recording
from models.domains.eeg.recording import Recording
from models.job import Progress
from models.store.atomic import whole

#: Bytes that are copied at a time.
_STRETCH = 8 << 20


def write_copy(
    recording: Recording, path: Path, notes: Sequence[Note], keep_identifiers: bool = False
) -> Generator[Progress, None, Path]:
    """Write the recording with these annotations in place of its own. Raises BadRecording for another format."""
    edf = recording.file
    if not isinstance(edf, Edf):
        raise BadRecording(f"{recording.form} takes no annotations; write them as events.tsv, or export to EDF+")
    labels = dict(zip(recording.names, recording.labels, strict=True))
    samples, blocks = tal.fill(stamps(notes, edf.offset, labels), _clocks(edf), edf.width)
    with whole(path) as part, part.open("xb") as file:
        file.write(_header(edf, samples, keep_identifiers))
        step = max(1, _STRETCH // edf.size)
        for first in range(0, edf.records, step):
            yield Progress(first, edf.records, path.name)
            file.write(_records(edf, blocks[first : first + step], first))
    return path


def _clocks(edf: Edf) -> list[float]:
    """When each record begins, as the file counts."""
    return [round(edf.offset + run.start + place * edf.seconds, 9) for run in edf.runs for place in range(run.count)]


def _records(edf: Edf, blocks: Sequence[bytes], first: int) -> bytes:
    """Records with their signals as they are, and new text behind these."""
    count = len(blocks)
    stored = np.fromfile(edf.path, np.uint8, count * edf.size, offset=edf.head + first * edf.size)
    if len(stored) < count * edf.size:
        raise BadRecording("the file has become shorter since it was opened")
    table = stored.reshape(count, edf.size)
    parts = [table[:, one.begin * edf.width : (one.begin + one.samples) * edf.width] for one in edf.signals]
    text = np.frombuffer(b"".join(blocks), np.uint8).reshape(count, -1)
    return np.concatenate([*parts, text], 1).tobytes()


def _header(edf: Edf, samples: int, keep: bool) -> bytes:
    """The header with one signal of text at the end, as EDF+ or BDF+; the patient only where that is to be kept."""
    with edf.path.open("rb") as file:
        fixed = file.read(256)
        count = int(fixed[252:256])
        table = file.read(256 * count)
    kept = _kept(edf, table, count)
    full = len(edf.signals) + 1
    form = ("BDF+" if edf.width == 3 else "EDF+") + ("D" if len(edf.runs) > 1 else "C")
    head = [
        fixed[:8],
        _field(edf.patient if keep and edf.plus else _patient(edf, keep), 80),
        _field(edf.recording if keep and edf.plus else _recording(edf), 80),
        fixed[168:184],
        _field(str(256 * (full + 1)), 8),
        _field(form, 44),
        _field(str(edf.records), 8),
        fixed[244:252],
        _field(str(full), 4),
    ]
    return b"".join(head) + _signals(table, count, kept, samples, edf.width)


def _patient(edf: Edf, keep: bool) -> str:
    """What a plain file tells of its patient, as a code of EDF+; else what remains without identifiers."""
    return f"{'_'.join(edf.patient.split()) or 'X'} X X X" if keep else strip_patient(edf.patient)


def _recording(edf: Edf) -> str:
    if edf.plus or edf.start is None:
        return strip_recording(edf.recording)
    return f"Startdate {tal.write_date(edf.start.date())} X X X"


def _kept(edf: Edf, table: bytes, count: int) -> list[int]:
    """Which signals of the file are copied: those that have samples and are no text, in their order."""
    kept = []
    for place in range(count):
        label = table[16 * place : 16 * place + 16].decode("latin-1")
        samples = int(float(table[216 * count + 8 * place : 216 * count + 8 * place + 8] or b"0"))
        if samples and not is_text(label):
            kept.append(place)
    if len(kept) != len(edf.signals):
        raise BadRecording("the file has changed since it was opened")
    return kept


def _signals(table: bytes, count: int, kept: Sequence[int], samples: int, width: int) -> bytes:
    """Each field of all kept signals, and the one of the text behind it."""
    full = 1 << (8 * width - 1)
    text = (
        ("BDF Annotations" if width == 3 else "EDF Annotations", 16), ("", 80), ("", 8), ("-1", 8), ("1", 8),
        (str(-full), 8), (str(full - 1), 8), ("", 80), (str(samples), 8), ("", 32),
    )  # fmt: skip
    out, at = [], 0
    for value, length in text:
        fields = [table[at + place * length : at + (place + 1) * length] for place in kept]
        out += [*fields, _field(value, length)]
        at += count * length
    return b"".join(out)


def _field(text: str, length: int) -> bytes:
    """Text of a header: ASCII, cut and filled to its length."""
    return text.encode("ascii", "replace")[:length].ljust(length)
