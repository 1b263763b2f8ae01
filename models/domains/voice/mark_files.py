"""Files of regions found by an import: what each tells, of which recording, made what it was by the sidecar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from models.domain import Annotated, Finding, Noted, Skipped
from models.domains.voice import sidecar
from models.domains.voice.mark_forms import read_marks
from models.domains.voice.marks import Marks, NoMarks
from models.domains.voice.sidecar import Kept, Restored
from models.domains.voice.walk import MARKS, Files
from models.region import Region

#: Rows of one file that are told one by one.
_ONE_BY_ONE = 20


def read_all(files: Files) -> Iterator[Finding]:
    """What the files of regions tell; one broken file or row is told and the rest goes on."""
    kept: dict[Path, Mapping[str, Kept]] = {}
    for path in files.of(MARKS):
        if path.parent not in kept:
            kept[path.parent] = {}
            try:
                kept[path.parent] = sidecar.read(path.parent / sidecar.NAME)
            except ValueError as reason:
                name = files.name_of(path.parent / sidecar.NAME)
                yield Noted(name, "", f"{reason}: what the other files have no place for is lost")
        yield from _read(path, files.name_of(path), kept[path.parent].get(path.name))


def _read(path: Path, name: str, known: Kept | None) -> Iterator[Finding]:
    """One file. known: what the sidecar keeps of it, None where it does not know the file."""
    kept = known or Kept()
    try:
        # What was written without anything in it may be empty; of a file that held something that is damage.
        bare = known is not None and not known.regions and not known.label and not path.stat().st_size
        marks = Marks() if bare else read_marks(path)
    except (NoMarks, OSError) as reason:
        yield Skipped(name, "", str(reason))
        return
    yield from (Noted(name, "", text) for text in marks.told())
    yield from _wrong(name, marks)
    called = list(dict.fromkeys([*marks.regions, *marks.labels]))
    # A file without a row still tells that nothing is in its recording any more.
    for recording in called or [""]:
        yield _annotated(name, recording, marks, kept if len(called) < 2 else Kept())


def _wrong(name: str, marks: Marks) -> Iterator[Skipped]:
    for where, reason in marks.wrong[:_ONE_BY_ONE]:
        yield Skipped(name, where, reason)
    left = marks.wrong[_ONE_BY_ONE:]
    if left:
        yield Skipped(name, f"{left[0][0]} to {left[-1][0]}", f"{len(left)} more are damaged; the first: {left[0][1]}")


def _annotated(name: str, recording: str, marks: Marks, kept: Kept) -> Annotated:
    """What is told of one recording. recording: as the file calls it, "" where it does not."""
    folder = name.rpartition("/")[0]
    called = f"{folder}/{recording}" if folder and recording else recording
    names = [*filter(None, (kept.sample, kept.path, called, name))]
    label, given = marks.labels.get(recording), ""
    if label is not None and label == kept.written:
        label, given = kept.label, kept.given.get("label_at", "")
    return Annotated(
        name,
        names,
        _restored(marks.regions.get(recording, ()), kept),
        [one for one, _ in kept.regions],
        label or None,
        bool(marks.wrong),
        given,
    )


def _restored(said: Sequence[Region], kept: Kept) -> list[Region]:
    restored = Restored(kept.regions)
    return [restored.take(one) for one in said]
