"""How well cells are found in images without boxes: against the boxes that people or the drawing put there.

Drawn smears of four laboratories; and of each source that the variable WINNOW_SMEARS names (divided as PATH is).
"""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from models.domains.smears.cells import boxes_of, images_of
from models.domains.smears.detector import DetectorParams, detect
from models.domains.smears.images import open_image
from models.job import Job, finish
from models.store.project import Project
from workers.inline import run as do

Row = dict[str, Any]
#: Share of the overlap in both boxes together from which they are the same cell; the aim of both figures.
SAME, GOAL = 0.5, 0.8


def run(quick: bool) -> list[Row]:
    """Recall and precision at an overlap of one half, and seconds an image."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="winnow-detector-") as folder:
        for look in "ad" if quick else "abcd":
            source = str(Path(folder) / f"drawn-{look}")
            values = {"look": look, "mistakes": "0"}
            arguments = {"domain_name": "smears", "out": source, "samples": 100 if quick else 1000, "values": values}
            do(Job("fake", arguments, "fake"))
            rows += measure(source, Path(folder) / look, f"drawn smears, laboratory {look}")
        for place, source in enumerate(filter(None, os.environ.get("WINNOW_SMEARS", "").split(os.pathsep))):
            rows += measure(source, Path(folder) / str(place), Path(source).name)
    return rows


def measure(source: str, place: Path, name: str) -> list[Row]:
    """The figures of one source with boxes; cells that the border cuts are looked for where any is labelled."""
    Project.create(place, "smears").close()
    do(Job("import_samples", {"project": str(place), "sources": [source]}, "import"))
    with Project.open(place) as opened:
        samples, fold = opened.samples, opened.journal.fold
        classes = [str(fold.classes[code]) if code >= 0 else "" for code in fold.codes.tolist()]
        every = boxes_of(samples, np.arange(len(samples)))
        boxed = np.flatnonzero(~np.isnan(every).any(1))
        edges = samples.column("edge")[boxed] if "edge" in samples.names else np.zeros(len(boxed), bool)
        border = bool(np.mean([value in (True, 1.0) for value in np.asarray(edges).tolist()]) > 0.1)
        same, known, found, seconds = Counter[str](), Counter[str](), 0, []
        for path, places in images_of(samples, boxed):
            start = time.process_time()
            boxes = finish(detect(open_image(path), DetectorParams(border=border))).boxes
            seconds.append(time.process_time() - start)
            found += len(boxes)
            told = [classes[row] for row in boxed[places].tolist()]
            known.update(told)
            same.update(told[at] for at in matched(every[boxed[places]], boxes))
    return _rows(name, same, known, found, float(np.mean(seconds)))


def _rows(name: str, same: Counter[str], known: Counter[str], found: int, seconds: float) -> list[Row]:
    note = ", ".join(f"{one or 'without a class'} {same[one]} of {count}" for one, count in known.most_common())
    head = {"peer": None, "ratio": None, "unit": ""}
    aim = {"goal": GOAL, "goal_of": "ours", "higher_is_better": True}
    recall, precision = same.total() / max(known.total(), 1), same.total() / max(found, 1)
    return [
        {"name": f"Recall on {name}", "ours": recall, **head, **aim, "note": note},
        {"name": f"Precision on {name}", "ours": precision, **head, **aim, "note": f"{found} found"},
        {"name": f"One image of {name}", "ours": seconds, **head, "unit": "s", "goal": None},
    ]


def matched(known: npt.NDArray[np.float32], found: npt.NDArray[np.float32]) -> list[int]:
    """Which of the known boxes are found, each by a box of its own."""
    if not len(known) or not len(found):
        return []
    low = np.maximum(known[:, None, :2], found[None, :, :2])
    high = np.minimum(known[:, None, 2:], found[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(-1)
    area, other = ((boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (known, found))
    share = common / (area[:, None] + other[None] - common)
    rows, columns = linear_sum_assignment(-np.where(share >= SAME, share, 0))
    return [int(row) for row, column in zip(rows, columns, strict=True) if share[row, column] >= SAME]
