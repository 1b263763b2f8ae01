"""Samples placed in the plane by what a model sees in them."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Setting
from models.errors import UserError
from models.job import Progress, Steps
from models.learn import embed
from models.learn.cluster import workplace
from models.learn.pieces import Here, Place
from models.orders.batches import WORK, embed_at
from models.orders.fitting import Fitted, load_model, prepared
from models.orders.naming import device_of, find_domain, place
from models.params import unknown
from models.store.atomic import write_whole
from models.store.project import Project
from models.store.runs import RunRecord

Floats = npt.NDArray[np.float32]
#: Points of the sketch that stands in for an embedding where there is no run.
SKETCH = 64
#: The map that came with the samples, where their domain knows of one.
SOURCE = "source"
#: Side of the pictures that do so where samples have pictures.
PIXELS = 12


def project_map(
    project: str,
    run: str = "",
    method: str = "pca",
    seed: int = 0,
    device: str = "auto",
    again: bool = False,
    cluster: str = "",
) -> Steps:
    """Place all samples by "pca", "umap" or "tsne"; (n, 2) float32 lies in a .npy file of the cache.

    "source" takes the map that came with the samples. run: whose embedding; "", or one without a model, takes what the
    domain places them by, the samples' sketches, or features where nothing can be drawn. cluster: where a run's
    embedding is computed, as of `train`. Returns {file, method, run, samples, cached}.
    """
    if method not in (*embed.METHODS, SOURCE):
        raise UserError(unknown("projection", method, (*embed.METHODS, SOURCE)))
    with Project.open(place(project)) as opened:
        kind = find_domain(opened)
        record = seer(opened.runs.get(run) if run else None)
        name = f"{_basis(opened, kind, record)}-{method}-{seed}-{opened.generation}"
        file = _folder(opened) / f"{name}.npy"
        cached = not again and _load(file) is not None
        if not cached:
            yield Progress(0, 3, "Reading samples")
            if method == SOURCE:
                _save(file, _own_places(opened, kind))
        if not cached and method != SOURCE:
            setting = Setting(device_of(device), opened.cache)
            with workplace(cluster) as there:
                vectors = yield from embed_all(opened, kind, record, setting, there)
            places = yield from embed.project(vectors, method, seed)
            _save(file, np.where(np.isnan(vectors).all(axis=1, keepdims=True), np.nan, places))
        told = {"file": str(file), "method": method, "run": record.id if record else "", "samples": len(opened.samples)}
        return {**told, "cached": cached}


def seer(record: RunRecord | None) -> RunRecord | None:
    """The run, where it kept a model that sees samples: one that gave predictions alone did not."""
    return record if record is not None and (record.path / "model").is_dir() else None


def embed_all(
    project: Project, kind: Domain, record: RunRecord | None, setting: Setting, at: Place | None = None
) -> Generator[Progress, None, Floats]:
    """Vectors (n, d) of all samples, kept in the cache; NaN for those that a model has nothing to look at of.

    at: where a run's are computed, this process for None.
    """
    record = seer(record)
    known = known_vectors(project, kind, record)
    if known is not None:
        return known
    name = _basis(project, kind, record)
    facts = json.dumps([name, project.generation])
    rows = np.arange(len(project.samples), dtype=np.int64)
    vectors: Floats | None = None
    if record is not None:
        fitted, _ = load_model(kind, record.path)
        if fitted.recipe.embed is not None:
            vectors = yield from _seen(project, kind, record, fitted, setting, at or Here())
    if vectors is None and kind.vectors is not None:
        vectors = yield from kind.vectors(project.samples, project.cache)
    if vectors is None and kind.thumbs is not None and kind.pictures(project.samples):
        pixels = kind.thumbs(project.samples, rows, PIXELS, project.cache)
        vectors = np.asarray(pixels.reshape(len(pixels), -1) / 255, np.float32)
    if vectors is None and kind.draws(project.samples):
        vectors = kind.sketch(project.samples, rows, SKETCH)
    if vectors is None:
        vectors = _features(project, kind)
    if len(vectors) != len(rows):
        raise UserError(f"the embedding of {facts} has {len(vectors)} rows for {len(rows)} samples.")
    _save(_vectors_file(project, name), vectors)
    return vectors


def _seen(
    project: Project, kind: Domain, record: RunRecord, fitted: Fitted, setting: Setting, at: Place
) -> Generator[Progress, None, Floats]:
    """What a run's model sees in all samples."""
    samples, able = project.samples, kind.there(project.samples)
    rows = np.flatnonzero(able)
    if isinstance(at, Here) or not len(rows):
        yield from prepared(fitted, samples.take(rows), setting)
        yield Progress(text="Seeing samples as the run does")
        assert fitted.recipe.embed is not None
        vectors = np.array(fitted.recipe.embed(fitted.model, samples, setting), np.float32)
        vectors[~able] = np.nan
        return vectors
    work = project.cache / WORK / f"embedding-{record.id}"
    found = yield from embed_at(at, fitted, kind, samples, rows, setting, record.path / "model", work)
    vectors = np.full((len(samples), found.shape[1]), np.nan, np.float32)
    vectors[rows] = found
    return vectors


def known_vectors(project: Project, kind: Domain, record: RunRecord | None) -> Floats | None:
    """The vectors that the cache has, read from the disk as they are needed; None before they were made."""
    return _load(_vectors_file(project, _basis(project, kind, seer(record))))


def _vectors_file(project: Project, name: str) -> Path:
    return _folder(project) / f"vectors-{name}-{project.generation}.npy"


def _basis(project: Project, kind: Domain, record: RunRecord | None) -> str:
    """What the vectors are of, as files are named."""
    if record is not None:
        return record.id
    if kind.vectors is not None:
        return "own"
    return "sketch" if kind.pictures(project.samples) or kind.draws(project.samples) else "features"


def _own_places(project: Project, kind: Domain) -> Floats:
    """The map that came with the samples."""
    places = kind.places(project.samples) if kind.places is not None else None
    if places is None:
        raise UserError("no map came with these samples. Choose pca, umap or tsne.")
    return places


def _features(project: Project, kind: Domain) -> Floats:
    """The features of samples that nothing can be drawn of: heavy tails bent, standardised, 0 where missing, (n, d)."""
    names = [column.name for column in kind.columns if column.feature and column.name in project.samples.names]
    found = []
    for name in names:
        values = project.samples.column(name)
        if values.dtype != np.float64 or not np.isfinite(values).any():
            continue
        known = np.isfinite(values)
        bent = np.where(known, np.sign(values) * np.log1p(np.abs(np.where(known, values, 0))), 0)
        spread = bent[known].std()
        found.append(np.where(known, (bent - bent[known].mean()) / (spread if spread > 1e-9 else 1), 0))
    if not found:
        raise UserError("these samples have nothing to be placed by. Choose the map of a run.")
    return np.asarray(np.clip(np.stack(found, axis=1), -10, 10), np.float32)


def _load(file: Path) -> Floats | None:
    """What is kept in this file; None for nothing, or what can't be read."""
    try:
        return np.asarray(np.load(file, mmap_mode="r"))
    except (OSError, EOFError, ValueError):
        return None


def _folder(project: Project) -> Path:
    folder = project.cache / "map"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _save(file: Path, values: Floats) -> None:
    def write(target: BinaryIO) -> None:
        np.save(target, np.asarray(values, np.float32))

    write_whole(file, write, sync=False)
