"""Annotations in a file of their own: they stand with their recording at its times, or a word tells what to do."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from models.domains.eeg import tal
from models.domains.eeg.annotations import Note
from models.region import Region
from tests.eeg.recorded import FORMATS, compose, scoring, waves
from tests.eeg.scanned import scanned
from tests.scans import Scanned

#: When `compose` lets its recordings begin.
START = dt.datetime(2024, 6, 5, 7, 8, 9)
STAGES = (Note(0, 30, "W"), Note(20, 12, "Seizure"), Note(30, 30, "N1", ("F3", "Fp1")), Note(200, 30, "N2"))


def stages(seen: Scanned, of: int = 0) -> list[tuple[float, float, str, tuple[str, ...]]]:
    regions: list[Region] = list(seen.found[of].regions[""])
    return [(one.start, one.stop, one.text, one.channels) for one in regions]


def test_annotations_that_began_with_a_recording_stand_with_it(tmp_path: Path) -> None:
    compose(tmp_path / "SC4001E0-PSG.edf", waves(120), records=120)
    scoring(tmp_path / "SC4001EC-Hypnogram.edf", STAGES, START)
    seen = scanned(tmp_path)
    assert stages(seen) == [
        (0, 30, "W", ()), (20, 32, "Seizure", ()), (30, 60, "N1", ("F3", "Fp1")), (200, 230, "N2", ()),
    ]  # fmt: skip
    assert seen.labels[:2] == ["seizure", None]
    assert "its 4 annotations stand with SC4001E0-PSG.edf" in seen.words
    assert seen.skipped == []
    assert seen.found[0].beside, "the file may change though the recording does not"
    # Who points at the recording alone gets them too.
    assert stages(scanned(tmp_path / "SC4001E0-PSG.edf")) == stages(seen)


def test_a_name_joins_at_the_time_that_the_headers_tell(tmp_path: Path) -> None:
    keep = [tal.keep_time(place + 0.25) for place in range(120)]
    compose(tmp_path / "a.edf", waves(120), records=120, texts=keep, reserved="EDF+C")
    compose(tmp_path / "ab.edf", waves(120), records=120)
    scoring(tmp_path / "a_scored.edf", STAGES, START + dt.timedelta(seconds=10))
    seen = scanned(tmp_path)
    assert stages(seen)[:2] == [(9.75, 39.75, "W", ()), (29.75, 41.75, "Seizure", ())]
    assert stages(seen, 1) == []


def test_of_several_that_began_at_once_the_name_decides(tmp_path: Path) -> None:
    for name in ("ward1-x.edf", "ward2-x.edf"):
        compose(tmp_path / name, waves(60), records=60)
    scoring(tmp_path / "ward2.notes.edf", STAGES, START)
    seen = scanned(tmp_path)
    assert (stages(seen), len(stages(seen, 1))) == ([], 4)


@pytest.mark.parametrize(
    ("name", "start"),
    [("night.edf", START + dt.timedelta(hours=1)), ("a_2.edf", START + dt.timedelta(days=1)), ("none.edf", None)],
)
def test_what_fits_no_recording_says_what_to_do(tmp_path: Path, name: str, start: dt.datetime | None) -> None:
    compose(tmp_path / "a.edf", waves(60), records=60)
    scoring(tmp_path / name, STAGES, start)
    seen = scanned(tmp_path)
    assert stages(seen) == []
    assert f"{name} : 4 annotations and no signals, and no recording in its folder began when it did. Put" in seen.words
    assert seen.skipped == []


def test_who_points_at_annotations_is_told_of_their_recording(tmp_path: Path) -> None:
    compose(tmp_path / "a.edf", waves(60), records=60)
    path = scoring(tmp_path / "a_scored.edf", STAGES, START)
    seen = scanned(path)
    assert seen.found == []
    assert "4 annotations and no signals: import its recording, or the folder that holds both" in seen.words


def test_who_points_at_a_recording_is_told_nothing_of_annotations_of_another(tmp_path: Path) -> None:
    path = compose(tmp_path / "a.edf", waves(60), records=60)
    scoring(tmp_path / "night.edf", STAGES, START + dt.timedelta(days=1))
    assert "night" not in scanned(path).words
    assert "night.edf : 4 annotations and no signals" in scanned(tmp_path).words


def test_a_damaged_one_is_told_and_costs_no_other(tmp_path: Path) -> None:
    compose(tmp_path / "a.edf", waves(60), records=60)
    path = scoring(tmp_path / "b.edf", STAGES, START)
    content = bytearray(path.read_bytes())
    content[244:252] = b"nonsense"
    path.write_bytes(content)
    seen = scanned(tmp_path)
    assert len(seen.found) == 1
    assert [one.source for one in seen.skipped] == ["b.edf"]


@pytest.mark.skipif(not FORMATS.is_dir(), reason="no shared data here")
def test_the_real_scoring_of_a_night_that_is_not_here(tmp_path: Path) -> None:
    seen = scanned(FORMATS)
    (told,) = [one.text for one in seen.noted if "Hypnogram" in one.source]
    assert told == (
        "its 154 annotations stand with short_psg.edf; 153 of 154 annotations lie past the end of the recording: "
        "no page shows them; 1 of 154 annotations goes on past the end of the recording"
    )
    assert [one for one in seen.skipped if "Hypnogram" in one.source] == []
    # Beside a recording that began when it did, all of them are there.
    (tmp_path / "SC4001EC-Hypnogram.edf").write_bytes((FORMATS / "SC4001EC-Hypnogram.edf").read_bytes())
    path = compose(tmp_path / "SC4001E0-PSG.edf", waves(60), records=60)
    content = bytearray(path.read_bytes())
    content[88:184] = (FORMATS / "SC4001EC-Hypnogram.edf").read_bytes()[88:184]
    path.write_bytes(content)
    assert len(stages(scanned(tmp_path))) == 154
