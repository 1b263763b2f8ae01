"""The pack of small pictures: read instead of images, made in chunks, never trusted."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from models.domains.smears import atlas
from models.domains.smears.cells import GREY, crops
from models.job import finish
from models.learn import pack
from models.sample import Samples
from tests.smears.blood import slide


@pytest.fixture
def cells(tmp_path: Path) -> Samples:
    return slide(tmp_path)[0]


def _rows(samples: Samples) -> npt.NDArray[np.int64]:
    return np.arange(len(samples), dtype=np.int64)


def _forget_images(folder: Path) -> None:
    """The images stay as they are told, but none can be read any more."""
    for path in folder.glob("*.png"):
        state = path.stat()
        path.write_bytes(b"\0" * state.st_size)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_a_pack_stands_in_for_the_images(cells: Samples, tmp_path: Path) -> None:
    cache, rows = tmp_path / "cache", _rows(cells)
    before = atlas.thumbs(cells, rows, atlas.SIDE, cache)
    assert np.array_equal(before, crops(cells, rows, atlas.SIDE, atlas.MARGIN, square=True))
    assert finish(atlas.stage(cells, cache)) == len(rows) - 1  # the last one's image is not there
    _forget_images(tmp_path)
    after = atlas.thumbs(cells, rows, atlas.SIDE, cache)
    assert np.abs(after.astype(int) - before).mean() < 3
    assert (after[-1] == GREY).all()
    small = atlas.thumbs(cells, rows, 12, cache)
    assert small.shape == (len(rows), 12, 12, 3)
    assert np.abs(small.mean((1, 2, 3)) - before.mean((1, 2, 3))).max() < 8


def test_who_stops_goes_on_from_there(cells: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atlas, "STEP", 8)
    cache = tmp_path / "cache"
    steps = atlas.stage(cells, cache)
    for _ in range(3):
        next(steps)
    steps.close()
    assert len(atlas.album(cache).pack().entries) == 16
    assert finish(atlas.stage(cells, cache)) == len(cells) - 1 - 16
    assert finish(atlas.stage(cells, cache)) == 0


def test_another_image_or_box_has_another_picture(cells: Samples, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    finish(atlas.stage(cells, cache))
    os.utime(tmp_path / "image0.png", ns=(1, 1))
    assert finish(atlas.stage(cells, cache)) == 12


def test_a_broken_part_counts_as_empty(cells: Samples, tmp_path: Path) -> None:
    cache, rows = tmp_path / "cache", _rows(cells)
    finish(atlas.stage(cells, cache))
    (pictures,) = (cache / "smears" / "atlas").glob("*.jpk")
    pictures.write_bytes(pictures.read_bytes()[:2000])
    (cache / "smears" / "atlas" / "other.npy").write_bytes(b"no array")
    pack._PACKS.clear()
    found = atlas.thumbs(cells, rows, atlas.SIDE, cache)
    assert np.array_equal(found[5], crops(cells, rows[5:6], atlas.SIDE, atlas.MARGIN, square=True)[0])


def test_pictures_of_cells_that_are_gone_are_taken_away(cells: Samples, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    finish(atlas.stage(cells, cache))
    few = cells.take([0, 1])
    assert finish(atlas.stage(few, cache)) == 2
    assert len(atlas.album(cache).pack().entries) == 2
