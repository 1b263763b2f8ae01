"""Montages: the right differences, what is missing told, own ones checked and kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from models.domains.eeg.constants import CHANNELS
from models.errors import UserError
from models.montage import (
    BUILT_IN,
    MONTAGES,
    NEIGHBOURS,
    Applied,
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


#: A double banana as amplifiers write it: sides and midline in three parts that nothing connects.
BANANA = [row.label for row in BUILT_IN["longitudinal"].rows if row.label != "EKG"]


def drawn(names: list[str], montage: str, bad: tuple[str, ...] = ()) -> tuple[Applied, npt.NDArray[np.float64]]:
    """The rows of a montage on channels of these names, of one potential for each electrode."""
    heads = dict(zip(CHANNELS, np.random.default_rng(3).normal(size=(len(CHANNELS), 4)), strict=True))
    heads |= {"FT9": np.arange(4.0), "FT10": np.ones(4)}
    values = [np.subtract(*(heads[part] for part in name.split("-"))) if "-" in name else heads[name] for name in names]
    applied = rows(names, BUILT_IN[montage], bad)
    return applied, applied.matrix.astype(float) @ np.array(values)


@pytest.mark.parametrize("montage", ["transverse", "neonatal", "longitudinal"])
def test_differences_follow_from_pairs_that_connect_their_electrodes(montage: str) -> None:
    names = [*BANANA, "T3-FT9", "FT9-FT10", "FT10-T4"]
    applied, found = drawn(names, montage)
    whole, wanted = drawn(list(CHANNELS), montage)
    lost = {label for label in whole.labels if ("Fz" in label or "Cz" in label) and label not in ("Fz-Cz", "Cz-Pz")}
    lost = lost | {label for label in whole.labels if "Pz" in label and label != "Cz-Pz"} | {"EKG"}
    assert set(applied.missing) == lost
    for row, label in enumerate(applied.labels):
        if label not in lost:
            np.testing.assert_allclose(found[row], wanted[row], atol=1e-6, err_msg=label)
    assert bool(applied.joined) == (montage != "longitudinal"), "what was recorded itself needs no other"
    assert not whole.joined


def test_a_row_of_pairs_is_made_of_the_fewest() -> None:
    applied, _ = drawn(BANANA, "transverse")
    row = applied.matrix[applied.labels.index("F7-F3")]
    assert {BANANA[place]: row[place] for place in np.flatnonzero(row)} == {"Fp1-F7": -1, "Fp1-F3": 1}
    around, values = drawn(BANANA, "transverse", bad=("Fp1-F3",))
    assert np.count_nonzero(around.matrix[around.labels.index("F7-F3")]) == 6, "a bad pair connects nothing"
    np.testing.assert_allclose(values, drawn(BANANA, "transverse")[1], atol=1e-6)
    assert "Fp1-Fp2" in applied.missing, "the sides are not connected"


def test_the_average_needs_all_electrodes_connected() -> None:
    assert len(drawn(BANANA, "average")[0].missing) == 20
    names = [*BANANA, "F3-Fz", "Fz-F4"]
    applied, found = drawn(names, "average")
    whole, wanted = drawn(list(CHANNELS), "average")
    assert applied.missing == ("EKG",)
    np.testing.assert_allclose(found[:-1], wanted[:-1], atol=1e-6)
    assert len(applied.joined) == 19
    assert applied.labels == whole.labels


def test_a_laplacian_of_pairs_needs_all_its_neighbours() -> None:
    applied, found = drawn(BANANA, "laplacian")
    _, wanted = drawn(list(CHANNELS), "laplacian")
    rows_there = [row for row, label in enumerate(applied.labels) if label not in applied.missing]
    assert [applied.labels[row] for row in rows_there] == [
        f"{name}-lap" for name in ("F7", "T3", "T5", "F8", "T4", "T6")
    ]
    np.testing.assert_allclose(found[rows_there], wanted[rows_there], atol=1e-6)


def test_rows_of_one_average_have_one_reference() -> None:
    single = [name for name in CHANNELS[:-1] if name != "Fp1"]
    applied, found = drawn([*single, "Fp1-F7"], "average")
    assert applied.joined == ("Fp1-avg",)
    _, pair = drawn(["Fp1-F7"], "longitudinal")
    difference = found[applied.labels.index("Fp1-avg")] - found[applied.labels.index("F7-avg")]
    np.testing.assert_allclose(difference, pair[0], atol=1e-6)


def test_a_bad_electrode_joins_nothing() -> None:
    names = ["Fp1-Fp2", "Fp1", "F8"]
    assert drawn(names, "transverse")[0].joined == ("Fp2-F8",)
    assert "Fp2-F8" in drawn(names, "transverse", bad=("Fp1",))[0].missing


def test_single_electrodes_are_not_made_of_pairs() -> None:
    assert not drawn(BANANA, "referential")[0].joined
    applied, found = drawn([*BANANA, "O1"], "transverse")
    whole, wanted = drawn(list(CHANNELS), "transverse")
    place = applied.labels.index("T5-O1")
    np.testing.assert_allclose(found[place], wanted[place], atol=1e-6)
    mixed, found = drawn(["Fp1-F7", "F7", "F3"], "transverse")
    place = mixed.labels.index("F7-Fp1")
    np.testing.assert_allclose(found[place], wanted[place], atol=1e-6)
    joined, found = drawn(["Fp1-Fp2", "Fp1", "F8"], "transverse")
    assert joined.joined == ("Fp2-F8",), "by the reference of those that were recorded by themselves"
    np.testing.assert_allclose(found[joined.labels.index("Fp2-F8")], wanted[whole.labels.index("Fp2-F8")], atol=1e-6)
