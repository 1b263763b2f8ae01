"""Clinical spellings of channels become the names of the 10–20 system."""

from __future__ import annotations

import pytest

from models.domains.eeg.constants import CHANNELS
from models.electrodes import lacking, name_channel, name_channels, places, preview


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Fp1", "Fp1"),
        ("FP1", "Fp1"),
        ("fp1", "Fp1"),
        ("EEG Fp1-REF", "Fp1"),
        ("EEG FP1-LE", "Fp1"),
        ("EEG FP1-Ref", "Fp1"),
        ("EEG Fp1 - A2", "Fp1"),
        ("Fp1-AV", "Fp1"),
        ("Fp1-A1A2", "Fp1"),
        ("POL Fp1", "Fp1"),
        ("EEG:FP1", "Fp1"),
        ("C3-M2", "C3"),
        ("FP1-0", "Fp1"),
        ("EEG T7", "T3"),
        ("T8", "T4"),
        ("EEG P7-REF", "T5"),
        ("p8", "T6"),
        ("EEG CZ-REF", "Cz"),
        ("EEG fz", "Fz"),
        ("M1", "A1"),
        ("FCZ", "FCz"),
        ("AFF5h", "AFF5h"),
        ("EEG TP9", "TP9"),
        ("SP1", "Sp1"),
    ],
)
def test_spellings_of_one_electrode(label: str, name: str) -> None:
    found = name_channel(label)
    assert (found.name, found.kind, found.electrode) == (name, "eeg", True)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("EKG", "ekg"),
        ("ECG", "ekg"),
        ("EEG EKG1-REF", "ekg"),
        ("ECG EKG-REF", "ekg"),
        ("EKG1-EKG2", "ekg"),
        ("EOG horizontal", "eog"),
        ("LOC", "eog"),
        ("EEG LOC-REF", "eog"),
        ("REOG", "eog"),
        ("E1-M2", "eog"),
        ("EMG submental", "emg"),
        ("CHIN1", "emg"),
        ("Status", "other"),
        ("Resp oro-nasal", "other"),
        ("Temp rectal", "other"),
        ("Event marker", "other"),
        ("PHOTIC-REF", "other"),
        ("DC1", "other"),
        ("Heart Rate", "other"),
        ("SpO2", "other"),
        ("A7", "other"),
        ("", "other"),
        ("EEG 31-REF", "eeg"),
    ],
)
def test_kinds(label: str, kind: str) -> None:
    assert name_channel(label).kind == kind


def test_pairs_stay_pairs() -> None:
    for label in ("Fp1-F7", "EEG FP1-F7", "FP1 - F7", "FP1-F7-1"):
        found = name_channel(label)
        assert (found.name, found.kind, found.electrode) == ("Fp1-F7", "eeg", False)
    assert name_channel("EEG Fpz-Cz").name == "Fpz-Cz"


def test_a_reference_is_kept() -> None:
    assert name_channel("EEG C3-A2").reference == "A2"
    assert name_channel("EEG C3-REF").reference == "REF"


def test_duplicates_stay_apart_and_are_told() -> None:
    found = name_channels(["EEG F1-Ref", "EEG F2-Ref", "EEG F1-Ref", "F1"])
    assert [one.name for one in found] == ["F1", "F2", "F1 (2)", "F1 (3)"]
    assert [one.electrode for one in found] == [True, True, False, False]
    assert "more than once" in found[2].note
    assert [one.name for one in name_channels(["ECG1", "ECG2"])] == ["EKG", "EKG (2)"]
    assert [row["name"] for row in preview(["T3", "T7"])] == ["T3", "T3 (2)"]


def test_the_letters_of_a_cap_are_no_electrodes() -> None:
    labels = [f"{letter}{number}" for letter in "ABCDEFG" for number in range(1, 17)]
    found = name_channels(labels)
    assert [one.name for one in found] == [f"cap {label}" for label in labels]
    assert len(lacking([one.name for one in found])) == 20
    assert not any(one.electrode for one in found)
    assert {one.kind for one in found} == {"eeg"}
    assert name_channels(["A1", "A2", "C3", "C4"])[2].electrode


def test_what_is_there_and_what_is_not() -> None:
    newer = [{"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}.get(name, name) for name in CHANNELS]
    assert places(newer) == list(range(20))
    assert lacking(newer) == []
    assert lacking([name for name in CHANNELS if name != "Pz"]) == ["Pz"]
