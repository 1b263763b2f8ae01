"""What is finer than the cell: spots of a stain are seen in any light, its pallor, folds and neighbours are not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch

from models.domains.smears import fine
from models.domains.smears.paints import cut_out
from models.learn.nets import spots2d
from tests.smears.blood import drawn

Bytes = npt.NDArray[np.uint8]
SIDE = 96


def cell(spot: tuple[float, float, float] | None, light: float = 1.0, tint: tuple[float, ...] = (1, 1, 1)) -> Bytes:
    """One pink cell on white with a spot that passes these shares of red, green and blue; (1, 96, 96, 3)."""
    down, across = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    inside = down**2 + across**2 < 0.6
    picture = np.full((SIDE, SIDE, 3), 235.0)
    picture[inside] = (215, 165, 180)
    if spot is not None:
        picture[(down - 0.2) ** 2 + (across + 0.1) ** 2 < 0.015] *= spot
    return np.clip(picture * light * np.array(tint), 0, 255).astype(np.uint8)[None]


def test_a_purple_spot_is_seen_and_a_grey_one_is_not() -> None:
    purple, grey, none = (fine.show(cell(spot))[0].astype(int) for spot in ((0.6, 0.3, 0.7), (0.4, 0.4, 0.4), None))
    assert purple.shape == (SIDE // 2, SIDE // 2, 3)
    assert purple.max() > fine.ZERO + 60
    assert np.abs(grey - fine.ZERO).max() < 12
    assert np.abs(none - fine.ZERO).max() < 12
    assert (purple[0, 0] == fine.ZERO).all(), "the ground shows nothing"


@pytest.mark.parametrize(("light", "tint"), [(0.6, (1, 1, 1)), (0.9, (0.8, 1, 0.7))])
def test_light_and_colour_of_another_laboratory_change_nothing(light: float, tint: tuple[float, ...]) -> None:
    spot = (0.6, 0.3, 0.7)
    here, there = fine.show(cell(spot)), fine.show(cell(spot, light, tint))
    inside = here[..., 2] > fine.ZERO + 40
    np.testing.assert_allclose(there[inside], here[inside], atol=14)


def test_a_neighbour_at_the_corner_is_not_seen() -> None:
    alone = cell(None)
    beside = alone.copy()
    # It touches the cell, so both are one piece.
    beside[:, :22, :22] = (90, 40, 130)
    beside[:, 16:34, 16:34] = (215, 165, 180)
    assert fine.show(beside)[:, :10, :10].max() == fine.ZERO


def test_a_cell_cut_out_on_black_is_seen_as_before() -> None:
    cells = drawn(4)[0][:, :72, :72]
    before, after = fine.show(cells), fine.show(cut_out(cells))
    for first, second, infected in zip(before, after, (0, 1, 0, 1), strict=True):
        assert (first.max() > fine.ZERO + 30) == (second.max() > fine.ZERO + 30) == bool(infected)


def test_pictures_are_varied_in_training_only_and_stay_finite() -> None:
    torch.manual_seed(0)
    batch = torch.from_numpy(fine.show(np.concatenate([cell((0.6, 0.3, 0.7))] * 8)))
    still, again = fine.prepare(batch, None), fine.prepare(batch, None)
    moved = fine.prepare(batch, 3.0)
    assert torch.equal(still, again)
    assert moved.shape == still.shape == (8, 3, SIDE // 2, SIDE // 2)
    assert torch.isfinite(moved).all()
    assert not torch.allclose(moved[0], moved[1])


def test_one_spot_tells_as_much_as_many_and_none_is_of_the_ordinary_class() -> None:
    torch.manual_seed(0)
    net = spots2d(3, (4, 8), top=0.01, ordinary=1).eval()
    # Wider than what a place sees, so that the second spot adds no other kind of place.
    one = torch.zeros(1, 3, 96, 96)
    one[..., 10:34, 10:34] = 2
    many = one.clone()
    many[..., 58:82, 58:82] = 2
    with torch.inference_mode():
        seen = [net.head[1:3](net.body(x)).flatten(2) for x in (one, many)]
        first, second = net(one), net(many)
    assert first[0, 1] == second[0, 1] == 0
    # Of the strongest places there are twice as many; their mean over a share of all is no larger than the largest.
    torch.testing.assert_close(seen[0].amax(2), seen[1].amax(2), atol=1e-4, rtol=1e-4)
    assert (second >= first - 1e-5).all()
    assert (second <= seen[0].amax(2) + 1e-4).all()
