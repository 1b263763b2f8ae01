"""Montages: the right differences, what is missing told, own ones checked and kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domains.eeg.constants import CHANNELS
from models.errors import UserError
from models.montage import (
    BUILT_IN,
    MONTAGES,
    NEIGHBOURS,
    montage_json,
    parse_montage,
    read_montage,
    rows,
)

SAMPLES = np.random.default_rng(0).normal(0, 30, (20, 50)).astype(np.float32)
WHERE = {name: place for place, name in enumerate(CHANNELS)}


def test_every_name_has_its_montage() -> None:
    assert tuple(BUILT_IN) == MONTAGES
    for name in MONTAGES:
        applied = rows(CHANNELS, BUILT_IN[name])
        assert applied.missing == ()
        assert len(applied.labels) == len(applied.matrix) == len(applied.groups) == len(set(applied.labels))
        assert list(applied.groups) == sorted(applied.groups)
        assert (applied.labels[-1], applied.kinds[-1], applied.kinds.count("ekg")) == ("EKG", "ekg", 1)


def test_the_double_banana() -> None:
    applied = rows(CHANNELS, BUILT_IN["longitudinal"])
    assert applied.labels == (
        *("Fp1-F7", "F7-T3", "T3-T5", "T5-O1", "Fp2-F8", "F8-T4", "T4-T6", "T6-O2"),
        *("Fp1-F3", "F3-C3", "C3-P3", "P3-O1", "Fp2-F4", "F4-C4", "C4-P4", "P4-O2", "Fz-Cz", "Cz-Pz", "EKG"),
    )
    assert applied.groups == (0,) * 4 + (1,) * 4 + (2,) * 4 + (3,) * 4 + (4,) * 2 + (5,)
    drawn = applied.matrix @ SAMPLES
    np.testing.assert_allclose(drawn[1], SAMPLES[WHERE["F7"]] - SAMPLES[WHERE["T3"]], rtol=1e-5)
    np.testing.assert_array_equal(drawn[-1], SAMPLES[WHERE["EKG"]])


def test_average_and_laplacian() -> None:
    average = rows(CHANNELS, BUILT_IN["average"])
    drawn = average.matrix @ SAMPLES
    np.testing.assert_allclose(drawn[:-1].sum(0), 0, atol=1e-3)
    np.testing.assert_allclose(drawn[0], SAMPLES[0] - SAMPLES[:19].mean(0), atol=1e-4)
    laplacian = rows(CHANNELS, BUILT_IN["laplacian"])
    around = [SAMPLES[WHERE[name]] for name in ("F3", "T3", "Cz", "P3")]
    got = (laplacian.matrix @ SAMPLES)[laplacian.labels.index("C3-lap")]
    np.testing.assert_allclose(got, SAMPLES[WHERE["C3"]] - np.mean(around, 0), atol=1e-4)
    assert all(name in NEIGHBOURS[other] for name, near in NEIGHBOURS.items() for other in near if name not in "Pz")


def test_bad_channels_make_no_mean() -> None:
    applied = rows(CHANNELS, BUILT_IN["average"], bad=("F8",))
    place = applied.labels.index("Fp1-avg")
    assert applied.matrix[place, WHERE["F8"]] == 0
    np.testing.assert_allclose(applied.matrix[place].sum(), 0, atol=1e-6)
    applied = rows(CHANNELS, BUILT_IN["laplacian"], bad=("Cz",))
    row = applied.matrix[applied.labels.index("C3-lap")]
    assert row[WHERE["Cz"]] == 0
    np.testing.assert_allclose(row[WHERE["P3"]], -1 / 3, rtol=1e-5)


def test_ears_and_other_channels_make_no_mean() -> None:
    names = (*CHANNELS, "A1", "A2", "DC1")
    applied = rows(names, BUILT_IN["average"])
    assert not applied.matrix[:-1, len(CHANNELS) - 1 :].any()
    np.testing.assert_array_equal(applied.matrix[:, : len(CHANNELS)], rows(CHANNELS, BUILT_IN["average"]).matrix)


def test_what_is_missing_is_told() -> None:
    nineteen = [name for name in CHANNELS if name != "T3"]
    applied = rows(nineteen, BUILT_IN["longitudinal"])
    assert applied.missing == ("F7-T3", "T3-T5")
    assert not applied.matrix[applied.labels.index("F7-T3")].any()
    assert rows(nineteen, BUILT_IN["laplacian"]).missing == ("T3-lap",)
    assert len(rows([], BUILT_IN["average"]).missing) == 20


def test_newer_names_and_doubles_do() -> None:
    newer = [{"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}.get(name, name) for name in CHANNELS]
    np.testing.assert_array_equal(
        rows(newer, BUILT_IN["transverse"]).matrix, rows(CHANNELS, BUILT_IN["transverse"]).matrix
    )
    twice = rows(["Fp1", "F7", "Fp1 (2)"], BUILT_IN["longitudinal"])
    np.testing.assert_array_equal(twice.matrix[0], [1, -1, 0])
    alike = rows(["Fp1", "F7", "Fp1"], BUILT_IN["longitudinal"])
    np.testing.assert_array_equal(alike.matrix[0], [1, -1, 0])


def test_pairs_that_were_recorded_are_rows_as_they_are() -> None:
    applied = rows(["Fp1-F7", "T5-T3", "T5-O1", "O1"], BUILT_IN["longitudinal"])
    np.testing.assert_array_equal(applied.matrix[:4], [[1, 0, 0, 0], [0, 0, 0, 0], [0, -1, 0, 0], [0, 0, 1, 0]])
    assert applied.missing[0] == "F7-T3"
    assert len(applied.missing) == 16


@pytest.mark.parametrize("name", MONTAGES)
def test_written_montages_come_back(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(montage_json(BUILT_IN[name])), "utf-8")
    assert read_montage(tmp_path / "mine.json") == BUILT_IN[name]


def test_short_rows_of_ones_own() -> None:
    own = parse_montage({"name": "mine", "groups": [{"name": "a", "rows": ["EEG FP1-F7", "T7-average", "ecg"]}]})
    applied = rows(CHANNELS, own)
    assert applied.labels == ("EEG FP1-F7", "T7-average", "ecg")
    assert applied.missing == ()
    assert applied.matrix[0, WHERE["Fp1"]] == 1
    assert applied.matrix[1, WHERE["T3"]] == pytest.approx(1 - 1 / 19)
    assert applied.kinds == ("eeg", "eeg", "ekg")


GROUP: Any = {"name": "a", "rows": ["Fp1-F7"]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "a montage is"),
        ({"name": "x"}, "a montage is"),
        ({"groups": [GROUP]}, "name is to be"),
        ({"name": "x", "groups": []}, "0 rows"),
        ({"name": "x", "groups": [{"name": "a"}]}, "group 1: a group is"),
        ({"name": "x", "groups": [GROUP, {"name": "a", "rows": ["Fp1-F7-T3"]}]}, "group 2, row 1"),
        ({"name": "x", "groups": [{"name": "a", "rows": [7]}]}, "row 1: a row is"),
        ({"name": "x", "groups": [{"name": "a", "rows": [{"label": "a", "terms": {"Fp1": "much"}}]}]}, "give a number"),
        ({"name": "x", "groups": [{"name": "a", "rows": [{"label": "a", "terms": {"Fp1": 1e400}}]}]}, "give a number"),
        ({"name": "x", "groups": [{"name": "a", "rows": [{"label": "a", "terms": {"Fp1": 1001}}]}]}, "give a number"),
        ({"name": "x", "groups": [{"name": "a", "rows": [{"label": "a", "terms": {"Fp1": True}}]}]}, "give a number"),
        ({"name": "x", "groups": [{"name": "a", "rows": ["F" * 41]}]}, "no channel"),
        ({"name": "x" * 81, "groups": [GROUP]}, "name is to be"),
        ({"name": "x", "groups": [{"name": "a", "rows": [{"terms": {"Fp1": 1}}]}]}, "label is to be"),
        ({"name": "x", "groups": [{"name": "a", "rows": [""]}]}, "write Fp1-F7"),
        ({"name": "x", "groups": [{"name": "a", "rows": ["Fp1"] * 300}]}, "give 1 to 256"),
    ],
)
def test_wrong_ones_are_told_by_their_row(tmp_path: Path, content: Any, words: str) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=words):
        read_montage(tmp_path / "mine.json")


def test_what_is_no_montage_at_all(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        read_montage(tmp_path / "mine.json")


def test_a_file_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "long.json").write_text(json.dumps({"name": "x", "groups": [GROUP]}) + " " * (1 << 20))
    with pytest.raises(UserError, match="longer than 1 MB"):
        read_montage(tmp_path / "long.json")
