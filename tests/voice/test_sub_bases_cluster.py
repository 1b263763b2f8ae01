"""All nine sub-bases on two processes, one of which is killed on the way: the same as in this process, to the digit."""

from __future__ import annotations

import os
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domains import domain
from models.job import Job, Progress, finish
from models.store.project import Project
from tests.projects import project_from
from tests.voice.spoken import SMALL, data_set
from workers.inline import run

pytest.importorskip("distributed")


class Killing:
    """Takes what a training tells, and kills the first worker that begins a fold after so many are done."""

    def __init__(self, after: int) -> None:
        self.after, self.killed = after, 0
        self.begun: dict[str, int] = {}
        self.done: dict[str, int] = {}

    def __call__(self, step: Progress) -> None:
        found = re.match(r"(subdb.+) (begun|done) on \S+, process (\d+)", step.log)
        if not found:
            return
        process = int(found[3])
        if found[2] == "done":
            self.done[found[1]] = process
            return
        self.begun[found[1]] = process
        if len(self.done) >= self.after and not self.killed:
            self.killed = process
            os.kill(process, signal.SIGKILL)


def train(project: Path, out: Path, told: Any = None, **given: Any) -> dict[str, Any]:
    asked = {"project": str(project), "recipe": "late_fusion", "values": SMALL, "baseline": False, "out": str(out)}
    found: dict[str, Any] = run(Job("train", {**asked, **given}, ""), told or (lambda _step: None))
    return found


def said(project: Path) -> tuple[list[str], np.ndarray[Any, Any]]:
    with Project.open(project) as opened:
        kept = opened.runs.get("last").predictions()
        return [str(one) for one in kept.ids], np.asarray(kept.probabilities)


def written(out: Path) -> dict[str, bytes]:
    """Index, combined CSVs and summaries."""
    files = [*out.glob("*.csv"), *out.glob("audio_imbalmed_combined/*"), *out.glob("outputs/**/*.json")]
    return {str(file.relative_to(out)): file.read_bytes() for file in files}


def compare(data: Path, place: Path, after: int, folds: int) -> None:
    """Train here and on two processes of which one dies, from nothing each time, and hold them against each other."""
    for name in ("here", "there"):
        project_from(place / name, "voice", data)
    here = train(place / "here", place / "here-out")
    killing = Killing(after)
    there = train(place / "there", place / "there-out", killing, cluster="local:2")
    assert killing.killed
    titles = [f"subdb{number}, fold {fold}" for number in range(1, 10) for fold in range(folds)]
    assert set(killing.done) == set(titles)
    again = [name for name, process in killing.begun.items() if killing.done[name] != process]
    # The one that it was at, and one that it had finished and could not say so any more.
    assert len(again) <= 2, "what died with the worker is done again, and nothing else"
    assert all(killing.begun[name] == killing.killed for name in again)
    late = [name for place, name in enumerate(killing.done) if place > after + 2]
    assert killing.killed not in {killing.done[name] for name in late}
    assert there["metrics"] == here["metrics"]
    assert there["split"] == here["split"]
    assert said(place / "there")[0] == said(place / "here")[0]
    np.testing.assert_array_equal(said(place / "there")[1], said(place / "here")[1])
    files = written(place / "here-out")
    assert len(files) == 1 + 9 + 9 + 1
    assert written(place / "there-out") == files
    ran = there["cluster"]
    assert (ran["address"], ran["workers"]) == ("local:2", 2)
    assert set(titles) <= {one["piece"] for one in ran["pieces"]}
    assert "cluster" not in here


def test_nine_sub_bases_on_a_cluster_that_loses_a_worker_are_those_of_one_process(tmp_path: Path) -> None:
    data = data_set(tmp_path / "data")
    compare(data, tmp_path, 5, 2)


@pytest.mark.long
def test_nine_sub_bases_of_ten_folds_on_a_cluster_that_loses_a_worker(tmp_path: Path) -> None:
    finish(domain("voice").fake(tmp_path / "data", 40, 3, layout="melspec"))
    compare(tmp_path / "data", tmp_path, 40, 10)


def test_what_the_backbone_sees_is_shared_out_and_the_same_in_any_company(tmp_path: Path) -> None:
    from models.domains.voice.pictures import embed

    data = data_set(tmp_path / "data")
    project_from(tmp_path / "p", "voice", data)
    with Project.open(tmp_path / "p") as opened:
        samples, rows = opened.samples, np.arange(len(opened.samples))
        how: dict[str, Any] = {"backbone": "mobilenet_v3_small", "weights": "random", "side": 32, "device": "cpu"}
        whole = finish(embed(samples, rows, **how, cache=tmp_path / "a"))
        alone = np.concatenate(
            [finish(embed(samples, rows[one : one + 1], **how, cache=tmp_path / "b")) for one in rows]
        )
    np.testing.assert_array_equal(whole, alone)
    shutil.rmtree(tmp_path / "a")
