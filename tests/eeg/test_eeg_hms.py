"""Tables of HMS come in with votes and places; what is wrong in them is named and the rest comes in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from models.domains.eeg import window
from models.domains.eeg.constants import CHANNELS, CLASSES
from models.errors import UserError
from tests.eeg.scanned import REAL, bin_names, real, row, scanned, table, waves, write_eeg, write_spectrogram

VOTES = (0, 3, 1, 0, 0, 0)


def test_windows_with_their_votes(tmp_path: Path) -> None:
    write_eeg(tmp_path / "train_eegs" / "11.parquet", waves(70))
    write_spectrogram(tmp_path / "train_spectrograms" / "7.parquet")
    table(tmp_path, row(11, 0, 0.0, VOTES), row(11, 1, 12.5, (1, 0, 0, 0, 0, 2), "Other", patient=43))
    found = scanned(tmp_path)
    assert found.words == ""
    assert found.keys == ["11/0", "11/1"]
    assert found.groups == ["42", "43"]
    assert found.labels == ["lpd", "other"]
    assert found.found[0].tallies == [{"lpd": 3.0, "gpd": 1.0}, {"seizure": 1.0, "other": 2.0}]
    assert found.column("_eeg") == ["train_eegs/11.parquet"] * 2
    assert found.column("_spectrogram") == ["train_spectrograms/7.parquet"] * 2
    assert found.column("_start") == ["0", "12.5"]
    assert found.column("votes_total") == [4.0, 3.0]
    assert found.column("label_id") == ["99", "99"]
    assert found.column("missing") == [False, False]
    assert found.column("channels") == [20, 20]
    assert found.found[0].beside


def test_windows_are_cut_as_the_reference_says(tmp_path: Path) -> None:
    values, power = waves(80), write_spectrogram(tmp_path / "train_spectrograms" / "7.parquet")
    write_eeg(tmp_path / "train_eegs" / "11.parquet", values)
    offsets = (0.0, 12.503, 6.0, 29.996)
    table(tmp_path, *(row(11, sub, offset, VOTES) for sub, offset in enumerate(offsets)))
    samples = scanned(tmp_path).found[0].addresses()
    rows = np.array([2, 0, 3, 1])
    eegs, pictures = window.eeg(samples, rows), window.regions(samples, rows)
    assert eegs.shape == (4, 20, 10_000)
    assert pictures.shape == (4, 4, 100, 300)
    for place, one in enumerate(rows):
        first = int(offsets[one] * 200)
        assert np.array_equal(eegs[place], values[:, first : first + 10_000])
        # Times are odd: the first one that is not before the offset, 300 of them.
        start = int(offsets[one]) + (int(offsets[one]) % 2 == 0)
        column = (start - 1) // 2
        assert np.array_equal(pictures[place], power[:, :, column : column + 300])


def test_what_ends_too_soon_is_empty_behind(tmp_path: Path) -> None:
    write_eeg(tmp_path / "train_eegs" / "11.parquet", waves(60))
    write_spectrogram(tmp_path / "train_spectrograms" / "7.parquet", 310)
    table(tmp_path, row(11, 0, 0, VOTES), row(11, 1, 20, VOTES, soffset=40))
    found = scanned(tmp_path)
    assert "windows of 1 row end after their EEG (the first in row 2)" in found.words
    samples = found.found[0].addresses()
    eeg = window.eeg(samples, np.array([1]))[0]
    assert np.isfinite(eeg[:, :8000]).all()
    assert np.isnan(eeg[:, 8000:]).all()
    picture = window.regions(samples, np.array([1]))[0]
    assert np.isfinite(picture[:, :, :290]).all()
    assert np.isnan(picture[:, :, 290:]).all()
    assert "windows of 1 row end after their spectrogram (the first in row 2)" in found.words
    assert window.remarks(samples, 1) == ["40 of 50 s are there", "20 s of the spectrogram are missing"]


def test_missing_files_are_told_with_counts(tmp_path: Path) -> None:
    write_eeg(tmp_path / "train_eegs" / "11.parquet", waves(50))
    table(tmp_path, row(11, 0, 0, VOTES), row(12, 0, 0, VOTES), row(12, 1, 2, VOTES), row(13, 0, 0, VOTES))
    found = scanned(tmp_path)
    assert "2 EEGs are missing, with 3 rows: the first would be train_eegs/12.parquet" in found.words
    assert "1 spectrogram is missing, with 4 rows: the first would be train_spectrograms/" in found.words
    assert found.column("_eeg") == ["train_eegs/11.parquet", None, None, None]
    assert found.column("missing") == [True] * 4
    samples = found.found[0].addresses()
    assert np.isnan(window.eeg(samples, np.arange(1, 4))).all()
    assert window.remarks(samples, 1) == ["its EEG is not here"]
    assert window.remarks(samples, 0) == []


def test_an_eeg_that_is_text_under_the_name_of_parquet(tmp_path: Path) -> None:
    values = np.round(waves(50), 2)
    (tmp_path / "test_eegs").mkdir()
    (tmp_path / "test_spectrograms").mkdir()
    lines = [",".join(CHANNELS), *(",".join(f"{value:.2f}" for value in moment) for moment in values.T)]
    (tmp_path / "test_eegs" / "5.parquet").write_text("\n".join(lines))
    regions, bins = zip(*(name.split("_") for name in bin_names()), strict=True)
    head = [",".join(["", *regions]), ",".join(["", *(f"f={hertz}Hz" for hertz in bins)])]
    body = [",".join([f"t={second:03d}sec", *(str(second + place) for place in range(400))]) for second in (1, 3, 5)]
    (tmp_path / "test_spectrograms" / "6.parquet").write_text("\n".join([*head, *body]))
    table(tmp_path, "6,5,8", name="test.csv", header="spectrogram_id,eeg_id,patient_id")
    found = scanned(tmp_path)
    assert found.words == "test.csv : windows of 1 row end after their spectrogram (the first in row 1)"
    assert found.keys == ["5"]
    assert found.groups == ["8"]
    assert found.labels == [None]
    samples = found.found[0].addresses()
    assert np.array_equal(window.eeg(samples, np.array([0]))[0], values)
    picture = window.regions(samples, np.array([0]))[0]
    assert picture[1, 2, :3].tolist() == [103.0, 105.0, 107.0]
    assert np.isnan(picture[:, :, 3:]).all()


def test_broken_rows_cost_only_themselves(tmp_path: Path) -> None:
    write_eeg(tmp_path / "train_eegs" / "11.parquet", waves(50))
    write_spectrogram(tmp_path / "train_spectrograms" / "7.parquet")
    rows = [
        row(11, 0, 0, VOTES),
        row(11, 1, 0, (0, "x", 1, 0, 0, 0)),
        row(11, 2, 0, (0, -1, 1, 0, 0, 0)),
        row(11, 3, "soon", VOTES),
        row("../../secret", 4, 0, VOTES),
        "11,5",
        row(11, 6, 0, (0, 0, 0, 0, 0, 0)),
        row(11, 7, 0, VOTES, "GPD"),
        row(11, 8, 0, VOTES, "Burst"),
        row(11, 9, -3, VOTES),
        row(11, 10, 0, ("1e308", 0, 0, 0, 0, 0)),
    ]
    table(tmp_path, *rows)
    found = scanned(tmp_path)
    assert found.keys == ["11/0", "11/6", "11/7", "11/8"]
    told = {one.where: one.reason for one in found.skipped}
    assert told["row 2"] == "lpd_vote is 'x', which is no number"
    assert told["row 3"] == "lpd_vote is '-1', which is negative"
    assert told["row 4"] == "eeg_label_offset_seconds is 'soon', no time in s"
    assert told["row 5"] == "eeg_id is '../../secret', no number of an EEG"
    assert told["row 6"] == "it has 2 fields where the header has 15"
    assert told["row 10"] == "eeg_label_offset_seconds is '-3', no time in s"
    assert told["row 11"] == "seizure_vote is '1e308', which is more than can be right"
    assert "votes of 1 row sum to 0 (the first in row 7)" in found.words
    assert "not what most votes say in 1 row (the first in row 8)" in found.words
    assert "none of the six classes in 1 row (burst)" in found.words
    assert found.labels == ["lpd", "lpd", "gpd", "lpd"]
    assert found.found[0].tallies[1] == {}


def test_no_parquet_and_no_text_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "train_eegs"
    whole = write_eeg(folder / "11.parquet", waves(50)).read_bytes()
    (folder / "11.parquet").write_bytes(whole[: len(whole) // 2])
    (folder / "12.parquet").write_bytes(b"\x89PNG\0\0" * 50)
    (folder / "13.parquet").write_bytes(b"")
    (folder / "14.parquet").write_bytes(whole.replace(b"PAR1", b"PAR1\0", 1))
    table(tmp_path, *(row(number, 0, 0, VOTES, spectrogram="") for number in (11, 12, 13, 14)))
    found = scanned(tmp_path)
    told = {one.source: one.reason for one in found.skipped}
    assert "damaged or cut off" in told["train_eegs/11.parquet"]
    assert told["train_eegs/12.parquet"] == "it is neither Parquet nor a table of text"
    assert told["train_eegs/13.parquet"] == "the file is empty"
    assert len(found.keys) == 4
    samples = found.found[0].addresses()
    assert np.isnan(window.eeg(samples, np.arange(3))).all()


def test_values_that_are_no_numbers_are_empty_windows(tmp_path: Path) -> None:
    (tmp_path / "train_eegs").mkdir()
    text = "\n".join([",".join(CHANNELS), *[",".join(["?"] * 20)] * 5])
    (tmp_path / "train_eegs" / "11.parquet").write_text(text)
    table(tmp_path, row(11, 0, 0, VOTES, spectrogram=""))
    samples = scanned(tmp_path).found[0].addresses()
    assert np.isnan(window.eeg(samples, np.array([0]))).all()
    assert "cannot be read" in window.remarks(samples, 0)[0]


def test_a_missing_channel_is_empty_and_told(tmp_path: Path) -> None:
    values = waves(50)
    names = [name for name in CHANNELS if name != "T4"]
    keep = [place for place, name in enumerate(CHANNELS) if name != "T4"]
    # Newer and clinical names mean the same electrodes.
    spelled = [{"T3": "T7", "Fp1": "EEG Fp1-REF"}.get(name, name) for name in names]
    write_eeg(tmp_path / "train_eegs" / "11.parquet", values[keep], spelled)
    table(tmp_path, row(11, 0, 0, VOTES, spectrogram=""))
    found = scanned(tmp_path)
    assert "channels are missing in EEGs: T4 in 1" in found.words
    assert found.column("channels") == [19]
    eeg = window.eeg(found.found[0].addresses(), np.array([0]))[0]
    assert np.isnan(eeg[CHANNELS.index("T4")]).all()
    assert np.array_equal(eeg[keep], values[keep])


def test_what_is_odd_about_a_window_is_told(tmp_path: Path) -> None:
    values = waves(50) * np.float32(1e-6)
    values[3] = 0
    values[0, :2000] = np.nan
    write_eeg(tmp_path / "train_eegs" / "11.parquet", values)
    table(tmp_path, row(11, 0, 0, VOTES, spectrogram=""))
    samples = scanned(tmp_path).found[0].addresses()
    told = window.remarks(samples, 0)
    assert "volts under the name of µV" in told[0]
    assert told[1:] == ["flat: P3", "1.1 % of the values are missing"]


@pytest.mark.parametrize(
    ("factor", "words"), [(1e-6, "volts under the name of µV"), (1e6, "µV under the name of volts")]
)
def test_values_in_another_unit_are_noticed_and_read_so_as_in_clinical_files(
    tmp_path: Path, factor: float, words: str
) -> None:
    true = waves(50)
    write_eeg(tmp_path / "train_eegs" / "11.parquet", true * np.float32(factor))
    write_eeg(tmp_path / "train_eegs" / "12.parquet", true)
    table(tmp_path, row(11, 0, 0, VOTES, spectrogram=""), row(12, 0, 0, VOTES, spectrogram=""))
    found = scanned(tmp_path)
    (told,) = [one.text for one in found.noted if "can only be right" in one.text]
    assert told.startswith("1 of 2 EEGs that were looked at, as train_eegs/11.parquet: ")
    assert words in told
    samples = found.found[0].addresses()
    eegs = window.eeg(samples, np.arange(2))
    np.testing.assert_allclose(eegs[0], eegs[1], rtol=1e-5)
    assert [words in " ".join(window.remarks(samples, at)) for at in (0, 1)] == [True, False]


def test_predictions_stand_with_the_windows_that_they_are_of(tmp_path: Path) -> None:
    table(tmp_path, row(11, 0, 0, VOTES), row(11, 1, 10, VOTES))
    columns = [f"{name}_vote" for name in CLASSES]
    header = ",".join(["eeg_id", "eeg_sub_id", "spectrogram_id", *columns, *(f"{name}_prediction" for name in columns)])
    said = "0.1,0.5,0.1,0.1,0.1,0.1"
    rows = [f"11,1,7,0,0.75,0.25,0,0,0,{said}", f"12,0,7,0,0.75,0.25,0,0,0,{said}"]
    path = table(tmp_path, *rows, name="oof.csv", header=header)
    found = scanned(tmp_path)
    assert [one.name for one in found.found] == ["train.csv"]
    assert found.column("p_lpd") == [None, 0.5]
    assert "its predictions stand with 1 row of train.csv" in found.words
    assert "1 of its rows are in no table of windows here" in found.words
    alone = scanned(path)
    assert alone.keys == ["11/1", "12/0"]
    assert alone.found[0].tallies[0] == {"lpd": 0.75, "gpd": 0.25}
    assert alone.groups == ["7", "7"]
    assert "it names no patients" in alone.words


def test_where_a_predicted_row_stands_is_known_in_a_single_window_alone(tmp_path: Path) -> None:
    """A table of predictions tells no place: in a longer EEG or spectrogram any would be a guess."""
    for number, seconds, columns in ((11, 50, 300), (12, 60, 310)):
        write_eeg(tmp_path / "train_eegs" / f"{number}.parquet", waves(seconds))
        write_spectrogram(tmp_path / "train_spectrograms" / f"{number}.parquet", columns)
    names = [f"{name}_vote" for name in CLASSES]
    header = ",".join(["eeg_id", "spectrogram_id", *names, *(f"{name}_prediction" for name in names)])
    said = "0,0.75,0.25,0,0,0,0.1,0.5,0.1,0.1,0.1,0.1"
    found = scanned(table(tmp_path, f"11,11,{said}", f"12,12,{said}", name="oof.csv", header=header))
    assert found.column("_eeg") == ["train_eegs/11.parquet", None]
    assert found.column("_spectrogram") == ["train_spectrograms/11.parquet", None]
    assert "where 1 row stands in its spectrogram is not told" in found.words


def test_tables_without_samples_are_told(tmp_path: Path) -> None:
    table(tmp_path)
    table(tmp_path, "1,2", name="folds.csv", header="patient_id,fold")
    votes = ",".join(f"{name}_vote" for name in CLASSES)
    table(tmp_path, "1,0,0,0,0,0,1", name="submission.csv", header=f"eeg_id,{votes}")
    table(tmp_path, "1,2", name="prices.csv", header="apples,pears")
    found = scanned(tmp_path)
    assert not found.found
    assert "train.csv : it has a header and no rows" in found.words
    assert "folds.csv : it tells which fold a row is in" in found.words
    assert "submission.csv : it is a submission" in found.words
    assert "1 file of another kind left out (.csv): prices.csv" in found.words
    assert "columns: apples, pears" in scanned(tmp_path / "prices.csv").words


def test_what_no_table_names_comes_in_by_itself(tmp_path: Path) -> None:
    values = waves(75)
    write_eeg(tmp_path / "11.parquet", values)
    write_eeg(tmp_path / "short.parquet", values[:, :3000])
    write_spectrogram(tmp_path / "7.parquet", 690)
    found = scanned(tmp_path)
    by_name = {one.name: one for one in found.found}
    assert by_name["11.parquet"].keys == ["0.000", "10.000", "20.000"]
    assert by_name["7.parquet"].keys == ["0.000", "600.000"]
    assert by_name["short.parquet"].keys == [""]
    assert "short.parquet : it is 15 s long" in found.words
    eegs = window.eeg(by_name["11.parquet"].addresses(), np.arange(3))
    assert np.array_equal(eegs[2], values[:, 4000:14_000])
    short = window.eeg(by_name["short.parquet"].addresses(), np.array([0]))[0]
    assert np.array_equal(short[:, 3500:6500], values[:, :3000])
    picture = window.regions(by_name["7.parquet"].addresses(), np.array([1]))[0]
    assert picture[0, 0, 0] == pytest.approx(0.0601)
    assert [*scanned(tmp_path / "11.parquet", window="50", step="25").found[0].keys] == ["0.000", "25.000"]


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        scanned(tmp_path / "gone")


@real
def test_the_real_tables() -> None:
    found = scanned(REAL / "hms")
    assert not found.skipped
    assert {one.name: len(one.keys) for one in found.found} == {
        "test.csv": 1,
        "oof_predictions_7th_place_convnext.csv": 21_490,
        "train_spectrograms/1000189855.parquet": 2,
    }
    said = next(one for one in found.found if len(one.keys) > 2)
    votes = np.array([[tally.get(name, 0) for name in CLASSES] for tally in said.tallies])
    told = np.stack([np.array(said.columns[f"p_{name}"]) for name in CLASSES], axis=1)
    terms = votes * np.log(np.where(votes > 0, votes, 1) / np.clip(told, 1e-15, None))
    assert terms.sum(axis=1).mean() == pytest.approx(0.51460, abs=5e-6)
    assert Counter(said.columns["missing"]) == {True: 21_490}
    assert "17\u202f088 EEGs are missing, with 21\u202f489 rows" in found.words
    assert found.words.count("2 files of another kind left out (.pdf)") == 1


@real
def test_the_real_pair_is_text_under_the_name_of_parquet() -> None:
    samples = next(one for one in scanned(REAL / "hms").found if one.name == "test.csv").addresses()
    eeg, picture = window.eeg(samples, np.array([0]))[0], window.regions(samples, np.array([0]))[0]
    assert eeg[:3, 0].tolist() == pytest.approx([9.21, -47.46, 15.1])
    assert np.isfinite(eeg).all()
    assert picture[0, :2, 0].tolist() == pytest.approx([14.91, 17.11])
    assert np.isfinite(picture).all()


def test_a_file_that_is_there_and_damaged_is_not_called_missing(tmp_path: Path) -> None:
    (tmp_path / "train_eegs").mkdir()
    (tmp_path / "train_eegs" / "11.parquet").write_bytes(b"")
    table(tmp_path, row(11, 0, 0, VOTES), row(12, 0, 0, VOTES))
    words = scanned(tmp_path).words
    assert "train.csv : 1 EEG is damaged, with 1 row\n" in words
    assert "train.csv : 1 EEG is missing, with 1 row: the first would be train_eegs/12.parquet\n" in words


def test_a_table_of_another_country(tmp_path: Path) -> None:
    """Semicolons between fields, commas in numbers."""
    write_eeg(tmp_path / "train_eegs" / "11.parquet", waves(60))
    path = table(tmp_path, row(11, 0, 2.5, VOTES), row(11, 1, 4, VOTES))
    path.write_text(path.read_text().replace(",", ";").replace(".", ","))
    found = scanned(tmp_path)
    assert not found.skipped
    assert found.column("start") == [2.5, 4.0]


def test_an_empty_table_and_one_of_wide_letters_are_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("\n")
    (tmp_path / "test.csv").write_text("eeg_id,spectrogram_id\n1,2\n", "utf-16")
    words = scanned(tmp_path).words
    assert "train.csv : it is empty" in words
    assert "test.csv : it is no text in UTF-8" in words


def test_a_column_of_votes_under_another_name_is_told(tmp_path: Path) -> None:
    write_eeg(tmp_path / "train_eegs" / "11.parquet", waves(60))
    path = table(tmp_path, row(11, 0, 0, VOTES))
    path.write_text(path.read_text().replace("lpd_vote", "pled_vote"))
    words = scanned(tmp_path).words
    assert (
        "votes: it has no column lpd_vote, so none of its votes are read (columns of other names: pled_vote)" in words
    )


def test_rows_without_a_patient_are_told_beside_others(tmp_path: Path) -> None:
    write_eeg(tmp_path / "train_eegs" / "11.parquet", waves(60))
    path = table(tmp_path, row(11, 0, 0, VOTES), row(11, 1, 4, VOTES))
    head, first, second = path.read_text().splitlines()
    fields = second.split(",")
    fields[head.split(",").index("patient_id")] = ""
    path.write_text("\n".join([head, first, ",".join(fields)]))
    assert "1 row without a patient (the first in row 2): windows are kept" in scanned(tmp_path).words
