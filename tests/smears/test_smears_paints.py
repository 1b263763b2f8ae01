"""Cells as another light or stain would show them, and how far two sets of them differ."""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
import pytest

from models.domains.smears import paints
from models.domains.smears.cells import PAINT, paintings_of
from models.domains.smears.masks import cell_masks
from models.learn.shift import distributions, together, two_sample_auc
from models.sample import empty_samples

Bytes = npt.NDArray[np.uint8]


def cells(colour: tuple[int, int, int], ground: int = 235, count: int = 6, slope: float = 0.0) -> Bytes:
    """Round cells of a colour with a dark spot, on a bright ground; slope: light falling off to the right."""
    rng = np.random.default_rng(3)
    down, across = np.mgrid[-1:1:72j, -1:1:72j]
    inside = down**2 + across**2 < 0.6
    spot = (down - 0.2) ** 2 + (across + 0.1) ** 2 < 0.03
    out = np.full((count, 72, 72, 3), ground, np.float64)
    out[:, inside] = colour
    out[:, spot] = np.array(colour) * [0.6, 0.35, 0.7]
    out *= (1 - slope * across)[None, :, :, None]
    return np.clip(out + rng.normal(0, 3, out.shape), 0, 255).astype(np.uint8)


def stained(eosin: tuple[float, ...], azure: tuple[float, ...], strength: float) -> Bytes:
    """Cells that take both stains, each by its absorption of red, green and blue: the spot more of the second."""
    rng = np.random.default_rng(4)
    down, across = np.mgrid[-1:1:72j, -1:1:72j]
    inside, spot = down**2 + across**2 < 0.6, (down - 0.2) ** 2 + (across + 0.1) ** 2 < 0.06
    first = rng.uniform(0.6, 0.9, (6, 1, 1)) * inside * np.where(spot, 0.2, 1)
    second = rng.uniform(0.05, 0.15, (6, 1, 1)) * inside + 1.1 * spot
    density = first[..., None] * np.array(eosin) + second[..., None] * np.array(azure)
    return np.clip(235 * np.exp(-strength * density) + rng.normal(0, 2, (*density.shape,)), 0, 255).astype(np.uint8)


def colour_of(found: Bytes) -> npt.NDArray[np.float64]:
    return found[cell_masks(found)].astype(np.float64).mean(0)


@pytest.mark.parametrize("kind", [paints.REINHARD, paints.MACENKO])
def test_a_stain_is_brought_to_that_of_another_source(kind: str) -> None:
    here, there = stained((0.1, 0.8, 0.5), (0.75, 0.6, 0.3), 0.7), stained((0.2, 0.75, 0.3), (0.8, 0.7, 0.2), 1.2)
    text = json.dumps({"kind": kind, "here": paints.look_of(here, kind), "there": paints.look_of(there, kind)})
    before = np.abs(colour_of(here) - colour_of(there)).max()
    assert np.abs(colour_of(paints.paint(here, text)) - colour_of(there)).max() < before / 2


def test_a_masked_cell_has_nothing_around_it() -> None:
    found = paints.paint(cells((170, 140, 190)), json.dumps({"kind": paints.MASKED}))
    assert found[:, :4].max() < 225


def test_even_light_has_no_slope() -> None:
    given = cells((150, 120, 160), slope=0.25)
    found = paints.paint(given, json.dumps({"kind": paints.LIT}))

    def slope(part: Bytes) -> float:
        return abs(float(part[:, 28:44, 18:26].mean()) - float(part[:, 28:44, 46:54].mean()))

    assert slope(found) < slope(given) / 3


def test_a_painting_travels_with_the_samples() -> None:
    painted = paints.painted(empty_samples(), {"kind": paints.MASKED})
    assert PAINT in painted.names
    assert paintings_of(empty_samples(), np.zeros(2, np.int64)).tolist() == ["", ""]


def test_how_far_two_sets_differ() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, (200, 2)).astype(np.float32), rng.normal(0, 1, (200, 2)).astype(np.float32)
    b[:, 1] += 6
    assert two_sample_auc(a[:, 0], b[:, 0]) == pytest.approx(0.5, abs=0.08)
    assert two_sample_auc(a[:, 1], b[:, 1]) == two_sample_auc(b[:, 1], a[:, 1]) == pytest.approx(1, abs=0.01)
    assert two_sample_auc([np.nan], [1.0]) is None
    units = np.arange(200) // 20
    whole = together(a, b, (units, units))
    assert whole is not None
    assert whole > 0.98
    alike = together(a[:100], a[100:], (units[:100], units[:100]))
    assert alike is not None
    assert alike < 0.75
    assert together(a, b, (np.zeros(200, np.int64), units)) is None
    shown = distributions(a[:, 1], b[:, 1])
    assert sum(shown["inside"]) == pytest.approx(1)
    assert shown["low"] < shown["high"]
