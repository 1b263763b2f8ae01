"""The layout of the IMBALMED runner comes in by one command; every join that leaves something over is told."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from models.domains.voice import splits as splitting
from models.domains.voice.places import SPLITS
from models.errors import UserError
from models.job import Job
from models.store.project import Project
from tests.voice.spoken import DATA, data_set, mel_image, scanned, split, split_folder, survey, table, uuid_of
from workers.inline import run

SEED = DATA / "melspec_seed_layout"


def do(order: str, **arguments: Any) -> Any:
    return run(Job(order, {name: str(value) for name, value in arguments.items()}, order))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return data_set(tmp_path / "set")


@pytest.mark.skipif(not SEED.is_dir(), reason="no shared data here")
def test_the_seed_comes_in_by_one_command(tmp_path: Path) -> None:
    Project.create(tmp_path / "p", "voice").close()
    told = run(Job("import_samples", {"project": str(tmp_path / "p"), "sources": [str(SEED)]}, "import"))
    assert (told["samples"], told["groups"], told["skipped"]) == (52, 26, [])
    assert told["classes"] == {"0": 32, "1": 20}
    assert told["words"] == {"group": "patient", "sample": "image"}
    (unlabelled,) = [one for one in told["notes"] if one["where"].startswith("row 27 ")]
    assert unlabelled["text"] == "patient 7d8e8432-b161-5e5e-b19c-c7fb4fc9ab23 has no diagnosis and no image"
    assert [one["source"] for one in told["notes"] if "left out" in one["text"]] == ["index_with_source.csv"]
    again = run(Job("import_samples", {"project": str(tmp_path / "p"), "sources": [str(SEED)]}, "import"))
    assert (again["added"], again["known"]) == (0, 52)


@pytest.mark.skipif(not SEED.is_dir(), reason="no shared data here")
def test_the_seed_from_above_is_the_same_data_set() -> None:
    found = scanned(SEED.parent / "melspec_seed_layout" / "..")
    (images,) = [one for one in found.found if one.name == "melspec_seed_layout"]
    assert images.source.resolve() == SEED.resolve()
    assert len(images.keys) == 52
    assert all(key.startswith("data/melSpec/") for key in images.keys)


def test_of_a_whole_data_set_only_its_splits_are_told(home: Path) -> None:
    found = scanned(home)
    assert [one.text for one in found.noted] == [
        "9 sub-bases of 2 folds are there: recipes of images train over all, or over those of --subdbs"
    ]
    assert found.skipped == []
    one = found.one
    assert one.name == "set"
    assert Counter(one.labels) == {"1": 8, "0": 8}
    assert set(one.groups) == {uuid_of(number) for number in range(1, 9)}
    assert set(one.columns["column_id"]) == {"audio_audio_m4a"}
    assert set(one.columns[SPLITS]) == {split_folder(home).relative_to(home).as_posix()}


def test_the_tables_written_of_a_data_set_come_in_beside_it(home: Path) -> None:
    """Their paths start at the root of the data set, wherever they lie."""
    beside = home.parent / "combined"
    beside.mkdir()
    rows = [(uuid_of(1), "r", "audio_audio_m4a", path.relative_to(home).as_posix(), 1, 0, "train")
            for path in sorted(home.rglob("*.jpg"))]  # fmt: skip
    head = ("healthCode", "record_id", "column_id", "image_rel_path", "label", "fold", "subset")
    table(beside / "melspec_index.csv", head[:4], *(row[:4] for row in rows))
    table(beside / "audio_imbalmed_combined" / "audio_imbalmed_subdb1_combined.csv", head, *rows)
    found = scanned(home.parent)
    assert len(found.keys) == 16
    assert found.skipped == []
    assert found.words.count("what it names is in the project by another table or by its layout, left out") == 2


def test_names_that_do_not_match_are_skipped(home: Path) -> None:
    mel_image(home, 1, 7, "picture_of_patient_1.jpg")
    found = scanned(home)
    assert [(one.where, "healthCode" in one.reason) for one in found.skipped] == [
        ("data/melSpec/picture_of_patient_1.jpg", True)
    ]
    assert len(found.keys) == 16


def test_a_broken_image_costs_itself_alone(home: Path) -> None:
    path = mel_image(home, 1, 7)
    path.write_bytes(path.read_bytes()[:90])
    assert [one.where for one in scanned(home).skipped] == [path.relative_to(home).as_posix()]
    assert len(scanned(home).keys) == 16


def test_ids_in_capitals_are_the_same_patients(home: Path) -> None:
    mel_image(home, 1, 7, f"{uuid_of(1).upper()}_{uuid_of(77).upper()}_audio_audio_m4a.jpg")
    survey(home, [(uuid_of(number).upper(), bool(number % 2)) for number in range(1, 9)])
    found = scanned(home)
    assert len(set(found.groups)) == 8
    assert Counter(found.labels) == {"1": 9, "0": 8}
    assert "9 ids are written with capitals" in found.words


def test_diagnoses_in_other_words(home: Path) -> None:
    words = ["yes", "no", "1", "0", "TRUE", "false", "Y", "n"]
    survey(home, [(uuid_of(number), word) for number, word in enumerate(words, 1)])
    found = scanned(home)
    assert Counter(found.labels) == {"1": 8, "0": 8}
    assert "'yes' 1 times" in found.note("diagnoses are written as")


def test_what_is_no_diagnosis_is_never_guessed(home: Path) -> None:
    survey(home, [(uuid_of(number), ["", "maybe", True][min(number - 1, 2)]) for number in range(1, 9)])
    found = scanned(home)
    assert Counter(found.labels) == {"1": 12, None: 4}
    assert "row 2 (line 3)" in found.note("'maybe' is neither true nor false")
    assert uuid_of(1) in found.note("no diagnosis of the patient")


def test_every_join_is_told(home: Path) -> None:
    rows = [(uuid_of(number), bool(number % 2)) for number in range(2, 9)]
    survey(home, [*rows, (uuid_of(50), True), (uuid_of(51), ""), rows[0], (uuid_of(3), False)])
    split(
        home, "subdb9_train_90_10.csv", [(0, uuid_of(60), "train"), (0, uuid_of(5), "train"), (0, uuid_of(5), "train")]
    )
    found = scanned(home)
    assert uuid_of(1) in found.note("2 images without a label: no row of the survey is of the patient")
    assert "row 8 (line 9)" in found.note(f"patient {uuid_of(50)} has a diagnosis and no image")
    assert "row 9 (line 10)" in found.note(f"patient {uuid_of(51)} has no diagnosis and no image")
    assert "row 10 (line 11)" in found.note("is there twice, first in row 1")
    assert "unlabelled" in found.note("another in row 2")
    assert uuid_of(60) in found.note("1 patient of the splits has neither")
    assert "line 4" in found.note("1 row is there twice and counts once")
    assert Counter(found.labels) == {"0": 8, "1": 4, None: 4}


def test_a_patient_on_both_sides_of_a_fold_is_an_error_with_its_name(home: Path, tmp_path: Path) -> None:
    split(
        home, "subdb4_train_40_60.csv", [(0, uuid_of(8), "train"), (1, uuid_of(8), "train"), (0, uuid_of(2), "train")]
    )
    with pytest.raises(UserError) as error:
        scanned(home)
    words = str(error.value)
    assert "patient 00000002-" in words or "patient 00000008-" in words
    assert "subdb4_train_40_60.csv, line" in words
    assert "common_val_test_all_subdbs.csv, line" in words
    split(home, "subdb4_train_40_60.csv", [(0, uuid_of(8), "train"), (0, uuid_of(8), "test")])
    with pytest.raises(UserError, match=f"fold 0: patient {uuid_of(8)} is in train .* and in test"):
        scanned(home)


def test_a_sub_base_that_lacks_and_a_fold_of_one_class_are_told(home: Path) -> None:
    (split_folder(home) / "subdb3_train_30_70.csv").unlink()
    split(
        home,
        "subdb7_train_70_30.csv",
        [(0, uuid_of(5), "train"), (0, uuid_of(7), "train"), (1, "", "train"), ("x", 1, "train")],
    )
    found = scanned(home)
    assert "these are missing: 3" in found.note("sub-bases 1 to 9")
    assert "fold 0" in found.note("all patients of train are of the class 1")
    assert [one.where for one in found.skipped] == ["line 4", "line 5"]
    assert len(found.keys) == 16


def test_without_common_table_or_survey_the_rest_comes_in(home: Path) -> None:
    (split_folder(home) / splitting.COMMON).unlink()
    (home / "data" / "data_paired" / "csv" / "Demographics_Survey.csv").unlink()
    found = scanned(home)
    assert set(found.labels) == {None}
    assert "no fold has patients of validation" in found.words
    assert "there is no Demographics_Survey.csv" in found.words


def test_survey_and_splits_elsewhere_are_named(home: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    split_folder(home).rename(away)
    moved = (home / "data" / "data_paired" / "csv" / "Demographics_Survey.csv").rename(tmp_path / "who.csv")
    found = scanned(home, survey=str(moved), splits=str(away))
    assert Counter(found.labels) == {"1": 8, "0": 8}
    assert set(found.column(SPLITS)) == {"../away"}
    assert len(splitting.given(found.samples())) == 18
    with pytest.raises(UserError, match="which is no folder"):
        scanned(home, splits="nowhere")
    with pytest.raises(UserError, match="which is no file"):
        scanned(home, survey="nowhere.csv")


def test_a_split_of_other_columns_is_skipped(home: Path) -> None:
    table(split_folder(home) / "subdb5_train_50_50.csv", ("fold", "who"), (0, 1))
    found = scanned(home)
    assert "no column fold_iteration" in found.words
    assert "these are missing: 5" in found.words


def test_trainings_are_the_folds_of_the_sub_bases(home: Path) -> None:
    samples = scanned(home).samples()
    found = splitting.given(samples, (1, 9))
    assert [(one.name, one.fold) for one in found] == [("subdb1", 0), ("subdb1", 1), ("subdb9", 0), ("subdb9", 1)]
    speakers = samples.column("speaker")
    for one in found:
        parts = [set(speakers[rows].tolist()) for rows in (one.train, one.val, one.test)]
        assert [len(part) for part in parts] == [4, 2, 2]
        assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]
        # Each patient is repeated over all its images.
        assert [len(rows) for rows in (one.train, one.val, one.test)] == [8, 4, 4]
    assert [one.fold for one in splitting.given(samples, (2,), 1)] == [1]
    with pytest.raises(UserError, match="no sub-base 12"):
        splitting.given(samples, (12,))
    with pytest.raises(UserError, match="no fold 5"):
        splitting.given(samples, (1,), 5)


def test_patients_of_splits_in_capitals_are_the_same_patients(home: Path) -> None:
    before = splitting.given(scanned(home).samples(), (1,))
    (file,) = home.rglob("subdb1_train_*.csv")
    head, *rows = file.read_text("utf-8").splitlines()
    file.write_text("\n".join([head, *(row.upper().replace("TRAIN", "train") for row in rows)]) + "\n", "utf-8")
    after = splitting.given(scanned(home).samples(), (1,))
    assert [one.train.tolist() for one in after] == [one.train.tolist() for one in before]
    (common,) = home.rglob("common_val_test_all_subdbs.csv")
    judged = next(row for row in common.read_text("utf-8").splitlines() if row.endswith(",test"))
    with file.open("a", encoding="utf-8") as more:
        more.write(judged.upper().replace(",TEST", ",train") + "\n")
    with pytest.raises(UserError, match="test"):
        scanned(home)


def test_samples_without_splits_have_no_trainings(tmp_path: Path) -> None:
    mel_image(tmp_path / "set", 1, 1)
    found = scanned(tmp_path / "set")
    assert splitting.given(found.samples()) == ()
    assert len(found.keys) == 1


def test_pipes_under_the_names_of_tables_are_not_waited_for(tmp_path: Path) -> None:
    data = data_set(tmp_path / "data", 4, 1)
    names = ("subdb3_train_30_70.csv", "annotations.json", "x.TextGrid", "y.txt", "z.csv", "w.csv.gz")
    for name in names:
        path = split_folder(data) / name
        path.unlink(missing_ok=True)
        os.mkfifo(path)
    found = scanned(data)
    told = {item.source: item.reason for item in found.skipped}
    assert told["subdb3_train_30_70.csv"] == "it is a folder, a pipe or a device, not a file"
    assert len(found.keys) == 4
