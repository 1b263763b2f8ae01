"""Figures of runs on pictures of cells: scores of each part, the map of what is seen, where a class was seen."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Setting
from models.errors import UserError
from models.job import Progress
from models.learn import embed
from models.orders import figures
from models.orders.classing import fold_of
from models.orders.evaluating import codes_of
from models.orders.fitting import load_model
from models.orders.mapping import embed_all
from models.orders.scoring import held_out
from models.store.atomic import write_text
from models.store.project import Project
from models.store.runs import RunRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Rows = npt.NDArray[np.int64]
Made = Generator[Progress, None, list[Path]]
SCORES = ("accuracy", "macro_f1", "balanced_accuracy", "auc")
#: Cells of a figure of where a class was seen, in so many columns.
CELLS, COLUMNS = 12, 4


def draw_inside(
    folder: Path, project: Project, kind: Domain, record: RunRecord, setting: Setting, notes: list[str]
) -> Made:
    """metrics.csv, confusion_matrix, umap_embeddings, gradcam_correct and gradcam_incorrect; what lacks is noted."""
    files = [_table(folder / "metrics.csv", record.record.get("metrics") or {})]
    part, metrics = record.judged()
    files += _matrix(folder / "confusion_matrix", kind, record, metrics, part)
    files += yield from _embedded(folder, project, kind, record, setting, notes)
    files += yield from _seen(folder, project, kind, record, setting, notes)
    return files


def draw_outside(folder: Path, other: str, kind: Domain, record: RunRecord, metrics: Mapping[str, Any]) -> list[Path]:
    """external_<name>_metrics.csv and external_<name>_confusion_matrix."""
    stem = f"external_{other}"
    table = _table(folder / f"{stem}_metrics.csv", {"external": metrics})
    return [table, *_matrix(folder / f"{stem}_confusion_matrix", kind, record, metrics, "external")]


def _table(path: Path, parts: Mapping[str, Any]) -> Path:
    """A row for each part that was scored, each score with its interval."""
    rows = []
    for name, scored in parts.items():
        if isinstance(scored, Mapping) and scored.get("confusion"):
            row: dict[str, Any] = {"part": name, "n": scored.get("n")}
            for score in SCORES:
                pair = (scored.get("intervals") or {}).get(score) or (None, None)
                row |= {score: scored.get(score), f"{score}_low": pair[0], f"{score}_high": pair[1]}
            rows.append(row)
    write_text(path, figures.csv_of(rows))
    return path


def _matrix(stem: Path, kind: Domain, record: RunRecord, metrics: Mapping[str, Any], part: str) -> list[Path]:
    if not metrics.get("confusion"):
        return []
    titles = [kind.class_titles.get(name, name) for name in record.record["classes"]]
    return figures.save_figure(figures.confusion_figure(metrics["confusion"], titles, part), stem)


def _embedded(
    folder: Path, project: Project, kind: Domain, record: RunRecord, setting: Setting, notes: list[str]
) -> Made:
    """All samples by what the model sees, coloured by label; by principal components where UMAP is not installed."""
    yield Progress(text="Placing samples by what the model sees")
    vectors, method = (yield from embed_all(project, kind, record, setting)), "UMAP"
    try:
        places = yield from embed.project(vectors, "umap", 0)
    except UserError as error:
        method = "PCA"
        notes.append(f"umap_embeddings shows principal components: {error}")
        places = embed.pca(vectors)
    classes = tuple(record.record["classes"])
    drawn = _scatter(places, codes_of(fold_of(project, kind, record), classes), classes, method)
    return figures.save_figure(drawn, folder / "umap_embeddings")


def _scatter(places: npt.NDArray[np.float32], codes: Rows, classes: Sequence[str], method: str) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.4, 4.6), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    for code in range(-1, len(classes)):
        here = (codes == code) if code >= 0 else (codes < 0)
        if here.any():
            colour = figures.GREY if code < 0 else figures.COLOURS[code % len(figures.COLOURS)]
            name = "no label" if code < 0 else classes[code]
            x, y = places[here].T
            axes.scatter(x, y, s=6, color=colour, label=f"{name} ({int(here.sum())})", linewidths=0)
    axes.set_xlabel(f"{method} 1")
    axes.set_ylabel(f"{method} 2")
    axes.legend(frameon=False, markerscale=2)
    return figure


def _seen(folder: Path, project: Project, kind: Domain, record: RunRecord, setting: Setting, notes: list[str]) -> Made:
    """Where the class was seen in cells that the run was judged on, right and wrong ones apart."""
    fitted, told = load_model(kind, record.path)
    recipe = fitted.recipe
    if recipe.explain is None or recipe.seen is None:
        notes.append(f"No gradcam_correct and gradcam_incorrect: {record.recipe} has no network to look into.")
        return []
    found, classes = record.predictions(), list(told["classes"])
    rows, index = found.rows(project.samples)
    codes = codes_of(fold_of(project, kind, record), tuple(classes))[rows]
    _, held = held_out(found.part[index], codes)
    guess = found.probabilities[index].argmax(1)
    files: list[Path] = []
    for name, right in (("correct", True), ("incorrect", False)):
        yield Progress(text=f"Looking into {name} answers")
        some = held[(guess[held] == codes[held]) == right]
        some = _both(some, guess[some])
        if not len(some):
            notes.append(f"No gradcam_{name}: none of the answers on held-out cells is {name}.")
            continue
        samples = project.samples.take(rows[some])
        values = recipe.explain(fitted.model, samples, setting)
        words = [f"{classes[guess[at]]}\nlabel {classes[codes[at]]}" for at in some.tolist()]
        drawn = _maps(recipe.seen(fitted.model, samples).pictures, values, words)
        files += figures.save_figure(drawn, folder / f"gradcam_{name}")
    return files


def _both(rows: Rows, guess: Rows) -> Rows:
    """Some of each answered class in turn, the same each time."""
    rng = np.random.default_rng(0)
    shares = [rng.permutation(rows[guess == code]) for code in np.unique(guess)]
    most = max((len(part) for part in shares), default=0)
    mixed = [part[at] for at in range(most) for part in shares if at < len(part)]
    return np.array(mixed[:CELLS], np.int64)


def _maps(pictures: npt.NDArray[np.uint8], values: npt.NDArray[np.float32], words: Sequence[str]) -> Figure:
    from matplotlib.figure import Figure

    lines = -(-len(pictures) // COLUMNS)
    figure = Figure(figsize=(1.7 * COLUMNS, 2.1 * lines), layout="constrained")
    for axes in figure.subplots(lines, COLUMNS, squeeze=False).ravel():
        axes.set_axis_off()
    for axes, picture, heat, text in zip(figure.axes, pictures, values, words, strict=False):
        extent = (0, picture.shape[1], picture.shape[0], 0)
        axes.imshow(picture, extent=extent)
        axes.imshow(heat, extent=extent, cmap="inferno", alpha=0.45, vmin=0, vmax=1)
        axes.set_title(text, fontsize=7)
    return figure
