"""Recordings out as EDF+ and as a BIDS tree: what comes back is what stood there."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.domains.eeg import tal
from models.domains.eeg.constants import CHANNELS, CLASSES
from models.domains.eeg.hms import PREDICTIONS, VOTES
from models.domains.eeg.hms_table import write_submission
from models.domains.eeg.judged import Judged, read_judged, write_judged
from models.domains.eeg.load import load
from models.domains.eeg.recording import open_recording
from models.errors import UserError
from models.event import REGION, Entry
from models.job import Job, finish
from models.payload import Recording
from models.region import Region, region_name, write_region
from models.store.project import Project
from models.store.sources import BAD_CHANNELS
from tests.eeg.recorded import FORMATS, brainvision, compose, eeglab, waves
from tests.eeg.scanned import row, scanned, table, write_eeg
from tests.eeg.scanned import waves as long_waves
from workers.inline import run

#: What is hard to keep: between two samples, on channels, alike, without a name, at odd times, texts that seem others.
HARD = (
    (-1.5, -1.5, "before", ()),
    (0.1, 0.1, "moment é 癫痫", ()),
    (0.123456789, 7.003906251, "seizure", ()),
    (1.25, 3.75, "lpd", ("F3", "Fp1")),
    (1.25, 3.75, "lpd", ("Fp1",)),
    (1.25, 3.75, "lpd", ("F3",)),
    (1.25, 3.75, "lpd", ("F3",)),
    (1.25, 3.75, "lpd", ()),
    (2.0, 2.5, "", ()),
    (3.0, 3.5, "mail@@home", ()),
    (4.0, 9.0, "window: gpd", ()),
    (5.0, 5.0, "n/a", ()),
    (20.0, 36.0, "gpd", ()),
    (119.0, 130.5, "past the end", ()),
)


def test_shares_of_votes_are_written_as_shares() -> None:
    one = Judged(4.0, 10.0, "lpd", {"lpd": 0.75, "gpd": 0.25})
    assert write_judged(one) == "window: lpd; shares: gpd=0.25, lpd=0.75"
    assert read_judged(4.0, 10.0, write_judged(one)) == one
    assert write_judged(Judged(4.0, 10.0, "lpd", {"lpd": 3, "gpd": 0})) == "window: lpd; votes: lpd=3"
    odd = Judged(4.0, 10.0, "a; b=c, %", {"a; b=c, %": 2})
    assert read_judged(4.0, 10.0, write_judged(odd)) == odd
    assert read_judged(4.0, 0.0, "window: lpd") is None, "a moment is no window"


def imported(folder: Path, source: Path, **settings: str) -> Path:
    """A new project of a source."""
    Project.create(folder, "eeg", votes=True).close()
    run(Job("import_samples", {"project": str(folder), "sources": [str(source)], "settings": settings}, ""))
    return folder


def annotate(project: Path, sample: str, regions: Sequence[tuple[float, float, str, tuple[str, ...]]]) -> None:
    with Project.open(project) as opened:
        (at,) = opened.rows_of([sample]).tolist()
        made = [Region(region_name(), *one) for one in regions]
        opened.journal.act([Entry(at, REGION, one.name, write_region(one)) for one in made], "ann", "Annotate")


def export(project: Path, form: str, out: Path, where: str = "", **settings: str) -> Any:
    arguments = {"project": str(project), "format": form, "out": str(out), "where": where, "settings": settings}
    return run(Job("export", arguments, ""))


Told = dict[str, Any]


def standing(project: Path, name: Callable[[str], str] = str) -> Told:
    """Labels and votes of windows by id, and all annotations by recording."""
    with Project.open(project) as opened:
        fold = opened.journal.fold
        ids = [name(one) for one in opened.samples.ids()]
        rows = range(len(ids))
        return {
            "labels": dict(zip(ids, fold.labels().tolist(), strict=True)),
            "votes": dict(zip(ids, fold.tallies(np.arange(len(ids))), strict=True)),
            "regions": {
                ids[at]: sorted((one.start, one.stop, one.text, one.channels) for one in fold.regions(at))
                for at in rows
                if fold.regions(at)
            },
            "groups": sorted(set(opened.samples.column("group").tolist())),
        }


def label(project: Path, by: str, given: dict[str, str]) -> None:
    with Project.open(project) as opened:
        rows = opened.rows_of(list(given))
        opened.journal.label_each(rows, list(given.values()), by, "label")


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """A project of one discontinuous EDF+ that starts between two seconds, annotated and voted on."""
    (tmp_path / "d" / "ward").mkdir(parents=True)
    clocks = [*(0.394531 + np.arange(60)), *(100.394531 + np.arange(60))]
    compose(
        tmp_path / "d" / "ward" / "night.edf",
        waves(120, names=("EEG Fp1-REF", "EEG F3-REF", "C3", "ECG EKG")),
        records=120,
        texts=[tal.keep_time(clock) for clock in clocks],
        reserved="EDF+D",
        patient="MRN-0815 F 02-MAY-1951 Doe_Jane",
    )
    project = imported(tmp_path / "p", tmp_path / "d")
    annotate(project, "ward/night.edf", HARD)
    label(project, "ann", {"ward/night.edf#0.000": "grda", "ward/night.edf#10.000": "seizure"})
    label(project, "bob", {"ward/night.edf#10.000": "lpd", "ward/night.edf#110.000": "burst, suppression"})
    label(project, "cid", {"ward/night.edf#10.000": "lpd"})
    return project


@pytest.mark.parametrize("form", ["edf", "bids"])
def test_labels_votes_and_annotations_come_back(night: Path, tmp_path: Path, form: str) -> None:
    told = export(night, form, tmp_path / "out")
    assert told["written"] == len(standing(night)["labels"])
    assert told["skipped"] == []
    assert all(Path(file).is_file() for file in told["files"])
    again = imported(tmp_path / "q", tmp_path / "out")

    def key(name: str) -> str:
        return f"ward/night.edf#{name.partition('#')[2]}" if "#" in name else "ward/night.edf"

    before, after = standing(night), standing(again, key)
    assert before["regions"]["ward/night.edf"] == sorted(HARD)
    for what in ("regions", "labels", "votes"):
        assert after[what] == before[what], what
    signals = next(file for file in told["files"] if file.endswith(".edf"))
    first, copy = open_recording(tmp_path / "d" / "ward" / "night.edf"), open_recording(Path(signals))
    assert (copy.gaps, copy.clock, copy.labels) == (first.gaps, first.clock, first.labels)
    np.testing.assert_array_equal(copy.read(0, copy.length), first.read(0, first.length))


def test_a_second_copy_is_the_same_file(night: Path, tmp_path: Path) -> None:
    export(night, "edf", tmp_path / "out")
    again = imported(tmp_path / "q", tmp_path / "out")
    export(again, "edf", tmp_path / "out2")
    names = [file.relative_to(tmp_path / "out").as_posix() for file in (tmp_path / "out").rglob("*.edf")]
    assert names == ["ward/night.edf"]
    assert (tmp_path / "out2" / names[0]).read_bytes() == (tmp_path / "out" / names[0]).read_bytes()
    assert standing(again)["groups"] == standing(night)["groups"], "a hashed code stays what it is"


def test_labels_are_left_out_on_request(night: Path, tmp_path: Path) -> None:
    export(night, "edf", tmp_path / "out", labels="no")
    after = standing(imported(tmp_path / "q", tmp_path / "out"))
    assert after["regions"] == standing(night)["regions"]
    assert {label for label in after["labels"].values() if label} == {"gpd"}, "as the annotation has it"
    with pytest.raises(UserError, match="labels is 'maybe': give yes or no"):
        export(night, "edf", tmp_path / "other", labels="maybe")
    with pytest.raises(UserError, match="setting of bids 'label'"):
        export(night, "bids", tmp_path / "other", label="yes")
    with pytest.raises(UserError, match="hms has no settings"):
        export(night, "hms", tmp_path / "other", labels="yes")
    assert not (tmp_path / "other").exists()


def test_labels_that_annotations_tell_are_written_once(tmp_path: Path) -> None:
    compose(tmp_path / "a.edf", waves(120), records=120)
    project = imported(tmp_path / "p", tmp_path / "a.edf")
    annotate(project, "a.edf", [(20, 40, "gpd", ())])
    label(project, "ann", {"a.edf#0.000": "gpd"})
    export(project, "edf", tmp_path / "out.edf")
    content = (tmp_path / "out.edf").read_bytes()
    assert b"window: gpd" not in content
    assert content.count(b"window:\x14") == 1, "the other window that it covers is unlabelled, and stays so"
    after = standing(imported(tmp_path / "q", tmp_path / "out.edf"))
    assert {name for name, label in after["labels"].items() if label} == {"out.edf#0.000"}


def test_who_the_patient_is_goes_nowhere_unless_asked_for(tmp_path: Path) -> None:
    def hide(fields: dict[str, list[str]]) -> None:
        fields["transducer"][0], fields["filters"][0] = "cap of Jane Doe", "HP 0.1 MRN-0815"

    (tmp_path / "d").mkdir()
    lists = [tal.keep_time(place) for place in range(120)]
    lists[3] += tal.compose(3, 2, "Mrs. DOE moves") + tal.compose(4, 2, "doer")
    compose(
        tmp_path / "d" / "Doe_Jane.edf",
        waves(120),
        records=120,
        texts=lists,
        reserved="EDF+C",
        patient="MRN-0815 F 02-MAY-1951 Doe_Jane",
        change=hide,
    )
    Project.create(tmp_path / "p", "eeg").close()
    told = run(Job("import_samples", {"project": str(tmp_path / "p"), "sources": [str(tmp_path / "d")]}, ""))
    words = [note["text"] for note in told["notes"]]
    assert "1 annotation told who the patient is: *** stands there" in words
    assert any("rename the file" in text for text in words)
    made = export(tmp_path / "p", "edf", tmp_path / "out")
    tree = export(tmp_path / "p", "bids", tmp_path / "tree")
    for file in map(Path, (*made["files"], *tree["files"])):
        content = file.read_bytes()
        for word in (b"MRN-0815", b"Doe_", b"Jane Doe", b"-1951", b"DOE_"):
            assert word not in content, (file, word)
            assert word.decode() not in file.relative_to(tmp_path).as_posix()
    assert b"doer" in Path(made["files"][0]).read_bytes()
    kept = export(tmp_path / "p", "edf", tmp_path / "kept", keep_identifiers="yes")
    content = Path(kept["files"][0]).read_bytes()
    assert b"MRN-0815 F 02-MAY-1951 Doe_Jane" in content
    assert b"cap of Jane Doe" in content


@pytest.mark.parametrize("patient", ["MRN-0815 F 02-MAY-1951 Doe_Jane", "X F X Doe_Jane", "Doe^Jane"])
@pytest.mark.parametrize("keep", ["yes", "no"])
def test_names_of_files_and_subjects_tell_nobody(tmp_path: Path, patient: str, keep: str) -> None:
    (tmp_path / "d").mkdir()
    compose(tmp_path / "d" / "Doe_Jane.edf", waves(60), records=60, patient=patient)
    project = imported(tmp_path / "p", tmp_path / "d", keep_identifiers=keep)
    if keep == "no":
        (group,) = standing(project)["groups"]
        assert group.startswith("p-")
    for form in ("edf", "bids"):
        told = export(project, form, tmp_path / form)
        content = b"".join(Path(file).read_bytes() for file in told["files"]) + str(told["files"]).encode()
        for word in (b"Doe_", b"Doe^", b"Jane", b"MRN-0815"):
            assert word not in content.replace(bytes(tmp_path), b""), form
        assert told["written"] == 3


#: Long enough that neither compressed bytes nor an address in a repr holds one by chance.
WORDS = (b"MRN-0815", b"Doelington", b"Janetta", b"MAY-1951", b"1951-05", b"19510502", b"HOSP-7", b"Dr_Who", b"Dr Who")


def _hostile_edf(folder: Path) -> Path:
    path = compose(folder / "a.edf", waves(120), records=120, patient="MRN-0815 F 02-MAY-1951 Doelington_Janetta")
    content = bytearray(path.read_bytes())
    content[88:168] = b"Startdate 05-JUN-2024 HOSP-7 Dr_Who box9".ljust(80)
    path.write_bytes(content)
    return path


def _hostile_fif(folder: Path) -> Path:
    import mne

    info = mne.create_info(list(CHANNELS), 64.0, "eeg")
    info["subject_info"] = {
        "his_id": "MRN-0815",
        "last_name": "Doelington",
        "first_name": "Janetta",
        "birthday": date(1951, 5, 2),
    }
    info["description"], info["experimenter"] = "HOSP-7", "Dr Who"
    raw = mne.io.RawArray(np.stack(list(waves(120).values())) * 1e-6, info, verbose="ERROR")
    raw.set_annotations(mne.Annotations([3], [1], ["Janetta moves"]))
    raw.save(folder / "a_raw.fif", verbose="ERROR")
    return folder / "a_raw.fif"


@pytest.mark.parametrize("make", [_hostile_edf, _hostile_fif])
def test_nothing_in_a_project_or_a_table_tells_who_the_patient_is(
    tmp_path: Path, make: Callable[[Path], Path], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "d").mkdir()
    make(tmp_path / "d")
    Project.create(tmp_path / "p", "eeg").close()
    told = run(Job("import_samples", {"project": str(tmp_path / "p"), "sources": [str(tmp_path / "d")]}, ""))
    with Project.open(tmp_path / "p") as project:
        shown = [repr(load(project.samples, at)) for at in range(len(project.samples))]
        shown += [str(project.samples.table.to_pylist())]
    for form in ("csv", "parquet", "edf", "bids"):
        export(tmp_path / "p", form, tmp_path / "out" / form)
    files = [file for top in ("p", "out") for file in (tmp_path / top).rglob("*") if file.is_file()]
    assert len(files) > 10
    for word in WORDS:
        assert [file for file in files if word in file.read_bytes()] == []
        assert word.decode() not in "".join((*shown, str(told), caplog.text))


def test_one_recording_may_be_one_file(night: Path, tmp_path: Path) -> None:
    told = export(night, "edf", tmp_path / "one.edf")
    assert told["files"] == [str(tmp_path / "one.edf")]
    with pytest.raises(UserError, match="nothing could be written"):
        export(imported(tmp_path / "v", table(tmp_path, row(1, 0, 0, [1, 0, 0, 0, 0, 0]))), "edf", tmp_path / "no.edf")
    compose(tmp_path / "d" / "b.edf", waves(60), records=60)
    run(Job("import_samples", {"project": str(night), "sources": [str(tmp_path / "d")]}, ""))
    with pytest.raises(UserError, match="give a folder"):
        export(night, "edf", tmp_path / "two.edf")
    told = export(night, "edf", tmp_path / "b.edf", where='recording == "b.edf"')
    assert told["written"] == 3


def test_a_lost_recording_costs_no_other(night: Path, tmp_path: Path) -> None:
    compose(tmp_path / "d" / "b.edf", waves(60), records=60)
    run(Job("import_samples", {"project": str(night), "sources": [str(tmp_path / "d")]}, ""))
    (tmp_path / "d" / "ward" / "night.edf").unlink()
    for form in ("edf", "bids"):
        told = export(night, form, tmp_path / form)
        assert told["written"] == 3
        assert [one["source"] for one in told["skipped"]] == ["ward/night.edf"]
        assert not any("night" in Path(file).name for file in told["files"])


@pytest.mark.parametrize("make", [brainvision, eeglab])
def test_other_formats_go_out_with_24_bits(tmp_path: Path, make: Any) -> None:
    (tmp_path / "d").mkdir()
    path = make(tmp_path / "d", waves(61, rate=50), 50)
    project = imported(tmp_path / "p", tmp_path / "d")
    annotate(project, path.name, HARD)
    (file,) = export(project, "edf", tmp_path / "out")["files"]
    assert Path(file).name == "a.bdf"
    first, copy = open_recording(path), open_recording(Path(file))
    assert (copy.length, copy.rate, copy.clock, copy.names) == (first.length, first.rate, first.clock, first.names)
    np.testing.assert_allclose(copy.read(0, copy.length), first.read(0, first.length), atol=2e-5)
    before, after = standing(project)["regions"][path.name], standing(imported(tmp_path / "q", Path(file)))["regions"]
    assert after["a.bdf"] == before


def test_what_fills_the_last_record_is_told(tmp_path: Path) -> None:
    """12,007 samples are a prime number: no record of less than a minute divides them."""
    values = long_waves(61)[:, :12_007]
    write_eeg(tmp_path / "d" / "train_eegs" / "11.parquet", values)
    table(tmp_path / "d", row(11, 0, 0, [3, 1, 0, 0, 0, 0], "Seizure"))
    told = export(imported(tmp_path / "p", tmp_path / "d"), "edf", tmp_path / "out")
    assert [note["text"] for note in told["notes"]] == ["193 samples of 0 fill its last record"]
    copy = open_recording(Path(told["files"][0]))
    assert copy.length == 61 * 200
    read = copy.read(0, copy.length)
    np.testing.assert_allclose(read[:, :12_007], values, atol=2e-5)
    np.testing.assert_allclose(read[:, 12_007:], 0, atol=2e-5)


def test_windows_of_hms_go_out_as_recordings(tmp_path: Path) -> None:
    values = long_waves(58)
    values[3, 100:200] = np.nan
    write_eeg(tmp_path / "d" / "train_eegs" / "11.parquet", values)
    votes = [[3, 1, 0, 0, 0, 0], [0, 2, 0, 0, 0, 0]]
    table(tmp_path / "d", row(11, 0, 0, votes[0], "Seizure"), row(11, 1, 8, votes[1]))
    project = imported(tmp_path / "p", tmp_path / "d")
    annotate(project, "train.csv#11/0", [(1.0, 2.5, "blink", ("Fp1",))])
    told = export(project, "edf", tmp_path / "out")
    assert [Path(file).relative_to(tmp_path / "out").as_posix() for file in told["files"]] == ["train_eegs/11.bdf"]
    assert told["notes"][0]["text"] == "100 missing values are written as 0"
    copy = open_recording(Path(told["files"][0]))
    assert (copy.names, copy.rate, copy.seconds) == (CHANNELS, 200, 58)
    np.testing.assert_allclose(copy.read(0, copy.length), np.nan_to_num(values), atol=2e-5)
    again = imported(tmp_path / "q", tmp_path / "out", step="8")
    after = standing(again)
    assert after["regions"] == {"train_eegs/11.bdf": [(1.0, 2.5, "blink", ("Fp1",))]}
    assert after["labels"]["train_eegs/11.bdf#0.000"] == "seizure"
    assert after["labels"]["train_eegs/11.bdf#8.000"] == "lpd"
    assert after["votes"]["train_eegs/11.bdf#0.000"] == {"seizure": 3, "lpd": 1}
    # Another cut takes the labels as annotations.
    other = standing(imported(tmp_path / "r", tmp_path / "out", window="20", step="7"))
    assert other["labels"]["train_eegs/11.bdf#14.000"] == "seizure"


def test_votes_of_windows_whose_place_is_not_told_come_back(tmp_path: Path) -> None:
    header = ",".join(("eeg_id", "eeg_sub_id", "spectrogram_id", "spectrogram_sub_id", *VOTES, *PREDICTIONS))
    rows = [
        f"11,{sub},7,{sub},{votes},{','.join(['0'] * 5 + ['1'])}"
        for sub, votes in enumerate(("1,0,0,0,0,0", "0,0,0,0,0.25,0.75"))
    ]
    write_eeg(tmp_path / "d" / "train_eegs" / "11.parquet", long_waves(60))
    table(tmp_path / "d", *rows, name="oof.csv", header=header)
    (tmp_path / "out").mkdir()
    export(imported(tmp_path / "p", tmp_path / "d"), "hms", tmp_path / "out" / "train.csv")
    again = scanned(tmp_path / "out")
    assert again.keys == ["11/0", "11/1"]
    assert again.skipped == []
    assert again.column("_start") == [None, None], "no place is made up"
    assert [one for found in again.found for one in found.tallies] == [{"seizure": 1}, {"grda": 0.25, "other": 0.75}]


def test_eegs_without_a_number_of_hms_are_in_no_table_of_theirs(tmp_path: Path) -> None:
    write_eeg(tmp_path / "d" / "night.parquet", long_waves(60))
    project = imported(tmp_path / "p", tmp_path / "d")
    told = export(project, "hms", tmp_path / "train.csv")
    assert (told["written"], len(told["skipped"])) == (0, 1)
    with Project.open(project) as opened:
        shares: Any = np.full((len(opened.samples), 6), 1 / 6)
        view: Any = SimpleNamespace(
            samples=opened.samples, probabilities=shares, classes=CLASSES, settings={}, run="run-1"
        )
        with pytest.raises(UserError, match="no windows of HMS data"):
            finish(write_submission(view, tmp_path / "submission.csv"))


@pytest.mark.parametrize("form", ["edf", "bids"])
def test_a_label_of_a_whole_recording_is_told_to_stay(night: Path, tmp_path: Path, form: str) -> None:
    with Project.open(night) as project:
        name = project.samples.ids()[project.samples.column("key").tolist().index("")]
    before = export(night, form, tmp_path / "none")["notes"]
    label(night, "ann", {name: "lpd"})
    after = export(night, form, tmp_path / "out")["notes"]
    told = {note["text"] for note in after} - {note["text"] for note in before}
    assert told == {"the label of the whole recording stays here: lpd; CSV and Parquet can tell it"}
    without = export(night, form, tmp_path / "bare", labels="no")["notes"]
    assert not any("whole recording" in note["text"] for note in without), "nobody asked for labels"


def _call_bad(folder: Path, *names: str) -> None:
    with Project.open(folder) as project:
        table = project.samples.table
        carrier = table.column("id").to_pylist()[table.column("key").to_pylist().index("")]
        project.set_setting(BAD_CHANNELS, {carrier: list(names)})


def test_channels_that_a_person_called_bad_are_so_in_the_tree(night: Path, tmp_path: Path) -> None:
    _call_bad(night, "Fp1")
    export(night, "bids", tmp_path / "tree")
    (channels,) = (tmp_path / "tree").rglob("*_channels.tsv")
    told = {line.split("\t")[0]: line.split("\t")[4] for line in channels.read_text("utf-8").splitlines()[1:]}
    assert [name for name, status in told.items() if status == "bad"] == ["EEG Fp1-REF"]
    again = imported(tmp_path / "q", tmp_path / "tree")
    with Project.open(again) as project:
        shown = load(project.samples, 0)[0]
        assert isinstance(shown, Recording)
        assert shown.bad == {"Fp1"}
    notes = export(night, "edf", tmp_path / "plain")["notes"]
    assert "bad channels stay here, as EDF+ cannot tell them: Fp1; BIDS can" in [note["text"] for note in notes]
    # Who called it good again said something as well.
    _call_bad(again)
    export(again, "bids", tmp_path / "good")
    (channels,) = (tmp_path / "good").rglob("*_channels.tsv")
    assert "bad" not in channels.read_text("utf-8")


def test_a_tree_is_named_and_told_as_bids_wants_it(night: Path, tmp_path: Path) -> None:
    for name in ("b.edf", "c.edf"):
        compose(tmp_path / "d" / name, waves(60), records=60, patient="mrn-0815 F X X")
    run(Job("import_samples", {"project": str(night), "sources": [str(tmp_path / "d")]}, ""))
    export(night, "bids", tmp_path / "tree")
    root = tmp_path / "tree"
    (subject,) = [place.name for place in root.glob("sub-*")]
    assert subject.removeprefix("sub-").isalnum()
    names = sorted(file.name.removeprefix(f"{subject}_") for file in (root / subject / "eeg").iterdir())
    kinds = ("channels.tsv", "eeg.edf", "eeg.json", "events.json", "events.tsv")
    assert names == [f"task-eeg_run-0{number}_{kind}" for number in (1, 2, 3) for kind in kinds]
    assert (root / "participants.tsv").read_text("utf-8") == f"participant_id\tsex\n{subject}\tF\n"
    told = json.loads((root / "dataset_description.json").read_text("utf-8"))
    assert (told["BIDSVersion"], told["GeneratedBy"][0]["Name"]) == ("1.9.0", "Winnow")
    files = {file.name: file for file in (root / subject / "eeg").iterdir()}
    rows = files[f"{subject}_task-eeg_run-01_channels.tsv"].read_text("utf-8").splitlines()
    assert rows[:2] == ["name\ttype\tunits\tsampling_frequency\tstatus", "EEG Fp1-REF\tEEG\tµV\t64\tgood"]
    about = json.loads(files[f"{subject}_task-eeg_run-01_eeg.json"].read_text("utf-8"))
    assert (about["EEGChannelCount"], about["ECGChannelCount"], about["RecordingType"]) == (3, 1, "discontinuous")
    events = files[f"{subject}_task-eeg_run-01_events.tsv"].read_text("utf-8").splitlines()
    assert events[0] == "onset\tduration\ttrial_type\tchannel\tkind\tvotes"
    assert "30\t10\tlpd\tn/a\twindow\tlpd=2, seizure=1" in events
    # What was in a tree before keeps its names.
    again = imported(tmp_path / "q", root)
    export(again, "bids", tmp_path / "again")
    listed = [
        sorted(file.relative_to(base).as_posix() for file in base.rglob("*")) for base in (root, tmp_path / "again")
    ]
    assert listed[0] == listed[1]


@pytest.mark.skipif(not FORMATS.is_dir(), reason="no shared data here")
@pytest.mark.parametrize("form", ["edf", "bids"])
def test_real_recordings_come_back(tmp_path: Path, form: str) -> None:
    project = imported(tmp_path / "p", FORMATS)
    told = export(project, form, tmp_path / "out")
    assert told["skipped"] == []
    after = standing(imported(tmp_path / "q", tmp_path / "out"))
    before = standing(project)
    assert sorted(map(str, after["regions"].values())) == sorted(map(str, before["regions"].values()))
    assert sorted(map(str, after["labels"].values())) == sorted(map(str, before["labels"].values()))
