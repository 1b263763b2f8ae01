"""Computing what sources lack, and reading anew what is measured of their samples; labels and names stay."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.domain import Completion, Computed, Domain, Found, Lacking
from models.errors import UserError
from models.job import Progress, Steps
from models.orders.naming import find_domain, place
from models.sample import portable_id
from models.store.project import Project
from models.store.sources import SourceInfo


@dataclass(frozen=True)
class Incomplete:
    """A source and what it lacks."""

    source: SourceInfo
    lacks: tuple[Lacking, ...]

    @property
    def ready(self) -> list[Lacking]:
        """Of that, what can be computed."""
        return [one for one in self.lacks if not one.obstacle]

    def obstacles(self) -> dict[str, list[str]]:
        """Why the rest cannot be: reason → names."""
        found: dict[str, list[str]] = {}
        for one in self.lacks:
            if one.obstacle:
                found.setdefault(one.obstacle, []).append(one.name)
        return found


def incomplete(project: Project) -> list[Incomplete]:
    """The sources of a project that lack something; those that cannot be read are left out."""
    known = _completion(find_domain(project))
    found = []
    for source in project.sources():
        try:
            lacks = tuple(known.lacking(source.path)) if not source.missing else ()
        except UserError:
            continue
        if lacks:
            found.append(Incomplete(source, lacks))
    return found


def complete(project: str, sources: Sequence[str] = (), compute: bool = True) -> Steps:
    """Compute what sources lack, then read anew what is measured: {computed, failed, stopped, samples}.

    sources: names of them, empty for all. Stopped, what is done is kept and read. compute: False after a program
    that was killed while it computed: what it left half done is taken away, what it finished is read.
    """
    with Project.open(place(project)) as opened:
        kind = find_domain(opened)
        known = _completion(kind)
        chosen = [one for one in opened.sources() if not one.missing and one.name in (sources or (one.name,))]
        done: dict[str, list[str]] = {}
        failed: list[str] = []
        stopped = False
        for source in chosen if compute else ():
            told: Computed = yield from known.compute(source.path)
            if told.names:
                done[source.name] = list(told.names)
            failed += told.failed
            stopped = told.stopped
            if stopped:
                break
        fresh = [one for one in chosen if not compute or done.get(one.name)]
        for source in fresh if not compute else ():
            known.restore(source.path)
        counted = yield from _read_anew(opened, kind, fresh)
        return {"computed": done, "failed": failed, "stopped": stopped, "samples": counted}


def _completion(kind: Domain) -> Completion:
    if kind.completion is None:
        raise UserError(f"there is nothing to compute into the sources of {kind.title}.")
    return kind.completion


def _read_anew(project: Project, kind: Domain, sources: Sequence[SourceInfo]) -> Generator[Progress, None, int]:
    """Measures of the samples of these sources as they are now; how many samples."""
    count = 0
    for source in sources:
        yield Progress(text=f"{source.name}: reading its measures", keeping=True)
        columns: dict[str, Mapping[str, Any]] = {}
        for finding in kind.scan([source.path], {}):
            if isinstance(finding, Found):
                columns |= _measures(replace(finding, name=source.name))
        there = [name for name, row in zip(columns, project.rows_of(list(columns)), strict=True) if row >= 0]
        project.keep_columns({name: columns[name] for name in there})
        count += len(there)
    project.remeasure_sources([source.number for source in sources])
    yield from _measure_made(project, kind, {str(source.path) for source in sources})
    return count


def _measures(found: Found) -> dict[str, dict[str, Any]]:
    """The numbers among its columns, by sample; words tell where it is from, and were read before."""
    told: dict[str, dict[str, Any]] = {portable_id(found.name, str(key)): {} for key in found.keys}
    for name, values in found.columns.items():
        for row, value in zip(told.values(), values, strict=True):
            if isinstance(value, int | float | np.number) and not isinstance(value, bool):
                row[name] = value
    return told


def _measure_made(project: Project, kind: Domain, paths: set[str]) -> Generator[Progress, None, None]:
    """What an act made of samples of these sources has the same measures."""
    fold, samples = project.journal.fold, project.samples
    made = [row for row in fold.made.tolist() if fold.live[row] and str(samples.sample(row).source) in paths]
    if not made or kind.edits is None or kind.edits.measure is None:
        return
    found = yield from kind.edits.measure(samples, np.array(made, np.int64))
    ids = samples.take(list(found)).ids()
    project.keep_columns(dict(zip(ids, found.values(), strict=True)))
