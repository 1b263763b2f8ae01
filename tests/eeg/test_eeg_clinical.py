"""Clinical recordings become windows and a whole; what cannot is told in one line; no patient is named."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.names import short_name
from models.domains import domain
from models.domains.eeg import bids, identity, tal
from models.domains.eeg.annotations import Note
from models.domains.eeg.clinical import (
    belongs_to,
    class_of,
    covered,
    gap_share,
    is_clinical,
    judged_windows,
    window_labels,
    window_starts,
)
from models.domains.eeg.constants import CHANNELS
from models.domains.eeg.edf_copy import write_copy
from models.domains.eeg.judged import Judged
from models.domains.eeg.recording import open_recording
from models.findings import Skipped
from models.job import finish
from tests.eeg.recorded import FORMATS, brainvision, compose, eeglab, nicolet, scanned, waves


def test_windows_and_the_whole(tmp_path: Path) -> None:
    seen = scanned(compose(tmp_path / "a.edf", waves(120), records=120), "ward/a.edf")
    found = seen.one
    assert list(found.keys) == [f"{start}.000" for start in range(0, 80, 10)] + [""]
    assert set(found.groups) == {"ward/a"}
    columns = found.columns
    assert columns["_start"][1] == "10.000"
    assert columns["_seconds"][0] == "50.000"
    assert columns["_seconds"][-1] == "120.000"
    assert list(columns["_whole"]) == [None] * 8 + ["1"]
    assert columns["_eeg"][0] == "a.edf"
    assert {len(values) for values in columns.values()} == {9}
    assert (columns["rate"][0], columns["channels"][0]) == (64, 20)
    assert seen.noted == []
    found.addresses()


def test_a_whole_is_no_window_whose_eeg_is_gone(tmp_path: Path) -> None:
    samples = scanned(compose(tmp_path / "a.edf", waves(120), records=120), "ward/a.edf").one.addresses()
    eeg = domain("eeg")
    assert eeg.there(samples).tolist() == [True] * 8 + [False]
    assert not eeg.gone(samples).any()
    assert [short_name(eeg, samples, row) for row in (1, 8)] == ["a 00:00:10", "a whole"]


def test_a_recording_shorter_than_a_window_is_one(tmp_path: Path) -> None:
    found = scanned(compose(tmp_path / "a.edf", waves(20), records=20)).one
    assert list(found.keys) == ["0.000", ""]
    assert found.columns["seconds"] == [20.0, 20.0]


def test_windows_of_other_lengths_and_steps(tmp_path: Path) -> None:
    path = compose(tmp_path / "a.edf", waves(60), records=60)
    assert len(scanned(path, window=10.0, step=2.5).one.keys) == 22
    assert "window" in dict(scanned(path).one.settings)


@pytest.mark.parametrize(
    ("gap", "starts"),
    [
        # Half of a window of 50 s may be gap, and no more.
        ((30.0, 55.0), [*range(0, 101, 5)]),
        ((30.0, 56.0), [0, 5, *range(35, 101, 5)]),
        ((30.0, 90.0), [0, 5, *range(65, 101, 5)]),
        ((0.0, 25.0), [*range(0, 101, 5)]),
        ((0.0, 25.5), [*range(5, 101, 5)]),
    ],
)
def test_half_a_window_may_be_gap(gap: tuple[float, float], starts: list[int]) -> None:
    recording: Any = SimpleNamespace(seconds=150.0, gaps=(gap,))
    options: Any = SimpleNamespace(window=50.0, step=5.0)
    found = window_starts(recording, options)
    assert found is not None
    assert found.tolist() == starts
    np.testing.assert_allclose(
        gap_share(recording, found, 50.0),
        [max(min(gap[1], at + 50) - max(gap[0], at), 0) / 50 for at in starts],
    )


def test_windows_that_are_mostly_gap_are_none(tmp_path: Path) -> None:
    clocks = [*range(60), *range(300, 360)]
    path = compose(
        tmp_path / "a.edf", waves(120), records=120, texts=[tal.keep_time(clock) for clock in clocks], reserved="EDF+D"
    )
    seen = scanned(path)
    starts = [float(key) for key in seen.one.keys if key]
    assert starts == [0, 10, 20, 30, 280, 290, 300, 310]
    assert seen.one.columns["nan"][:4] == [0, 0, 0.2, 0.4]
    assert seen.one.columns["nan"][-1] == pytest.approx(240 / 360, abs=1e-3)


def test_too_many_windows_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.domains.eeg import clinical

    monkeypatch.setattr(clinical, "_MOST", 100)
    seen = scanned(compose(tmp_path / "a.edf", waves(120), records=120), step=0.1)
    assert "longer step" in seen.skipped[0].reason


# Labels


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Seizure", "seizure"),
        ("SZ", "seizure"),
        ("sz_foc_ia", "seizure"),
        ("fnsz", "seizure"),
        ("PLEDs", "lpd"),
        ("GPD", "gpd"),
        ("LRDA", "lrda"),
        ("Generalized Rhythmic Delta Activity", "grda"),
        ("other", "other"),
        ("seizure onset?", None),
        ("bckg", None),
        ("", None),
    ],
)
def test_what_annotations_call_the_classes(text: str, name: str | None) -> None:
    assert class_of(text) == name


def test_an_annotation_labels_what_it_covers_most_of(tmp_path: Path) -> None:
    path = compose(tmp_path / "a.edf", waves(120), records=120)
    notes = [
        Note(24, 12, "Seizure"),
        Note(50, 0, "seizure"),
        Note(64, 6, "GPD", ("Fp1",)),
        Note(60, 6, "gpd"),
        Note(62, 1, "x"),
    ]
    finish(write_copy(open_recording(path), tmp_path / "b.edf", notes))
    found = scanned(tmp_path / "b.edf").one
    # The central 10 s of the windows begin at 20, 30, 40 …
    assert list(found.labels) == ["seizure", "seizure", None, None, "gpd", None, None, None, None]
    # All of them stand on the whole, by the same names whenever it is read again.
    assert [(one.start, one.stop, one.text, one.channels) for one in found.regions[""]][:2] == [
        (24, 36, "Seizure", ()),
        (50, 50, "seizure", ()),
    ]
    assert found.regions[""][4].channels == ("Fp1",)
    assert [one.name for one in found.regions[""]] == [one.name for one in scanned(tmp_path / "b.edf").one.regions[""]]
    assert found.columns["annotations"] == [1, 2, 5, 5, 4, 4, 3, 0, 5]


def test_half_is_not_most() -> None:
    starts = np.array([0.0, 10.0])
    assert window_labels([Note(20, 5, "gpd")], starts, 50) == [None, None]
    assert window_labels([Note(20, 5.1, "gpd")], starts, 50) == ["gpd", None]
    assert window_labels([Note(0, 4, "gpd"), Note(4, 6, "lpd")], np.zeros(1), 10) == ["lpd"]


def test_covered_seconds_count_once() -> None:
    spans = [(0.0, 4.0), (2.0, 6.0), (10.0, 12.0)]
    got = covered(spans, np.array([0.0, 3.0, 6.0, 11.0, -5.0]), np.array([20.0, 5.0, 10.0, 30.0, 1.0]))
    np.testing.assert_allclose(got, [8, 2, 0, 1, 1])


# Patients


def test_patients_are_hashed_unless_asked_for(tmp_path: Path) -> None:
    path = compose(tmp_path / "a.edf", waves(60), records=60, patient="MRN-0815 F 02-MAY-1951 Doe_Jane")
    other = compose(tmp_path / "b.edf", waves(60), records=60, patient="mrn-0815 F X X")
    found = scanned(path).one
    assert found.groups[0].startswith("p-")
    assert scanned(other).one.groups[0] == found.groups[0]
    for words in ("MRN-0815", "Doe_", "Jane", "-1951"):
        assert words not in repr(found)
        assert words not in repr(open_recording(path))
    assert scanned(path, keep_identifiers=True).one.groups[0] == "MRN-0815"
    assert scanned(compose(tmp_path / "c.edf", waves(60), records=60)).one.groups[0] == "c"


def test_annotations_that_name_the_patient_are_kept_as_they_are_where_that_is_asked_for(tmp_path: Path) -> None:
    lists = [tal.keep_time(place) for place in range(60)]
    lists[3] += tal.compose(3, 2, "Mrs. DOE moves")
    told = {"reserved": "EDF+C", "patient": "MRN-0815 F 02-MAY-1951 Doe_Jane"}
    path = compose(tmp_path / "a.edf", waves(60), records=60, texts=lists, **told)
    assert [one.text for one in scanned(path).one.regions[""]] == ["Mrs. *** moves"]
    assert [one.text for one in scanned(path, keep_identifiers="yes").one.regions[""]] == ["Mrs. DOE moves"]


def test_words_that_tell_who_a_patient_is() -> None:
    words = identity.telling_words("MRN-0815 F 02-MAY-1951 Li_Na")
    assert words == {"mrn-0815", "02-may-1951", "li na"}
    assert identity.hide("Na, Li Na; LI_NA and Lina; mrn-0815!", words) == "Na, ***; *** and Lina; ***!"
    assert identity.telling_words("p-0123456789 F X X") == identity.telling_words("Patient 1") == frozenset()
    assert identity.telling_words("Doe^Jane^^") == {"doe", "jane"}
    assert identity.hide("Müller, MÜLLER", identity.telling_words("X M X Müller")) == "***, ***"


def test_fields_of_a_header_without_identifiers() -> None:
    assert identity.strip_patient("X F 02-MAY-1951 Doe") == "X F X X"
    stripped = identity.strip_patient("MRN-0815 M 02-MAY-1951 Doe_John")
    assert stripped == f"{identity.pseudonym('MRN-0815')} M X X"
    assert identity.strip_recording("Startdate 02-MAR-2002 HOSP-7 Dr_Who box9") == "Startdate 02-MAR-2002 X X X"
    assert identity.strip_recording("whatever Dr Who") == "Startdate X X X X"
    assert identity.read_patient("X X X X") == identity.Patient()
    assert identity.patient_of("anonymous", True) == ""


# Formats


@pytest.mark.parametrize("make", [brainvision, eeglab, nicolet])
def test_other_formats_hold_the_same_samples(tmp_path: Path, make: Any) -> None:
    true = waves(60)
    path = make(tmp_path, true, 64)
    found = open_recording(path)
    assert found.names == CHANNELS
    assert (found.rate, found.length) == (64, 3840)
    np.testing.assert_allclose(found.read(100, 300), np.stack(list(true.values()))[:, 100:300], atol=1e-3)
    seen = scanned(path)
    assert list(seen.one.keys) == ["0.000", "10.000", ""]
    assert seen.one.beside


def test_files_beside_a_recording_belong_to_it(tmp_path: Path) -> None:
    head = brainvision(tmp_path, waves(5), 64)
    assert belongs_to(tmp_path / "a.eeg") == belongs_to(tmp_path / "a.vmrk") == head
    assert belongs_to(head) is None
    assert not is_clinical(tmp_path / "a.eeg")
    assert is_clinical(head)
    compose(tmp_path / "nameless", waves(5), records=5)
    assert is_clinical(tmp_path / "nameless")
    assert not is_clinical(tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("make", "settings", "words"),
    [
        (brainvision, {"data": "../a.eeg"}, "no file beside it"),
        (eeglab, {"data": "../a.fdt"}, "no file beside it"),
        (eeglab, {"pnts": 10**12}, "cannot hold"),
        (nicolet, {"samples": 10**12}, "more samples"),
    ],
)
def test_headers_of_other_formats_that_lie(tmp_path: Path, make: Any, settings: dict[str, Any], words: str) -> None:
    seen = scanned(make(tmp_path, waves(5), 64, **settings))
    assert words in seen.skipped[0].reason
    assert seen.found == []


@pytest.mark.parametrize("name", ["a.vhdr", "a.set", "a.fif", "a.data", "a.bdf", "a.edf"])
@pytest.mark.parametrize("content", [b"", b"junk" * 100])
def test_what_is_no_recording_is_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    seen = scanned(tmp_path / name)
    assert len(seen.skipped) == 1
    assert "\n" not in seen.skipped[0].reason


def test_a_set_of_the_newest_version_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.domains.eeg import foreign

    monkeypatch.setattr(foreign, "find_spec", lambda name: None)
    (tmp_path / "a.set").write_bytes(b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n")
    assert "needs the package pymatreader" in scanned(tmp_path / "a.set").skipped[0].reason


def test_lost_parts_are_one_line(tmp_path: Path) -> None:
    for make, part in ((brainvision, "a.eeg"), (eeglab, "a.fdt"), (nicolet, "a.head")):
        path = make(tmp_path, waves(5), 64)
        (tmp_path / part).unlink()
        assert scanned(path).skipped, part
    assert scanned(tmp_path / "none.edf").skipped[0].reason.startswith("it cannot be read")


@pytest.mark.parametrize(("make", "part"), [(eeglab, "a.fdt"), (nicolet, "a.data")])
def test_other_formats_that_are_cut_short(tmp_path: Path, make: Any, part: str) -> None:
    path = make(tmp_path, waves(60), 64)
    content = (tmp_path / part).read_bytes()
    (tmp_path / part).write_bytes(content[: len(content) // 2])
    seen = scanned(path)
    assert "cut short: 30 s of 1 min 0 s is there" in seen.words
    assert seen.one.columns["seconds"][-1] == 30


def test_how_labels_are_read_is_told_once_for_all_files_of_one_layout(tmp_path: Path) -> None:
    from models.domain import Noted
    from models.domains.eeg.read import scan

    clinical = [f"EEG {name}-REF" for name in CHANNELS[:4]] + ["EEG T7", "ECG EKG", "DC1"]
    for place in range(3):
        compose(tmp_path / f"{place}.edf", waves(60, names=clinical), records=60)
    compose(tmp_path / "other.edf", waves(60), records=60)
    told = [item for item in scan([tmp_path], {}) if isinstance(item, Noted)]
    assert [(item.source, item.text[:60]) for item in told if "read as" in item.text] == [
        ("0.edf", "channels are read as: EEG Fp1-REF → Fp1, EEG F3-REF → F3, EE")
    ]
    assert "EEG T7 → T3, ECG EKG → EKG" in told[0].text
    assert "DC1" not in told[0].text


def test_numbers_of_a_cap_are_told_in_a_word(tmp_path: Path) -> None:
    labels = [f"{letter}{number}" for letter in "ABCD" for number in range(1, 9)]
    seen = scanned(compose(tmp_path / "a.edf", waves(20, names=labels), records=20))
    assert [one.text for one in seen.noted] == [
        "32 labels are numbers of a cap, no 10–20 electrodes",
        "0 of the 20 channels that models learn from",
    ]


def test_oddities_of_one_file_are_each_told(tmp_path: Path) -> None:
    """19 of the 20 channels, one label twice, an annotation past the end, another rate, a file that is cut."""
    signals = {name: values for name, values in waves(60).items() if name != "Pz"}
    signals["ECG"] = signals.pop("EKG")[::2]
    texts = [tal.keep_time(place) for place in range(60)]
    texts[0] += tal.compose(200, 5, "late")

    def twice(fields: dict[str, list[str]]) -> None:
        fields["label"][1] = "Fp1"

    path = compose(tmp_path / "a.edf", signals, records=60, texts=texts, reserved="EDF+C", change=twice, cut=100_000)
    words = scanned(path).words
    for told in (
        "without F3, Pz",
        "named more than once, so they are numbered: Fp1",
        "1 annotation lies past the end of the recording: no page shows it",
        "resampled to 64 Hz: EKG from 32 Hz",
        "the file is cut short",
    ):
        assert told in words, words


# Trees


def tree(root: Path) -> Path:
    folder = root / "sub-S1" / "ses-02" / "eeg"
    folder.mkdir(parents=True)
    (root / "dataset_description.json").write_text("{}")
    (root / "participants.tsv").write_text("participant_id\tage\nsub-S1\t40\n")
    (folder / "sub-S1_ses-02_task-x_events.tsv").write_text("onset\tduration\ttrial_type\n20\t10\tlrda\n")
    rows = "".join(
        f"{name}\t{'EEG' if name != 'EKG' else 'MISC'}\tuV\t{'bad' if name == 'O1' else 'good'}\n" for name in CHANNELS
    )
    (folder / "sub-S1_ses-02_task-x_channels.tsv").write_text(f"name\ttype\tunits\tstatus\n{rows}")
    return compose(folder / "sub-S1_ses-02_task-x_eeg.edf", waves(60), records=60, patient="Name Of Somebody")


def test_a_tree_tells_patient_channels_and_events(tmp_path: Path) -> None:
    path = tree(tmp_path)
    seen = scanned(path)
    assert (seen.one.groups[0], seen.one.labels[0], seen.one.beside) == ("sub-S1", "lrda", True)
    found = open_recording(path)
    assert found.bad == ("O1",)
    assert found.kinds[-1] == "other"
    assert seen.noted == []
    (tmp_path / "participants.tsv").write_text("participant_id\nsub-S2\n")
    assert "does not list sub-S1" in scanned(path).words


def test_what_is_told_of_channels_meanwhile_is_seen_in_a_recording_that_stays_open(tmp_path: Path) -> None:
    path = tree(tmp_path)
    table = next(path.parent.glob("*channels.tsv"))
    first = open_recording(path)
    assert open_recording(path) is first
    told = table.read_text()
    table.write_text(told.replace("T3\tEEG\tuV\tgood", "T3\tEEG\tuV\tbad"))
    assert open_recording(path).bad == ("T3", "O1")
    table.write_text(told.replace("bad", "good"))
    assert open_recording(path).bad == ()
    table.unlink()
    assert open_recording(path).kinds[-1] == "ekg"
    (tmp_path / "task-x_channels.tsv").write_text(told)
    assert open_recording(path).bad == ("O1",)


def test_a_table_of_other_channels_is_left_aside(tmp_path: Path) -> None:
    path = tree(tmp_path)
    next(path.parent.glob("*channels.tsv")).write_text("name\ttype\nX1\tEEG\n")
    assert "left aside" in scanned(path).words


def test_tables_that_cannot_be_read_cost_no_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tree(tmp_path)
    monkeypatch.setattr(bids, "_LONGEST", 1)
    seen = scanned(path)
    assert len(seen.one.keys) == 3
    for name in ("channels", "events", "participants"):
        assert f"{name}.tsv is longer than" in seen.words


# The real files


@pytest.mark.skipif(not FORMATS.is_dir(), reason="no shared data here")
def test_every_real_file_comes_in_or_says_why_not() -> None:
    told = {}
    for path in sorted(FORMATS.rglob("*")):
        if path.is_file() and is_clinical(path) and belongs_to(path) is None:
            seen = scanned(path)
            told[path.name] = len(seen.one.keys) if seen.found else (seen.skipped, seen.noted)
    skipped, _ = told.pop("SC4001EC-Hypnogram.edf")
    assert skipped[0].reason == "it holds annotations and no signals"
    assert told == {
        "biosemi_test.bdf": 2,
        "biosemi_test.edf": 2,
        "duplicate_channel_labels.edf": 2,
        "eeglab_data.set": 20,
        "short_psg.edf": 27,
        "sub-S1_ses-01_task-Experiment_run-01_eeg.edf": 3,
        "test.vhdr": 2,
        "test_nicolet_raw.data": 2,
        "test_subsecond.edf": 66,
        "uneven_samp.edf": 8,
        "utf8_annotations.edf": 66,
    }


@pytest.mark.skipif(not FORMATS.is_dir(), reason="no shared data here")
@pytest.mark.parametrize(
    "name", ["biosemi_test.bdf", "biosemi_test.edf", "test_subsecond.edf", "duplicate_channel_labels.edf"]
)
def test_real_samples_are_those_of_mne(name: str) -> None:
    import mne

    read = mne.io.read_raw_bdf if name.endswith(".bdf") else mne.io.read_raw_edf
    raw = read(FORMATS / name, verbose="ERROR", stim_channel=None)
    found = open_recording(FORMATS / name)
    scale = np.array([[1e6 if unit == "µV" else 1] for unit in found.units])
    np.testing.assert_allclose(found.read(0, 1000), raw.get_data(stop=1000) * scale, rtol=1e-4, atol=1e-3)


@pytest.mark.skipif(not FORMATS.is_dir(), reason="no shared data here")
def test_real_annotations_round_trip(tmp_path: Path) -> None:
    from models.domains.eeg.annotations import read_notes

    for name in ("utf8_annotations.edf", "test_subsecond.edf", "biosemi_test.edf"):
        first = open_recording(FORMATS / name)
        notes = read_notes(first).notes
        assert notes
        finish(write_copy(first, tmp_path / name, notes))
        again = open_recording(tmp_path / name)
        assert read_notes(again).notes == notes
        np.testing.assert_array_equal(again.read(0, again.length), first.read(0, first.length))
    first = read_notes(open_recording(FORMATS / "utf8_annotations.edf")).notes
    assert any(one.text == "中文测试八个字" and one.onset == pytest.approx(120 - 0.3945312) for one in first)
    assert all(one.onset <= following.onset for one, following in pairwise(first))


def test_the_longest_telling_words_are_hidden_first() -> None:
    assert identity.hide("Anna Maria came, Anna left", ["anna", "anna maria"]) == "*** came, *** left"


def test_spans_inside_others_take_nothing_away() -> None:
    assert covered([(0.0, 10.0), (2.0, 3.0)], np.array([4.0]), np.array([6.0])).tolist() == [2.0]


def test_windows_are_known_again_by_the_part_that_was_judged() -> None:
    ten, five = Judged(20.0, 10.0, "lpd"), Judged(70.0, 5.0, "gpd")
    assert judged_windows([ten, five], np.array([0.0, 50.0]), 50.0) == {0: ten}


@pytest.mark.parametrize(
    ("unit", "words"),
    [("bananas", "'bananas' is no unit of voltage"), ("mV", "as no EEG does"), ("uV", "")],
)
def test_a_unit_that_cannot_be_right_is_told(tmp_path: Path, unit: str, words: str) -> None:
    signals = waves(60)

    def change(fields: Any) -> None:
        fields.update(unit=[unit] * len(signals))

    seen = scanned(compose(tmp_path / "a.edf", signals, records=60, change=change))
    told = [note.text for note in seen.noted if "unit" in note.text]
    assert len(seen.one.keys) == 3, "it is taken in all the same"
    assert [words in text for text in told] == [True] * bool(words)


def test_what_is_called_edf_and_is_none_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "a.edf").write_text("This is a letter.")
    whole = compose(tmp_path / "b.edf", waves(20), records=20)
    whole.write_bytes(whole.read_bytes()[:700])
    words = {one.source: one.reason for one in domain("eeg").scan([tmp_path], {}) if isinstance(one, Skipped)}
    assert words["a.edf"].startswith("it does not begin as an EDF or BDF file does")
    assert words["b.edf"].startswith("it is cut off inside its header, which tells 20 signals")
