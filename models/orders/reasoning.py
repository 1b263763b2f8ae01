"""Why a run gave its class, by feature: a table and bars of each sample, and the same for the window."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Reasons, Setting, Table
from models.job import Progress
from models.orders.figures import COLOURS, GREY, save_figure
from models.orders.fitting import Fitted, prepared
from models.store.atomic import write_text
from models.store.project import Project
from models.store.runs import RunRecord
from models.store.sheet import sheet_text

Rows = npt.NDArray[np.int64]
#: Samples that the model learnt from, against which others are explained, and features that are drawn.
BACKGROUND, DRAWN = 100, 12


def reasons_of(
    project: Project, record: RunRecord, fitted: Fitted, rows: Rows, setting: Setting
) -> Generator[Progress, None, Reasons | None]:
    """What each feature adds for these samples, None for a recipe that does not tell."""
    if fitted.recipe.reasons is None or not len(rows):
        return None
    background = _background(project, record)
    yield from prepared(fitted, project.samples.take(np.union1d(rows, background)), setting)
    return fitted.recipe.reasons(fitted.model, project.samples, rows, background, setting)


def _background(project: Project, record: RunRecord) -> Rows:
    """Some samples that the model learnt from, always the same; any where none is known to be such."""
    predicted = record.predictions()
    rows, index = predicted.rows(project.samples)
    taught = rows[np.isin(predicted.part[index].astype(str), ("train", "out_of_fold"))]
    pool = taught if len(taught) else rows if len(rows) else np.arange(len(project.samples))
    if len(pool) <= BACKGROUND:
        return np.asarray(pool, np.int64)
    return np.sort(np.random.default_rng(31).choice(pool, BACKGROUND, replace=False)).astype(np.int64)


def words_of(found: Reasons) -> str:
    """How the figures are to be read."""
    return f"What each feature adds to the {found.scale} of the given class, against training samples ({found.method})."


def plain_reasons(project: Project, rows: Rows, found: Reasons) -> dict[str, dict[str, Any]]:
    """By sample id: class, base, the features with what they add, the strongest first, and their table if any."""
    told = {}
    for place, name in enumerate(project.samples.take(rows).ids()):
        order = np.argsort(-np.abs(found.values[place]), kind="stable").tolist()
        told[name] = {
            "class": found.classes[place],
            "base": round(float(found.base[place]), 5),
            "scale": found.scale,
            "method": found.method,
            "features": [[found.names[at], round(float(found.values[place, at]), 5)] for at in order],
        }
        if found.table is not None:
            told[name]["table"] = _plain_table(found.table, place)
    return told


def _plain_table(table: Table, place: int) -> dict[str, Any]:
    """One sample's: rows, columns, values [row][column], and others with what they add."""
    others = zip(table.names, np.round(table.others[place], 5).tolist(), strict=True)
    values = np.round(table.values[place], 5).tolist()
    return {
        "rows": list(table.rows),
        "columns": list(table.columns),
        "values": values,
        "others": list(map(list, others)),
    }


def write_reasons(
    folder: Path, project: Project, kind: Domain, rows: Rows, found: Reasons, most: int
) -> Iterator[list[Path]]:
    """``reasons.csv`` of all samples, then the pictures of the first ones; the files of each step."""
    ids = project.samples.take(rows).ids()
    head = ["sample", "class", "base", *found.names]
    table = [
        [name, found.classes[place], f"{found.base[place]:.5g}", *(f"{value:.5g}" for value in found.values[place])]
        for place, name in enumerate(ids)
    ]
    write_text(folder / "reasons.csv", sheet_text(head, table))
    yield [folder / "reasons.csv"]
    for place, name in enumerate(ids[:most]):
        yield _picture(folder / f"sample-{place + 1}", project, kind, int(rows[place]), name, found, place)


def _picture(stem: Path, project: Project, kind: Domain, row: int, name: str, found: Reasons, place: int) -> list[Path]:
    from matplotlib.figure import Figure

    order = np.argsort(-np.abs(found.values[place]), kind="stable")[:DRAWN].tolist()
    values = [float(found.values[place, at]) for at in order]
    figure = Figure(figsize=(6.4, 1.2 + 0.26 * len(order)), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.barh(range(len(order)), values, color=[COLOURS[0] if value > 0 else COLOURS[1] for value in values])
    axes.set_yticks(range(len(order)), [_feature(project, kind, row, found.names[at]) for at in order], fontsize=8)
    axes.margins(y=0.01)
    axes.invert_yaxis()
    axes.axvline(0, color=GREY, linewidth=0.8)
    title = kind.class_titles.get(found.classes[place], found.classes[place])
    axes.set_xlabel(f"Adds to the {found.scale} of {title}")
    axes.set_title(name, fontsize=8)
    return save_figure(figure, stem)


def _feature(project: Project, kind: Domain, row: int, name: str) -> str:
    """A feature as a person knows it, with the sample's own value."""
    column = next((one for one in kind.columns if one.name == name), None)
    title = column.title if column else name
    if name not in project.samples.names:
        return title
    value = project.samples.table.column(name)[row].as_py()
    if not isinstance(value, int | float) or not np.isfinite(value):
        return f"{title}: missing" if value is None or isinstance(value, float) else title
    figure = f"{value:.{column.decimals}f}" if column else f"{value:.4g}"
    return f"{title} {figure}{f' {column.unit}' if column and column.unit else ''}"
