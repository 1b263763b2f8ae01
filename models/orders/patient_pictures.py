"""Pictures of a patient's report as PNG: a recording over time with its burden, and the traces of an episode."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models import montage
from models.course import HOUR, Course, Episode
from models.filters import Filters, apply
from models.payload import Recording

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.floating[Any]]
#: The classes in order, as the window draws them, and what is none of them.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8C5A2E")
REST, INK = "#E3E5E8", "#1A1C20"
#: Seconds of traces, and how much of them stands before the onset; µV from one row to the next; of the EKG
#: that is so many times as much.
SECONDS, BEFORE, APART = 20.0, 5.0, 150.0
HEART = 5.0
SEEN = Filters(high=0.5, low=35.0)


def png(figure: Figure, dots: int) -> bytes:
    """A figure as PNG of few colours: a report holds many."""
    from PIL import Image

    drawn, told = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=dots, facecolor="white")
    with Image.open(drawn) as picture:
        picture.convert("RGB").quantize(48, dither=Image.Dither.NONE).save(told, "PNG", optimize=True)
    return told.getvalue()


def timeline(
    course: Course, p: Floats, titles: Sequence[str], rest: int, episodes: Sequence[Episode], edges: Floats,
    seconds: Floats,
) -> Figure:  # fmt: skip
    """Shares over time with a mark for each episode, over the minutes of each class in each hour."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    figure = Figure(figsize=(10, 4.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    order = [place for place in range(len(titles)) if place != rest]
    drawn = [*([rest] if rest >= 0 else []), *order[::-1]]
    x = np.stack([course.starts, course.stops], 1).ravel() / HOUR
    # A stretch without a window is left blank.
    apart = np.append(course.starts[1:] - course.stops[:-1] > 1e-6, False)
    floor = np.zeros(2 * len(course.rows))
    for place in drawn:
        top = floor + np.repeat(np.nan_to_num(p[:, place]), 2)
        there = np.repeat(np.isfinite(p).all(1), 2)
        colour = REST if place == rest else COLOURS[place % len(COLOURS)]
        low, high = _parted(floor, apart), _parted(top, apart)
        said = _parted(there, apart) > 0
        above.fill_between(_parted(x, apart), low, high, where=said, color=colour, linewidth=0, label=titles[place])
        floor = top
    for one in episodes:
        above.plot((one.start + one.stop) / 2 / HOUR, 1.03, "v", color=INK, markersize=5, clip_on=False)
    above.set_ylim(0, 1)
    above.set_ylabel("share")
    above.legend(ncols=len(titles), frameon=False, loc="lower left", bbox_to_anchor=(0, 1.05), fontsize=8)
    _hours(below, edges, seconds, order)
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    below.set_xlim(0, course.end / HOUR)
    if course.end < HOUR:  # nobody reads 0.17 h
        below.xaxis.set_major_locator(MultipleLocator(max(round(course.end / 60 / 6), 1) / 60))
        below.xaxis.set_major_formatter(FuncFormatter(lambda at, _place: f"{60 * at:.0f}"))
    below.set_xlabel(f"{'min' if course.end < HOUR else 'h'} from the beginning of the recording")
    return figure


def _parted(values: npt.NDArray[Any], apart: npt.NDArray[np.bool_]) -> Floats:
    """Two values a window with a NaN after each that nothing follows."""
    pairs = np.asarray(values, np.float64).reshape(-1, 2)
    third = np.where(apart, np.nan, pairs[:, 1])
    return np.concatenate([pairs, third[:, None]], 1).ravel()


def _hours(axes: Any, edges: Floats, seconds: Floats, order: Sequence[int]) -> None:
    floor = np.zeros(len(edges) - 1)
    for place in order:
        minutes = seconds[:, place] / 60
        axes.bar(edges[:-1] / HOUR, minutes, 0.96, floor, align="edge", color=COLOURS[place % len(COLOURS)])
        floor += minutes
    axes.set_ylabel("min in the hour")


def traces(recording: Recording, episode: Episode, name: str = montage.MONTAGES[0]) -> Figure | None:
    """The traces around an onset in a montage, filtered; None where no row of it was recorded."""
    rate = recording.rate
    first = round((episode.start - BEFORE - recording.start) * rate)
    first = max(first, 0)
    values = np.asarray(recording.reader.read(first, first + round(SECONDS * rate)), np.float32)
    applied = montage.rows(recording.names, montage.BUILT_IN[name], tuple(recording.bad))
    rows = [place for place, label in enumerate(applied.labels) if label not in applied.missing]
    if not rows or values.shape[1] < 2:
        return None
    with np.errstate(invalid="ignore"):
        drawn = apply(np.nan_to_num(applied.matrix[rows] @ np.nan_to_num(values)), rate, SEEN)
    # The heart is many times larger than the brain, and only its beat is looked at.
    drawn[[applied.kinds[place] == "ekg" for place in rows]] /= HEART
    return _traces(drawn, [applied.labels[place] for place in rows], recording.start + first / rate, rate, episode)


def _traces(drawn: Floats, labels: Sequence[str], start: float, rate: float, episode: Episode) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 0.24 * len(labels) + 0.9), layout="constrained")
    axes = figure.subplots()
    seconds = np.arange(drawn.shape[1]) / rate + start - episode.start
    for place, line in enumerate(drawn):
        axes.plot(seconds, np.clip(line, -2 * APART, 2 * APART) + place * APART, color=INK, linewidth=0.5)
    axes.axvline(0, color=COLOURS[0], linewidth=1)
    if episode.seconds <= seconds[-1]:
        axes.axvline(episode.seconds, color=COLOURS[0], linewidth=1, linestyle="--")
    axes.set_yticks(np.arange(len(labels)) * APART, labels, fontsize=7)
    axes.set_ylim((len(labels) - 0.2) * APART, -0.8 * APART)  # the axis is turned: negative is up, as it is read
    axes.set_xlim(seconds[0], seconds[-1])
    axes.set_xlabel(f"s from the onset; {APART:g} µV from row to row, {SEEN.high:g} to {SEEN.low:g} Hz, negative up")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=REST, linewidth=0.8)
    axes.set_axisbelow(True)
    return figure
