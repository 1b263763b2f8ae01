"""Splits of patients row by row: what is read, refused, left over, and which trainings come of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from models.domains.voice import splits as splitting
from models.domains.voice.splits import COMMON, Splits, gather_splits, joins, read_splits
from models.errors import UserError
from models.sample import Samples
from tests.voice.spoken import table

HEAD = ("fold_iteration", "healthCode", "subset")


def written(place: Path, name: str, *rows: tuple[object, object, str], head: tuple[str, ...] = HEAD) -> Path:
    return table(place / name, head, *rows)


def texts(splits: Splits) -> list[str]:
    return [getattr(one, "text", "") or getattr(one, "reason", "") for one in splits.findings]


def base(place: Path) -> Path:
    """A sub-base of two folds with four patients."""
    written(place, "subdb1_train_10_90.csv", (0, "a", "train"), (0, "b", "train"), (1, "c", "train"), (1, "d", "train"))
    written(place, COMMON, (0, "c", "val"), (0, "d", "test"), (1, "a", "val"), (1, "b", "test"))
    return place


def samples_of(place: Path, *speakers: str) -> Samples:
    """Samples of these speakers, in this order, with the splits that lie here."""
    count = len(speakers)
    columns: dict[str, Any] = {
        "id": [str(row) for row in range(count)],
        "source": pa.array([0] * count, pa.int32()),
        "key": [str(row) for row in range(count)],
        "group": pa.array(list(speakers)).dictionary_encode(),
        "speaker": list(speakers),
        "_splits": ["."] * count,
    }
    return Samples(pa.table(columns), (str(place),))


def test_members_of_a_fold_are_those_of_the_sub_base_and_those_of_all(tmp_path: Path) -> None:
    splits = read_splits(base(tmp_path))
    assert splits.members(1, 0) == {"a": "train", "b": "train", "c": "val", "d": "test"}
    assert splits.members(1, 1) == {"c": "train", "d": "train", "a": "val", "b": "test"}
    assert (splits.subdbs, splits.folds(1), splits.ratios) == ((1,), (0, 1), {1: "10_90"})
    assert splits.patients() == {"a", "b", "c", "d"}


def test_sub_bases_stand_by_number(tmp_path: Path) -> None:
    for number in (10, 9, 2):
        written(tmp_path, f"subdb{number}_train_50_50.csv", (0, "a", "train"))
    assert read_splits(tmp_path).subdbs == (2, 9, 10)


@pytest.mark.parametrize("other", ["test", "val"])
def test_a_patient_on_two_sides_is_refused_with_fold_files_and_lines(tmp_path: Path, other: str) -> None:
    base(tmp_path)
    written(tmp_path, COMMON, (0, "c", "val"), (0, "A", other), (1, "a", "val"))
    words = rf"fold 0: patient a is in train \(subdb1_train_10_90.csv, line 2\) and in {other} \({COMMON}, line 3\)"
    with pytest.raises(UserError, match=words):
        read_splits(tmp_path)


def test_a_patient_in_two_parts_of_one_file_is_refused(tmp_path: Path) -> None:
    written(tmp_path, COMMON, (0, "c", "val"), (1, "c", "test"), (0, "c", "test"))
    with pytest.raises(UserError, match=r"fold 0: patient c is in val .*line 2\) and in test .*line 4\)"):
        read_splits(tmp_path)


def test_a_patient_may_train_in_one_fold_and_be_judged_in_another(tmp_path: Path) -> None:
    assert read_splits(base(tmp_path)).folds(1) == (0, 1)


def test_rows_that_are_there_twice_count_once_and_are_told(tmp_path: Path) -> None:
    base(tmp_path)
    written(
        tmp_path,
        "subdb1_train_10_90.csv",
        (0, "a", "train"),
        (0, "a", "training"),
        (0, "b", "Train"),
        (0, "A", "train"),
    )
    splits = read_splits(tmp_path)
    assert splits.members(1, 0) == {"a": "train", "b": "train", "c": "val", "d": "test"}
    assert "2 rows are there twice and count once: line 3, line 5" in texts(splits)


def test_rows_of_two_common_tables_are_told_twice_too(tmp_path: Path) -> None:
    base(tmp_path)
    other = written(tmp_path, "Common_val_test_all_subdbs.csv", (0, "c", "val"))
    if other.samefile(tmp_path / COMMON):
        pytest.skip("this disk does not tell capitals apart")
    assert "1 row is there twice and counts once: line 2" in texts(read_splits(tmp_path))


@pytest.mark.parametrize("fold", ["-1", "0.5", "", "x", "1000000", "nan", "inf"])
def test_what_is_no_fold_is_skipped_with_its_line(tmp_path: Path, fold: str) -> None:
    base(tmp_path)
    written(tmp_path, COMMON, (0, "c", "val"), (fold, "d", "test"), ("0.0", "d", "test"), (0, "e", "Validation"))
    splits = read_splits(tmp_path)
    assert splits.members(1, 0) == {"a": "train", "b": "train", "c": "val", "d": "test", "e": "val"}
    assert set(splits.common) == {0}
    told = [one for one in splits.findings if getattr(one, "reason", "").startswith("it is no fold")]
    assert [one.where for one in told] == ["line 3"]


@pytest.mark.parametrize("row", [(0, "", "test"), (0, "e", "tests")])
def test_a_row_without_patient_or_part_is_skipped(tmp_path: Path, row: tuple[int, str, str]) -> None:
    base(tmp_path)
    written(tmp_path, COMMON, (0, "c", "val"), row)
    assert read_splits(tmp_path).members(1, 0) == {"a": "train", "b": "train", "c": "val"}


def test_columns_are_known_whatever_their_capitals(tmp_path: Path) -> None:
    base(tmp_path)
    written(tmp_path, COMMON, (0, "c", "val"), head=("Fold_Iteration", "HEALTHCODE", "Subset"))
    assert read_splits(tmp_path).members(1, 0)["c"] == "val"


def test_a_sub_base_that_two_files_tell_is_read_once(tmp_path: Path) -> None:
    base(tmp_path)
    written(tmp_path, "subdb1_train_20_80.csv", (0, "d", "train"))
    splits = read_splits(tmp_path)
    assert splits.members(1, 0)["d"] == "test"
    assert "sub-base 1 is told by subdb1_train_10_90.csv too" in texts(splits)


def test_a_sub_base_without_a_row_is_none(tmp_path: Path) -> None:
    base(tmp_path)
    written(tmp_path, "subdb2_train_20_80.csv")
    splits = read_splits(tmp_path)
    assert splits.subdbs == (1,)
    assert any("these are missing: 2, 3, 4" in text for text in texts(splits))


def test_what_files_lack_is_told(tmp_path: Path) -> None:
    base(tmp_path)
    written(tmp_path, COMMON, (0, "c", "val"), (0, "d", "test"))
    assert any("fold 1 has no patients of validation and test" in text for text in texts(read_splits(tmp_path)))
    for part, words in (("val", "no patients of validation: nothing"), ("test", "no patients of test: it has")):
        other = "test" if part == "val" else "val"
        written(tmp_path, COMMON, (0, "c", "val"), (0, "d", "test"), (1, "e", other), (1, "f", other))
        assert [text for text in texts(read_splits(tmp_path)) if f"fold 1 has {words}" in text]
    (tmp_path / COMMON).unlink()
    told = texts(read_splits(tmp_path))
    assert any("it is missing or empty" in text for text in told)
    assert not any("has no patients of validation" in text for text in told), "that is told once"


def test_the_folder_with_most_splits_is_read(tmp_path: Path) -> None:
    here = base(tmp_path / "z")
    other = written(tmp_path / "a", "subdb7_train_10_90.csv", (0, "x", "train"))
    files = [other, *sorted(here.iterdir())]
    splits, place = splitting.find_splits(tmp_path, files)
    assert (place, splits.subdbs) == ("z", (1,))
    assert "another folder of splits is read: z" in texts(splits)
    assert splitting.find_splits(tmp_path, [])[1] == ""


def test_what_splits_and_samples_leave_over_is_told_each_for_itself(tmp_path: Path) -> None:
    splits = read_splits(base(tmp_path))
    labels: dict[str, str | None] = {"a": "1", "b": "0", "c": "0", "e": "1"}

    def told(seen: set[str]) -> list[str]:
        return [getattr(one, "text", "") for one in joins(splits, labels, seen)]

    found = told({"a", "b", "e"})
    assert "1 patient of the splits has neither a sample nor a row of a survey and is left out: d" in found
    assert "1 patient of the splits has no image and is left out: c" in found
    assert "1 patient with samples is in no split: e" in found
    assert not [text for text in told({"a", "b", "c", "d"}) if "patients" in text and "all patients" not in text]
    assert splitting.unknown_patients(splits, ["A", "B", "C", "D"]) == []
    assert list(joins(Splits(), labels, {"a"})) == [], "where there are no splits nothing is left over"


def test_the_common_table_alone_is_held_against_the_samples_too(tmp_path: Path) -> None:
    written(tmp_path, COMMON, (0, "c", "val"), (0, "d", "test"))
    found = [getattr(one, "text", "") for one in joins(read_splits(tmp_path), {}, {"c"})]
    assert any("neither a sample nor a row of a survey and is left out: d" in text for text in found)


def test_of_many_the_first_five_are_named(tmp_path: Path) -> None:
    base(tmp_path)
    written(tmp_path, COMMON, *[(0, f"p{n}", "test") for n in range(6)])
    found = [getattr(one, "text", "") for one in joins(read_splits(tmp_path), {}, {"a", "b", "c", "d"})]
    assert any(text.endswith("left out: p0, p1, p2, p3, p4 and 1 more") for text in found)
    written(tmp_path, COMMON, *[(0, f"p{n}", "test") for n in range(5)])
    found = [getattr(one, "text", "") for one in joins(read_splits(tmp_path), {}, {"a", "b", "c", "d"})]
    assert any(text.endswith("left out: p0, p1, p2, p3, p4") for text in found)


def test_parts_of_one_class_alone_are_told_by_file_and_fold(tmp_path: Path) -> None:
    splits = read_splits(base(tmp_path))
    labels: dict[str, str | None] = {"a": "1", "b": "0", "c": "1", "d": None}
    told = [(one.source, one.where, one.text.partition(";")[0]) for one in splitting.one_sided(splits, labels)]
    assert told == [
        (COMMON, "fold 0", "fold 0: all patients of val are of the class 1"),
        (COMMON, "fold 1", "fold 1: all patients of test are of the class 0"),
        (COMMON, "fold 1", "fold 1: all patients of val are of the class 1"),
        ("subdb1_train_10_90.csv", "fold 1", "fold 1: all patients of train are of the class 1"),
    ], "who has no label is of no class"


def test_each_image_stands_by_fold_part_and_patient(tmp_path: Path) -> None:
    splits = read_splits(base(tmp_path))
    found = splitting.expand(splits, 1, ["B", "d", "a", "b", "x"])
    assert [(one.row, one.fold, one.subset) for one in found] == [
        (1, 0, "test"), (2, 0, "train"), (0, 0, "train"), (3, 0, "train"),
        (0, 1, "test"), (3, 1, "test"), (1, 1, "train"), (2, 1, "val"),
    ]  # fmt: skip


def test_trainings_have_rows_in_their_order_and_need_two_sides(tmp_path: Path) -> None:
    base(tmp_path)
    found = splitting.given(samples_of(tmp_path, "d", "b", "c", "a", "B"))
    assert [(one.name, one.fold) for one in found] == [("subdb1", 0), ("subdb1", 1)]
    assert [rows.tolist() for rows in (found[0].train, found[0].val, found[0].test)] == [[1, 3, 4], [2], [0]]
    assert [one.fold for one in splitting.given(samples_of(tmp_path, "a", "c", "d"))] == [0], "nobody tests 1"


def test_a_fold_without_training_or_test_samples_is_left_out(tmp_path: Path) -> None:
    base(tmp_path)
    assert splitting.given(samples_of(tmp_path, "a", "c")) == splitting.given(samples_of(tmp_path, "b")) == ()


def test_a_fold_or_sub_base_that_is_asked_for_is_there_or_refused(tmp_path: Path) -> None:
    samples = samples_of(base(tmp_path), "a", "b", "c", "d")
    assert [one.fold for one in splitting.given(samples, (1,), 0)] == [0]
    assert [one.fold for one in splitting.given(samples, (), 1)] == [1]
    with pytest.raises(UserError, match=r"there is no fold 2 in .*: it has 0, 1; -1 stands for all"):
        splitting.given(samples, (), 2)
    with pytest.raises(UserError, match=r"there is no sub-base 3 in .*: it has 1"):
        splitting.given(samples, (1, 3))
    written(tmp_path, COMMON, (1, "a", "val"), (1, "b", "test"))
    with pytest.raises(UserError, match=r"there is no fold 0 in .*: it has 1;"):
        splitting.given(samples, (), 0)


def test_which_files_are_splits_is_told_by_their_names() -> None:
    assert all(
        map(splitting.is_split, (Path("SUBDB1_train_10_90.CSV"), Path("subdb12_train_0_100.csv"), Path(COMMON.upper())))
    )
    assert not any(
        map(
            splitting.is_split,
            (Path("subdb1_val_10_90.csv"), Path("xsubdb1_train_1_2.csv"), Path("subdb1_train_10_90.csv.bak")),
        )
    )


def test_a_folder_without_splits_or_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no splits"):
        read_splits(tmp_path)
    with pytest.raises(UserError, match="the splits cannot be read"):
        read_splits(tmp_path / "gone")
    assert gather_splits([]).subdbs == ()
