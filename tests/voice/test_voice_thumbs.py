"""Small pictures of voices: waveform over spectrogram, images made small, blank for what is broken; kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.domains.voice import thumbs
from models.job import finish
from models.learn import pack
from models.sample import Samples
from models.store.project import Project
from tests.projects import project_from

RATE = 8000


def tone(hertz: float, seconds: float = 1.0, loud: float = 0.5) -> np.ndarray:
    return (loud * np.sin(2 * np.pi * hertz * np.arange(int(RATE * seconds)) / RATE)).astype(np.float32)


@pytest.fixture
def samples(tmp_path: Path) -> Samples:
    """A sound that is low and then high, another one, and a third that was cut off after the import."""
    data = tmp_path / "data"
    data.mkdir()
    soundfile.write(data / "a.wav", np.concatenate([tone(300), tone(2000)]), RATE)
    soundfile.write(data / "b.wav", tone(500), RATE)
    soundfile.write(data / "c.wav", tone(700), RATE)
    (data / "table.csv").write_text("file,speaker\na.wav,s1\nb.wav,s1\nc.wav,s2\n", "utf-8")
    project_from(tmp_path / "p", "voice", data)
    (data / "c.wav").write_bytes((data / "c.wav").read_bytes()[:20])
    with Project.open(tmp_path / "p") as opened:
        return opened.samples


def row_of(samples: Samples, name: str) -> int:
    return next(row for row, one in enumerate(samples.ids()) if name in one)


def test_frequencies_stand_where_they_are_heard() -> None:
    side = 96
    drawn = thumbs.sound_picture(np.concatenate([tone(300), tone(2000)]), RATE, side)
    assert drawn.shape == (side, side, 3)
    below = drawn[round(side * thumbs.WAVE) :].astype(int).sum(axis=2)
    heights = (below.shape[0] - 1 - below.argmax(axis=0)) / below.shape[0] * (RATE / 2)
    assert np.median(heights[4:44]) == pytest.approx(300, abs=120)
    assert np.median(heights[52:92]) == pytest.approx(2000, abs=120)


def test_the_waveform_is_tall_where_it_is_loud() -> None:
    drawn = thumbs.sound_picture(np.concatenate([tone(300, loud=0.05), tone(300)]), RATE, 96)
    tall = (drawn[: round(96 * thumbs.WAVE), :, 0] > 128).sum(axis=0)
    assert tall[60:90].min() > 3 * tall[6:40].max()


def test_what_is_broken_is_blank_and_the_rest_is_drawn(samples: Samples, tmp_path: Path) -> None:
    rows = np.arange(len(samples))
    found = thumbs.thumbs(samples, rows, 48, tmp_path / "cache")
    blank = [bool((one == thumbs.GREY).all()) for one in found]
    assert [row for row, is_blank in enumerate(blank) if is_blank] == [row_of(samples, "c.wav")]


def test_pictures_are_kept_and_come_from_the_cache(samples: Samples, tmp_path: Path) -> None:
    cache, row = tmp_path / "cache", row_of(samples, "a.wav")
    fresh = thumbs.thumbs(samples, np.array([row]), 96, cache)[0].astype(int)
    assert finish(thumbs.stage(samples, cache)) == 2
    assert finish(thumbs.stage(samples, cache)) == 0
    pack._PACKS.clear()
    kept = thumbs.thumbs(samples, np.array([row]), 96, cache)[0].astype(int)
    assert np.abs(fresh - kept).mean() < 20
    assert thumbs.album(cache).pack().find(thumbs._marks(samples, np.array([row])))[0] >= 0


def test_a_part_that_is_damaged_counts_as_nothing(samples: Samples, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    finish(thumbs.stage(samples, cache))
    pack._PACKS.clear()
    for file in (cache / "voice").rglob("*.npy"):
        file.write_bytes(b"no array")
    found = thumbs.thumbs(samples, np.array([row_of(samples, "b.wav")]), 48, cache)
    assert not (found == thumbs.GREY).all()


def test_silence_and_a_single_value_are_drawn_without_a_word() -> None:
    assert thumbs.sound_picture(np.zeros(RATE, np.float32), RATE, 48).shape == (48, 48, 3)
    assert (thumbs.sound_picture(np.zeros(1, np.float32), RATE, 48) == thumbs.GREY).all()
    assert thumbs.sound_picture(tone(200, 0.01), RATE, 48).shape == (48, 48, 3)
