"""Figures and tables of a run, as PNG, SVG and CSV; matplotlib is loaded when one is drawn."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.domain import Domain, Setting
from models.errors import UserError
from models.job import Progress, Steps
from models.learn.reliability import reliability
from models.orders.classing import fold_of
from models.orders.evaluating import codes_of, elsewhere
from models.orders.naming import device_of, find_domain, needed_folder, place, plain, refuse
from models.orders.scoring import held_out
from models.orders.studying import find_study, kept_study, studied
from models.orders.tried import TRIED
from models.store.atomic import whole, write_text, write_whole
from models.store.project import Project
from models.store.runs import RunRecord
from models.store.sheet import sheet_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Rows of a study that are drawn.
BARS = 40
INK, GREY = "#1f3a5f", "#8a8f98"
COLOURS = ("#3b6fb6", "#d1743c", "#4c9a6a", "#9a5fa8", "#b8a13a", "#5aa3b5", "#c25b74", "#7a7a7a")


def figures(
    project: str,
    run: str = "last",
    out: str = "",
    on: str = "",
    overwrite: bool = False,
    studies: Sequence[str] = (),
    device: str = "auto",
) -> Steps:
    """Draw all figures of a run into a folder, and write their tables; {run, part, files, notes}.

    on: of its score on another project. studies: those of the domain that train anew and are made too
    ("all" for every one); a study that is kept with the run is drawn in any case.
    """
    folder = place(out)
    refuse(folder, overwrite)
    with Project.open(place(project)) as opened:
        kind, record = find_domain(opened), opened.runs.get(run)
        (part, metrics), notes = record.judged(), list[str]()
        if on:
            found = yield from elsewhere(opened, on, kind, record, "", 0, 0, Setting("cpu", opened.cache), True)
            part, metrics, notes = "external", plain(found["metrics"]), found["notes"]
        needed_folder(folder.parent)
        files: list[Path] = []
        with whole(folder) as beside:
            beside.mkdir()
            for name, figure in draw_all(opened, kind, record, part, metrics):
                yield Progress(len(files), 0, f"Drawing {name}")
                files += save_figure(figure, beside / name)
            files += _tables(beside, metrics)
            if kind.external is not None:
                files += yield from _cells(beside, opened, kind, record, on, metrics, device, notes)
            if not on:
                files += _kept(beside, record)
                setting = Setting(device_of(device), opened.cache)
                files += yield from _studies(beside, opened, kind, record, studies, setting, notes)
        told = [str(folder / file.name) for file in files]
        return {"run": record.id, "part": part, "files": told, "notes": notes}


def _cells(
    folder: Path,
    project: Project,
    kind: Domain,
    record: RunRecord,
    on: str,
    metrics: Mapping[str, Any],
    device: str,
    notes: list[str],
) -> Generator[Progress, None, list[Path]]:
    """The figures of a domain that is judged on other laboratories' samples, under the names of the field."""
    from models.orders.cell_figures import draw_inside, draw_outside

    if on:
        return draw_outside(folder, place(on).name, kind, record, metrics)
    return (yield from draw_inside(folder, project, kind, record, Setting(device_of(device), project.cache), notes))


def _studies(
    folder: Path,
    project: Project,
    kind: Domain,
    record: RunRecord,
    wanted: Sequence[str],
    setting: Setting,
    notes: list[str],
) -> Generator[Progress, None, list[Path]]:
    """A table and a figure of each study of the domain; one that cannot be made is noted."""
    files: list[Path] = []
    titles = {column.name: column.title for column in kind.columns}
    asked = {one.name for one in kind.studies} if "all" in wanted else {find_study(kind, one).name for one in wanted}
    for one in kind.studies:
        found = kept_study(project, record, one)
        if found is None and (not one.refits or one.name in asked):
            try:
                found = yield from studied(project, kind, record, one, setting)
            except UserError as error:
                notes.append(f"{one.title}: {error}")
        if found is None or not found["rows"]:
            continue
        notes.append(f"{one.title}: {found['text']}")
        files.append(folder / f"{one.name}.csv")
        write_text(files[-1], csv_of(found["rows"]))
        if found["value"]:
            files += save_figure(bar_figure(found, titles), folder / one.name)
    return files


def _kept(folder: Path, record: RunRecord) -> list[Path]:
    """What was made of the run before: its learning curve, and the configurations that it tried."""
    files: list[Path] = []
    curve = record.added("curve")
    if curve is not None:
        files.append(folder / "learning_curve.csv")
        write_text(files[-1], csv_of(curve["curve"]))
        files += save_figure(learning_figure(curve["curve"]), folder / "learning_curve")
    if (record.path / TRIED).is_file():
        files.append(folder / TRIED)
        write_text(files[-1], (record.path / TRIED).read_text("utf-8"))
    return files


