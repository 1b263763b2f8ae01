"""Looks of pixels: what each makes of an image, and that tiles of it are treated alike."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from widgets.picture.pixels import LOOKS, Ground, Look, shown

Pixels = npt.NDArray[np.uint8]
_AZURE = np.array([0.834750, 0.513556, 0.196330])
_EOSIN = np.array([0.092789, 0.954111, 0.283111])


def stained(azure: npt.ArrayLike, eosin: npt.ArrayLike, light: npt.ArrayLike = 240.0) -> Pixels:
    """What a microscope would see of amounts (h, w) of two stains."""
    density = np.asarray(azure)[..., None] * _AZURE + np.asarray(eosin)[..., None] * _EOSIN
    return np.asarray(np.rint(np.asarray(light) * np.exp(-density)), np.uint8)


@pytest.fixture
def image() -> Pixels:
    """Cells of eosin, some with a nucleus of azure, on clear ground."""
    y, x = np.mgrid[0:200, 0:300]
    eosin = 0.5 * (((x % 60 - 30) ** 2 + (y % 50 - 25) ** 2) < 20**2)
    azure = 1.2 * (((x % 120 - 30) ** 2 + (y % 100 - 25) ** 2) < 7**2)
    return stained(azure, eosin)


def test_plain_pixels_are_left_alone(image: Pixels) -> None:
    assert shown(image, Look(), None) is image


@pytest.mark.parametrize("kind", [kind for kind, _words in LOOKS])
def test_a_tile_looks_as_the_whole_image_does_there(image: Pixels, kind: str) -> None:
    ground, look = Ground(image, 1), Look(kind, brightness=0.1, contrast=1.5, gamma=1.2)
    whole = shown(image, look, ground)
    part = shown(image[50:120, 80:200], look, ground, 80, 50, 1)
    assert whole.shape == image.shape
    assert whole.dtype == np.uint8
    assert np.abs(whole[50:120, 80:200].astype(int) - part).max() <= 1


def test_what_needs_the_whole_image_is_left_out_until_it_is_known(image: Pixels) -> None:
    assert np.array_equal(shown(image, Look("macenko"), None), image)


def test_zscore_takes_cast_and_contrast_away(image: Pixels) -> None:
    pale = (image * 0.4 + np.array([40, 90, 10])).astype(np.uint8)
    one, other = (shown(some, Look("zscore"), Ground(some, 1)).astype(int) for some in (image, pale))
    assert np.abs(one - other).mean() < 3


def test_illumination_is_evened(image: Pixels) -> None:
    x = np.linspace(0.6, 1, 300)[None, :, None]
    uneven = (image * x).astype(np.uint8)
    even = shown(uneven, Look("illumination"), Ground(uneven, 1))
    before, after = (some[:, [2, -3], 1].mean(axis=0) for some in (uneven, even))
    assert abs(before[0] - before[1]) > 70
    assert abs(after[0] - after[1]) < 12


@pytest.mark.parametrize("kind", ["reinhard", "macenko"])
def test_two_stainings_of_one_smear_look_alike_when_normalised(image: Pixels, kind: str) -> None:
    weak = np.asarray(np.rint(240 * (image / 240) ** 0.6), np.uint8)
    one, other = (shown(some, Look(kind), Ground(some, 1)).astype(int) for some in (image, weak))
    assert np.abs(one - other).mean() < 0.4 * np.abs(image.astype(int) - weak).mean()


def test_giemsa_tells_the_two_stains_apart() -> None:
    azure, eosin = np.zeros((60, 90)), np.zeros((60, 90))
    azure[:, 30:60], eosin[:, 60:] = 0.9, 0.6
    image = stained(azure, eosin)
    nuclei, cells = (shown(image, Look(kind), Ground(image, 1))[30, :, 0] for kind in ("azure", "eosin"))
    assert [nuclei[at] > 245 for at in (10, 75)] == [True, True]
    assert nuclei[45] < 20
    assert [cells[at] > 235 for at in (10, 45)] == [True, True]
    assert cells[75] < 20


def test_a_single_channel_is_grey(image: Pixels) -> None:
    assert np.array_equal(shown(image, Look("green"), None), np.repeat(image[..., 1:2], 3, axis=2))


def test_tones() -> None:
    grey = np.full((2, 2, 3), 100, np.uint8)
    assert (shown(grey, Look(brightness=0.2), None) == 151).all()
    assert (shown(grey, Look(contrast=2.0), None) < 80).all()
    assert (shown(grey, Look(gamma=2.0), None) > 150).all()


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("kind", [kind for kind, _words in LOOKS])
def test_an_image_of_one_tone_breaks_nothing(kind: str, value: int) -> None:
    flat = np.full((40, 3, 3), value, np.uint8)
    assert shown(flat, Look(kind), Ground(flat, 4), 0, 0, 4).shape == flat.shape
