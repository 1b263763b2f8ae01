"""Channels called bad, by a person or beside the recording, are bad to all that learns and judges."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domains.eeg import regional, spectrogram, steps, window
from models.domains.eeg.bad_channels import called_bad
from models.domains.eeg.carrier import carrier_of
from models.domains.eeg.choices import Steps, steps_of
from models.domains.eeg.comparison import compare
from models.domains.eeg.constants import CHANNELS, REGIONS
from models.domains.eeg.pictures import draw, stage_pictures
from models.domains.eeg.recipes.features import FeaturesParams, described, measure
from models.domains.eeg.recipes.model import marks
from models.domains.eeg.recording import open_recording
from models.domains.eeg.repair import mend_channels
from models.domains.eeg.signals import EEG, SPECTROGRAM, read_signals
from models.domains.eeg.staging import preprocessed, stage_windows
from models.errors import UserError
from models.event import REGION, Entry
from models.job import finish
from models.orders.upkeep import purge
from models.region import Region, region_name, write_region
from models.sample import Samples
from models.store.check import check
from models.store.project import Project
from tests.eeg.recorded import compose, waves
from tests.eeg.test_eeg_exports import imported
from tests.eeg.test_eeg_networks import project as hms  # noqa: F401  (a fixture)

RATE, SECONDS = 200, 150
C3 = CHANNELS.index("C3")
#: Nothing that would find the noise by itself.
BLIND = Steps(amplitude=0, flat=0, jump=0)
NONE = replace(BLIND, notch="none", high_pass=0, low_pass=0, rate=200, clip=0, scale="none")


def signals(noise: float = 900) -> dict[str, Any]:
    """µV of a recording whose C3 is nothing but noise."""
    found = waves(SECONDS, RATE)
    found["C3"] = np.round(found["C3"] * noise / 30)
    return {f"EEG {name}-REF" if name != "EKG" else name: values for name, values in found.items()}


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """A project of a recording cut into three windows."""
    path = compose(tmp_path / "night.edf", signals(), records=SECONDS)
    return imported(tmp_path / "p", path, window="50", step="50")


def _windows(samples: Samples) -> Any:
    return np.flatnonzero(samples.column("key") != "")


def _carrier(samples: Samples) -> str:
    return samples.ids()[samples.column("key").tolist().index("")]


def _staged(project: Project, chosen: Steps) -> Any:
    samples = project.samples
    return finish(stage_windows(samples, _windows(samples), chosen, project.cache))[:].astype(np.float32)


def _measured(project: Project) -> Any:
    samples = project.samples
    params = replace(FeaturesParams(), amplitude=0, jump=0)
    return finish(measure(samples, _windows(samples), params, project.cache))


def test_what_a_person_called_bad_is_made_of_its_neighbours_before_anything_learns(night: Path) -> None:
    with Project.open(night) as project:
        rows = _windows(project.samples)
        as_it_was, measured = _staged(project, NONE), _measured(project)
        raw = window.eeg(project.samples, rows)
        assert raw[:, C3].std() > 500
        project.call_bad(_carrier(project.samples), ["C3"])
        mask = called_bad(project.samples, rows)
        assert mask.sum(axis=0).tolist() == [len(rows) if name == "C3" else 0 for name in CHANNELS]
        mended = _staged(project, NONE)
        np.testing.assert_allclose(mended, steps.apply(raw, NONE, told=mask), rtol=1e-3, atol=0.1)
        assert mended[:, C3].std() < 40
        others = [place for place in range(20) if place != C3]
        np.testing.assert_array_equal(mended[:, others], as_it_was[:, others])
        quiet = _measured(project)
        assert not np.allclose(quiet, measured, equal_nan=True)
        # What was looked at is what was recorded, whatever is said of it.
        np.testing.assert_array_equal(window.eeg(project.samples, rows), raw)
        project.call_bad(_carrier(project.samples), [])
        np.testing.assert_array_equal(_staged(project, NONE), as_it_was)
        np.testing.assert_array_equal(_measured(project), measured)


def test_what_is_asked_about_is_seen_as_what_was_learnt_of(night: Path) -> None:
    """Signals that a model judges know what is bad, so that they are the same as in the cache."""
    with Project.open(night) as project:
        project.call_bad(_carrier(project.samples), ["C3", "O2"])
        samples, rows = project.samples, _windows(project.samples)
        found = read_signals(samples, rows, (EEG, SPECTROGRAM))
        assert [name for name, bad in zip(CHANNELS, found.bad[1].tolist(), strict=True) if bad] == ["C3", "O2"]
        np.testing.assert_array_equal(preprocessed(found.eeg, NONE, found.bad), _staged(project, NONE))
        params = steps_of(replace(FeaturesParams(), amplitude=0, jump=0))
        np.testing.assert_allclose(described(found.eeg, params, found.bad), _measured(project), rtol=1e-5)
        pictures = finish(stage_pictures(samples, rows, NONE, 64, "both", project.cache))[:]
        np.testing.assert_array_equal(draw(found, NONE, 64), pictures)
        with_noise = draw(replace(found, bad=np.zeros_like(found.bad)), NONE, 64)
        assert (with_noise != pictures).any(axis=(0, 2, 3))[1:].all()


def test_what_is_said_of_an_eeg_counts_for_all_its_windows_and_no_other(hms: Path) -> None:  # noqa: F811
    with Project.open(hms) as project:
        samples = project.samples
        files = samples.column("_eeg").tolist()
        first = next(row for row, name in enumerate(files) if files.count(name) > 1)
        same = np.array([name == files[first] for name in files])
        project.call_bad(carrier_of(samples, first), ["C3", "EKG"])
        mask = called_bad(project.samples, np.arange(len(samples)))
        assert mask.any(axis=1).tolist() == same.tolist()
        assert {CHANNELS[place] for place in np.flatnonzero(mask[first])} == {"C3", "EKG"}
        asked = marks(project.samples, np.arange(len(samples)), "eeg")
        assert (asked != marks(samples, np.arange(len(samples)), "eeg")).tolist() == same.tolist()


def test_a_step_shows_what_it_does_of_that_and_why(night: Path) -> None:
    with Project.open(night) as project:
        project.call_bad(_carrier(project.samples), ["C3"])
        row = int(_windows(project.samples)[0])
        shown = compare(project.samples, row, NONE, "bad_channels")
        assert shown is not None
        assert shown.words == "C3 made of neighbours (called bad)"
        assert np.std(shown.before[C3]) > 500
        assert np.std(shown.after[C3]) < 40
        kept = compare(project.samples, row, replace(NONE, bad_channels="keep"), "bad_channels")
        assert kept is not None
        assert np.std(kept.after[C3]) > 500


def test_regions_are_drawn_of_what_is_good(night: Path) -> None:
    with Project.open(night) as project:
        row = _windows(project.samples)[1:2]
        loud = regional.regions(project.samples, row)[0]
        project.call_bad(_carrier(project.samples), ["C3"])
        quiet = regional.regions(project.samples, row)[0]
        left, right = REGIONS.index("LP"), REGIONS.index("RP")
        assert np.nanmedian(loud[left]) > 50 * np.nanmedian(quiet[left])
        np.testing.assert_array_equal(loud[right], quiet[right])
        np.testing.assert_array_equal(np.isnan(loud), np.isnan(quiet))


def test_mending_a_channel_fills_no_gap() -> None:
    values = np.random.default_rng(0).normal(0, 30, (20, 8 * RATE)).astype(np.float32)
    values[:, 300:900] = np.nan
    values[C3, 1000:1200] = np.nan
    bad = np.zeros(20, bool)
    assert mend_channels(values, bad) is values
    bad[C3] = True
    out = mend_channels(values, bad)
    np.testing.assert_array_equal(np.isnan(out), np.isnan(values))
    others = ~bad
    np.testing.assert_array_equal(out[others], values[others])
    assert np.nanstd(out[C3]) < np.nanstd(values[C3])
    assert spectrogram.regional_power(out).shape == spectrogram.regional_power(values).shape


def _tree(folder: Path) -> Path:
    """A BIDS tree whose channels.tsv calls C3 bad."""
    place = folder / "tree" / "sub-1" / "eeg"
    place.mkdir(parents=True)
    compose(place / "sub-1_task-rest_eeg.edf", signals(), records=SECONDS)
    lines = ["name\ttype\tunits\tstatus"]
    lines += [f"{name}\tEEG\tuV\t{'bad' if 'C3' in name else 'good'}" for name in signals()]
    (place / "sub-1_task-rest_channels.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "tree" / "dataset_description.json").write_text('{"Name": "a", "BIDSVersion": "1.8.0"}', "utf-8")
    return folder / "tree"


def test_the_table_beside_a_recording_counts_until_a_person_says_otherwise(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    with Project.open(imported(tmp_path / "p", tree, window="50", step="50")) as project:
        rows = _windows(project.samples)
        assert np.flatnonzero(called_bad(project.samples, rows).all(axis=0)).tolist() == [C3]
        filed = _staged(project, NONE)
        assert filed[:, C3].std() < 40
        project.call_bad(_carrier(project.samples), [])
        assert not called_bad(project.samples, rows).any()
        assert _staged(project, NONE)[:, C3].std() > 500
        project.set_setting("bad_channels", None)
        project.refresh()
        np.testing.assert_array_equal(_staged(project, NONE), filed)
        table = next(tree.rglob("*_channels.tsv"))
        table.write_text(table.read_text("utf-8").replace("bad", "good"), "utf-8")
        assert _staged(project, NONE)[:, C3].std() > 500, "an edited table is seen"


def test_the_channels_that_mne_marked_are_bad(tmp_path: Path) -> None:
    import mne

    names = [*CHANNELS[:-1]]
    info = mne.create_info(names, RATE, "eeg")
    raw = mne.io.RawArray(np.stack([*waves(60, RATE, names).values()]) * 1e-6, info, verbose="ERROR")
    raw.info["bads"] = ["T4", "C3"]
    raw.save(tmp_path / "a_raw.fif", verbose="ERROR")
    assert set(open_recording(tmp_path / "a_raw.fif").bad) == {"C3", "T4"}
    with Project.open(imported(tmp_path / "p", tmp_path / "a_raw.fif", window="50", step="50")) as project:
        mask = called_bad(project.samples, _windows(project.samples))
        assert {CHANNELS[place] for place in np.flatnonzero(mask.all(axis=0))} == {"C3", "T4"}


def test_two_at_a_project_call_channels_bad_and_none_is_lost(night: Path) -> None:
    with Project.open(night) as project:
        carrier = _carrier(project.samples)
        other = project.samples.take([0])
        project.call_bad("elsewhere", ["Pz"])
        project.call_bad(carrier, ["O1", "C3"])
        assert project.samples.bad_channels == {"elsewhere": ["Pz"], carrier: ["C3", "O1"]}
        assert other.bad_channels == {}, "what a job holds stays as it was"
        assert project.samples.take([0]).bad_channels == project.samples.bad_channels
    with Project.open(night) as again:
        assert again.samples.bad_channels[carrier] == ["C3", "O1"]


def test_a_withdrawn_recording_leaves_no_word_of_its_channels(night: Path) -> None:
    with Project.open(night) as project:
        carrier = _carrier(project.samples)
        project.call_bad(carrier, ["C3"])
        project.purge(_windows(project.samples)[:1])
        assert carrier in project.setting("bad_channels"), "others of its windows are there"
        project.purge(np.arange(len(project.samples)))
        assert project.setting("bad_channels") == {}


def test_windows_that_stay_know_what_was_bad_when_the_one_that_told_it_is_withdrawn(
    hms: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    place = shutil.copytree(hms, tmp_path / "p")
    with Project.open(place) as project:
        samples = project.samples
        carriers = [carrier_of(samples, row) for row in range(len(samples))]
        carrier = next(name for name in carriers if carriers.count(name) > 2)
        first, *others = [samples.ids()[row] for row, name in enumerate(carriers) if name == carrier]
        assert first == carrier
        project.call_bad(carrier, ["C3"])
    for gone in (first, others[0]):
        finish(purge(str(place), f'id == "{gone}"'))
    with Project.open(place) as project:
        rows = project.rows_of(others[1:])
        assert called_bad(project.samples, rows)[:, C3].all()
        told = {name for name in project.setting("bad_channels") if name in (first, *others)}
        assert told == {others[1]}, "nothing is left of what was withdrawn"


def test_what_was_seen_before_is_not_taken_for_what_is_seen_now(night: Path) -> None:
    """Vectors and maps of all samples are named by what they were made of."""
    with Project.open(night) as project:
        before = project.generation
        project.call_bad(_carrier(project.samples), ["C3"])
        marked = project.generation
        project.call_bad(_carrier(project.samples), ["C4"])
        assert len({before, marked, project.generation}) == 3
        project.call_bad(_carrier(project.samples), ["C3"])
        assert project.generation == marked


def test_a_damaged_word_of_channels_stops_nothing_and_is_told(night: Path) -> None:
    with Project.open(night) as project:
        project.set_setting("bad_channels", {"x": 5})
        project.refresh()
        assert project.samples.bad_channels == {}
        with pytest.raises(UserError, match="bad_channels"):
            project.call_bad("x", ["C3"])
    with Project.open(night) as project:
        assert len(_windows(project.samples)) == 3
        assert any("bad_channels" in line for line in check(project))


def test_who_withdraws_the_window_that_carries_annotations_is_told_first(hms: Path, tmp_path: Path) -> None:  # noqa: F811
    place = tmp_path / "p"
    shutil.copytree(hms, place)
    with Project.open(place) as project:
        name = carrier_of(project.samples, 0)
        other = next(one for one in project.samples.ids() if one != name)
        (row,) = project.rows_of([name]).tolist()
        marks_of_one = [Region(region_name(), 1.0, 2.0, "seizure", ()), Region(region_name(), 3.0, 4.0, "lpd", ())]
        entries = [Entry(row, REGION, one.name, write_region(one)) for one in marks_of_one]
        project.journal.act(entries, "ann", "Annotate")
    for chosen, words in ((name, "2 annotations on them go too; of a recording that stays in part"), (other, None)):
        with pytest.raises(UserError, match="Say --yes") as told:
            finish(purge(str(place), f'id == "{chosen}"', sure=False))
        found = "annotation" in str(told.value) if words is None else words in str(told.value)
        assert found == (words is not None)
