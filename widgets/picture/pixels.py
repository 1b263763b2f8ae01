"""How pixels look: as they are, normalised, by stain or channel, brighter. Numpy alone, for a thread beside the window.

What a look needs to know of the whole image it learns from a small copy of it, so that all tiles are treated alike.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating[Any]]

PLAIN = "plain"
#: Each look and its words.
LOOKS: tuple[tuple[str, str], ...] = (
    (PLAIN, "As it is"),
    ("zscore", "z-score of the image"),
    ("illumination", "Illumination corrected"),
    ("reinhard", "Stain normalised, Reinhard"),
    ("macenko", "Stain normalised, Macenko"),
    ("azure", "Giemsa: azure, the nuclei"),
    ("eosin", "Giemsa: eosin, the cells"),
    ("red", "Red channel"),
    ("green", "Green channel"),
    ("blue", "Blue channel"),
)
_CHANNELS = {"red": 0, "green": 1, "blue": 2}
_WIDE = {"zscore", "illumination", "reinhard", "macenko", "azure", "eosin"}

# Red, green, blue to the cones' answer, and its logarithm to lightness and two opponent colours (Ruderman 1998).
_CONES = np.array([[0.3811, 0.5783, 0.0402], [0.1967, 0.7244, 0.0782], [0.0241, 0.1288, 0.8444]], np.float32)
_OPPONENT = np.diag([3**-0.5, 6**-0.5, 2**-0.5]) @ np.array([[1.0, 1, 1], [1, 1, -2], [1, -1, 0]])
# Middle and spread of a well-stained thin smear in these colours, and its two stains with their strengths.
_GOOD_MEAN = np.array([-0.10, -0.025, 0.0], np.float32)
_GOOD_SPREAD = np.array([0.19, 0.05, 0.0045], np.float32)
_GOOD_STAINS = np.array([[0.30, 0.91, 0.28], [0.66, 0.67, 0.34]])
_GOOD_STRENGTH = np.array([1.5, 1.6])
# Methylene blue and eosin as ImageJ's colour deconvolution has them.
_GIEMSA = np.array([[0.834750, 0.513556, 0.196330], [0.092789, 0.954111, 0.283111]])
_CLEAR = 240.0  # light that passed no stain


@dataclass(frozen=True)
class Look:
    """What is done to pixels before they are seen. brightness: −1 … 1 added; contrast, gamma: 1 for none."""

    kind: str = PLAIN
    brightness: float = 0.0
    contrast: float = 1.0
    gamma: float = 1.0

    @property
    def is_wide(self) -> bool:
        """Whether the whole image has to be known."""
        return self.kind in _WIDE


class Ground:
    """What looks know of the whole image, counted when first asked for. small: a copy of it at 1/scale."""

    def __init__(self, small: Pixels, scale: int) -> None:
        self.small, self.scale = small, scale

    @cached_property
    def mean(self) -> Floats:
        """The mean of each channel."""
        return np.asarray(self.small.reshape(-1, 3).mean(axis=0))

    @cached_property
    def spread(self) -> Floats:
        """The standard deviation of each channel."""
        return np.asarray(np.maximum(self.small.reshape(-1, 3).std(axis=0), 1e-3))

    @property
    def bright(self) -> bool:
        """Whether dark strokes are seen better on it than light ones."""
        return float(self.mean.mean()) > 110

    @cached_property
    def opponent(self) -> tuple[Floats, Floats]:
        """Mean and spread in opponent colours."""
        values = _to_opponent(self.small).reshape(-1, 3)
        return values.mean(axis=0), np.maximum(values.std(axis=0), 1e-4)

    @cached_property
    def stains(self) -> tuple[Floats, Floats]:
        """The image's own two stains (2, 3) and their strengths (2,), after Macenko 2009."""
        density = _density(self.small).reshape(-1, 3)
        stained = density[(density > 0.15).any(axis=1)]
        if len(stained) < 50:
            return _GOOD_STAINS, _GOOD_STRENGTH
        _sizes, axes = np.linalg.eigh(np.cov(stained.T))
        plane = axes[:, [2, 1]] * np.where(axes[0, [2, 1]] < 0, -1.0, 1.0)
        turn = np.arctan2(stained @ plane[:, 1], stained @ plane[:, 0])
        found = np.array([plane @ (np.cos(at), np.sin(at)) for at in np.percentile(turn, (1, 99))])
        found = np.abs(found[np.argsort(found[:, 0])])  # the one that lets more red pass first, as in the reference
        return found, _strength(density, found)

    @cached_property
    def giemsa(self) -> Floats:
        """How strong the two stains of Giemsa are, (2,)."""
        return _strength(_density(self.small).reshape(-1, 3), _GIEMSA)

    @cached_property
    def light(self) -> Floats:
        """The light from behind as a square function of the place, (6, 3): a fit to the brightest of each part."""
        tall, wide = self.small.shape[:2]
        rows, columns = (np.linspace(0, end, min(9, end + 1)).astype(int) for end in (tall, wide))
        places, peaks = [], []
        for top, bottom in itertools.pairwise(rows):
            for left, right in itertools.pairwise(columns):
                part = self.small[top:bottom, left:right].reshape(-1, 3)
                peaks.append(np.percentile(part, 90, axis=0))
                places.append(((left + right) / 2 / wide, (top + bottom) / 2 / tall))
        x, y = np.array(places).T
        return np.linalg.lstsq(_squares(x, y), np.array(peaks), rcond=None)[0]

    def gain(self, left: int, top: int, tall: int, wide: int, scale: int) -> Floats:
        """What each pixel of a tile is multiplied by to be lit evenly, (tall, wide, 3)."""
        whole = self.small.shape[1] * self.scale, self.small.shape[0] * self.scale
        rows = ((top + (np.arange(tall) + 0.5) * scale) / whole[1]).astype(np.float32)[:, None]
        columns = ((left + (np.arange(wide) + 0.5) * scale) / whole[0]).astype(np.float32)[None, :]
        fit = self.light.astype(np.float32)
        level = np.float32((_squares(np.full(1, 0.5), np.full(1, 0.5)) @ self.light).max())
        parts = [_square(columns, rows, fit[:, channel]) for channel in range(3)]
        return level / np.maximum(np.stack(parts, axis=-1), 8.0)


