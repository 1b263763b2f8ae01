"""Labelled data out of a project: tables with provenance, the report of a run, the domain's formats."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, ExportView, ImportKey
from models.errors import UserError
from models.event import REGION
from models.job import Progress, Steps
from models.learn.words import plural
from models.orders.naming import chosen_rows, find_domain, needed_folder, place, refuse, spare_sources
from models.params import unknown
from models.region import Region
from models.sample import FIXED
from models.store.atomic import write_text, write_whole
from models.store.fold import is_file
from models.store.project import Project
from models.store.proposals import came_by_spreading
from models.store.sheet import sheet_text
from models.store.view import View
from models.store.voted import standing

Rows = npt.NDArray[np.int64]
Written = Generator[Progress, None, dict[str, Any]]
BOOKMARK = "bookmark"
COMMON = ("csv", "parquet", "report")
#: The report of recordings, where a domain watches over some.
PATIENT = "patient"
#: The pages that it can be printed on.
PAPERS = ("a4", "letter")
_PAPER = ImportKey("Paper", "pages of a PDF; a name that ends with .pdf stands for a4", limits="a4 or letter")


def export(
    project: str,
    format: str,
    out: str,
    where: str = "",
    run: str = "",
    overwrite: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Steps:
    """Write samples in a format; {written, files, skipped}. UserError where there is none to write.

    run: whose predictions stand beside the labels; "" takes the last one where there is any. settings: what the
    format can be told.
    """
    target = place(out)
    with Project.open(place(project)) as opened:
        kind = find_domain(opened)
        known = formats(kind)
        if format not in known:
            raise UserError(unknown("format", format, known))
        given = _settings(kind, format, settings or {})
        refuse(target, overwrite)
        if not any(item.name == format and item.beside for item in kind.exports):
            spare_sources(opened, target)
        rows = chosen_rows(opened, where, run or "last")
        if not len(rows):
            raise UserError(f"no sample fits {where!r}; nothing was written." if where else _bare_project(opened))
        needed_folder(target.parent)
        if format in ("report", PATIENT):
            return (yield from _reported(opened, kind, format, run or "last", rows, target, given.get("paper", "")))
        view = replace(export_view(opened, rows, run), settings=given)
        yield Progress(0, len(rows), f"Writing {plural(len(rows), 'sample')}")
        writers: dict[str, Callable[[ExportView, Path], Written]] = {"csv": write_csv, "parquet": write_parquet}
        writers |= {item.name: item.write for item in kind.exports}
        result = yield from writers[format](view, target)
        return {"format": format, **result}


def _reported(project: Project, kind: Domain, format: str, run: str, rows: Rows, target: Path, paper: str) -> Written:
    """A report for people, of the project or of the recordings of these rows. paper: asked for, "" by the name."""
    if format == PATIENT:
        from models.orders.patient_report import write_patient_report

        return (yield from write_patient_report(project, kind, run, rows, target, paper_of(target, paper)))
    from models.orders.report import write_report

    return (yield from write_report(project, kind, run, target))


def _settings(kind: Domain, format: str, given: Mapping[str, str]) -> dict[str, str]:
    """What the format is told; "" is as not given. UserError for a setting that it does not know."""
    keys = keys_of(kind, format)
    for name in given:
        if not keys:
            raise UserError(f"the format {format} has no settings, so {name} is none of it. Leave it out.")
        if name not in keys:
            raise UserError(unknown(f"setting of {format}", name, keys))
    return {name: str(value) for name, value in given.items() if str(value)}


def keys_of(kind: Domain, format: str) -> Mapping[str, ImportKey]:
    """What a format can be told."""
    if format == PATIENT:
        return {"paper": _PAPER}
    return next((item.keys for item in kind.exports if item.name == format), {})


def paper_of(path: Path, given: str) -> str:
    """The paper of a report, "" for a page of HTML. UserError where there is none such, or the file is no PDF."""
    pdf = path.suffix.lower() == ".pdf"
    if given and given not in PAPERS:
        raise UserError(unknown("paper", given, PAPERS))
    if given and not pdf:
        raise UserError(f"pages of {given} are a PDF, and {path.name} is none. Give a name that ends with .pdf.")
    return given or (PAPERS[0] if pdf else "")


def _bare_project(project: Project) -> str:
    return f"{project.path} holds no samples. Import some first."


def export_view(project: Project, rows: Rows, run: str = "") -> ExportView:
    """What an export may see of these rows."""
    fold, view = project.journal.fold, View(project, run or "last")
    record = project.runs.get(run) if run else next(iter(project.runs.list()), None)
    voted = standing(project, fold)
    # Who voted last gave no label that others' votes outnumber.
    own = voted.codes[rows] == fold.codes[rows]
    codes, names = fold.by
    by = np.array([*names, ""], object)[np.where(own, codes[rows], -1)].tolist()
    labels = voted.labels()[rows].tolist()
    p, classes = view.probabilities()
    return ExportView(
        samples=project.samples.take(rows),
        classes=tuple(classes) or project.classes,
        labels=labels,
        by=by,
        at=_times(project, np.where(own, fold.stamp[rows], 0)),
        kind=["" if not name else "file" if is_file(name) else "human" for name in by],
        predictions=view.column("prediction")[rows].tolist(),
        confidence=view.column("confidence")[rows] if record else None,
        probabilities=p[rows] if record and p.shape[1] else None,
        run=record.id if record else "",
        project=project.path.name,
        folder=record.path if record else None,
        every=project.samples,
        live=None if fold.whole else fold.live,
        told=() if fold.whole else voted.labels().tolist(),
        votes=fold.tallies(rows),
        spread=came_by_spreading(project)[rows].tolist(),
        flagged=[", ".join(name for name in names if name != BOOKMARK) for names in fold.flag_lists(rows)],
        regions=_regions(project),
        bad=project.samples.bad_channels,
    )


def _regions(project: Project) -> dict[str, tuple[Region, ...]]:
    """What is annotated inside the samples that are there, by their ids."""
    fold, names = project.journal.fold, project.samples.table.column("id")
    rows = np.flatnonzero(fold.having(REGION) & fold.live).tolist()
    found = {str(names[row].as_py()): tuple(fold.regions(row)) for row in rows}
    return {name: regions for name, regions in found.items() if regions}


def _times(project: Project, stamps: Rows) -> list[str]:
    """When each label was given (ISO 8601, UTC)."""
    journal = project.journal
    with journal.database.reading() as connection:
        found = connection.exec_driver_sql("SELECT number, at FROM event")
        times = {int(number): str(at) for number, at in found}
    return [times.get(int(stamp), "") for stamp in stamps]


def _columns(view: ExportView) -> dict[str, list[Any]]:
    count = len(view.samples)
    sure = [None] * count if view.confidence is None else _numbers(view.confidence)
    columns: dict[str, list[Any]] = {
        "sample": view.samples.ids(),
        "group": view.samples.column("group").tolist(),
        "label": list(view.labels),
        "by": list(view.by),
        "at": list(view.at),
        "kind": list(view.kind),
        **({"how": ["spread" if one else "" for one in view.spread]} if any(view.spread) else {}),
        "run": [view.run] * count,
        "prediction": list(view.predictions),
        "confidence": sure,
    }
    if view.probabilities is not None:
        for place_of, name in enumerate(view.classes):
            columns[f"p_{name}"] = _numbers(view.probabilities[:, place_of])
    for name in view.samples.names:
        if name not in columns and name not in FIXED and not name.startswith("_"):
            columns[name] = view.samples.table.column(name).to_pylist()
    return columns


def _numbers(values: npt.NDArray[Any]) -> list[float | None]:
    return [float(f"{value:.7g}") if np.isfinite(value) else None for value in values.tolist()]


def write_csv(view: ExportView, path: Path) -> Written:
    """A CSV that a spreadsheet reads and ``import --labels`` takes back."""
    columns = _columns(view)
    write_text(path, sheet_text(columns, zip(*columns.values(), strict=True)))
    yield Progress(len(view.samples), len(view.samples), "Written")
    return {"written": len(view.samples), "files": [str(path)], "skipped": []}


def write_parquet(view: ExportView, path: Path) -> Written:
    """The same table as Parquet, typed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: pa.array(values) for name, values in _columns(view).items()})
    write_whole(path, lambda file: pq.write_table(table, file))
    yield Progress(len(view.samples), len(view.samples), "Written")
    return {"written": len(view.samples), "files": [str(path)], "skipped": []}


def formats(kind: Domain) -> tuple[str, ...]:
    """All formats of a domain."""
    return (*COMMON, *((PATIENT,) if kind.watch is not None else ()), *(item.name for item in kind.exports))
