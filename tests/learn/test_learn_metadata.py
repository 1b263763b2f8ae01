"""The metadata-only model: it finds a confound, and no more than there is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from models.errors import UserError
from models.learn.metadata import (
    confound_words,
    encode,
    left_out_words,
    metadata_score,
    telling_columns,
    without_columns,
)
from models.sample import Samples


def recordings(confounded: bool, n: int = 240) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rate, length, device of recordings in 40 groups; with a confound the rate goes with the class."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), n // 40)
    labels = (groups % 2) if confounded else rng.integers(0, 2, 40)[groups]
    rate = np.where(labels == 1, 30.0, 7.5) if confounded else rng.choice([7.5, 30.0], 40)[groups]
    length = rng.normal(1000, 200, n)
    length[::7] = np.nan
    return np.stack([rate, length, rng.integers(0, 3, n)], axis=1), labels, groups


def test_a_confound_is_found_and_told() -> None:
    x, labels, groups = recordings(True)
    found = metadata_score(x, labels, groups, ("excitatory", "inhibitory"))
    assert found["balanced_accuracy"] > 0.95
    assert (found["columns"], found["interval_by"], found["n"]) == (3, "group", 240)
    assert "so they tell the classes apart" in confound_words(found)
    assert "may be the confound" in confound_words(found, found)


def test_metadata_without_information_score_at_chance() -> None:
    x, labels, groups = recordings(False)
    found = metadata_score(x, labels, groups, ("a", "b"))
    assert found["intervals"]["balanced_accuracy"][0] < 0.55
    assert "no better than chance" in confound_words(found)
    better = found | {"balanced_accuracy": 0.9, "intervals": {"balanced_accuracy": [0.85, 0.95]}}
    assert "Nothing says that the model's .90 comes from them." in confound_words(found, better)
    assert "more than they explain" in confound_words(better | {"balanced_accuracy": 0.7}, better)


def test_few_rows_three_classes_and_unlabelled_ones() -> None:
    x, labels, groups = recordings(True, 80)
    labels = np.where(np.arange(80) % 5 == 0, -1, labels + (groups == 39))
    found = metadata_score(x, labels, groups, ("a", "b", "c"))
    assert found["n"] == 64
    assert found["per_class"]["c"]["recall"] == 0.0


def test_encoding_learns_from_the_known_rows_alone() -> None:
    known = np.column_stack([np.tile([1.0, 2.0], 10), np.arange(20.0)])
    unseen = np.array([[2.0, 1e9], [3.0, np.nan]])
    first, second = encode(known, unseen)
    assert first.shape == (20, 3)
    assert second.tolist() == [[0, 1, 10], [0, 0, 0]]


def test_what_cannot_be_trained_says_why() -> None:
    with pytest.raises(UserError, match="no metadata column"):
        metadata_score(np.zeros((4, 0)), [0, 1, 0, 1], [0, 1, 2, 3], ("a", "b"))
    with pytest.raises(UserError, match="two classes"):
        metadata_score(np.zeros((4, 1)), [0, 0, 0, -1], [0, 1, 2, 3], ("a", "b"))


def patients() -> tuple[Samples, np.ndarray]:
    """Forty patients and as many controls: all have an age, patients alone an onset, some of both a note."""
    ill = np.arange(80) < 40
    columns = {
        "id": pa.array([str(number) for number in range(80)]),
        "age": pa.array([50.0 + number % 20 for number in range(80)]),
        "months": pa.array([12.0 if sick else None for sick in ill], pa.float64()),
        "onset": pa.array(["spinal" if sick else "" for sick in ill]),
        "signs": pa.array(["yes" if sick or number == 79 else None for number, sick in enumerate(ill)]),
        "note": pa.array(["tired" if number % 4 == 0 else None for number in range(80)]),
        "nothing": pa.array([None] * 80, pa.string()),
    }
    return Samples(pa.table(columns), ()), ill.astype(np.int64)


def test_columns_that_one_class_alone_has_are_found() -> None:
    samples, codes = patients()
    assert telling_columns(samples, codes) == ("months", "onset", "signs"), "one control by mistake changes nothing"
    assert telling_columns(samples, (np.arange(80) // 4) % 2) == ()
    assert telling_columns(samples, np.where(codes == 1, 1, -1)) == (), "of one class alone nothing is told"
    left = without_columns(samples, ("months", "onset"))
    assert left.names == ("age", "signs", "note", "nothing")
    assert without_columns(samples, ()) is samples


def test_what_was_left_out_is_told() -> None:
    assert left_out_words(()) == ""
    assert left_out_words(("onset",)).startswith("onset was left out: only one class has it")
    x, labels, groups = recordings(False)
    found = metadata_score(x, labels, groups, ("a", "b")) | {"left_out": ["months", "onset"]}
    assert "months and onset were left out: only one class has them" in confound_words(found)
