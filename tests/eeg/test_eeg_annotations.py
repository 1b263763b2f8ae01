"""Annotations: read from every format at their right times, and written without loss."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from models.domains.eeg import tal
from models.domains.eeg.annotations import Note, read_events, read_notes, write_events
from models.domains.eeg.edf import BadRecording
from models.domains.eeg.edf_copy import write_copy
from models.domains.eeg.judged import Judged
from models.domains.eeg.recording import open_recording
from models.job import Job, finish
from models.store.project import Project
from tests.eeg.recorded import brainvision, compose, eeglab, waves
from workers.inline import run

HARD = (
    Note(0.0, 0.0, "start"),
    Note(0.123456789, 0.0, "between two samples"),
    Note(1.25, 2.5, "seizure", ("Fp1", "F3")),
    Note(1.25, 2.5, "seizure"),
    Note(2.0, 1e-7, "Anfall ÄÖÜ 癫痫 \u2013 ✓"),
    Note(2.5, 0.0, ""),
    Note(3.0, 0.5, "mail@@home"),
    Note(3.0, 0.5, "me@@", ("C3",)),
    Note(3.5, 0.0, " n/a"),
    Note(3.6, 0.0, "n/a"),
    Note(3.7, 0.0, "C:\\new\\t"),
)


def texts(clocks: Sequence[float], more: bytes = b"") -> list[bytes]:
    return [tal.keep_time(clock) + more for clock in clocks]


@pytest.mark.parametrize("width", [2, 3])
@pytest.mark.parametrize("clocks", [(0, 1, 2, 3, 4, 5), (0.394531, 1.394531, 2.394531, 60.5, 61.5, 1e4)])
def test_a_copy_keeps_samples_and_gives_the_annotations_back(
    tmp_path: Path, width: int, clocks: tuple[float, ...]
) -> None:
    kind = "BDF+" if width == 3 else "EDF+"
    broken = "D" if clocks[3] > 10 else "C"
    path = compose(
        tmp_path / "a.edf",
        waves(6),
        records=6,
        width=width,
        texts=texts(clocks, b"+2\x14old\x14\x00"),
        reserved=kind + broken,
    )
    first = open_recording(path)
    assert [one.text for one in read_notes(first).notes] == ["old"] * 6
    finish(write_copy(first, tmp_path / "b.edf", HARD))
    again = open_recording(tmp_path / "b.edf")
    assert read_notes(again).notes == HARD
    assert (again.gaps, again.start, again.offset, again.names) == (first.gaps, first.start, first.offset, first.names)
    np.testing.assert_array_equal(again.read(0, again.length), first.read(0, first.length))
    finish(write_copy(again, tmp_path / "c.edf", HARD))
    assert (tmp_path / "c.edf").read_bytes() == (tmp_path / "b.edf").read_bytes()


def test_a_copy_of_a_plain_file_becomes_one_with_annotations(tmp_path: Path) -> None:
    path = compose(tmp_path / "a.edf", waves(6, names=("EEG Fp1-REF", "T7")), records=6, patient="Jane Doe 1970")
    finish(write_copy(open_recording(path), tmp_path / "b.edf", [Note(1, 2, "seizure", ("Fp1", "T3"))]))
    content = (tmp_path / "b.edf").read_bytes()
    assert content[192:197] == b"EDF+C"
    assert b"Jane" not in content
    assert b"seizure@@EEG Fp1-REF" in content
    assert read_notes(open_recording(tmp_path / "b.edf")).notes == (Note(1, 2, "seizure", ("Fp1", "T3")),)
    finish(write_copy(open_recording(path), tmp_path / "c.edf", [], keep_identifiers=True))
    assert b"Jane_Doe_1970" in (tmp_path / "c.edf").read_bytes()


def test_other_readers_read_the_copy(tmp_path: Path) -> None:
    import mne

    path = compose(tmp_path / "a.edf", waves(6), records=6, texts=texts(np.arange(6) + 0.25), reserved="EDF+C")
    notes = [Note(1.5, 2, "seizure", ("Fp1",)), Note(4, 0, "ä")]
    finish(write_copy(open_recording(path), tmp_path / "b.edf", notes))
    found = mne.io.read_raw_edf(tmp_path / "b.edf", verbose="ERROR").annotations
    assert list(zip(found.description, found.duration, strict=True)) == [("seizure", 2), ("ä", 0)]
    assert found.ch_names[0] == ("Fp1",)
    from edfio import read_edf

    told = read_edf(tmp_path / "b.edf").annotations
    assert [(one.onset, one.text) for one in told] == [(1.5, "seizure@@Fp1"), (4.0, "ä")]


def test_ten_thousand_annotations_in_a_short_file(tmp_path: Path) -> None:
    path = compose(tmp_path / "a.edf", waves(6), records=6)
    notes = tuple(Note(round(place * 0.0005, 4), 0.001, f"note {place}") for place in range(10_000))
    finish(write_copy(open_recording(path), tmp_path / "b.edf", notes))
    assert read_notes(open_recording(tmp_path / "b.edf")).notes == notes


def test_events_of_a_tree_come_back(tmp_path: Path) -> None:
    table, beside = write_events(tmp_path / "sub-1_events.tsv", [*HARD, Note(-1, 0, "tab\there\nand there")])
    assert "trial_type" in table.read_text("utf-8").splitlines()[0]
    assert json.loads(beside.read_text("utf-8"))["onset"]["Units"] == "s"
    remarks: list[str] = []
    assert read_events(table, remarks) == [Note(-1, 0, "tab\there\nand there"), *HARD]
    assert remarks == []


def test_labels_of_windows_in_a_table_of_events_are_no_rows_without_a_time(tmp_path: Path) -> None:
    judged = [Judged(20, 10, "seizure"), Judged(30, 10, "", {"gpd": 2, "lpd": 1})]
    table, _ = write_events(tmp_path / "sub-1_events.tsv", [Note(1, 0, "start")], judged)
    remarks: list[str] = []
    found: list[Judged] = []
    assert read_events(table, remarks, found) == [Note(1, 0, "start")]
    assert found == judged
    assert remarks == []


def test_numbers_are_written_without_an_exponent() -> None:
    # Other readers of EDF+ know none.
    assert [tal.plain(value) for value in (1e-7, 0.5, 3.0, 1e16)] == ["0.0000001", "0.5", "3", "10000000000000000"]


def test_events_of_others(tmp_path: Path) -> None:
    table = tmp_path / "sub-1_events.tsv"
    table.write_text(
        "onset\tduration\teventType\tchannels\n1.5\t20\tsz_foc_ia\tF3,C3\n2\tn/a\tC:\\new\tall\nn/a\t1\tx\tall\n",
        "utf-8",
    )
    remarks: list[str] = []
    assert read_events(table, remarks) == [Note(1.5, 20, "sz_foc_ia", ("C3", "F3")), Note(2, 0, "C:\\new")]
    assert remarks == ["1 row of sub-1_events.tsv tells no onset and is left out"]
    assert read_events(tmp_path / "none.tsv", remarks) == []
    assert "cannot be read" in remarks[1]


def test_events_in_the_letters_of_older_programs_keep_them(tmp_path: Path) -> None:
    table = tmp_path / "sub-1_events.tsv"
    table.write_bytes("onset\tduration\ttrial_type\r\n1\t2\tÄußerung\r\n".encode("cp1252"))
    assert read_events(table, []) == [Note(1, 2, "Äußerung")]


def test_broken_lists_cost_no_others(tmp_path: Path) -> None:
    bad = b"+x\x14no\x14\x00nothing\x00+1e400\x14far\x14\x00+2\x15-5\x14back\x14\x00+3\x14\xfcber\x14two\x14\x00"
    path = compose(
        tmp_path / "a.edf", waves(6), records=6, texts=[*texts(range(5)), tal.keep_time(5) + bad], reserved="EDF+C"
    )
    told = read_notes(open_recording(path))
    assert told.notes == (Note(3, 0, "über"), Note(3, 0, "two"))
    assert told.remarks == ("4 annotations are damaged and left out",)


def test_what_stands_outside_is_told_and_kept(tmp_path: Path) -> None:
    more = b"+5.5\x153\x14late\x14\x00+100\x14later\x14\x00-2\x14early\x14\x00"
    path = compose(
        tmp_path / "a.edf", waves(6), records=6, texts=[*texts(range(5)), tal.keep_time(5) + more], reserved="EDF+C"
    )
    told = read_notes(open_recording(path))
    assert [one.text for one in told.notes] == ["early", "late", "later"]
    assert told.remarks == (
        "1 of 3 annotations lies past the end of the recording: no page shows it",
        "1 of 3 annotations goes on past the end of the recording",
        "1 of 3 annotations lies before the start of the recording: no page shows it",
    )


def test_triggers_of_a_bdf(tmp_path: Path) -> None:
    status = np.zeros(600 * 64)
    status[[100, 101, 102]] = 7
    # Exactly where the next stretch of records is read.
    status[256 * 64] = 9
    status[30_000:] = 65_536 + 12
    signals = {**waves(600, names=("Fp1",)), "Status": status}
    path = compose(tmp_path / "a.bdf", signals, records=600, width=3)
    told = read_notes(open_recording(path))
    assert told.notes == (
        Note(100 / 64, 0, "trigger 7"), Note(256, 0, "trigger 9"), Note(30_000 / 64, 0, "trigger 12"),
    )  # fmt: skip


def test_markers_of_brainvision(tmp_path: Path) -> None:
    marks = "Mk2=Stimulus,S  1,65,1,0\nMk3=Comment,Anfall ä,129,64,2\nMk4=Comment,late,99999,1,0\n"
    found = open_recording(brainvision(tmp_path, waves(10), 64, marks))
    assert found.clock == "2024-06-05T07:08:09.250000"
    told = read_notes(found)
    assert [(one.onset, one.text) for one in told.notes if "New" not in one.text] == [
        (1.0, "Stimulus/S  1"), (2.0, "Comment/Anfall ä"), (99_998 / 64, "Comment/late"),
    ]  # fmt: skip
    assert told.remarks == ("1 of 3 annotations lies past the end of the recording: no page shows it",)
    with pytest.raises(BadRecording, match="takes no annotations"):
        finish(write_copy(found, tmp_path / "b.edf", []))


def test_an_import_counts_them_as_its_dry_run_does(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    lists = texts(range(6), b"+2\x14old\x14\x00")
    compose(tmp_path / "d" / "a.edf", waves(6), records=6, texts=lists, reserved="EDF+C")
    Project.create(tmp_path / "p", "eeg").close()
    asked = {"project": str(tmp_path / "p"), "sources": [str(tmp_path / "d")]}
    counts = [
        run(Job("import_samples", {**asked, "dry_run": dry}, ""))["annotations"] for dry in (True, False, True, False)
    ]
    assert counts == [6, 6, 0, 0]


def test_events_of_eeglab(tmp_path: Path) -> None:
    told = read_notes(open_recording(eeglab(tmp_path, waves(10), 64)))
    assert told.notes == (Note(1.0, 0, "square"), Note(2.0, 0.5, "Anfall ä"))


def test_annotations_of_a_fif_that_was_cropped(tmp_path: Path) -> None:
    import mne

    info = mne.create_info(list(waves()), 64.0, "eeg")
    raw = mne.io.RawArray(np.stack(list(waves(10).values())) * 1e-6, info, verbose="ERROR")
    raw.set_meas_date(dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC))
    raw.set_annotations(mne.Annotations([3, 5], [1, 0], ["seizure", "mark"], orig_time=raw.info["meas_date"]))
    raw.crop(2).save(tmp_path / "a_raw.fif", verbose="ERROR")
    found = open_recording(tmp_path / "a_raw.fif")
    assert read_notes(found).notes == (Note(1, 1, "seizure"), Note(3, 0, "mark"))
    np.testing.assert_allclose(found.read(0, 64), np.stack(list(waves(10).values()))[:, 128:192], atol=1e-3)


def test_events_beside_a_recording_join_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "sub-1" / "eeg"
    folder.mkdir(parents=True)
    own = [*texts(range(5)), tal.keep_time(5) + b"+2\x15" + b"1\x14seizure\x14\x00"]
    compose(folder / "sub-1_task-x_eeg.edf", waves(6), records=6, texts=own, reserved="EDF+C")
    (folder / "sub-1_task-x_events.tsv").write_text("onset\tduration\ttrial_type\n2.0\t1\tseizure\n4\t1\tgpd\n")
    told = read_notes(open_recording(folder / "sub-1_task-x_eeg.edf"))
    assert told.notes == (Note(2, 1, "seizure"), Note(4, 1, "gpd"))


@pytest.mark.parametrize(
    ("head", "told"), [(b"+5", 5.0), (b"-0.5", -0.5), (b"5", None), (b" +5", None), (b"+nan", None), (b"", None)]
)
def test_a_time_has_a_sign(head: bytes, told: float | None) -> None:
    """What begins with a digit is no list of EDF+, but what a writer left in the place of one."""
    assert tal.clock_of(head + b"\x14\x14\x00") == told
