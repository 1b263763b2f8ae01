"""Rapid labelling: samples in bundles with medoids, and labels spread as proposals that wait for a person's word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from functools import partial
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Setting
from models.errors import UserError
from models.job import Progress, Steps
from models.learn.bundles import USUAL, Bundles, Line, Points, bundle
from models.learn.bundles import spread as spread_out
from models.learn.review.diversity import points
from models.learn.review.pool import Pool
from models.learn.words import plural
from models.orders.mapping import embed_all
from models.orders.naming import device_of, find_domain, place
from models.store.atomic import write_whole
from models.store.project import Project
from models.store.proposals import came_by_spreading, propose, refused, said, silent
from models.store.runs import RunRecord
from models.store.state import Codes


def line_of(project: Project, kind: Domain) -> Line | None:
    """How the samples follow each other in recordings, None where they have no order."""
    samples = project.samples
    if not kind.follows or not set(kind.follows) <= set(samples.names):
        return None
    recording, start = (samples.column(name) for name in kind.follows)
    if recording.dtype != object or start.dtype != np.float64:
        return None
    known = np.isfinite(start) & (recording != None)  # noqa: E711 - elementwise
    groups, _ = samples.group_codes()
    named = [f"{group}\0{name}" for group, name in zip(groups.tolist(), recording.tolist(), strict=True)]
    codes = np.unique(named, return_inverse=True)[1].astype(np.int64)
    codes[~known] = -1
    # Samples that stand alone in their recordings have no neighbours in time.
    sizes = np.bincount(codes[known]) if known.any() else np.zeros(0)
    return Line(codes, np.nan_to_num(start)) if (sizes > 1).any() else None


def said_codes(project: Project, by: str, names: tuple[str, ...]) -> Codes:
    """What this person has said as codes of these classes, −1 for nothing."""
    table = {name: code for code, name in enumerate(names)}
    known = [table.get(name, -1) for name in project.journal.fold.classes]
    return np.array([*known, -1], np.int32)[said(project, by)]


def bundles_of(
    project: Project,
    kind: Domain,
    record: RunRecord | None,
    setting: Setting,
    count: int,
    seed: int,
    told: npt.NDArray[np.bool_] | None = None,
) -> Generator[Progress, None, tuple[Bundles, Points, Pool]]:
    """The project's samples in at most `count` bundles, by the run's embedding or their own shape.

    told: samples that have a label of the person whose bundles these are.
    """
    fold = project.journal.fold
    away = fold.flagged("exclude") | fold.unsure() | ~fold.live | ~placeable(project, kind, record)
    pool = Pool(
        codes=fold.live_codes,
        classes=tuple(fold.classes),
        embedding=(yield from embed_all(project, kind, record, setting)),
        line=line_of(project, kind),
        skipped=away,
    )
    where, known = points(pool, seed)
    return bundle(where, known & ~away, count, pool.line, seed, told), where, pool


def placeable(project: Project, kind: Domain, record: RunRecord | None) -> npt.NDArray[np.bool_]:
    """Samples that can be looked at, (n,): where a domain places them itself, those without files as well."""
    if record is None and kind.vectors is not None:
        return np.ones(len(project.samples), bool)
    return kind.there(project.samples)


def cluster(project: str, run: str = "", n: int = USUAL, seed: int = 0, device: str = "auto", by: str = "") -> Steps:
    """The bundles of samples: {file, bundles, in_time, samples, left_out}; the file (.npy) holds codes, then medoids.

    left_out: recordings that wait, where there are too many; by: whose labels keep theirs from that.
    """
    with Project.open(place(project)) as opened:
        kind, record = find_domain(opened), opened.runs.get(run) if run else None
        yield Progress(0, 2, "Reading samples")
        setting = Setting(device_of(device), opened.cache)
        said_by = said_codes(opened, by, tuple(opened.journal.fold.classes)) >= 0 if by else None
        found, _, _ = yield from bundles_of(opened, kind, record, setting, n, seed, said_by)
        yield Progress(1, 2, "Cutting")
        name = f"{record.id if record else 'own'}-{n}-{seed}-{opened.generation}"
        file = opened.cache / "map" / f"bundles-{name}.npy"
        file.parent.mkdir(parents=True, exist_ok=True)
        values = np.concatenate([found.codes, found.medoids])
        write_whole(file, partial(_write, values), sync=False)
        told = {"file": str(file), "bundles": len(found), "in_time": found.in_time, "samples": len(opened.samples)}
        return {**told, "left_out": found.left, "run": record.id if record else ""}


def spread_labels(project: str, by: str, run: str = "", n: int = USUAL, seed: int = 0, device: str = "auto") -> Steps:
    """Propose the labels of one person to the other samples of their bundles; one act, and no label yet.

    Returns {proposed, classes, bundles, labelled, left_out, check, event, title}; left_out: recordings in which nothing
    is said and that wait, as there are too many; check: of the samples that were labelled one
    by one and have another such one in their bundle, on how many these agree.
    """
    with Project.open(place(project)) as opened:
        kind, record = find_domain(opened), opened.runs.get(run) if run else None
        codes = said_codes(opened, by, tuple(opened.journal.fold.classes))
        if not (codes >= 0).any():
            raise UserError(f"{by} has labelled nothing here yet. Label the medoids first: --strategy medoids.")
        yield Progress(0, 2, "Reading samples")
        setting = Setting(device_of(device), opened.cache)
        found, where, pool = yield from bundles_of(opened, kind, record, setting, n, seed, codes >= 0)
        yield Progress(1, 2, "Spreading labels")
        free = silent(opened, by) & ~refused(opened, by) & ~pool.marked("skipped")
        told = spread_out(found, codes, free, where, came_by_spreading(opened))
        values = [pool.classes[code] for code in told.codes.tolist()]
        title = f"Spread {plural(int((codes >= 0).sum()), 'label')} to {plural(len(values), 'sample')}"
        event = propose(opened, told.rows, values, by, title, record.id if record else "")
        return {
            "proposed": len(values),
            "classes": dict(Counter(values)),
            "bundles": {"all": len(found), "labelled": told.seeds, "in_time": found.in_time},
            "labelled": int((codes >= 0).sum()),
            "left_out": found.left,
            "check": {"n": told.judged, "agree": told.agreed},
            "event": event.number if event.count else None,
            "title": title,
        }


def _write(values: npt.NDArray[np.int64], target: BinaryIO) -> None:
    np.save(target, values)
