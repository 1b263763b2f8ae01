"""Splits: groups stay whole, classes stand on both sides, seeds repeat, a locked test set stays."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import UserError
from models.learn.split import Split, add_folds, draw_split, fold_rows, read_split
from models.orders.test_set import draw_test
from models.sample import Samples

SIDES = ("train", "val", "test")


@st.composite
def labelled(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    """Labels (some −1), groups and a seed, with at least two groups among the labelled."""
    size = draw(st.integers(4, 120))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    groups = rng.integers(0, draw(st.integers(2, 30)), size)
    labels = rng.integers(-1, draw(st.integers(1, 5)), size)
    labels[:2], groups[:2] = 0, (0, 1)
    return labels, groups, draw(st.integers(0, 1000))


def rows_of(split: Split) -> np.ndarray:
    return np.concatenate([split.train, split.val, split.test, split.left_out])


@settings(max_examples=80, deadline=None)
@given(labelled())
def test_every_labelled_row_is_used_once_and_no_group_stands_on_two_sides(case) -> None:
    labels, groups, seed = case
    split = draw_split(labels, groups, seed)
    assert sorted(rows_of(split)) == list(np.flatnonzero(labels >= 0))
    assert len(split.train) > 0
    assert all((np.diff(rows) > 0).all() and rows.dtype == np.int64 for rows in split.sides().values())
    if split.by == "group":
        assert split.independent or not len(split.test) + len(split.val)
        sets = [set(groups[rows]) for rows in split.sides().values()]
        assert sum(map(len, sets)) == len(set().union(*sets))
        assert split.groups == dict(zip(SIDES, map(len, sets), strict=True))
    else:
        assert not split.independent


@settings(max_examples=60, deadline=None)
@given(labelled())
def test_a_class_of_two_groups_or_more_is_in_train_and_one_of_one_group_in_train_only(case) -> None:
    labels, groups, seed = case
    split = draw_split(labels, groups, seed)
    trained = set(labels[split.train])
    assert trained == set(labels[labels >= 0])
    if split.by == "group":
        for code in trained:
            if len(set(groups[labels == code])) == 1:
                assert code not in labels[split.test]
                assert code not in labels[split.val]


@settings(max_examples=30, deadline=None)
@given(labelled())
def test_a_seed_gives_the_same_split_again(case) -> None:
    labels, groups, seed = case
    first, again = draw_split(labels, groups, seed), draw_split(labels, groups, seed)
    assert all(np.array_equal(getattr(first, name), getattr(again, name)) for name in SIDES)


def test_other_seeds_give_other_splits() -> None:
    labels, groups = np.tile(np.arange(4), 50), np.repeat(np.arange(25), 8)
    tests = {tuple(draw_split(labels, groups, seed).test) for seed in range(10)}
    assert len(tests) > 5


def test_shares_and_classes_are_near_the_wish() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 60, 3000)
    labels = rng.choice(4, 3000, p=[0.7, 0.2, 0.07, 0.03])
    split = draw_split(labels, groups, 3)
    for rows in (split.test, split.val):
        assert abs(len(rows) / 3000 - 0.2) < 0.03
        assert np.allclose(np.bincount(labels[rows]) / np.bincount(labels), 0.2, atol=0.07)


def test_a_rare_class_of_two_groups_stands_in_train_and_test() -> None:
    groups = np.repeat(np.arange(30), 10)
    labels = np.zeros(300, int)
    labels[groups == 4], labels[groups == 9] = 1, 1
    for seed in range(5):
        split = draw_split(labels, groups, seed)
        assert {0, 1} == set(labels[split.train]) == set(labels[split.test])


def test_a_class_of_one_group_is_told_by_name() -> None:
    groups = np.repeat(np.arange(10), 5)
    labels = np.where(groups == 3, 1, 0)
    split = draw_split(labels, groups, 0, classes=("plain", "rare"))
    assert 1 not in labels[split.test]
    assert split.notes[0] == "Class rare: in one group only, so in training alone; no test can score it."


def test_one_group_is_split_by_sample_and_not_independent() -> None:
    labels = np.tile([0, 1, 1, 1], 25)
    split = draw_split(labels, np.zeros(100, int), 0)
    assert (split.by, split.independent) == ("sample", False)
    assert np.allclose([labels[split.test].mean(), labels[split.train].mean()], 0.75, atol=0.02)
    assert "not independent" in split.notes[0]


def test_groups_that_each_hold_a_class_are_split_by_sample() -> None:
    groups = np.repeat([0, 1, 2], 20)
    split = draw_split(groups, groups, 0)
    assert split.by == "sample"
    assert set(groups[split.test]) == {0, 1, 2}


def test_two_groups_leave_no_validation_and_say_so() -> None:
    split = draw_split(np.tile([0, 1], 20), np.repeat([0, 1], 20), 0)
    assert [len(split.train), len(split.val), len(split.test)] == [20, 0, 20]
    assert split.notes == ("Too few of each group for a validation set: there is none.",)


def test_nothing_labelled_gives_an_empty_split() -> None:
    split = draw_split(np.full(5, -1), np.arange(5), 0)
    assert [len(rows) for rows in split.sides().values()] == [0, 0, 0]


@settings(max_examples=40, deadline=None)
@given(labelled(), st.integers(0, 50))
def test_a_locked_test_set_stays_and_rows_of_its_groups_are_left_out(case, other_seed: int) -> None:
    labels, groups, seed = case
    first = draw_split(labels, groups, seed)
    if first.by == "sample" or not len(first.test):
        return
    later_labels = np.concatenate([labels, np.zeros(20, int)])
    later_groups = np.concatenate([groups, np.resize(np.append(groups[first.test], 99), 20)])
    split = draw_split(later_labels, later_groups, other_seed, locked_test=first.test)
    assert np.array_equal(split.test, first.test)
    assert split.kind == "locked"
    if split.by == "sample":
        return
    tested = set(groups[first.test])
    assert not tested & set(later_groups[np.concatenate([split.train, split.val])])
    assert set(later_groups[split.left_out]) <= tested
    assert sorted(rows_of(split)) == list(np.flatnonzero(later_labels >= 0))
    assert any(f"{len(split.left_out)} labelled sample" in note for note in split.notes) == (len(split.left_out) > 0)


def test_a_locked_test_row_that_lost_its_label_is_not_scored_and_never_trained() -> None:
    labels, groups = np.tile([0, 1], 20), np.repeat(np.arange(10), 4)
    labels[0] = -1
    split = draw_split(labels, groups, 0, locked_test=[0, 1, 2, 3])
    assert list(split.test) == [1, 2, 3]
    assert 0 not in rows_of(split)
    assert "1 sample of the locked test set not scored: no label" in split.notes[0]


def test_a_locked_test_set_of_the_only_group_keeps_the_rest_for_training() -> None:
    labels = np.tile([0, 1], 50)
    split = draw_split(labels, np.zeros(100, int), 5, locked_test=np.arange(20))
    assert (split.by, split.independent, len(split.test), len(split.left_out)) == ("sample", False, 20, 0)
    assert len(split.train) + len(split.val) == 80


def test_a_column_that_cuts_groups_is_not_independent() -> None:
    labels, groups = np.tile([0, 1], 60), np.repeat(np.arange(12), 10)
    cells = np.arange(120) % 30
    leaky = draw_split(labels, cells, 0, by="cell", within=groups)
    whole = draw_split(labels, groups // 2, 0, by="site", within=groups)
    assert (leaky.by, leaky.independent, whole.independent) == ("cell", False, True)
    assert "Split by cell" in leaky.notes[-1]


@settings(max_examples=60, deadline=None)
@given(labelled(), st.integers(2, 8))
def test_folds_hold_every_labelled_row_once_with_whole_groups(case, k: int) -> None:
    labels, groups, seed = case
    folds = fold_rows(labels, groups, k, seed)
    assert sorted(np.concatenate(folds)) == list(np.flatnonzero(labels >= 0))
    assert all(len(fold) for fold in folds)
    assert len(folds) == min(k, len(set(groups[labels >= 0])))
    seen = [set(groups[fold]) for fold in folds]
    assert sum(map(len, seen)) == len(set().union(*seen))
    assert all(map(np.array_equal, folds, fold_rows(labels, groups, k, seed)))


def test_folds_are_as_even_as_scikit_learns() -> None:
    from sklearn.model_selection import StratifiedGroupKFold

    rng = np.random.default_rng(1)
    groups = rng.integers(0, 40, 800)
    labels = (rng.random(800) < 0.15 + 0.3 * (groups % 3 == 0)).astype(int)
    ours = [labels[fold].sum() for fold in fold_rows(labels, groups, 5, 0)]
    theirs = [labels[held].sum() for _, held in StratifiedGroupKFold(5).split(labels, labels, groups)]
    assert np.std(ours) <= np.std(theirs) + 2


def test_one_group_is_folded_by_sample_with_even_classes() -> None:
    labels = np.repeat([0, 1], [40, 10])
    assert [labels[fold].sum() for fold in fold_rows(labels, np.zeros(50, int), 5, 0)] == [2] * 5


@pytest.mark.parametrize(("labels", "k", "words"), [([0, 1], 1, "at least 2 folds"), ([0, -1], 3, "two labelled")])
def test_impossible_folds_are_refused(labels: list[int], k: int, words: str) -> None:
    with pytest.raises(UserError, match=words):
        fold_rows(labels, [0, 1], k, 0)


def test_added_folds_never_hold_a_test_row() -> None:
    labels, groups = np.tile([0, 1], 60), np.repeat(np.arange(12), 10)
    split = add_folds(draw_split(labels, groups, 0), labels, groups, 4, 0)
    pooled = np.sort(np.concatenate(split.folds))
    assert np.array_equal(pooled, np.sort(np.concatenate([split.train, split.val])))
    few = add_folds(draw_split(labels, groups, 0), labels, groups, 50, 0)
    assert few.notes[-1].endswith("instead of 50: there are not more groups.")


def test_a_split_is_plain_json_and_names_every_row() -> None:
    split = draw_split(np.tile([0, 1], 60), np.repeat(np.arange(12), 10), 0)
    plain = json.loads(json.dumps(split.plain()))
    assert plain["train"] + plain["val"] + plain["test"] == 120
    parts = split.parts(130)
    assert [(parts == name).sum() for name in (*SIDES, "rest")] == [len(r) for r in split.sides().values()] + [10]
    mask = np.arange(120) % 2 == 0
    assert sorted(rows_of(split.keep(mask))) == list(range(0, 120, 2))


def table(groups: list[str]) -> Samples:
    ids = [f"f{number}" for number in range(len(groups))]
    group = pa.array(groups).dictionary_encode()
    source = pa.array([0] * len(ids), pa.int32())
    return Samples(pa.table({"id": ids, "source": source, "key": ids, "group": group}), ("f",))


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "split.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_a_split_file_by_sample_is_read_with_bom_semicolons_and_other_words(tmp_path: Path) -> None:
    text = "Sample;Subset\r\nf0;Training\r\nf1;validation\r\nf2;TEST\r\nf3;\r\n"
    split = read_split(write(tmp_path, text, "utf-8-sig"), table(["a", "b", "c", "d", "e"]))
    assert [list(rows) for rows in split.sides().values()] == [[0], [1], [2]]
    assert list(split.left_out) == [3, 4]
    assert (split.kind, split.independent) == ("file", True)
    assert "leaves 2 samples of the project out" in split.notes[0]


def test_a_split_file_by_group_with_folds(tmp_path: Path) -> None:
    text = "group,subset,fold\na,train,1\nb,train,2\nc,val,10\nd,test,\n"
    split = read_split(write(tmp_path, text), table(["a", "a", "b", "c", "d"]))
    assert [list(fold) for fold in split.folds] == [[0, 1], [2], [3]]
    assert (list(split.test), split.independent) == ([4], True)


def test_folds_alone_make_everything_training(tmp_path: Path) -> None:
    split = read_split(write(tmp_path, "sample,fold\nf0,x\nf1,y\n"), table(["a", "b"]))
    assert (list(split.train), [list(fold) for fold in split.folds]) == ([0, 1], [[0], [1]])


def test_unknown_names_are_reported_with_their_rows(tmp_path: Path) -> None:
    split = read_split(write(tmp_path, "sample,subset\nf0,train\nzz,train\nf1,test\n"), table(["a", "b"]))
    assert split.notes == ("split.csv: 1 sample not in this project: zz (row 3).",)


def test_a_file_that_cuts_a_group_says_so(tmp_path: Path) -> None:
    split = read_split(write(tmp_path, "sample,subset\nf0,train\nf1,test\n"), table(["a", "a"]))
    assert not split.independent
    assert "puts a group on two sides" in split.notes[-1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sample,set\nf0,train\n", "row 1 names the columns"),
        ("", "row 1 names the columns nothing"),
        ("sample,subset\nf0,tran\n", "row 2: “tran” is no subset"),
        ("sample,subset\nf0,train\nf0,test\n", "row 3: sample “f0” is test here and train in row 2"),
        ("sample,subset\nq,train\n", "none of its samples is in this project; ids look like “f0”"),
    ],
)
def test_a_wrong_split_file_says_what_and_where(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        read_split(write(tmp_path, text), table(["a", "b"]))
    assert words in str(caught.value)
    assert "split.csv" in str(caught.value)


def test_a_missing_or_binary_split_file_is_a_users_mistake(tmp_path: Path) -> None:
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x81")
    for name in ("absent.csv", "binary.csv"):
        with pytest.raises(UserError, match="cannot be read"):
            read_split(tmp_path / name, table(["a"]))


def test_a_level_for_each_group_does_not_part_the_groups() -> None:
    groups = np.repeat(np.arange(10), 4)
    speakers = np.array([f"s{group}" for group in groups.tolist()], object)
    drawn = draw_test(groups % 2, groups, speakers, 0.2)
    assert (drawn.by, drawn.independent) == ("group", True)
    assert not set(groups[drawn.test].tolist()) & set(groups[drawn.train].tolist())
    assert set((groups % 2)[drawn.test].tolist()) == {0, 1}
