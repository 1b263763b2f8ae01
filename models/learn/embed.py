"""Vectors of many dimensions as a picture of two: PCA at once, UMAP when its extra is there, t-SNE."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError, lacking
from models.job import Progress
from models.params import unknown

Floats = npt.NDArray[np.float32]
Steps = Generator[Progress, None, Floats]
METHODS = ("pca", "umap", "tsne")
#: A neighbour embedding is computed for this many landmarks; all others are placed beside theirs.
LANDMARKS = 5000
#: Dimensions that a neighbour embedding works in.
INNER = 50
NEAREST = 5
#: Up to this width the covariance is decomposed exactly; beyond it a random sketch of the range.
EXACT = 1500
CHUNK = 4096


def pca(x: npt.ArrayLike, count: int = 2) -> Floats:
    """The first principal components, (n, count), of vectors (n, d).

    Constant columns and gaps count as their mean. The sign of each axis is fixed (its largest
    loading is positive), so that the same data give the same picture. Wide tables go through a
    randomised range finder (Halko, Martinsson & Tropp 2011) with a fixed seed.
    """
    if not len(np.asarray(x)):
        return np.zeros((0, count), np.float32)
    table = _clean(np.asarray(x, np.float32))
    directions = _exact(table, count) if table.shape[1] <= EXACT else _sketch(table, count)
    strongest = directions[np.abs(directions).argmax(0), np.arange(directions.shape[1])]
    directions = directions * np.where(strongest < 0, -1, 1)
    shown = np.zeros((len(table), count), np.float32)
    shown[:, : directions.shape[1]] = table @ directions.astype(np.float32)
    return shown


def _clean(table: Floats) -> Floats:
    """Centred columns without gaps."""
    if table.ndim != 2:
        table = table.reshape(len(table), -1)
    finite = np.isfinite(table)
    if not finite.all():
        sizes = np.maximum(finite.sum(0), 1)
        mean = np.where(finite, table, 0).sum(0, dtype=np.float64) / sizes
        table = np.where(finite, table, mean)
    return np.asarray(table - table.mean(0, dtype=np.float64), np.float32)


def _exact(table: Floats, count: int) -> npt.NDArray[np.float64]:
    values, directions = np.linalg.eigh((table.T @ table).astype(np.float64))
    return np.asarray(directions[:, np.argsort(values)[::-1][:count]], np.float64)


def _sketch(table: Floats, count: int) -> npt.NDArray[np.float64]:
    width = min(count + 10, *table.shape)
    basis = table @ np.random.default_rng(0).standard_normal((table.shape[1], width)).astype(np.float32)
    for _ in range(4):
        basis = np.linalg.qr(basis)[0]
        basis = table @ (table.T @ basis)
    basis = np.linalg.qr(basis)[0]
    return np.asarray(np.linalg.svd(basis.T @ table, full_matrices=False)[2][:count].T, np.float64)


def project(x: npt.ArrayLike, method: str = "pca", seed: int = 0, landmarks: int = LANDMARKS) -> Steps:
    """Place vectors (n, d) in the plane, (n, 2) float32, by "pca", "umap" or "tsne".

    The neighbour methods work on the first fifty principal components of at most `landmarks`
    samples; the others stand at the weighted mean of their five nearest landmarks. Raises
    UserError for an unknown method and for UMAP without its extra.
    """
    if method not in METHODS:
        raise UserError(unknown("projection", method, METHODS))
    table = np.asarray(x, np.float32)
    fit = {"pca": None, "umap": _umap, "tsne": _tsne}[method]
    yield Progress(0, 3, "Finding the main directions")
    if fit is None or len(table) < 5:
        return pca(table, 2)
    inner = pca(table, min(INNER, table.reshape(len(table), -1).shape[1]))
    chosen = _choose(len(inner), landmarks, seed)
    yield Progress(1, 3, f"Placing {len(chosen)} samples")
    places = fit(inner[chosen], seed)
    if len(chosen) == len(inner):
        return places
    yield Progress(2, 3, "Placing the others beside them")
    return (yield from _settle(inner, chosen, places))


def _choose(count: int, most: int, seed: int) -> npt.NDArray[np.int64]:
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def _settle(inner: Floats, chosen: npt.NDArray[np.int64], places: Floats) -> Steps:
    """Each other sample at the weighted mean of its nearest landmarks."""
    shown = np.zeros((len(inner), 2), np.float32)
    marks = inner[chosen]
    lengths = (marks**2).sum(1)
    for start in range(0, len(inner), CHUNK):
        part = inner[start : start + CHUNK]
        distance = np.maximum((part**2).sum(1)[:, None] + lengths - 2 * part @ marks.T, 0)
        near = np.argpartition(distance, min(NEAREST, len(marks) - 1), axis=1)[:, :NEAREST]
        weight = 1 / (np.sqrt(np.take_along_axis(distance, near, 1)) + 1e-6)
        weight /= weight.sum(1, keepdims=True)
        shown[start : start + CHUNK] = (places[near] * weight[:, :, None]).sum(1)
        yield Progress(min(start + CHUNK, len(inner)), len(inner), "Placing the others beside them")
    shown[chosen] = places
    return shown


def _umap(inner: Floats, seed: int) -> Floats:
    try:
        import umap
    except ImportError:
        raise lacking("UMAP needs", "umap", ", or choose PCA") from None
    neighbours = min(15, len(inner) - 1)
    start = _scaled(inner[:, :2])
    maker: Callable[..., Any] = umap.UMAP
    model = maker(n_neighbors=neighbours, n_components=2, random_state=seed, init=start, n_jobs=1)
    return np.asarray(model.fit_transform(inner), np.float32)


def _tsne(inner: Floats, seed: int) -> Floats:
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(inner) - 1) / 3)
    model = TSNE(2, perplexity=perplexity, init=_scaled(inner[:, :2]) * 1e-5, random_state=seed, n_jobs=1)
    return np.asarray(model.fit_transform(inner), np.float32)


def _scaled(start: Floats) -> Floats:
    """The picture that a neighbour embedding starts from: PCA, ten wide."""
    wide = np.zeros((len(start), 2), np.float32)
    wide[:, : start.shape[1]] = start
    return np.asarray(10 * wide / (np.abs(wide).max() + 1e-9), np.float32)
