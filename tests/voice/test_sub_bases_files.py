"""The files of the IMBALMED runner from given scores: each number at its place, each image in its row."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from models.domains.voice.combined import HEAD, combined_rows, export, index_rows, write_tables
from models.domains.voice.recipes.small_cnn import SmallCnnParams
from models.domains.voice.splits import read_splits
from models.domains.voice.sub_bases import given, offered, report, summary
from models.errors import UserError
from models.job import finish
from models.learn.given import Answered, Truth, fuse_sets, summarise
from models.recipe import Given, GivenOutcome
from models.sample import Samples
from tests.voice.test_splits_parts import COMMON, written

SPEAKERS = ("a", "b", "c", "d")
LABELS = ("1", "0", None, "0")


def samples_of(place: Path, kinds: tuple[str, ...] = ("image",) * 4, splits: str | None = ".") -> Samples:
    """A sample of each speaker; the last one is a recording of its own name."""
    columns: dict[str, Any] = {
        "id": list(SPEAKERS),
        "source": pa.array([0] * 4, pa.int32()),
        "key": list(SPEAKERS),
        "group": pa.array(list(SPEAKERS)).dictionary_encode(),
        "speaker": list(SPEAKERS),
        "record_id": ["r1", "r2", "r3", None],
        "column_id": ["c1", "c2", "c3", None],
        "_file": ["m/1.jpg", "m/2.jpg", "m/3.jpg", "w/own name.x.wav"],
        "_kind": list(kinds),
        "_splits": [splits] * 4,
    }
    return Samples(pa.table(columns), (str(place),))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for number in (1, 2):
        rows = [(0, "a", "train"), (0, "b", "train"), (1, "c", "train"), (1, "d", "train")]
        written(tmp_path, f"subdb{number}_train_10_90.csv", *rows)
    written(tmp_path, COMMON, (0, "c", "val"), (0, "d", "test"), (1, "a", "val"), (1, "b", "test"))
    return tmp_path


# Tables


def test_the_index_names_each_image_and_a_recording_by_its_file(place: Path) -> None:
    assert index_rows(samples_of(place)) == [
        ("a", "r1", "c1", "m/1.jpg"),
        ("b", "r2", "c2", "m/2.jpg"),
        ("c", "r3", "c3", "m/3.jpg"),
        ("d", "own name.x", "audio", "w/own name.x.wav"),
    ]


def test_a_combined_table_has_the_labelled_images_of_each_fold(place: Path) -> None:
    found = combined_rows(samples_of(place), LABELS, read_splits(place), 1)
    assert dict(zip(HEAD, found[0], strict=True)) == {
        "healthCode": "d", "health_code": "d", "record_id": "own name.x", "column_id": "audio",
        "image_rel_path": "w/own name.x.wav", "label": "0", "fold": 0, "subset": "test",
    }  # fmt: skip
    assert [(row[0], row[6], row[7]) for row in found] == [
        ("d", 0, "test"), ("a", 0, "train"), ("b", 0, "train"), ("b", 1, "test"), ("d", 1, "train"), ("a", 1, "val"),
    ]  # fmt: skip


def test_the_tables_that_are_asked_for_are_written(place: Path) -> None:
    out = place / "out"
    out.mkdir()
    files = finish(write_tables(samples_of(place), LABELS, out, (2,)))
    assert [file.name for file in files] == ["melspec_index.csv", "audio_imbalmed_subdb2_combined.csv"]
    assert len(finish(write_tables(samples_of(place), LABELS, out))) == 3
    rows = list(csv.reader(files[1].read_text("utf-8").splitlines()))
    assert (tuple(rows[0]), len(rows)) == (HEAD, 7)
    with pytest.raises(UserError, match=r"there is no sub-base 5 in .*: it has 1, 2"):
        finish(write_tables(samples_of(place), LABELS, out, (1, 5)))
    with pytest.raises(UserError, match="came without splits"):
        finish(write_tables(samples_of(place, splits=None), LABELS, out))


def test_an_export_is_of_images_and_recordings_with_their_own_labels(place: Path) -> None:
    view: Any = type("View", (), {"samples": samples_of(place, ("row", "image", "image", "audio")), "labels": LABELS})()
    told = finish(export(view, place / "x"))
    assert told["written"] == 3
    assert [one["source"] for one in told["skipped"]] == ["c"]
    text = (place / "x" / "melspec_index.csv").read_text("utf-8")
    assert [line.partition(",")[0] for line in text.splitlines()] == ["healthCode", "b", "c", "d"]
    file = place / "x" / "audio_imbalmed_combined" / "audio_imbalmed_subdb1_combined.csv"
    rows = list(csv.reader(file.read_text("utf-8").splitlines()))
    assert {(row[0], row[5]) for row in rows[1:]} == {("b", "0"), ("d", "0")}
    nothing: Any = type("View", (), {"samples": samples_of(place, ("row",) * 4), "labels": LABELS})()
    with pytest.raises(UserError, match="none of the samples is a mel image or a recording"):
        finish(export(nothing, place / "y"))


# Summaries


def answers(name: str, shift: float, rows: int = 24) -> list[Answered]:
    """Three folds over patients of two images; the second fold judges one class alone."""
    p = np.random.default_rng(int(shift * 10)).random(rows)
    table = np.stack([1 - p, p], axis=1).astype(np.float32)
    found = []
    for fold in range(3):
        test = np.arange(8 * fold, 8 * fold + 8)
        val = (test + 8) % rows
        train = (test + 16) % rows
        found.append(Answered(Given(name, fold, train, val, test), table[val], table[test]))
    return found


@pytest.fixture
def outcome(place: Path) -> GivenOutcome:
    groups = np.repeat(np.arange(12), 2)
    codes = np.where((groups >= 4) & (groups < 8), 0, groups % 2).astype(np.int64)
    truth = Truth(codes, groups, 2, 1)
    sets = {name: answers(name, shift) for name, shift in (("subdb1", 0.1), ("subdb2", 0.4))}
    scores: dict[str, Any] = {
        "positive": "ill",
        "sets": {name: summarise(one, truth) for name, one in sets.items()},
        "fusion": summarise(fuse_sets(sets, truth, "mean").answers, truth),
        **{"rule": "mean", "weights": [[0.5, 0.5]], "notes": ["n"], "beside": {"best": "subdb2"}, "words": "w"},
    }
    givens = tuple(one.given for group in sets.values() for one in group)
    return GivenOutcome("small_cnn", samples_of(place), LABELS, ("healthy", "ill"), givens, scores)


def test_a_summary_has_each_number_at_its_place(outcome: GivenOutcome) -> None:
    told = outcome.scores["sets"]["subdb2"]
    found = summary(outcome, "subdb2", told)
    assert (found["method"], found["subdb"], found["classes"]) == ("small_cnn", "subdb2", ["healthy", "ill"])
    assert (found["positive"], found["n_folds"]) == ("ill", 3)
    for theirs, ours in (("mean", "mean"), ("std", "sd"), ("pooled", "pooled"), ("pooled_intervals", "intervals")):
        assert found[theirs] == {"image": told[ours]["sample"], "patient": told[ours]["group"]}
    assert found["pooled"]["image"]["n"] == 24
    assert found["pooled"]["patient"]["n"] == 12
    assert found["n_folds_defined"]["patient"]["auc"] == 2
    assert found["n_folds_defined"]["patient"]["specificity"] == 3
    for line, fold in zip(told["folds"], found["folds"], strict=True):
        assert fold["fold"] == line["fold"]
        assert {name: fold[name] for name in ("accuracy", "auc", "f1")} == {
            name: line["sample"][name] for name in ("accuracy", "auc", "f1")
        }
        assert (fold["image"], fold["patient"]) == (line["sample"], line["group"])
        assert fold["threshold"] == {"image": line["threshold"]["sample"], "patient": line["threshold"]["group"]}


def test_what_one_class_leaves_undefined_is_null_in_the_file(outcome: GivenOutcome, tmp_path: Path) -> None:
    report(outcome, tmp_path)
    file = tmp_path / "outputs" / "audio_imbalmed" / "subdb1" / "small_cnn_cv_summary.json"
    told = json.loads(file.read_text("utf-8"))
    for level in ("image", "patient"):
        assert [told["folds"][1][level][name] for name in ("sensitivity", "f1", "auc", "balanced_accuracy")] == [
            None
        ] * 4
        assert told["folds"][1][level]["specificity"] is not None
        assert None not in told["pooled"][level].values()
        assert None not in told["mean"][level].values()
    assert "NaN" not in file.read_text("utf-8")


def test_a_run_leaves_the_files_of_its_own_sub_bases(outcome: GivenOutcome, tmp_path: Path) -> None:
    both, one = tmp_path / "both", tmp_path / "one"
    for folder in (both, one):
        folder.mkdir()
    report(outcome, both)
    joined = json.loads((both / "outputs" / "audio_imbalmed" / "small_cnn_fusion.json").read_text("utf-8"))
    assert joined["pooled"]["image"] == outcome.scores["fusion"]["pooled"]["sample"]
    assert (joined["subdb"], joined["rule"], joined["beside"], joined["words"]) == (
        "fusion",
        "mean",
        {"best": "subdb2"},
        "w",
    )
    single = GivenOutcome(
        outcome.recipe, outcome.samples, outcome.labels, outcome.classes, outcome.givens[3:], outcome.scores
    )
    report(single, one)
    assert sorted(file.relative_to(one).as_posix() for file in one.rglob("*") if file.is_file()) == [
        "audio_imbalmed_combined/audio_imbalmed_subdb2_combined.csv",
        "melspec_index.csv",
        "outputs/audio_imbalmed/subdb2/small_cnn_cv_summary.json",
    ]


@pytest.mark.parametrize("asked", [{"subdbs": (1,)}, {"fold": 0}])
def test_sub_bases_or_a_fold_of_samples_without_splits_are_refused(place: Path, asked: dict[str, Any]) -> None:
    assert given(SmallCnnParams(), samples_of(place, splits=None)) == ()
    with pytest.raises(UserError, match="these samples came without splits"):
        given(SmallCnnParams(**asked), samples_of(place, splits=None))
    assert {one.name for one in given(SmallCnnParams(**asked), samples_of(place))} <= {"subdb1", "subdb2"}


def test_the_sub_bases_and_folds_that_came_are_told_as_they_are(place: Path) -> None:
    assert offered(samples_of(place)) == {"subdbs": "1 – 2", "fold": "0 – 1; −1: every fold"}
    for number in (3, 5, 12):
        written(place, f"subdb{number}_train_10_90.csv", (4, "a", "train"), (4, "b", "train"))
    assert offered(samples_of(place)) == {"subdbs": "1 – 3, 5, 12", "fold": "0 – 1, 4; −1: every fold"}
    assert offered(samples_of(place, splits=None)) == dict.fromkeys(("subdbs", "fold"), "no splits came")