def shown(pixels: Pixels, look: Look, ground: Ground | None, left: int = 0, top: int = 0, scale: int = 1) -> Pixels:
    """(h, w, 3) pixels as a look has them. left, top, scale: where in the image they lie.

    ground: None while the whole image is not known; what needs it is left out.
    """
    if look.is_wide and ground is not None:
        pixels = _BY_KIND[look.kind](pixels, ground, (left, top, scale))
    elif look.kind in _CHANNELS:
        pixels = np.repeat(pixels[..., _CHANNELS[look.kind], None], 3, axis=2)
    return pixels if (look.brightness, look.contrast, look.gamma) == (0.0, 1.0, 1.0) else _tones(look)[pixels]


def _tones(look: Look) -> Pixels:
    """What becomes of each of the 256 tones."""
    tones = (np.arange(256) / 255 - 0.5) * look.contrast + 0.5 + look.brightness
    return np.asarray(np.rint(255 * np.clip(tones, 0, 1) ** (1 / look.gamma)), np.uint8)


def _zscore(pixels: Pixels, ground: Ground, _where: tuple[int, int, int]) -> Pixels:
    """Each channel about its mean: 2.5 standard deviations each way fill the tones."""
    tones = (np.arange(256)[:, None] - ground.mean) / ground.spread / 5 + 0.5
    table = np.asarray(np.rint(255 * np.clip(tones, 0, 1)), np.uint8)
    return np.stack([table[:, channel][pixels[..., channel]] for channel in range(3)], axis=-1)


def _evened(pixels: Pixels, ground: Ground, where: tuple[int, int, int]) -> Pixels:
    left, top, scale = where
    return _bytes(pixels * ground.gain(left, top, pixels.shape[0], pixels.shape[1], scale))


def _reinhard(pixels: Pixels, ground: Ground, _where: tuple[int, int, int]) -> Pixels:
    mean, spread = ground.opponent
    values = (_to_opponent(pixels) - mean) * (_GOOD_SPREAD / spread) + _GOOD_MEAN
    cones = np.exp(values.astype(np.float32) @ np.linalg.inv(_OPPONENT).T.astype(np.float32) * np.float32(np.log(10)))
    return _bytes(255 * (cones @ np.linalg.inv(_CONES).T))


def _macenko(pixels: Pixels, ground: Ground, _where: tuple[int, int, int]) -> Pixels:
    stains, strength = ground.stains
    turn = np.linalg.pinv(stains) @ np.diag(_GOOD_STRENGTH / strength) @ _GOOD_STAINS
    return _bytes(_CLEAR * np.exp(-(_density(pixels) @ turn.astype(np.float32))))


def _azure(pixels: Pixels, ground: Ground, _where: tuple[int, int, int]) -> Pixels:
    return _stain(pixels, ground, 0)


def _eosin(pixels: Pixels, ground: Ground, _where: tuple[int, int, int]) -> Pixels:
    return _stain(pixels, ground, 1)


def _stain(pixels: Pixels, ground: Ground, which: int) -> Pixels:
    """One stain alone, dark where there is much of it."""
    amount = _density(pixels) @ _unmix(_GIEMSA)[:, which].astype(np.float32)
    grey = _bytes(255 * (1 - amount / ground.giemsa[which]))
    return np.repeat(grey[..., None], 3, axis=2)


_BY_KIND = {
    "zscore": _zscore,
    "illumination": _evened,
    "reinhard": _reinhard,
    "macenko": _macenko,
    "azure": _azure,
    "eosin": _eosin,
}


def _density(pixels: Pixels) -> Floats:
    """Optical density of each channel."""
    table = -np.log(np.maximum(np.arange(256), 1) / _CLEAR)
    return np.asarray(table.astype(np.float32)[pixels])


def _unmix(stains: Floats) -> Floats:
    """From densities to amounts of two stains and of what is neither, (3, 3)."""
    rest = np.cross(stains[0], stains[1])
    return np.linalg.inv(np.vstack([stains, rest / max(float(np.linalg.norm(rest)), 1e-6)]))


def _strength(density: Floats, stains: Floats) -> Floats:
    """The amount of each stain that one pixel in a hundred exceeds."""
    amounts = density @ np.linalg.pinv(stains)
    return np.asarray(np.maximum(np.percentile(amounts, 99, axis=0), 0.05))


def _to_opponent(pixels: Pixels) -> Floats:
    table = np.arange(256, dtype=np.float32) / 255
    cones = table[pixels] @ _CONES.T
    return np.asarray(np.log10(np.maximum(cones, 1e-3)) @ _OPPONENT.T.astype(np.float32))


def _squares(x: Floats, y: Floats) -> Floats:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _square(x: Floats, y: Floats, fit: Floats) -> Floats:
    return np.asarray(fit[0] + fit[1] * x + fit[3] * x * x + (fit[2] + fit[4] * x) * y + fit[5] * y * y)


def _bytes(values: Floats) -> Pixels:
    return np.asarray(np.clip(values + 0.5, 0, 255), np.uint8)
