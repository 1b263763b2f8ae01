"""Pictures of recordings: those of the seed again, within what JPEG loses."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.domains.voice.rendering import RenderSettings, coloured, jpeg, middle, picture, shares, write_picture

VOICE = Path(__file__).parents[2].parent / "shared" / "data" / "voice"
SEED = VOICE / "melspec_seed_layout"


@pytest.mark.skipif(not SEED.is_dir(), reason="no shared data here")
def test_pictures_of_the_seed_come_out_again(record_property: Callable[[str, object], None], tmp_path: Path) -> None:
    import soundfile

    with (SEED / "index_with_source.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::6]
    apart = []
    for row in rows:
        samples, rate = soundfile.read(VOICE / row["source"], dtype="float32")
        write_picture(samples, rate, tmp_path / "one.jpg")
        found, wanted = (
            np.asarray(Image.open(path), np.float64) for path in (tmp_path / "one.jpg", SEED / row["image_rel_path"])
        )
        assert found.shape == wanted.shape == (600, 600, 3)
        apart.append(np.abs(found - wanted).mean())
    record_property("mean pixel difference of 255", f"{np.mean(apart):.3f}, at most {max(apart):.3f}")
    assert max(apart) < 0.25


def test_a_tone_is_a_line_at_its_height() -> None:
    t = np.arange(3 * 16_000) / 16_000
    found = picture(np.sin(2 * np.pi * 500 * t).astype(np.float32), 16_000, RenderSettings(side=256))
    row = int(found.astype(int).sum(axis=2)[:, 60:200].mean(axis=1).argmax())
    top = 2595 * np.log10(1 + 4000 / 700)
    assert abs(row - 255 * (1 - 2595 * np.log10(1 + 500 / 700) / top)) < 4


def test_silence_and_nothing_are_pictures_too() -> None:
    silent = picture(np.zeros(16_000, np.float32), 16_000, RenderSettings(side=32))
    assert (silent == coloured(np.zeros((1, 1), np.float32))).all()
    assert not picture(np.zeros(0, np.float32), 16_000, RenderSettings(side=32)).any()
    assert jpeg(silent)[:2] == b"\xff\xd8"


def test_the_middle() -> None:
    values = np.arange(100, dtype=np.float32)
    assert middle(values, 10, 3).tolist() == list(range(35, 65))
    assert len(middle(values, 10, 0)) == len(middle(values, 10, 99)) == 100
    np.testing.assert_allclose(shares(np.array([[1.0, 4.0, 16.0]], np.float32)), [[0, 0.5, 1]], atol=1e-6)
