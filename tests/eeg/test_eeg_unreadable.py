"""Windows whose files are missing or broken are not learnt from, not judged, not scored, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.domain import Recipe, Setting
from models.domains.eeg.constants import CLASSES
from models.domains.eeg.fake import fake
from models.domains.eeg.recipes import RECIPES
from models.domains.eeg.signals import no_signals
from models.errors import UserError
from models.job import Job, finish
from models.orders.naming import find_domain
from models.orders.scoring import score_rows
from models.store.project import Project
from tests.eeg.test_eeg_networks import lesson
from workers.inline import run


def do(order: str, /, **arguments: object) -> dict[str, object]:
    told: dict[str, object] = run(Job(order, {**arguments}, order, "cpu"))
    return told


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Generated windows of 6 patients; after the import an EEG and its spectrogram are broken in two of them."""
    finish(fake(tmp_path / "data", samples=24, seed=2, patients=6))
    Project.create(tmp_path / "project", "eeg", votes=True).close()
    do("import_samples", project=str(tmp_path / "project"), sources=[str(tmp_path / "data")])
    with Project.open(tmp_path / "project") as opened:
        groups = opened.samples.group_codes()[0]
        table = opened.samples.table
        for row in (int(np.flatnonzero(groups == 0)[0]), int(np.flatnonzero(groups == 5)[0])):
            for column in ("_eeg", "_spectrogram"):
                (tmp_path / "data" / table.column(column)[row].as_py()).write_bytes(b"no parquet")
    return tmp_path / "project"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_broken_window_is_passed_over_by_every_recipe(recipe: Recipe, project: Path, tmp_path: Path) -> None:
    with Project.open(project) as opened:
        task = lesson(opened, recipe, tmp_path / "work")
        model = finish(recipe.fit(task))
        assert all(np.isfinite(values).all() for values in model.arrays.values() if values.dtype.kind == "f")
        setting = Setting("cpu", opened.cache)
        p = recipe.predict(model, opened.samples, setting)
        unsaid = np.isnan(p).all(axis=1)
        files = opened.samples.table.column("_eeg").to_pylist()
        broken = [(tmp_path / "data" / name).read_bytes() == b"no parquet" for name in files]
        assert unsaid.tolist() == broken
        assert 2 <= sum(broken) < len(broken)
        assert np.isfinite(p[~unsaid]).all()
        assert recipe.embed is not None
        assert np.isfinite(recipe.embed(model, opened.samples, setting)).all(), "the map shows them all"
        assert recipe.judge is not None
        bare = recipe.judge(model, no_signals(1), setting).probabilities
        assert np.isnan(bare).all(), "of a request without a signal no class is said"


def test_what_is_broken_is_counted_and_not_scored(project: Path) -> None:
    told = do("train", project=str(project), recipe="features", values={"rounds": 5}, baseline=False)
    with Project.open(project) as opened:
        files = opened.samples.table.column("_eeg").to_pylist()
        broken = sum((project.parent / "data" / name).read_bytes() == b"no parquet" for name in files)
        kept = opened.runs.list()[0].predictions()
    assert len(kept.probabilities) == 24 - broken
    assert f"{broken} samples without a prediction: what they are of is missing or broken." in told["notes"]
    scored = told["metrics"]
    assert isinstance(scored, dict)
    assert scored["test"]["n"] == int((kept.part == "test").sum())
    split = told["split"]
    assert isinstance(split, dict)
    assert scored["test"]["n"] <= split["test"]


@pytest.mark.parametrize("recipe", [RECIPES[3], RECIPES[4]], ids=lambda recipe: recipe.name)
def test_with_all_files_broken_nothing_is_learnt(recipe: Recipe, project: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "data" / "train_eegs").iterdir():
        path.write_bytes(b"no parquet")
    with Project.open(project) as opened, pytest.raises(UserError, match="no EEG of the labelled windows can be read"):
        finish(recipe.fit(lesson(opened, recipe, tmp_path / "work")))


@pytest.mark.parametrize("recipe", [RECIPES[3], RECIPES[4]], ids=lambda recipe: recipe.name)
def test_where_one_class_alone_can_be_read_the_files_are_named_as_the_cause(
    recipe: Recipe, project: Path, tmp_path: Path
) -> None:
    with Project.open(project) as opened:
        task = lesson(opened, recipe, tmp_path / "work")
        codes = task.targets[task.train].argmax(axis=1)
        names = opened.samples.table.column("_eeg").to_pylist()
        whole = {names[row] for row in task.train[codes == codes[0]].tolist()}
        for row in task.train[codes != codes[0]].tolist():
            if names[row] not in whole:
                (tmp_path / "data" / names[row]).write_bytes(b"no parquet")
        kept = np.array([names[row] in whole for row in task.train.tolist()])
        task = replace(task, train=task.train[(codes == codes[0]) | ~kept])
        told = f"can be read are of the class '{task.classes[codes[0]]}': of [0-9]+ of {len(task.train)} the files are"
        with pytest.raises(UserError, match=told):
            finish(recipe.fit(task))


def test_rows_without_a_prediction_are_left_out_of_a_score(project: Path) -> None:
    with Project.open(project) as opened:
        count = len(opened.samples)
        codes = np.arange(count) % 6
        p = np.eye(6, dtype=np.float32)[codes]
        p[3] = np.nan
        votes = np.eye(6)[codes]
        kind = find_domain(opened)
        scored = score_rows(kind, opened.samples, codes, p, np.arange(count), CLASSES, False, votes=votes)
        assert (scored["n"], scored["votes"]["n"], scored["accuracy"]) == (count - 1, count - 1, 1.0)
        with pytest.raises(UserError, match="train the run anew"):
            score_rows(kind, opened.samples, codes, np.full_like(p, np.nan), np.arange(count), CLASSES, False)


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """A project of a recording of four minutes: its windows, and the whole of it."""
    made = finish(fake(tmp_path / "edf", 0, 1, recordings="edf", hours="0.07", channels="20"))
    Project.create(tmp_path / "p", "eeg").close()
    do("import_samples", project=str(tmp_path / "p"), sources=[str(file) for file in made.files])
    return tmp_path / "p"


def label(project: Path, rows: Sequence[int], name: str) -> None:
    with Project.open(project) as opened:
        opened.journal.label(list(rows), name, "anna")


def test_whole_recordings_are_left_out_as_what_they_are(night: Path) -> None:
    with Project.open(night) as opened:
        count = len(opened.samples)
        assert "#" not in opened.samples.ids()[-1], "the whole is the last one"
    label(night, range(count // 2), "LPD")
    label(night, range(count // 2, count), "GPD")
    told = do("train", project=str(night), recipe="features", values={"rounds": 5}, baseline=False, split_by="sample")
    notes, split = told["notes"], told["split"]
    assert isinstance(notes, list)
    assert isinstance(split, dict)
    assert "1 labelled whole recording left out: only windows are learnt from and scored." in split["notes"]
    assert "1 whole recording without a prediction: only windows have one." in notes
    assert "missing" not in str(notes) + str(split["notes"])


def test_labels_of_whole_recordings_alone_teach_nothing(night: Path) -> None:
    with Project.open(night) as opened:
        whole = len(opened.samples) - 1
    label(night, range(whole), "")
    label(night, [whole], "GPD")
    with pytest.raises(
        UserError, match=r"all labels are of whole recordings, .*nothing is learnt from\. Label windows"
    ):
        do("train", project=str(night), recipe="features")
    label(night, [0, 1], "LPD")
    with pytest.raises(UserError, match="all labels of another class are of whole recordings"):
        do("train", project=str(night), recipe="features")
