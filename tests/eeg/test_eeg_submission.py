"""A submission for the competition: what it holds, what was left out and why, and what would be refused."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domains.eeg.constants import CLASSES
from models.domains.eeg.hms import VOTES
from models.domains.eeg.hms_table import check_submission
from models.errors import UserError
from models.job import Job
from models.store.predictions import write_predictions
from models.store.project import Project
from tests.eeg.recorded import compose, waves
from tests.eeg.scanned import row, table, write_eeg
from tests.eeg.scanned import waves as long_waves
from workers.inline import run


def make(folder: Path, said: Sequence[int]) -> Path:
    """Four windows of three EEGs, of which one has no file, a recording, and a run that speaks of some windows."""
    data = folder / "data"
    (data / "train_eegs").mkdir(parents=True)
    for eeg in (1, 2):
        write_eeg(data / "train_eegs" / f"{eeg}.parquet", long_waves(60))
    places = ((1, 0, 0), (1, 1, 2), (2, 0, 0), (3, 0, 0))
    table(data, *(row(*place, (0, 0, 3, 0, 0, 0), "GPD", spectrogram="", soffset=0) for place in places))
    compose(folder / "night.edf", waves(60), records=60)
    path = folder / "p"
    Project.create(path, "eeg", votes=True).close()
    for source in (data, folder / "night.edf"):
        run(Job("import_samples", {"project": str(path), "sources": [str(source)]}, ""))
    with Project.open(path) as made:
        kinds = made.samples.table.column("_kind").to_pylist()
        ids = [name for name, kind in zip(made.samples.ids(), kinds, strict=True) if kind == "hms"]
        p = np.full((len(said), len(CLASSES)), 0.1)
        p[0, 2], p[1:, 1] = 0.5, 0.5
        # The classes of a run stand in an order of their own.
        own = CLASSES[::-1]
        begun = made.runs.start()
        names = [ids[place] for place in said]
        write_predictions(begun.path / "predictions.arrow", names, ["rest"] * len(said), p[:, ::-1], own)
        record = {"recipe": "features", "classes": list(own), "snapshot": {"labels": 0, "position": 0, "sha": "0"}}
        begun.finish({**record, "split": {"by": "group"}, "metrics": {}, "seed": 1})
    return path


def export(path: Path, out: Path, **settings: str) -> Any:
    arguments = {"project": str(path), "format": "submission", "out": str(out), "settings": settings}
    return run(Job("export", arguments, ""))


def test_windows_are_joined_by_eeg_and_what_is_left_out_is_counted_with_its_reason(tmp_path: Path) -> None:
    path, out = make(tmp_path, [0, 1]), tmp_path / "s.csv"
    told = export(path, out)
    assert (told["written"], told["windows"]) == (1, 2)
    reasons = {one["reason"].partition(":")[0]: one["where"] for one in told["skipped"]}
    assert reasons["no windows of HMS data"].endswith(" samples")
    assert reasons["their files are missing, so run-1 says nothing of them. Locate the source and predict again"] == (
        "1 sample"
    )
    assert reasons["run-1 has no prediction of them"] == "1 sample"
    assert told["problems"] == []
    with out.open(newline="") as file:
        (line,) = csv.DictReader(file)
    assert line["eeg_id"] == "1"
    assert [float(line[name]) for name in VOTES] == pytest.approx([0.1, 0.3, 0.3, 0.1, 0.1, 0.1])


def test_what_the_competition_asks_for_and_is_not_there_is_told(tmp_path: Path) -> None:
    path, sample = make(tmp_path, [0, 1, 2]), tmp_path / "sample_submission.csv"
    sample.write_text(f"eeg_id,{','.join(VOTES)}\n" + "".join(f"{eeg},0,0,0,0,0,1\n" for eeg in (1, 3, 4)))
    told = export(path, tmp_path / "s.csv", sample=str(sample))
    assert told["problems"] == ["2 EEGs missing (3, 4)", "1 EEG not asked for (2)"]
    with pytest.raises(UserError, match=r"nothing.csv: this cannot be read as a table"):
        export(path, tmp_path / "t.csv", sample=str(tmp_path / "nothing.csv"))


def test_with_no_prediction_at_all_nothing_is_written(tmp_path: Path) -> None:
    path, out = make(tmp_path, [0]), tmp_path / "s.csv"
    arguments = {"project": str(path), "format": "submission", "out": str(out), "where": 'eeg_id == "2"'}
    with pytest.raises(UserError, match="nothing could be written: 1 sample: run-1 has no prediction of them"):
        run(Job("export", arguments, ""))
    assert not out.exists()


def test_a_submission_is_checked_line_by_line(tmp_path: Path) -> None:
    out = tmp_path / "s.csv"
    out.write_text(f"eeg_id,{','.join(VOTES)}\n1,.5,.5,0,0,0,0\n1,.5,.4,0,0,0,0\n2,1,0,0,0,0,x\n3,1.5,-.5,0,0,0,0\n")
    assert check_submission(out) == [
        "row 3 sums to 0.9, not to 1", "row 4 has no six shares", "row 5 has no six shares", "1 comes twice",
    ]  # fmt: skip
    out.write_text("id\n1\n")
    assert check_submission(out) == [f"its header is not eeg_id, {', '.join(VOTES)}"]


def test_a_table_of_votes_goes_out_as_it_came_in(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "train_eegs").mkdir(parents=True)
    write_eeg(data / "train_eegs" / "1.parquet", long_waves(80))
    lines = ["1,3,12.5,7,1,40,99,42,LPD,0,0.75,0,0.25,0,0", "1,4,20,7,2,48,100,42,GPD,0,0,3,0,0,0"]
    source = table(data, *lines)
    path, out = tmp_path / "p", tmp_path / "train.csv"
    Project.create(path, "eeg", votes=True).close()
    run(Job("import_samples", {"project": str(path), "sources": [str(data)]}, ""))
    assert run(Job("export", {"project": str(path), "format": "hms", "out": str(out)}, ""))["written"] == 2
    assert out.read_text("utf-8") == source.read_text("utf-8")
