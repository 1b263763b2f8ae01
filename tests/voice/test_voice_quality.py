"""What is wrong with a recording is measured and told as a flag, by which it can be found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domains.voice import quality
from models.domains.voice.advice import advise
from models.domains.voice.quality import clipped, flags_of, measure
from models.job import Job
from models.orders.naming import chosen_rows
from models.store.project import Project
from tests.voice.spoken import RATE, Floats, scanned, table, tone, wav
from workers.inline import run


def hushed(seconds: float) -> Floats:
    """A tone with pauses."""
    values = tone(seconds)
    values[: len(values) // 2] *= 0.001
    return values


def flawed(root: Path) -> Path:
    """Recordings of four speakers, one of each flaw among them."""
    values = tone(seed=3)
    found: dict[str, Floats] = {
        "fine_1": tone(seed=1),
        "fine_2": tone(seed=2),
        "fine_3": values,
        "fine_4": tone(seed=4, hertz=210),
        "loud_1": np.clip(4 * tone(seed=5), -1, 1).astype(np.float32),
        "quiet_1": (1e-5 * tone(seed=6)).astype(np.float32),
        "hiss_1": np.asarray(0.2 * np.random.default_rng(0).normal(size=RATE), np.float32),
        "brief_1": tone(0.1, seed=7),
        "crowd_1": tone(5, seed=8),
        "twin_1": values,
        "fine_5": values,
    }
    rows = [(wav(root / f"{name}.wav", one).name, name[:-2], "x") for name, one in found.items()]
    table(root / "labels.csv", ("file", "speaker", "label"), *rows)
    return root


def test_silence_is_no_copy_of_other_silence(tmp_path: Path) -> None:
    nothing = np.zeros(RATE, np.float32)
    rows = [(wav(tmp_path / "d" / f"{who}.wav", nothing).name, who, place % 2) for place, who in enumerate("abcd")]
    table(tmp_path / "d" / "labels.csv", ("file", "speaker", "label"), *rows)
    found = scanned(tmp_path / "d")
    assert found.column("quality") == ["silence"] * 4
    assert found.column("same_as") == [None] * 4
    advice = advise(found.samples(), np.array([0, 1, 0, 1]), ("0", "1"))
    assert [title for title, _ in advice] == ["Flagged recordings"]
    assert advice[0][1].startswith("4 labelled samples are flagged: silence 4.")
    one = dict(advise(found.samples(), np.array([0, -1, -1, -1]), ("0", "1")))
    assert one["Flagged recordings"].startswith("1 labelled sample is flagged: silence 1.")


def test_each_flaw_is_told_and_nothing_else(tmp_path: Path) -> None:
    found = scanned(flawed(tmp_path / "d"))
    told = dict(zip(found.keys, found.column("quality"), strict=True))
    assert {name.removesuffix(".wav"): words for name, words in told.items() if words} == {
        "loud_1": "clipping", "quiet_1": "silence", "hiss_1": "noise", "brief_1": "too short",
        "crowd_1": "several voices", "fine_5": "duplicate", "twin_1": "duplicate of another speaker",
    }  # fmt: skip
    same = dict(zip(found.keys, found.column("same_as"), strict=True))
    assert same["twin_1.wav"] == same["fine_5.wav"] == "d#fine_3.wav"
    assert "clipping 1, silence 1, too short 1, noise 1, several voices 1, duplicate 2" in found.note("are flagged")


def test_a_recording_is_short_or_long_beside_the_others_where_there_are_enough(tmp_path: Path) -> None:
    one = measure(wav(tmp_path / "a.wav", tone()))
    lengths = [1.0, 1.0, 1.0, 1.0, 0.2, 4.5, 0.3, 3.5]
    found = [replace(one, seconds=seconds, print=str(place)) for place, seconds in enumerate(lengths)]
    names = [str(place) for place in range(len(lengths))]
    told = [words for words, _same in flags_of(found, names, names, {})]
    assert told == ["", "", "", "", "too short", "several voices", "", ""]
    few = flags_of(found[3:7:2] + found[4:5], names[:3], names[:3], {})
    assert [words for words, _same in few] == ["", "", ""], "of three nobody knows what is usual"


def test_each_flag_is_a_filter(tmp_path: Path) -> None:
    Project.create(tmp_path / "p", "voice").close()
    asked: dict[str, Any] = {"project": str(tmp_path / "p"), "sources": [str(flawed(tmp_path / "d"))]}
    run(Job("import_samples", asked, "import"))

    def count(where: str) -> int:
        with Project.open(tmp_path / "p") as opened:
            return len(chosen_rows(opened, where))

    for flag in quality.FLAGS:
        assert count(f'quality ~ "{flag}"') == (2 if flag == "duplicate" else 1), flag
    assert count('quality == ""') == 4
    assert count('quality != ""') == 7
    assert count("noise < 5") == 1


def test_flat_tops_are_clipping_and_a_loud_tone_is_not() -> None:
    time = np.arange(RATE) / RATE
    for hertz in (50, 100, 220):
        for rate in (8000, 44100, 192_000):
            sine = np.sin(2 * np.pi * hertz * np.arange(rate) / rate).astype(np.float32)
            assert clipped(sine, rate) < quality.CLIPPED
    assert clipped(np.clip(1.5 * np.sin(2 * np.pi * 120 * time), -1, 1).astype(np.float32), RATE) > 0.3
    # Brought down after it was clipped it is clipped still.
    assert clipped(np.clip(1.5 * np.sin(2 * np.pi * 120 * time), -1, 1).astype(np.float32) * 0.5, RATE) > 0.3
    assert clipped(np.zeros(100, np.float32), RATE) == 0


def test_noise_is_told_by_pauses_or_behind_the_voice(tmp_path: Path) -> None:
    held = measure(wav(tmp_path / "held.wav", tone(2))).noise
    rough = measure(wav(tmp_path / "rough.wav", tone(2) + 0.05 * np.random.default_rng(1).normal(size=2 * RATE))).noise
    paused = measure(wav(tmp_path / "paused.wav", hushed(2))).noise
    assert 20 < held <= 60
    assert rough < held - 8
    assert paused > 30
    assert np.isnan(measure(wav(tmp_path / "brief.wav", tone(0.1))).noise)


def test_a_long_recording_is_measured_in_stretches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    path = wav(tmp_path / "long.wav", np.tile(tone(10), 80))
    monkeypatch.setattr(quality, "_WHOLE", 300.0)
    whole = quality.open_sound

    class Counted:
        def __init__(self, sound: Any) -> None:
            self.header, self.key, self.sound = sound.header, sound.key, sound

        def read(self, first: int = 0, last: int | None = None) -> Floats:
            values: Floats = self.sound.read(first, last)
            read.append(values.shape[1])
            return values

    monkeypatch.setattr(quality, "open_sound", lambda path: Counted(whole(path)))
    found = measure(path)
    assert found.seconds == 800
    assert sum(read) == quality.STRETCHES * quality.LENGTH * RATE
    assert found.print.endswith(" 6400000")


def test_a_dry_run_leaves_its_measures_to_the_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = wav(tmp_path / "a.wav")
    first = measure(path)
    monkeypatch.setattr(quality, "_measure", None)
    assert measure(path) is first


def test_an_empty_picture_is_flagged(tmp_path: Path) -> None:
    from PIL import Image

    from tests.voice.spoken import data_set, uuid_of

    home = data_set(tmp_path / "set")
    path = home / "data" / "melSpec" / f"{uuid_of(1)}_{uuid_of(5000)}_audio_audio_m4a.jpg"
    Image.new("RGB", (24, 24), (68, 1, 84)).save(path)
    copy = home / "data" / "melSpec" / f"{uuid_of(2)}_{uuid_of(5001)}_audio_audio_m4a.jpg"
    copy.write_bytes(next(iter(sorted(path.parent.glob(f"{uuid_of(1)}*")))).read_bytes())
    found = scanned(home)
    told = dict(zip(found.keys, found.column("quality"), strict=True))
    assert told[path.relative_to(home).as_posix()] == "silence"
    assert sum("duplicate of another speaker" in words for words in told.values()) == 1
