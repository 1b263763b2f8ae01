"""Why a run gave its class: a relevance for each moment or place of a sample, or what each of its features adds."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.domain import Overlay, Reasons, Seen, Setting
from models.errors import UserError
from models.job import Progress, Steps
from models.learn.explain import telling
from models.learn.words import share
from models.orders.figures import save_figure
from models.orders.fitting import prepared
from models.orders.naming import chosen_rows, device_of, find_domain, needed_folder, place, refuse
from models.orders.predicting import loaded
from models.orders.reasoning import plain_reasons, reasons_of, words_of, write_reasons
from models.params import unknown
from models.sample import Samples
from models.store.atomic import whole, write_text
from models.store.project import Project
from models.store.runs import RunRecord
from models.store.sheet import sheet_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from models.orders.fitting import Fitted

Rows = npt.NDArray[np.int64]
#: Samples that are explained when none are chosen, and samples drawn as pictures.
MOST, PICTURES = 20, 12
#: Samples that the check by random weights looks at, at most.
CHECKED = 20
#: Parts to a side in which the map of a picture is told, and pixels to a side in which it is drawn.
GRAIN, SIDE = 56, 224


def explain_samples(project: str, run: str, samples: Sequence[str], device: str = "auto", layer: str = "") -> Steps:
    """Why named samples got their class: {values: {id: […]}, reasons: {id: …}, regions: {id: …}, overlays: {id: …},
    layers, layer, empty, sanity, words}; layer and sanity as of `explain`.

    values: relevance over time, or over the picture in rows, which lies over this region of its image (left, top,
    right, bottom in pixels). layers: what can be looked into. reasons: class, base and features with what they add,
    where the recipe tells that. empty: those whose values are the same everywhere, so that they show nothing.
    overlays: where values lie on recordings, what they are of: span, rows, hertz, class, shares, note, signed.
    """
    with Project.open(place(project)) as opened:
        rows = opened.rows_of(list(samples))
        rows = rows[rows >= 0]
        found = yield from _relevance(opened, run, rows, device, layer)
        reasons = {} if found.reasons is None else plain_reasons(opened, rows, found.reasons)
        if found.values is None:
            return {"run": found.run.id, "values": {}, "reasons": reasons, "sanity": None, "words": found.words}
        ids = opened.samples.take(rows).ids()
        whole = found.overlay is not None and found.overlay.values.ndim < 4
        told = {name: _short(row, whole) for name, row in zip(ids, found.values, strict=True)}
        return {
            "run": found.run.id,
            "values": told,
            "regions": {} if found.seen is None else _regions(ids, found.seen),
            "overlays": {} if found.overlay is None else _overlays(ids, found.overlay),
            "layers": list(found.layers),
            "layer": layer or (found.layers[-1] if found.layers else ""),
            "reasons": reasons,
            "empty": [name for name, told in zip(ids, telling(found.values), strict=True) if not told],
            "sanity": found.sanity,
            "words": found.words,
        }


def _regions(ids: Sequence[str], seen: Seen) -> dict[str, list[float]]:
    """Where the pictures of those samples lie whose images can be read."""
    return {
        name: [round(float(value), 2) for value in one]
        for name, one in zip(ids, seen.regions, strict=True)
        if np.isfinite(one).all()
    }


def _overlays(ids: Sequence[str], found: Overlay) -> dict[str, dict[str, Any]]:
    """How the values of each lie: strips as (rows · bins, t)."""
    notes = found.notes or ("",) * len(ids)
    shares = np.zeros((len(ids), 0)) if found.shares is None else found.shares
    return {
        name: {
            "span": list(found.span),
            "rows": list(found.rows),
            "hertz": list(found.hertz) if found.values.ndim == 4 else [],
            "class": found.classes[place],
            "shares": dict(zip(found.branches, np.round(shares[place], 4).tolist(), strict=True)),
            "note": notes[place],
            "signed": found.signed,
        }
        for place, name in enumerate(ids)
    }


def _short(values: npt.NDArray[np.float32], whole: bool = False) -> list[Any]:
    """The values as JSON; those of a picture by parts of it unless all are wanted."""
    if values.ndim == 2:
        return [_short(row) for row in (values if whole else shrunk(values, GRAIN))]
    return [float(f"{value:.4g}") if np.isfinite(value) else 0.0 for value in values.tolist()]


def shrunk(values: npt.NDArray[np.float32], most: int) -> npt.NDArray[np.float32]:
    """A map (h, w) as the means of its parts, at most `most` to a side."""
    for axis in (0, 1):
        count = values.shape[axis]
        if count > most:
            edges = np.arange(most) * count // most
            sizes = np.diff([*edges, count])
            values = np.add.reduceat(values, edges, axis) / np.expand_dims(sizes, 1 - axis)
    return np.asarray(values, np.float32)


@dataclass(frozen=True)
class _Relevance:
    """An explanation, (n, length) or (n, h, w), or None for a recipe without one; whether to believe it; both in words.

    reasons: by feature, None for a recipe that does not tell them. layers: that it can look into. seen: what lies
    below a map, None for moments of time. overlay: the same as it lies on recordings.
    """

    run: RunRecord
    values: npt.NDArray[np.float32] | None
    words: str
    sanity: dict[str, Any] | None = None
    reasons: Reasons | None = None
    layers: tuple[str, ...] = ()
    seen: Seen | None = None
    overlay: Overlay | None = None


def _relevance(
    project: Project, run: str, rows: Rows, device: str, layer: str
) -> Generator[Progress, None, _Relevance]:
    yield Progress(text="Loading the run")
    record, fitted = loaded(project, find_domain(project), run)
    setting = Setting(device_of(device), project.cache, layer)
    layers = _layers(record, fitted, layer)
    yield Progress(text="Explaining")
    yield from prepared(fitted, project.samples.take(rows), setting)
    reasons = yield from reasons_of(project, record, fitted, rows, setting)
    if fitted.recipe.explain is None and fitted.recipe.overlay is None:
        return _Relevance(record, None, _words_without(project, record, reasons), reasons=reasons)
    samples = project.samples.take(rows)
    values, overlay = _values(fitted, samples, setting)
    words = shown_words(values, len(layers) > 1)
    if overlay is not None and reasons is None:
        words += " It learns from the signal itself: no features are listed."
    seen = None if fitted.recipe.seen is None else fitted.recipe.seen(fitted.model, samples)
    shown = _Relevance(record, values, words, reasons=reasons, layers=layers, seen=seen, overlay=overlay)
    if fitted.recipe.sanity is None:
        return replace(shown, words=f"{words} It has no weights to draw anew, so no check by random ones.")
    yield Progress(text="Comparing with random weights")
    found = fitted.recipe.sanity(fitted.model, project.samples.take(rows[:CHECKED]), setting)
    if not np.isfinite(found["similarity"]):
        return shown
    sanity = {"similarity": float(found["similarity"]), "passed": bool(found["passed"])}
    told = sanity_words(sanity["similarity"], bool(sanity["passed"]))
    return replace(shown, words=f"{words} {told}", sanity={**sanity, "words": told})


def _values(fitted: Fitted, samples: Samples, setting: Setting) -> tuple[npt.NDArray[np.float32], Overlay | None]:
    """The relevance, that of strips as one picture of all of them, and as it lies on recordings."""
    if fitted.recipe.overlay is not None:
        overlay = fitted.recipe.overlay(fitted.model, samples, setting)
        values = overlay.values
        return values.reshape(len(values), -1, values.shape[3]) if values.ndim == 4 else values, overlay
    assert fitted.recipe.explain is not None
    return fitted.recipe.explain(fitted.model, samples, setting), None


def _words_without(project: Project, record: RunRecord, reasons: Reasons | None) -> str:
    """What a run tells that cannot be looked into."""
    if reasons is not None:
        return f"{words_of(reasons)} It has no network to look into."
    recipes = find_domain(project).recipes
    with_it = [one.name for one in recipes if one.explain is not None or one.overlay is not None]
    return f"{record.recipe} has no explanation of this kind. These have: {', '.join(with_it) or 'none'}."


def _layers(record: RunRecord, fitted: Fitted, layer: str) -> tuple[str, ...]:
    """What the model can be looked into. Raises UserError where this layer is none of it."""
    layers = () if fitted.recipe.layers is None else fitted.recipe.layers(fitted.model)
    if layer and not layers:
        raise UserError(f"{record.recipe} has no layers to choose among. Leave the layer out.")
    if layer and layer not in layers:
        raise UserError(unknown("layer", layer, layers))
    return layers


def shown_words(values: npt.NDArray[np.float32], layered: bool = False) -> str:
    """How relevance is to be read, and of how many samples there is none to see. layered: other layers may show it."""
    place = "moment" if values.ndim == 2 else "place"
    empty = int((~telling(values)).sum())
    if not empty:
        return f"How much each {place} speaks for the predicted class."
    if empty == len(values):
        more = " Another layer may show it." if layered else ""
        return f"Nothing to see: no {place} speaks for the predicted class more than another.{more}"
    words = f"How much each {place} speaks for the predicted class"
    return f"{words}; in {empty} of {len(values)} samples none does more than another, so there is nothing to see."


def sanity_words(similarity: float, passed: bool) -> str:
    """What the likeness to the explanation of a network that knows nothing says."""
    meaning = (
        "it depends on what was learned"
        if passed
        else "it hardly depends on what was learned, so it says little about the model"
    )
    return f"Rank correlation with the same network of random weights: {share(similarity)}; {meaning}."


def explain(
    project: str,
    run: str = "last",
    where: str = "",
    out: str = "",
    device: str = "auto",
    overwrite: bool = False,
    layer: str = "",
) -> Steps:
    """Why chosen samples (the first 20 without a choice) got their class; {files, sanity, words}.

    layer: of a network that is looked into, "" for the last that tells places.
    sanity: {similarity, passed, words}, the rank correlation of the explanation with that of the same
    network of random weights (−1 … 1), passed when it is under one half; null for a recipe without weights, and where
    nothing is to be seen.
    """
    folder = place(out)
    refuse(folder, overwrite)
    with Project.open(place(project)) as opened:
        rows = chosen_rows(opened, where, run)
        rows = rows if where else rows[:MOST]
        if not len(rows):
            raise UserError(f"no sample fits {where!r}; nothing is explained.")
        yield Progress(0, len(rows), "Explaining")
        found = yield from _relevance(opened, run, rows, device, layer)
        if found.values is None and found.reasons is None:
            raise UserError(found.words)
        needed_folder(folder.parent)
        if found.values is None:
            return (yield from _by_feature(opened, rows, found, folder))
        files = yield from _by_place(opened, rows, found, found.values, folder)
        told = {"samples": len(rows), "sanity": found.sanity, "words": found.words}
        return {"run": found.run.id, "files": files, **told}


def _by_place(
    project: Project, rows: Rows, found: _Relevance, values: npt.NDArray[Any], folder: Path
) -> Generator[Progress, None, list[str]]:
    """Write the relevance (n, …) of these rows as a table, and the first of them as figures; the files."""
    ids = project.samples.take(rows).ids()
    looks = _looks(project, rows[:PICTURES], found)
    with whole(folder) as beside:
        beside.mkdir()
        files = [beside / "relevance.csv"]
        write_text(files[0], _table(ids, values))
        for number, name in enumerate(ids[:PICTURES]):
            yield Progress(number, min(len(ids), PICTURES), name)
            figure = _drawn(found, looks[number], number, name)
            files += save_figure(figure, beside / f"sample-{number + 1}")
    return [str(folder / file.name) for file in files]


def _looks(project: Project, rows: Rows, found: _Relevance) -> npt.NDArray[Any]:
    """What the explanations of these rows are drawn over."""
    if found.seen is not None:
        return found.seen.pictures[: len(rows)]
    if found.overlay is not None and found.overlay.values.ndim > 2:
        return np.zeros(len(rows))
    points = 0 if found.values is None else found.values.shape[1]
    return find_domain(project).look(project.samples, rows, points, SIDE, project.cache)


def _by_feature(project: Project, rows: Rows, found: _Relevance, folder: Path) -> Steps:
    files: list[Path] = []
    with whole(folder) as beside:
        beside.mkdir()
        if found.reasons is not None:
            for made in write_reasons(beside, project, find_domain(project), rows, found.reasons, PICTURES):
                files += made
                yield Progress(len(files), 0, "Drawing")
    told = {"samples": len(rows), "sanity": None, "words": found.words}
    return {"run": found.run.id, "files": [str(folder / file.name) for file in files], **told}


def _drawn(found: _Relevance, look: Any, number: int, name: str) -> Figure:
    assert found.values is not None
    values, overlay = found.values[number], found.overlay
    if values.ndim == 1:
        return _drawn_trace(look, values, name)
    if found.seen is None and overlay is not None:
        return drawn_rows(values, overlay, name)
    return drawn_map(look, values, name)


def _table(ids: list[str], values: npt.NDArray[Any]) -> str:
    """A line a sample; a map goes row by row, its places named row:column."""
    if values.ndim == 3:
        values = np.stack([shrunk(one, GRAIN) for one in values])
        heads = [f"{row}:{column}" for row, column in np.ndindex(*values.shape[1:])]
        values = values.reshape(len(values), -1)
    else:
        heads = [str(place) for place in range(values.shape[1])]
    lines = ([name, *(f"{value:.5g}" for value in row.tolist())] for name, row in zip(ids, values, strict=True))
    return sheet_text(["sample", *heads], lines)


def drawn_map(picture: Any, relevance: npt.NDArray[np.float32], title: str) -> Figure:
    """A picture (side, side, 3), and the same with the map of what speaks for its class over it, if that shows any."""
    from matplotlib.figure import Figure

    told = bool(telling(relevance[None])[0])
    figure = Figure(figsize=(4.4, 2.5), layout="constrained")
    for axes, over in zip(figure.subplots(1, 2), (False, True), strict=True):
        axes.imshow(picture, extent=(0, 1, 1, 0))
        if over and told:
            axes.imshow(relevance, extent=(0, 1, 1, 0), cmap="inferno", alpha=0.5, vmin=0, vmax=1)
        axes.set_axis_off()
    figure.suptitle(title if told else f"{title}: nothing speaks for its class", fontsize=8)
    return figure


def drawn_rows(values: npt.NDArray[np.float32], overlay: Overlay, title: str) -> Figure:
    """Channels from top to bottom over time, or strips, each from its lowest to its highest frequency."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    most, high = float(np.abs(values).max()) or 1.0, len(values) / len(overlay.rows)
    strips = values.reshape(len(overlay.rows), -1, values.shape[1])[:, ::-1].reshape(values.shape)
    drawn = axes.imshow(
        strips, aspect="auto", cmap="RdBu_r" if overlay.signed else "Oranges",
        vmin=-most if overlay.signed else 0, vmax=most, extent=(*overlay.span, len(values), 0),
    )  # fmt: skip
    axes.set_yticks((np.arange(len(overlay.rows)) + 0.5) * high, overlay.rows, fontsize=7)
    axes.set_xlabel("Time from the middle (s)")
    axes.set_title(title, fontsize=8)
    figure.colorbar(drawn, label="Speaks for the class")
    return figure


def _drawn_trace(trace: Any, relevance: Any, name: str) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3), layout="constrained")
    axes = figure.subplots()
    axes.imshow(np.atleast_2d(relevance), aspect="auto", cmap="Oranges", alpha=0.7,
                extent=(0, len(relevance), float(np.nanmin(trace)), float(np.nanmax(trace)) + 1e-9))  # fmt: skip
    axes.plot(np.linspace(0, len(relevance), len(trace)), trace, color="#1f3a5f", linewidth=0.8)
    axes.set_title(name, fontsize=8)
    axes.set_xlabel("Time (samples)")
    return figure