def draw_all(
    project: Project, kind: Domain, record: RunRecord, part: str, metrics: Mapping[str, Any]
) -> Iterator[tuple[str, Figure]]:
    """Each figure that this run has data for, with its name."""
    told = record.record
    titles = [kind.class_titles.get(name, name) for name in told["classes"]]
    if metrics.get("confusion"):
        yield "confusion", confusion_figure(metrics["confusion"], titles, part)
    for column in kind.by_columns:
        if metrics.get(f"by_{column}"):
            yield f"accuracy_against_{column}", by_figure(metrics, told["metrics"].get("baseline"), column)
    if metrics.get("per_class"):
        yield "per_class", class_figure(metrics, told["classes"], titles)
    if told.get("curves"):
        yield "curves", curve_figure(told["curves"])
    points = _reliability(project, record) if part != "external" else []
    if points:
        yield "reliability", reliability_figure(points)


def _axes(width: float = 5.2, height: float = 4.0) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def confusion_figure(table: list[list[int]], titles: list[str], part: str) -> Figure:
    """Counts and row shares; rows are the labels."""
    counts = np.asarray(table, np.float64)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = _axes(1.6 + 0.9 * len(titles), 1.2 + 0.9 * len(titles))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*counts.shape):
        ink = "white" if shares[row, column] > 0.55 else "black"
        words = f"{int(counts[row, column])}\n{100 * shares[row, column]:.0f} %"
        axes.text(column, row, words, ha="center", va="center", fontsize=8, color=ink)
    axes.set_xticks(range(len(titles)), titles)
    axes.set_yticks(range(len(titles)), titles)
    axes.set_xlabel("Prediction")
    axes.set_ylabel(f"Label ({part.replace('_', ' ')}, n = {int(counts.sum())})")
    return figure


def by_figure(metrics: Mapping[str, Any], baseline: Mapping[str, Any] | None, column: str) -> Figure:
    """Balanced accuracy against a column with intervals, the chance line and the baseline."""
    figure, axes = _axes()
    points = metrics[f"by_{column}"]
    x = [point["value"] for point in points]
    _band(axes, x, points, COLOURS[0], "This run")
    if baseline and baseline.get(f"by_{column}"):
        others = baseline[f"by_{column}"]
        _band(axes, [point["value"] for point in others], others, COLOURS[1], f"Baseline ({baseline['recipe']})")
    axes.plot(x, [point["chance"] for point in points], color=GREY, linestyle="--", label="Chance")
    axes.set_xlabel(column.capitalize())
    axes.set_ylabel("Balanced accuracy")
    axes.set_ylim(0, 1)
    axes.legend(frameon=False)
    return figure


def _band(axes: Any, x: list[Any], points: list[dict[str, Any]], colour: str, label: str) -> None:
    middle = np.array(
        [np.nan if point["balanced_accuracy"] is None else point["balanced_accuracy"] for point in points]
    )
    pairs = [point["interval"] or (value, value) for point, value in zip(points, middle, strict=True)]
    low, high = (np.abs(middle - [pair[side] for pair in pairs]) for side in (0, 1))
    # Names have no order that a line could follow.
    line = "none" if any(isinstance(value, str) for value in x) else "-"
    axes.errorbar(x, middle, yerr=[low, high], color=colour, marker="o", linestyle=line, capsize=3, label=label)


def class_figure(metrics: Mapping[str, Any], classes: list[str], titles: list[str]) -> Figure:
    """Recall of each class with its interval."""
    figure, axes = _axes()
    values = [metrics["per_class"][name]["recall"] for name in classes]
    middle = np.array([np.nan if value is None else value for value in values])
    pairs = [
        metrics["per_class"][name]["interval"] or (value, value) for name, value in zip(classes, middle, strict=True)
    ]
    spans = [np.abs(middle - [pair[side] for pair in pairs]) for side in (0, 1)]
    axes.bar(titles, middle, yerr=spans, color=COLOURS[0], capsize=3)
    axes.set_ylabel("Recall")
    axes.set_ylim(0, 1)
    return figure


