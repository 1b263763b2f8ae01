"""What groups and samples are called: simulations of cells, or what a recording's file says."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from models.domain import common_words
from models.domains.traces import DOMAIN
from models.domains.traces.names import nouns
from models.job import Job
from models.sample import Sample
from models.store.project import Project
from workers.inline import run


def recorded(key: str, group: str) -> Sample:
    return Sample(key, Path("a.h5"), key, group, {"_layout": '{"d": "x", "a": 0}'})


@pytest.mark.parametrize(
    ("key", "group", "word"),
    [
        ("cells/cell_3/rec1/dff", "a/cell_3", "cell"),
        ("mice/m1/dff", "a/m1", "group"),
        ("Animals/m1/dff", "a/m1", "animal"),
        ("m1/dff", "a/m1", "group"),
        ("traces/0", "a", "group"),
    ],
)
def test_a_recording_s_group_is_called_by_the_folder_it_stands_in(key: str, group: str, word: str) -> None:
    assert nouns(recorded(key, group)) == (word, "recording")


def test_simulations_keep_their_words_and_mixtures_get_neutral_ones() -> None:
    assert nouns(Sample("1/0", Path("a.h5"), "1/0", "a/1", {"_layout": "sim:T"})) == ("simulation", "cell")
    assert nouns(Sample("1/0", Path("a.h5"), "1/0", "a/1", {})) == ("simulation", "cell")
    assert common_words({("simulation", "cell"), ("cell", "recording")}) == ("group", "sample")


def test_the_import_says_what_it_counts(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    with h5py.File(tmp_path / "rec.h5", "w") as file:
        for cell in range(3):
            for take in range(2):
                place = file.create_group(f"cells/c{cell}/rec{take}")
                place["dff"] = rng.normal(size=200).astype(np.float32)
                place["time_s"] = np.arange(200) / 10
    Project.create(tmp_path / "p", "traces").close()
    arguments = {"project": str(tmp_path / "p"), "sources": [str(tmp_path / "rec.h5")]}
    for dry in (True, False):
        told = run(Job("import_samples", {**arguments, "dry_run": dry}, ""))
        assert told["words"] == {"group": "cell", "sample": "recording"}
    with Project.open(tmp_path / "p") as project:
        assert DOMAIN.words(project.samples) == ("cell", "recording")
