"""The label store: one act, a bulk act and its undo, opening a large project; each beside a plain-SQL peer.

The peers do the same work the common way: the latest label of each sample by a window function over
the journal, and the metadata by a fetch of the rows.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.table import Row, row
from models.domain import Found
from models.store.project import FILE_NAME, Project

_LATEST = (
    "SELECT subject, after FROM (SELECT subject, after, row_number() OVER "
    "(PARTITION BY subject ORDER BY after_stamp DESC) AS place FROM change WHERE kind = 'label') WHERE place = 1"
)


def run(quick: bool) -> list[Row]:
    """Measure; a row each: name, ours, peer, ratio (peer / ours), unit, goal."""
    samples = 20_000 if quick else 1_000_000
    bulk = 5_000 if quick else 100_000
    folder = Path(tempfile.mkdtemp(prefix="winnow-bench-"))
    try:
        return [*_acts(folder / "acts", bulk, 300 if quick else 5_000), *_opening(folder / "open", samples)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _acts(path: Path, bulk: int, acts: int) -> list[Row]:
    with _project(path, max(bulk * 2, 1_000)) as project:
        journal, count = project.journal, len(project.samples)
        rng = np.random.default_rng(0)
        times = []
        for place, row in enumerate(rng.integers(0, count, acts)):
            times.append(_timed_both(partial(journal.label, [row], "ab"[place % 2], "ann")))
        walls, own = zip(*times, strict=True)
        peer = _peer_act(path.parent / "peer.sqlite", acts)
        rows = rng.permutation(count)[:bulk]
        whole = [_timed(lambda: journal.label(rows, "c", "ann")), _timed(lambda: journal.undo("ann"))]
        plain = _peer_bulk(path.parent / "peer.sqlite", rows.tolist())
    # On a shared machine the clock's tail is the scheduler's; the thread's own time is the store's.
    busy = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    return [
        row("label act, median", float(np.median(walls)), float(np.median(peer)), 1.0),
        {**row("label act, p99", float(np.percentile(walls, 99)), float(np.percentile(peer, 99)), 1.0), "note": busy},
        row("label act, p99 of the thread's own time", float(np.percentile(own, 99)), None, 1.0),
        row(f"bulk act on {bulk} samples", whole[0], plain, 500.0),
        row(f"undo of {bulk} labels", whole[1], plain, 500.0),
    ]


def _opening(path: Path, samples: int) -> list[Row]:
    with _project(path, samples) as project:
        _write_history(project, samples)
    with Project.open(path) as project:
        truth = project.journal.fold.sha()
    took = []
    for _ in range(3):
        start = time.perf_counter()
        project = Project.open(path)
        labelled = int((project.journal.fold.codes >= 0).sum()) + len(project.samples.column("noise"))
        took.append((time.perf_counter() - start) * 1000)
        same = project.journal.fold.sha() == truth
        project.close()
        if labelled < samples or not same:
            raise AssertionError("the project did not come back as it was")
    link = sqlite3.connect(path / FILE_NAME)
    latest = _timed(lambda: link.execute(_LATEST).fetchall())
    fetch = _timed(lambda: [json.loads(meta) for (meta,) in link.execute("SELECT meta FROM sample ORDER BY number")])
    link.close()
    name = f"opening {samples} samples and {samples} events"
    return [row(name, float(np.median(took)), latest + fetch, 1000.0)]


def _project(path: Path, samples: int) -> Project:
    source = path.parent / f"{path.name}.h5"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_bytes(b"benchmark")
    project = Project.create(path, "traces", ["a", "b", "c"])
    rng = np.random.default_rng(1)
    keys = [str(number) for number in range(samples)]
    groups = [f"s{number // 25}" for number in range(samples)]
    columns: dict[str, Any] = {"noise": rng.random(samples), "beta": rng.random(samples), "cell": np.arange(samples)}
    project.add(Found(source, source.name, keys, groups, columns=columns))
    return project


def _write_history(project: Project, events: int) -> None:
    """As many single acts as samples, in few transactions: what years of work leave behind."""
    subjects = project.journal.fold.subjects
    rng = np.random.default_rng(2)
    chosen = rng.permutation(len(subjects))[:events]
    for start in range(0, events, 50_000):
        with project.journal.writing() as writer:
            for row in chosen[start : start + 50_000].tolist():
                writer.act([("label", "", subjects[row : row + 1], ["abc"[row % 3]])], "ann", "a on 1 sample")


def _peer_act(path: Path, acts: int) -> list[float]:
    link = sqlite3.connect(path, isolation_level=None)
    link.execute("PRAGMA journal_mode=WAL")
    link.execute("PRAGMA synchronous=NORMAL")
    link.execute("CREATE TABLE act (number INTEGER PRIMARY KEY, sample INTEGER, label TEXT, at REAL)")
    link.execute("CREATE INDEX act_sample ON act (sample)")
    insert = "INSERT INTO act (sample, label, at) VALUES (?, ?, ?)"
    times = [_timed(partial(link.execute, insert, (place, "a", 0.0))) for place in range(acts)]
    link.close()
    return times


def _peer_bulk(path: Path, rows: list[int]) -> float:
    link = sqlite3.connect(path)
    insert = "INSERT INTO act (sample, label, at) VALUES (?, ?, ?)"

    def write() -> None:
        with link:
            link.executemany(insert, [(row, "c", 0.0) for row in rows])

    took = _timed(write)
    link.close()
    return took


def _timed_both(call: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds by the clock, and those in which this thread was at work."""
    start = time.thread_time()
    wall = _timed(call)
    return wall, (time.thread_time() - start) * 1000


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    import sys

    for line in run("--quick" in sys.argv):
        print(line)
