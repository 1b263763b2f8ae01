"""Regions and labels of recordings as files of Raven, Praat or Audacity: one a recording, and a sidecar beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from models.domain import ExportView
from models.domains.voice import sidecar
from models.domains.voice.mark_forms import AUDACITY, RAVEN, TEXTGRID, Form
from models.domains.voice.marks import Recorded
from models.domains.voice.places import AUDIO, facts_of, kinds, paths_of, text_of
from models.domains.voice.sidecar import Kept
from models.errors import UserError
from models.job import Progress
from models.learn.words import plural
from models.region import outside
from models.store.outfolder import flat_names, folder

Steps = Generator[Progress, None, dict[str, Any]]


@dataclass(frozen=True)
class _Written:
    """One recording: its row, its sound file, and the name of the file of regions."""

    row: int
    file: Path
    name: str


def export_raven(view: ExportView, path: Path) -> Steps:
    """A selection table for each recording."""
    return _export(view, path, RAVEN)


def export_textgrid(view: ExportView, path: Path) -> Steps:
    """A TextGrid for each recording."""
    return _export(view, path, TEXTGRID)


def export_audacity(view: ExportView, path: Path) -> Steps:
    """A label track for each recording."""
    return _export(view, path, AUDACITY)


def _export(view: ExportView, path: Path, form: Form) -> Steps:
    """A file for each recording, also where nothing is marked in it. Raises UserError without any recording."""
    chosen, skipped = _chosen(view, form)
    if not chosen:
        raise UserError("nothing could be written: none of the samples is a recording that regions are of")
    kept: dict[str, Kept] = {}
    lost: Counter[str] = Counter()
    notes: list[dict[str, str]] = []
    with folder(path) as beside:
        for number, one in enumerate(chosen):
            if number % 20 == 0:
                yield Progress(number, len(chosen), f"Writing {one.name}")
            of = recorded(view, one.row, one.file)
            kept[one.name] = _write(view, one, of, form, beside)
            lost += sidecar.lost(kept[one.name].regions)
            spans = [(region.start, region.stop) for region, _ in kept[one.name].regions]
            sample = kept[one.name].sample
            notes += [{"source": sample, "where": "", "text": text} for text in outside(spans, of.seconds)]
        sidecar.write(beside / sidecar.NAME, form.name, kept)
    notes += [{"source": sidecar.NAME, "where": "", "text": text} for text in _told(form, lost)]
    files = [str(path / name) for name in (*kept, sidecar.NAME)]
    return {"written": len(kept), "files": files, "skipped": skipped, "notes": notes}


def _chosen(view: ExportView, form: Form) -> tuple[list[_Written], list[dict[str, str]]]:
    """The recordings that are written, by which name each, and what is left out."""
    rows, skipped = [], []
    told = zip(kinds(view.samples).tolist(), paths_of(view.samples), view.samples.ids(), strict=True)
    for row, (kind, file, name) in enumerate(told):
        if kind == AUDIO and file is not None:
            rows.append((row, file))
        else:
            skipped.append({"source": name, "where": "", "reason": "it is no recording: regions are of sound"})
    names = [Path(name).stem for name in flat_names([file for _, file in rows])]
    return [_Written(row, file, f"{name}{form.suffix}") for (row, file), name in zip(rows, names, strict=True)], skipped


def recorded(view: ExportView, row: int, file: Path) -> Recorded:
    """The name, length and rate of a recording as they are known."""
    facts = facts_of(view.samples, row, ("seconds", "rate"))
    return Recorded(file.name, float(facts.get("seconds", 0.0)), float(facts.get("rate", 0.0)))


def _write(view: ExportView, one: _Written, of: Recorded, form: Form, beside: Path) -> Kept:
    """Write one file and read it again: what it does not say goes into the sidecar."""
    sample = str(view.samples.table.column("id")[one.row].as_py())
    label = str(view.labels[one.row] or "")
    text, order = form.write([*view.regions.get(sample, ())], label, of)
    (beside / one.name).write_bytes(text.encode("utf-8"))
    said = form.read(text)
    regions = [region for found in said.regions.values() for region in found]
    pairs = [(known, replace(now, name=known.name)) for known, now in zip(order, regions, strict=True)]
    written = next(iter(said.labels.values()), "")
    given = {"label_by": view.by[one.row], "label_at": view.at[one.row], "label_kind": view.kind[one.row]}
    file = text_of(view.samples, one.row, "_file") or PurePosixPath(one.file).name
    return Kept(sample, file, label, written, pairs, given)


def _told(form: Form, lost: Counter[str]) -> Iterator[str]:
    for words, count in sorted(lost.items()):
        yield (
            f"the {words} of {plural(count, 'annotation')} stand here: {form.title} has no place for them. "
            "Keep this file with the others, and all comes back"
        )