def curve_figure(curves: list[dict[str, float]]) -> Figure:
    """Loss of training and validation by epoch, and the balanced accuracy beside it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    epochs = [point["epoch"] for point in curves]
    for axes, names in (
        (left, ("train_loss", "val_loss")),
        (right, ("train_balanced_accuracy", "val_balanced_accuracy")),
    ):
        axes.spines[["top", "right"]].set_visible(False)
        for name, colour in zip(names, COLOURS, strict=False):
            if any(name in point for point in curves):
                values = [point.get(name, np.nan) for point in curves]
                axes.plot(epochs, values, color=colour, label=name.split("_")[0].capitalize())
        axes.set_xlabel("Epoch")
        if axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False)
    left.set_ylabel("Loss (nats)")
    right.set_ylabel("Balanced accuracy")
    return figure


def _reliability(project: Project, record: RunRecord) -> list[dict[str, Any]]:
    kept = record.predictions()
    rows, index = kept.rows(project.samples)
    codes = np.full(len(project.samples), -1, np.int64)
    codes[rows] = codes_of(fold_of(project, find_domain(project), record), tuple(kept.classes))[rows]
    parts = np.full(len(project.samples), "", object)
    parts[rows] = kept.part[index]
    _, held = held_out(parts, codes)
    p = np.zeros((len(project.samples), len(kept.classes)), np.float32)
    p[rows] = kept.probabilities[index]
    return list(reliability(codes[held], p[held], 10)) if len(held) else []


def reliability_figure(points: list[dict[str, Any]]) -> Figure:
    """Accuracy of each bin of confidence; on the line a share means what it says."""
    figure, axes = _axes(4.2, 4.0)
    shown = [point for point in points if point.get("n")]
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--")
    axes.plot(
        [point["confidence"] for point in shown], [point["accuracy"] for point in shown], color=COLOURS[0], marker="o"
    )
    axes.set_xlabel("Confidence")
    axes.set_ylabel("Accuracy")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    return figure


def learning_figure(points: list[dict[str, Any]]) -> Figure:
    """Mean and range of the score against the number of labels."""
    figure, axes = _axes()
    shown = [point for point in points if point["mean"] is not None]
    x = [point["rows"] for point in shown]
    axes.fill_between(x, [p["low"] for p in shown], [p["high"] for p in shown], color=COLOURS[0], alpha=0.2)
    axes.plot(x, [point["mean"] for point in shown], color=COLOURS[0], marker="o")
    axes.set_xlabel("Labelled samples in training")
    axes.set_ylabel("Balanced accuracy, mean and range")
    return figure


def bar_figure(found: Mapping[str, Any], titles: Mapping[str, str]) -> Figure:
    """The rows of a study as bars with their spread, the first at the top. titles: of columns, by name."""
    rows = [row for row in found["rows"] if row.get(found["value"]) is not None][:BARS]
    values = [float(row[found["value"]]) for row in rows]
    spread = [float(row.get(found["spread"]) or 0) for row in rows] if found["spread"] else None
    figure, axes = _axes(6.4, 1.2 + 0.24 * len(rows))
    axes.barh(range(len(rows)), values, xerr=spread, color=COLOURS[0], ecolor=GREY, capsize=2)
    names = [str(row[found["label"]]) for row in rows]
    axes.set_yticks(range(len(rows)), [titles.get(name, name) for name in names], fontsize=8)
    axes.margins(y=0.01)
    axes.invert_yaxis()
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_xlabel(found["axis"])
    axes.set_title(found["title"], fontsize=10)
    return figure


def matrix_figure(values: list[Any], table: list[list[float | None]], column: str, chance: float) -> Figure:
    """Score of a model trained at the row's value and tested at the column's."""
    grid = np.array([[np.nan if item is None else item for item in row] for row in table], np.float64)
    figure, axes = _axes(2.0 + 0.8 * len(values), 1.6 + 0.8 * len(values))
    picture = axes.imshow(grid, cmap="viridis", vmin=chance, vmax=1)
    for row, place_of in np.ndindex(*grid.shape):
        if np.isfinite(grid[row, place_of]):
            axes.text(place_of, row, f"{grid[row, place_of]:.2f}".lstrip("0"), ha="center", va="center", color="white")
    axes.set_xticks(range(len(values)), [str(value) for value in values])
    axes.set_yticks(range(len(values)), [str(value) for value in values])
    axes.set_xlabel(f"Tested at {column}")
    axes.set_ylabel(f"Trained at {column}")
    figure.colorbar(picture, label="Balanced accuracy")
    return figure


def save_figure(figure: Figure, stem: Path) -> list[Path]:
    """Write a figure as PNG and SVG, each whole."""
    files = [stem.with_name(f"{stem.name}.{suffix}") for suffix in ("png", "svg")]
    for file in files:
        write_whole(file, _saver(figure, file.suffix[1:]))
    return files


def _saver(figure: Figure, kind: str) -> Callable[[Any], None]:
    def save(target: Any) -> None:
        figure.savefig(target, format=kind, dpi=150, facecolor="white")

    return save


def _tables(folder: Path, metrics: Mapping[str, Any]) -> list[Path]:
    """Per-class figures and scores by column as CSV."""
    files = []
    per_class = [{"class": name, **values} for name, values in (metrics.get("per_class") or {}).items()]
    tables = {"per_class": per_class}
    tables |= {name: rows for name, rows in metrics.items() if name.startswith("by_") and isinstance(rows, list)}
    for name, rows in tables.items():
        if rows:
            files.append(folder / f"{name}.csv")
            write_text(files[-1], csv_of(rows))
    return files


def csv_of(rows: list[dict[str, Any]]) -> str:
    """Records as CSV; a pair of limits becomes two columns."""
    flat = []
    for row in rows:
        line: dict[str, Any] = {}
        for name, value in row.items():
            if isinstance(value, list | tuple) and len(value) == 2:
                line[f"{name}_low"], line[f"{name}_high"] = value
            else:
                line[name] = value
        flat.append(line)
    head = list(dict.fromkeys(name for line in flat for name in line))
    return sheet_text(head, ([line.get(name) for name in head] for line in flat))
