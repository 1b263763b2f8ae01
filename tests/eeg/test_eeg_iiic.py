"""The .mat files of the IIIC studies: votes in our order of classes, signals of every width, sessions as a whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import scipy.io

from models.domains.eeg import window
from models.domains.eeg.constants import SPARCNET
from models.domains.eeg.iiic import read_spectro
from tests.eeg.scanned import REAL, real, scanned, waves


def cell(rows: list[list[Any]]) -> npt.NDArray[Any]:
    """A table of cells."""
    out = np.empty((len(rows), len(rows[0])), object)
    for place, row in enumerate(rows):
        for column, value in enumerate(row):
            out[place, column] = value
    return out


def segments(folder: Path, *names: str) -> list[npt.NDArray[np.float32]]:
    """A segment a name."""
    made = [waves(50, seed) for seed in range(len(names))]
    for name, values in zip(names, made, strict=True):
        scipy.io.savemat(folder / f"{name}.mat", {"seg": values.astype(np.float64)})
    return made


def test_segments_come_in_with_votes_in_our_order(tmp_path: Path) -> None:
    made = segments(tmp_path, "SZ_sample1", "lonely")
    said = [0.1, 0.5, 0.2, 0.1, 0.06, 0.04]
    rows = [["SZ_sample1", [0, 3, 2, 0, 0, 1], said, 1.5, -2.0], ["gone", [1, 1, 0, 0, 0, 0], said, 0.0, 0.0]]
    table = cell([[cell(rows[:1])], [cell(rows[1:])]])
    scipy.io.savemat(tmp_path / "samples.mat", {"LUT": table})
    found = scanned(tmp_path)
    one = next(one for one in found.found if one.name == "samples.mat")
    assert one.keys == ["SZ_sample1", "gone"]
    assert one.labels == ["seizure", None]
    assert one.tallies == [{"seizure": 3.0, "lpd": 2.0, "grda": 1.0}, {"seizure": 1.0, "other": 1.0}]
    assert [one.columns[f"p_{name}"][0] for name in SPARCNET] == said
    assert (one.columns["x"][0], one.columns["y"][0]) == (1.5, -2.0)
    assert one.columns["missing"] == [False, True]
    assert "EEGs of 1 of 2 segments are missing: gone" in found.words
    assert [each.name for each in found.found] == ["samples.mat", "lonely.mat"]
    eegs = window.eeg(one.addresses(), np.array([0, 1]))
    assert np.array_equal(eegs[0], made[0])
    assert np.isnan(eegs[1]).all()
    assert np.array_equal(window.eeg(found.found[1].addresses(), np.array([0]))[0], made[1])


def test_a_name_that_points_elsewhere_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    segments(tmp_path, "secret")
    rows = [["../secret", [0, 3, 0, 0, 0, 0], [0.0] * 6, 0.0, 0.0]]
    scipy.io.savemat(tmp_path / "in" / "samples.mat", {"LUT": cell([[cell(rows)]])})
    one = scanned(tmp_path / "in").found[0]
    assert one.columns["_eeg"] == [None]


def spectro(path: Path, widths: tuple[int, int, int, int], votes: list[int]) -> None:
    """Ten seconds and ten minutes; the power is the time in s of the middle of a column, plus its region."""
    strips = []
    for number, (name, width) in enumerate(zip(("LL", "RL", "LP", "RP"), widths, strict=True)):
        times = 2.0 + np.arange(width) if width == 597 else (np.arange(width) + 0.5) * 600 / width
        strips.append([name, np.tile(times + 1000 * number, (100, 1))])
    saved = {"Sdata": cell(strips), "seg_10sec": waves(10), "sfreqs": np.arange(100.0), "vv": np.array([votes])}
    scipy.io.savemat(path, {**saved, "stimes": np.arange(2, 602, 2)})


def test_spectrograms_of_different_widths_stand_on_one_clock(tmp_path: Path) -> None:
    spectro(tmp_path / "A_Sample01.mat", (300, 597, 600, 300), [0, 20, 0, 0, 1, 0])
    found = scanned(tmp_path)
    assert found.labels == ["seizure"]
    assert found.found[0].tallies == [{"seizure": 20.0, "lrda": 1.0}]
    assert "different widths (LL 300, RL 597, LP 600, RP 300)" in found.words
    samples = found.found[0].addresses()
    picture = window.regions(samples, np.array([0]))[0]
    assert picture.shape == (4, 100, 300)
    middle = 2.0 * np.arange(300) + 1
    for number in range(4):
        inside = slice(1, 299)
        assert np.abs(picture[number, 0] - 1000 * number - middle)[inside].max() <= 0.5
    eeg = window.eeg(samples, np.array([0]))[0]
    assert np.array_equal(eeg[:, 4000:6000], waves(10))
    assert np.isnan(eeg[:, :4000]).all()
    assert np.isnan(eeg[:, 6000:]).all()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"seg_10sec": np.zeros((7, 2000))}, "7 × 2000, where 20 channels"),
        ({"Sdata": np.zeros(3)}, "no table of regions"),
        ({"Sdata": cell([["LL", np.zeros((100, 300))]])}, "for RL, LP, RP"),
        ({"Sdata": cell([["LL", np.zeros((3, 300))]] * 4)}, "no spectrogram of 100 bins"),
    ],
)
def test_broken_parts_are_told(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    spectro(tmp_path / "A.mat", (300,) * 4, [1, 0, 0, 0, 0, 0])
    saved = {name: value for name, value in scipy.io.loadmat(tmp_path / "A.mat").items() if name[0] != "_"}
    scipy.io.savemat(tmp_path / "A.mat", {**saved, **change})
    spectro(tmp_path / "B.mat", (300,) * 4, [1, 0, 0, 0, 0, 0])
    found = scanned(tmp_path)
    assert [one.name for one in found.found] == ["B.mat"]
    assert why in found.skipped[0].reason


def test_votes_that_are_none(tmp_path: Path) -> None:
    spectro(tmp_path / "A.mat", (300,) * 4, [1, -1, 0, 0, 0, 0])
    found = scanned(tmp_path)
    assert found.found[0].tallies == [{}]
    assert "vv: it is not six votes" in found.words


def test_other_files_of_matlab_are_told(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"apples": 1.0})
    (tmp_path / "b.mat").write_bytes(b"nothing")
    found = scanned(tmp_path)
    assert not found.found
    assert "a.mat : it holds no EEG, votes or steps (variables: apples)" in found.words
    assert "b.mat : it is no MATLAB file" in found.words


# Matrices of raters


def matrix(folder: Path, rows: npt.NDArray[np.float64], keys: list[str] | None, name: str, **more: Any) -> None:
    saved: dict[str, Any] = {"Y": rows, **more}
    if keys is not None:
        saved["keys"] = cell([[key] for key in keys])
    scipy.io.savemat(folder / name, saved, do_compression=True)


NAN = np.nan
VOTES = np.array([[0, 1, NAN], [1, 1, 2], [NAN, NAN, 5], [3, 4, NAN]], np.float64)
KEYS = ["sparcnet_subject0007_1", "sparcnet_subject0007_2", "sparcnet_subject0011_1", "sparcnet_subject0011_2"]


def test_the_votes_of_named_raters(tmp_path: Path) -> None:
    matrix(tmp_path, VOTES, KEYS, "input.mat")
    found = scanned(tmp_path)
    one = found.found[0]
    assert one.keys == KEYS
    assert one.groups == ["subject0007"] * 2 + ["subject0011"] * 2
    assert one.votes == [
        {"rater001": "other", "rater002": "seizure"},
        {"rater001": "seizure", "rater002": "seizure", "rater003": "lpd"},
        {"rater003": "grda"},
        {"rater001": "gpd", "rater002": "lrda"},
    ]
    # A split is told as having no label, so that no single rater's word holds.
    assert one.labels == ["", "seizure", "grda", ""]
    # The label sums up the votes beside it and is none of its own.
    assert one.tallies == [{}] * 4
    assert one.columns["votes_total"] == [2.0, 3.0, 1.0, 2.0]
    assert "votes of 2 segments are split evenly" in found.words


def test_a_log_beside_gives_the_names_and_no_second_votes(tmp_path: Path) -> None:
    names = np.empty((1, 3), object)
    names[0] = ["ann", "ben", "cy"]
    matrix(tmp_path, VOTES, KEYS, "input.mat", V=np.zeros((4, 6)))
    matrix(tmp_path, VOTES[::-1], None, "log.mat", rater124=names)
    patients = cell([["subject0007", "Male", 61.5], ["subject0011", "Female", 7.0]])
    scipy.io.savemat(tmp_path / "patients.mat", {"res": patients})
    found = scanned(tmp_path)
    assert [one.name for one in found.found] == ["input.mat"]
    assert found.found[0].votes[2] == {"cy": "grda"}
    assert found.column("sex") == ["male", "male", "female", "female"]
    assert found.column("age") == [61.5, 61.5, 7.0, 7.0]
    assert "log.mat : it says the votes of input.mat in another order" in found.words
    assert "the counts of 4 segments are not those of the matrix" in found.words


def test_a_log_alone_comes_in_by_its_rows(tmp_path: Path) -> None:
    names = np.empty((1, 3), object)
    names[0] = ["ann", "ben", "cy"]
    matrix(tmp_path, VOTES, None, "log.mat", rater124=names)
    found = scanned(tmp_path)
    assert found.keys == ["row1", "row2", "row3", "row4"]
    assert found.found[0].votes[2] == {"cy": "grda"}


@pytest.mark.parametrize(
    ("rows", "keys", "why"),
    [
        (np.array([[0, 6.0]]), ["a_1"], "Y holds 6 in row 1"),
        (np.array([[0, 0.5]]), ["a_1"], "Y holds 0.5 in row 1"),
        (np.array([[0, 1.0]]), ["a_1", "a_2"], "names 2 segments where its matrix has 1"),
    ],
)
def test_broken_matrices_are_told(tmp_path: Path, rows: Any, keys: list[str], why: str) -> None:
    matrix(tmp_path, rows, keys, "input.mat")
    found = scanned(tmp_path)
    assert not found.found
    assert why in found.words


@real
def test_the_real_matrix() -> None:
    found = scanned(REAL / "iiic_raters")
    assert not found.skipped
    one = found.found[0]
    assert len(found.found) == 1
    assert len(one.keys) == len(set(one.keys)) == 50_697
    assert len(set(one.groups)) == 2_711
    assert sum(map(len, one.votes)) == 291_827
    assert len({name for votes in one.votes for name in votes}) == 124
    assert one.votes[0]["rater017"] == "grda"
    # The file's own counts of classes, which stand in its order, are those of the votes.
    sums = scipy.io.loadmat(REAL / "iiic_raters" / "Figure1_input.mat")["V"].sum(axis=0)
    said = Counter(name for votes in one.votes for name in votes.values())
    assert [said[name] for name in SPARCNET] == sums.tolist()
    assert "votes of 3\u202f019 segments are split evenly" in found.words


@real
def test_the_real_segments() -> None:
    found = scanned(REAL / "iiic_samples")
    assert len(found.found) == 1
    assert len(found.keys) == 24
    assert not found.skipped
    row = found.keys.index("Other_sample2")
    assert found.found[0].tallies[row] == {"seizure": 3.0}
    assert found.column("p_other")[row] == pytest.approx(0.7795, abs=1e-4)
    eegs = window.eeg(found.found[0].addresses(), np.arange(24))
    assert np.isfinite(eegs).all(axis=(1, 2)).sum() == 18


@real
def test_the_real_spectrograms() -> None:
    found = scanned(REAL / "iiic_spectro")
    assert len(found.found) == 6
    assert not found.skipped
    assert {one.name: one.labels[0] for one in found.found if one.labels[0]} == {
        "A_Sample01.mat": "seizure",
        "M_Sample13.mat": "lrda",
    }
    for name in ("A_Sample01", "B_Sample02", "H_Sample08"):
        left, right = np.log(read_spectro(REAL / "iiic_spectro" / f"{name}.mat")[[0, 2]]).mean(axis=1)
        # Neighbouring regions rise and fall together, at no other shift as much.
        alike = [np.corrcoef(left[10 + shift : 280 + shift], right[10:280])[0, 1] for shift in range(-3, 4)]
        assert int(np.argmax(alike)) == 3


# Sessions


def session(folder: Path) -> npt.NDArray[np.float64]:
    """Five steps of one recording and four of another."""
    rng = np.random.default_rng(0)
    said = rng.dirichlet(np.ones(6), 9)
    parts = np.array([1] * 5 + [2] * 4)
    mapping = cell([["s_01", "s_first"], ["s_02", "s_second"]])
    scipy.io.savemat(
        folder / "s_pacmap.mat",
        {"Vxy": rng.normal(size=(9, 2)), "Y_model": said, "idx_epoch": parts[:, None], "fileMapping": mapping},
    )
    for phase, word in (("final", "LRDA"), ("initial", "Other"), ("clusters", "GRDA")):
        rows = cell([[int(part), number + 1, 0, 0, word] for number, part in enumerate(parts)])
        saved: dict[str, Any] = {"LUT": rows, "Y_model": said}
        if phase != "initial":
            saved |= {"idxReal": cell([[3, "GPD", "2023-Jan-25 15:46:10.643"]]), "rater": "AB"}
        scipy.io.savemat(folder / f"RaterScores_{phase}.mat", saved)
    np.savetxt(folder / "s_first_score.csv", said[1:4], delimiter=",")
    return said


def test_a_session_comes_in_as_one(tmp_path: Path) -> None:
    said = session(tmp_path)
    found = scanned(tmp_path)
    assert [one.name for one in found.found] == ["s_pacmap.mat"]
    one = found.found[0]
    assert one.keys == [*(f"s_first/{step}" for step in range(1, 6)), *(f"s_second/{step}" for step in range(1, 5))]
    assert one.groups == ["s"] * 9
    assert one.labels == ["lrda"] * 9
    assert one.columns["label_initial"] == ["other"] * 9
    assert one.votes[2] == {"AB": "gpd"}
    assert sum(map(len, one.votes)) == 1
    assert one.columns["labelled_at"][2] == "2023-Jan-25 15:46:10.643"
    assert one.columns["start"] == [0.0, 2.0, 4.0, 6.0, 8.0, 0.0, 2.0, 4.0, 6.0]
    assert [one.columns[f"p_{name}"][4] for name in SPARCNET] == said[4].tolist()
    assert "s_first_score.csv : its 3 probabilities stand with the steps" in found.words


def test_a_table_of_probabilities_alone(tmp_path: Path) -> None:
    said = session(tmp_path)
    found = scanned(tmp_path / "s_first_score.csv")
    assert found.keys == ["3", "4", "5"]
    assert found.column("p_other") == said[1:4, 0].tolist()
    (tmp_path / "broken_score.csv").write_text("0.5,0.5,0,0,0,0\n0.5,x,0,0,0,0\n")
    assert "no table of six probabilities" in scanned(tmp_path / "broken_score.csv").words


def test_labels_that_do_not_fit_are_told(tmp_path: Path) -> None:
    session(tmp_path)
    rows = cell([[1, 1, 0, 0, "Sharp"]] * 9)
    scipy.io.savemat(tmp_path / "RaterScores_final.mat", {"LUT": rows, "Y_model": np.ones((9, 6)) / 6})
    rows = cell([[1, 1, 0, 0, "GPD"]] * 8)
    scipy.io.savemat(tmp_path / "RaterScores_initial.mat", {"LUT": rows, "Y_model": np.ones((9, 6)) / 6})
    found = scanned(tmp_path)
    assert found.labels == ["grda"] * 9
    assert "none of the six classes: sharp" in found.words
    assert "its table of labels has not the 9 steps" in found.words


@real
def test_the_real_session() -> None:
    found = scanned(REAL / "iiic_session")
    assert not found.skipped
    assert len(found.found) == 1
    one = found.found[0]
    assert len(set(one.keys)) == 1901
    assert Counter(one.labels) == {"other": 1233, "lrda": 341, "grda": 327}
    assert sum(map(len, one.votes)) == 50
    samples = one.addresses()
    rows = np.flatnonzero([key.startswith("subject01_2014APR15_154655/") for key in one.keys])[[0, 400]]
    pictures = window.regions(samples, rows)
    # Of the first step nothing lies before the recording; in its middle all ten minutes are there.
    assert np.isnan(pictures[0, 0, 0, :149]).all()
    assert np.isfinite(pictures[0, :, :, 150:]).all()
    assert np.isfinite(pictures[1]).all()
    assert np.isnan(window.eeg(samples, rows)).all()
