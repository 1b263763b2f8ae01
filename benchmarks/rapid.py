"""Rapid labelling on a rater's session with time stamps: labels a minute, and how far what is spread is right.

Wants the folder of such a session (a map, the rater's labels in phases with the time of each) in
``WINNOW_RATING_SESSION``; without one there is nothing to measure. What the rater said by hand, and when, is taken
from it as it is. The truth of all steps is the rater's final word after looking over all of them, which began from
what another program had spread from the labels by hand: most steps were never judged one by one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.table import Row, row
from models.domain import Setting
from models.job import Job, finish
from models.learn.bundles import Bundles, bundle, spread
from models.learn.review.diversity import points
from models.learn.review.pool import Pool
from models.orders.naming import find_domain
from models.orders.rapid import bundles_of
from models.store.project import Project
from workers.inline import run as do

Index = npt.NDArray[np.int64]
FOLDER = "WINNOW_RATING_SESSION"
#: Medoids that are labelled.
COUNTS = (25, 50, 100)
DRAWS = 20
_AT = "%Y-%b-%d %H:%M:%S.%f"
_pace, _share = partial(row, unit="a minute", more=True), partial(row, unit="share", more=True)


def run(quick: bool) -> list[Row]:
    """Measure; a row each, none without a session."""
    source = os.environ.get(FOLDER, "")
    if not source:
        return []
    folder = Path(tempfile.mkdtemp(prefix="winnow-bench-"))
    try:
        with Project.create(folder / "p", "eeg", votes=True):
            pass
        do(Job("import_samples", {"project": str(folder / "p"), "sources": [source]}, ""))
        with Project.open(folder / "p") as project:
            return _rows(project, DRAWS // 5 if quick else DRAWS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _rows(project: Project, draws: int) -> list[Row]:
    samples, kind = project.samples, find_domain(project)
    names, truth = np.unique(samples.column("label_final").astype(str), return_inverse=True)
    seconds = _seconds(samples.column("labelled_at"))
    hand = np.flatnonzero(np.isfinite(seconds))
    each = (seconds[hand].max() - seconds[hand].min()) / (len(hand) - 1)
    most = float(np.bincount(truth).max() / len(truth))
    rows = [_pace(f"labels a minute by hand ({len(hand)} in {each * (len(hand) - 1):.0f} s)", 60 / each)]
    setting = Setting("cpu", project.cache)
    for count in COUNTS:
        began = time.perf_counter()
        found, where, pool = finish(bundles_of(project, kind, None, setting, count, 0))
        spent = len(found) * each + time.perf_counter() - began
        rest, right = _spread(found, truth, found.medoids, where)
        told = f"{len(found)} medoids"
        pace = 60 * (len(rest) + len(found)) / spent
        rows.append(_pace(f"labels a minute, {told} at that pace and spread", pace, 60 / each))
        rows.append(_share(f"spread labels right, {told}, {len(rest)} steps", float(right.mean()), most))
        whole = (right.sum() + len(found)) / len(truth)
        chance = _by_chance(found, truth, where, draws)
        rows.append(_share(f"all steps right, {told}; beside as many by chance", float(whole), chance))
        clusters = bundle(where, ~pool.marked("skipped"), count)
        alone = _spread(clusters, truth, clusters.medoids, where)[1].mean()
        rows[-2]["note"] = f"medoids of clusters without time {alone:.3f}"
    rows.append(_said(found, truth, hand, pool, most, names.tolist()))
    return rows


def _by_chance(found: Bundles, truth: Index, where: npt.NDArray[np.float32], draws: int) -> float:
    """The share of all steps that is right where steps drawn by chance are labelled and spread instead."""
    rng, shares = np.random.default_rng(0), []
    for _ in range(draws):
        seeds = rng.choice(len(truth), len(found), replace=False)
        shares.append((_spread(found, truth, seeds, where)[1].sum() + len(seeds)) / len(truth))
    return float(np.mean(shares))


def _spread(
    found: Bundles, truth: Index, seeds: Index, where: npt.NDArray[np.float32]
) -> tuple[Index, npt.NDArray[np.bool_]]:
    """Rows that got a class from these seeds, and whether it is the rater's."""
    codes = np.full(len(truth), -1, np.int64)
    codes[seeds] = truth[seeds]
    told = spread(found, codes, codes < 0, where)
    return told.rows, np.asarray(told.codes == truth[told.rows], bool)


def _said(found: Bundles, truth: Index, hand: Index, pool: Pool, most: float, names: list[str]) -> Row:
    """The rater's own labels alone: how many are told right by the others in their stretch."""
    where, _ = points(pool, 0)
    codes = np.full(len(truth), -1, np.int64)
    codes[hand] = truth[hand]
    told = spread(found, codes, codes < 0, where)
    share = told.agreed / told.judged if told.judged else float("nan")
    commonest = np.bincount(truth[hand]).argmax()
    note = f"{names[commonest]} is {np.mean(truth[hand] == commonest):.2f} of the labels by hand"
    name = f"the {told.judged} labels by hand with another in their stretch, told by it"
    return _share(name, share, note=note)


def _seconds(told: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    return np.array([datetime.strptime(at, _AT).timestamp() if at else np.nan for at in told], np.float64)
