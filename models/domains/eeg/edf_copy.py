"""A copy of an EDF or BDF file with other annotations: its samples stay bit by bit, record by record, gaps included."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np

from models.domains.eeg import identity, tal
from models.domains.eeg.annotations import Note, stamps
from models.domains.eeg.edf import FIELDS, BadRecording, Edf, field_of, is_text
from models.domains.eeg.judged import Judged
from models.domains.eeg.recording import Recording
from models.job import Progress
from models.store.atomic import whole

#: Bytes that are copied at a time.
_STRETCH = 8 << 20


def write_copy(
    recording: Recording,
    path: Path,
    notes: Sequence[Note],
    keep_identifiers: bool = False,
    judged: Sequence[Judged] = (),
) -> Generator[Progress, None, Path]:
    """Write the recording with these annotations in place of its own. Raises BadRecording for another format.

    judged: what windows were called, written as annotations too.
    """
    edf = recording.file
    if not isinstance(edf, Edf):
        raise BadRecording(f"{recording.form} takes no annotations; write them as events.tsv, or export to EDF+")
    labels = dict(zip(recording.names, recording.labels, strict=True))
    samples, blocks = tal.fill(stamps(notes, edf.offset, labels, judged), _clocks(edf), edf.width)
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
    table = table if keep else _without_names(table, count, edf)
    full = len(edf.signals) + 1
    form = ("BDF+" if edf.width == 3 else "EDF+") + ("D" if len(edf.runs) > 1 else "C")
    head = [
        fixed[:8],
        field_of(edf.patient if keep and edf.plus else _patient(edf, keep), 80),
        field_of(edf.recording if keep and edf.plus else _recording(edf), 80),
        fixed[168:184],
        field_of(str(256 * (full + 1)), 8),
        field_of(form, 44),
        field_of(str(edf.records), 8),
        fixed[244:252],
        field_of(str(full), 4),
    ]
    return b"".join(head) + _signals(table, count, kept, samples, edf.width)


def _without_names(table: bytes, count: int, edf: Edf) -> bytes:
    """The fields of the signals without words that tell who the patient is; labels and numbers stay as they are."""
    words = identity.telling_words(edf.patient)
    out, at = [], 0
    for name, length in FIELDS:
        for _ in range(count):
            field = table[at : at + length]
            if name in ("transducer", "filters", "reserved"):
                plain = identity.hide(field.decode("utf-8", "surrogateescape"), words)
                field = plain.encode("utf-8", "surrogateescape")[:length].ljust(length)
            out.append(field)
            at += length
    return b"".join(out)


def _patient(edf: Edf, keep: bool) -> str:
    """What a plain file tells of its patient, as a code of EDF+; else what remains without identifiers."""
    return f"{'_'.join(edf.patient.split()) or 'X'} X X X" if keep else identity.strip_patient(edf.patient)


def _recording(edf: Edf) -> str:
    if edf.plus or edf.start is None:
        return identity.strip_recording(edf.recording)
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
        out += [*fields, field_of(value, length)]
        at += count * length
    return b"".join(out)
