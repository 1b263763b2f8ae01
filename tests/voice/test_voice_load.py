"""What the viewers get of a recording, a mel image and a row; small lines, names, advice, metadata."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.domains.voice.advice import advise
from models.domains.voice.load import drawn, load, short, sketch
from models.domains.voice.metadata import metadata
from models.domains.voice.nouns import nouns
from models.domains.voice.tracks import NAMES, follow
from models.errors import UserError
from models.payload import Picture, Sound, Traces
from models.sample import Samples
from tests.voice.spoken import RATE, data_set, scanned, table, tone, wav
from tests.voice.voices import voice


def clinic(root: Path) -> Samples:
    rows = [
        (wav(root / f"{who}_{turn}.wav", rate=RATE).name, who, label, age, mic)
        for who, label, age, mic in (
            ("ann", "ill", 71, "phone"),
            ("bob", "well", 55, "desk"),
            ("cy", "well", 60, "desk"),
        )
        for turn in range(5)
    ]
    table(root / "t.csv", ("file", "speaker", "label", "age", "microphone"), *rows)
    return scanned(root).samples()


def test_a_recording_is_a_sound_with_tracks(tmp_path: Path) -> None:
    samples = clinic(tmp_path / "d")
    (found,) = load(samples, 0)
    assert isinstance(found, Sound)
    assert (found.rate, found.seconds, found.title) == (RATE, 1.0, "ann_0")
    assert found.file == tmp_path / "d" / "ann_0.wav"
    assert found.whole == "d#ann_0.wav"
    assert {"1 s", "8 kHz", "mono", "age 71"} <= set(found.facts)
    values = found.reader.read(100, 200)
    np.testing.assert_allclose(values, found.reader.read(0, RATE)[100:200])
    assert len(found.reader.read(RATE - 10, RATE + 100)) == 10
    assert found.tracks is not None
    assert {track.name for track in found.tracks()} == set(NAMES)


def test_tracks_are_the_same_in_one_stretch_and_in_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.domains.voice import tracks

    (found,) = load(scanned(wav(tmp_path / "a.wav", tone(3, 160), RATE)).samples(), 0)
    assert isinstance(found, Sound)
    (pitch,) = [track for track in follow(found.reader, found.rate) if track.name == "pitch"]
    monkeypatch.setattr(tracks, "STRETCH", 1.0)
    parts = [track for track in follow(found.reader, found.rate) if track.name == "pitch"]
    assert len(parts) == 3
    assert np.nanmedian(pitch.values) == pytest.approx(160, abs=1)
    assert (np.diff(parts[-1].times) > 0).all()
    assert abs(len(parts[-1].times) - len(pitch.times)) <= 6
    np.testing.assert_allclose(np.nanmedian(parts[-1].values), np.nanmedian(pitch.values), atol=0.5)


def test_formants_end_where_a_voice_has_none(tmp_path: Path) -> None:
    high, _, _ = voice(110, seconds=1.0, noise=1e-4, formants=(600, 1700, 6800))
    (found,) = load(scanned(wav(tmp_path / "a.wav", 0.5 * high / np.abs(high).max(), 16_000)).samples(), 0)
    assert isinstance(found, Sound)
    curves = {track.name: track.values for track in follow(found.reader, found.rate)}
    assert np.nanmedian(curves["F1"]) == pytest.approx(600, rel=0.06)
    assert np.nanmedian(curves["F2"]) == pytest.approx(1700, rel=0.06)
    assert not (curves["F3"] > 5500).any(), "what lies above is no third formant"


def test_a_mel_image_is_a_picture(tmp_path: Path) -> None:
    samples = scanned(data_set(tmp_path / "set")).samples()
    (found,) = load(samples, 0)
    assert isinstance(found, Picture)
    assert found.reader is not None
    assert (found.reader.width, found.reader.height) == (24, 24)
    whole = found.reader.read(0, 0, 24, 24, 1)
    half = found.reader.read(0, 0, 24, 24, 2)
    assert half.shape == (12, 12, 3)
    assert abs(int(half[0, 0, 0]) - whole[:2, :2, 0].mean()) <= 1
    assert short(samples, 0) == "00000001 000003e8"
    assert nouns(samples) == {("patient", "image")}
    assert not drawn(samples)
    assert not found.boxed
    assert found.axes is not None
    assert [axis.unit for axis in found.axes] == ["s", "kHz"]
    assert found.facts[:3] == ("1.5 s of the middle", "0–4 kHz mel", "24 × 24 px")
    assert found.facts[-1] == "column audio_audio_m4a", "in words, not as the table calls it"
    next((tmp_path / "set" / "data" / "melSpec").iterdir()).write_bytes(b"")


def features(folder: Path) -> Samples:
    """Rows of features of three subjects."""
    folder.mkdir()
    rows = [f"s{place},{'ab'[place % 2]},{place},{place * 2},{place * 3}" for place in range(6)]
    (folder / "features.csv").write_text("\n".join(["speaker,label,jitter,shimmer,hnr", *rows]) + "\n", "utf-8")
    return scanned(folder).samples()


def test_a_project_begins_with_a_recipe_that_can_learn_of_its_samples(tmp_path: Path) -> None:
    from models.domains import domain

    kind = domain("voice")
    known = [recipe.name for recipe in kind.recipes]
    assert kind.begins is not None
    assert kind.begins(clinic(tmp_path / "d").take(np.zeros(0, np.int64))) == known[0]
    assert kind.begins(clinic(tmp_path / "e")) == "acoustic"
    assert kind.begins(scanned(data_set(tmp_path / "set")).samples()) == "inception"
    rows = features(tmp_path / "f")
    assert kind.begins(rows) == "tabular"
    names = [short(rows, row) for row in range(len(rows))]
    assert all(names), "a row has a name in every list"
    assert len(set(names)) == len(rows)


def test_of_another_picture_no_scale_is_known(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "d").mkdir()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (30, 80, 3)).astype(np.uint8)).save(tmp_path / "d/a.png")
    (tmp_path / "d" / "table.csv").write_text("file,speaker,label\na.png,ann,PD\n", "utf-8")
    (found,) = load(scanned(tmp_path / "d").samples(), 0)
    assert isinstance(found, Picture)
    assert found.axes is None
    assert found.facts[:2] == ("picture 80 × 30 px", "no scale known")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    samples = clinic(tmp_path / "d")
    (tmp_path / "d" / "ann_0.wav").unlink()
    with pytest.raises(UserError, match=r"ann_0.wav cannot be heard: it is not there"):
        load(samples, 0)
    assert np.isnan(sketch(samples, np.array([0]), 20)).all()
    assert np.isfinite(sketch(samples, np.array([1]), 20)).all()


def test_a_picture_that_went_bad_is_told(tmp_path: Path) -> None:
    samples = scanned(data_set(tmp_path / "set")).samples()
    (tmp_path / "set" / str(samples.table.column("key")[0].as_py())).write_bytes(b"\xff\xd8\xff")
    (found,) = load(samples, 0)
    assert isinstance(found, Picture)
    assert found.reader is None
    assert "cannot be shown" in found.note


def test_a_row_is_a_profile_of_its_features(tmp_path: Path) -> None:
    rows = [(f"S{n}", n, 10 * n, 100 - n, n % 2) for n in range(1, 7)]
    samples = scanned(table(tmp_path / "t.csv", ("subject", "a", "b", "c", "label"), *rows)).samples()
    (found,) = load(samples, 5)
    assert isinstance(found, Traces)
    assert found.across == "Feature, by its place in the table", "no time stands along it"
    assert found.start == 1, "the first place of a table is called 1"
    low, _ = found.reader.read(0, 3, 100)
    np.testing.assert_allclose(low[0], [1.4639, 1.4639, -1.4639], atol=1e-3)
    line = sketch(samples, np.array([5, 0]), 6)
    np.testing.assert_allclose(line[0], -line[1], atol=1e-5)
    assert nouns(samples) == {("speaker", "row")}


def test_names_are_short_and_clear(tmp_path: Path) -> None:
    samples = clinic(tmp_path / "d")
    assert short(samples, 0) == "ann_0"
    rows = [(wav(tmp_path / "e" / name).name, who, 1) for name, who in (("one.wav", "ann"), ("two.wav", "bob"))]
    table(tmp_path / "e" / "t.csv", ("file", "speaker", "label"), *rows)
    assert short(scanned(tmp_path / "e").samples(), 1) == "bob two"


def test_a_class_that_the_microphone_tells_is_advised_against(tmp_path: Path) -> None:
    samples = clinic(tmp_path / "d")
    codes = np.array([0] * 5 + [1] * 10)
    titles = dict(advise(samples, codes, ("ill", "well")))
    assert "microphone alone tells the class of 100%" in titles["The class shows in how it was recorded"]
    assert "Speakers are not known" not in titles
    mixed = codes.copy()
    mixed[2] = 1
    assert "Speakers of two classes" not in titles
    assert not advise(samples, np.full(15, -1), ("ill", "well"))


def test_a_speaker_of_two_classes_is_told_of(tmp_path: Path) -> None:
    rows = [(f"r{place}", f"s{place // 2}", place // 2 % 2, 1.5, place, 3) for place in range(20)]
    samples = scanned(table(tmp_path / "t.csv", ("name", "speaker", "label", "a", "b", "c"), *rows)).samples()
    codes = np.arange(20) // 2 % 2
    assert "Speakers of two classes" not in dict(advise(samples, codes, ("0", "1")))
    codes[5] = 1
    told = dict(advise(samples, codes, ("0", "1")))["Speakers of two classes"]
    assert told.startswith("1 of 10 speakers has recordings of several classes: s2.")


def test_copies_and_unknown_speakers_are_advised_against(tmp_path: Path) -> None:
    for name in ("A/1.wav", "B/2.wav"):
        wav(tmp_path / "d" / name, tone())
    samples = scanned(tmp_path / "d").samples()
    titles = dict(advise(samples, np.array([0, 1]), ("A", "B")))
    assert "A/1.wav = B/2.wav" in titles["The same sound twice"]
    assert "2 labelled samples" in titles["Speakers are not known"]
    assert "duplicate" in titles["Flagged recordings"]


def test_metadata_are_numbers_and_kinds_without_the_voice(tmp_path: Path) -> None:
    found = metadata(clinic(tmp_path / "d"))
    assert found.shape == (15, 3)
    assert set(found[:, 0].tolist()) == {71, 55, 60}
    assert np.isfinite(found).all()
