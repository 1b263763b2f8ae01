"""Sounds in memory for the tests of the sound desk."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.payload import Sound

RATE = 16_000.0


class Samples:
    """Values in memory; counts what is read."""

    def __init__(self, values: npt.NDArray[np.float32], key: str = "") -> None:
        self.values, self.key, self.asked = values, key, list[tuple[int, int]]()

    @property
    def length(self) -> int:
        return len(self.values)

    def read(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        self.asked.append((start, stop))
        return self.values[max(start, 0) : stop]


def sine(hertz: float, seconds: float, rate: float = RATE, height: float = 1.0) -> npt.NDArray[np.float32]:
    at = np.arange(round(seconds * rate)) / rate
    return np.asarray(height * np.sin(2 * np.pi * hertz * at), np.float32)


def voiced(seconds: float, rate: float = RATE) -> npt.NDArray[np.float32]:
    """Ten harmonics of 150 Hz, each half as high as the one before, that swell and fade twice a second."""
    parts = np.sum([sine(150.0 * (number + 1), seconds, rate, 0.4 / 2**number) for number in range(10)], axis=0)
    at = np.arange(len(parts)) / rate
    return np.asarray(parts * (0.6 + 0.4 * np.sin(4 * np.pi * at)), np.float32)


def sounded(seconds: float = 4.0, **other: object) -> Sound:
    told = {"title": "ALS021_i", "facts": ("vowel /i/",), "whole": "s", **other}
    return Sound(Samples(voiced(seconds)), RATE, **told)  # type: ignore[arg-type]
