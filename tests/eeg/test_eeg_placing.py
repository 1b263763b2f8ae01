"""Windows on the map before there is a run: no feature and no file of another scale is all that is seen."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from models.domains.eeg.constants import CLASSES
from models.domains.eeg.placing import _told, levelled
from models.domains.eeg.recipes.features import FAR, KNEE, tamed
from models.learn.embed import pca
from models.sample import Samples

Floats = npt.NDArray[np.float32]


def mixed() -> Floats:
    """60 windows in two groups by their small features, 6 of another recorder, one of which nothing is known."""
    rng = np.random.default_rng(0)
    scales = np.repeat([0.02, 3.0], 20)
    table = rng.normal(size=(67, 40)) * scales
    table[:30, :20] += 3 * scales[:20]
    table[60:66] += 400 * scales
    table[66] = np.nan
    return np.asarray(table, np.float32)


def apart(places: Floats) -> float:
    """How far the two groups are from each other on a map, by their own width."""
    one, other = places[:30], places[30:60]
    wide = np.concatenate([one - one.mean(0), other - other.mean(0)]).std()
    return float(np.linalg.norm(one.mean(0) - other.mean(0)) / wide)


def test_a_file_of_another_scale_leaves_the_others_apart_on_the_map() -> None:
    table = mixed()
    assert apart(pca(table)) < 1, "without it the map is a line from them to the strange ones"
    places = pca(levelled(table))
    assert apart(places) > 3
    spans = np.ptp(places[:60], axis=0) / np.ptp(places[:66], axis=0)
    assert spans.min() > 0.15, "they do not stand in one point beside the strange ones"
    assert np.isnan(levelled(table)[66]).all()
    assert np.isnan(levelled(np.full((2, 3), np.nan, np.float32))).all()


def test_what_is_usual_stays_and_what_is_far_counts_by_its_logarithm() -> None:
    z = np.array([-2.5, 0.0, 3.0, 5.0, 1e9], np.float32)
    told = tamed(z)
    assert told[:3].tolist() == z[:3].tolist()
    assert told[3:].tolist() == np.asarray(KNEE + np.log1p([2.0, FAR - KNEE]), np.float32).tolist()


class Told:
    """In place of samples whose source tells probabilities of the classes."""

    names = tuple(f"p_{name}" for name in CLASSES)

    def column(self, name: str) -> npt.NDArray[np.float64]:
        place = self.names.index(name)
        return np.array([1.0, 0.25, np.nan]) if place == 0 else np.array([-0.1, 0.15, np.nan])


def test_probabilities_of_a_source_are_told_by_their_square_roots() -> None:
    """So that the distance of two windows is that of Hellinger, and small shares are not all alike."""
    table = _told(cast("Samples", Told()))
    assert table is not None
    np.testing.assert_allclose(table[0], [1, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(table[1], [0.5, *[np.sqrt(0.15)] * 5], rtol=1e-6)
    assert np.isnan(table[2]).all()
