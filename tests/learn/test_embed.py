"""Vectors to a picture: PCA as it should be, neighbour methods with landmarks, missing extra told."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest

from models.errors import UserError
from models.learn import embed
from models.learn.embed import pca, project


def finish(steps: Any) -> np.ndarray:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            value: np.ndarray = stop.value
            return value


def blobs(count: int = 90, width: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    codes = np.arange(count) % 3
    return (rng.normal(0, 1, (count, width)) + 12 * rng.normal(0, 1, (3, width))[codes]).astype(np.float32), codes


def apart(shown: np.ndarray, codes: np.ndarray) -> float:
    """Share of samples whose nearest other sample is of their class."""
    distance = ((shown[:, None] - shown[None]) ** 2).sum(-1) + 1e9 * np.eye(len(shown))
    return float((codes[distance.argmin(1)] == codes).mean())


@pytest.mark.parametrize("width", [12, 1600])
def test_pca_keeps_the_largest_variance(width: int) -> None:
    x, codes = blobs(width=width)
    shown = pca(x, 2)
    values = np.linalg.svd(x - x.mean(0), compute_uv=False)
    assert shown.std(0) * np.sqrt(90) == pytest.approx(values[:2], rel=1e-3)
    assert np.array_equal(shown, pca(x, 2))
    assert apart(shown, codes) > 0.95


def test_pca_takes_gaps_and_little() -> None:
    x, _ = blobs()
    x[3, 4] = np.nan
    assert np.isfinite(pca(x)).all()
    assert pca(np.zeros((0, 4))).shape == (0, 2)
    assert pca(np.ones((3, 1))).tolist() == [[0, 0]] * 3
    assert finish(project(x[:3], "tsne")).shape == (3, 2)


def test_landmarks_carry_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    x, codes = blobs(240)
    shown = finish(project(x, "tsne", landmarks=60))
    assert shown.shape == (240, 2)
    assert apart(shown, codes) > 0.95


def test_umap_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(UserError, match=r'pip install "\.\[umap\]"  in Winnow\'s folder'):
        finish(project(blobs()[0], "umap"))
    with pytest.raises(UserError, match=r"no projection 'umpa'\. Did you mean umap"):
        finish(project(blobs()[0], "umpa"))


def test_umap_gets_the_main_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    class Umap:
        def __init__(self, **options: Any) -> None:
            seen.update(options)

        def fit_transform(self, x: np.ndarray) -> np.ndarray:
            seen["shape"] = x.shape
            return x[:, :2]

    module = types.ModuleType("umap")
    module.UMAP = Umap  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "umap", module)
    x, codes = blobs(200)
    shown = finish(project(x, "umap", seed=5, landmarks=80))
    assert seen["shape"] == (80, 12)
    assert seen["random_state"] == 5
    assert seen["n_neighbors"] == 15
    assert apart(shown, codes) > 0.9


@pytest.mark.long  # UMAP compiles itself first
def test_the_real_umap_when_it_is_there() -> None:
    pytest.importorskip("umap")
    x, codes = blobs()
    assert apart(finish(project(x, "umap")), codes) > 0.9
    assert embed.METHODS == ("pca", "umap", "tsne")
