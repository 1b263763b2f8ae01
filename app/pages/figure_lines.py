"""The lines of a figure about a run, as a chart draws them: series, references, axes, words where nothing is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from widgets import numbers
from widgets.charts.chart import Reference, Series

MARKERS = ("■", "▼")
BALANCED_KEY = "balanced_accuracy"
Range = tuple[float, float]
#: Four: numbers of labels, scores of the runs that learnt from them, and the ends of their intervals.
Points = tuple[list[float], ...]


@dataclass(frozen=True)
class Lines:
    """What stands on a chart. empty: words in place of lines where there are none; None: a range or ticks of its own.

    shares, x_shares: values that are shares of 1, written without their zero.
    """

    series: tuple[Series, ...]
    references: tuple[Reference, ...] = ()
    empty: str = ""
    x_range: Range | None = None
    y_range: Range | None = None
    ticks: tuple[tuple[float, str], ...] | None = None
    x_title: str = ""
    shares: bool = True
    x_shares: bool = False


def by_levels(
    title: str,
    own: str,
    entries: list[dict[str, Any]],
    others: Sequence[tuple[str, list[dict[str, Any]]]],
    chance: float | None,
) -> Lines:
    """Scores at each level of a column: the shown run's, then (name, entries) of others by the same levels.

    own: what the run is called, "" for none. chance: of the balanced accuracy, None where it is not known.
    """
    score, words = score_of(entries), [level_words(entry["value"]) for entry in entries]
    # Names have no order that a line could follow.
    plain, dashed = ("none", "none") if any(isinstance(e["value"], str) for e in entries) else ("solid", "dash")
    series = [_levels_series(own, entries, score, "accent", "●", 0.0, plain)] if own else []
    for place, (name, theirs) in enumerate(others):
        mark, shift = MARKERS[place % len(MARKERS)], 0.05 * (place + 1)
        series.append(_levels_series(name, theirs, score, "text2", mark, shift, dashed))
    known = score == BALANCED_KEY and chance is not None
    references = (Reference(chance, f"chance {numbers.share(chance, 2)}"),) if known and chance is not None else ()
    empty = "Too few held-out samples for this column"
    return Lines(tuple(series), references, empty, *_levels_axis(words), x_title=title)


def by_votes(told: Mapping[str, Any], noun: str) -> Lines:
    """The divergence from samples of few votes and of many."""
    entries = told.get("by_votes") or []
    words = [f"{entry['value']} ({numbers.count(entry['n'])})" for entry in entries]
    places = list(range(len(entries)))
    series = (Series("KL", places, [_float(entry["kl"]) for entry in entries], marker="●"),) if entries else ()
    uniform = told.get("uniform")
    references = (Reference(uniform, f"all alike {numbers.amount(uniform, 2)}"),) if uniform is not None else ()
    title = f"votes on a {noun} (how many there are)"
    return Lines(
        series, references, "No held-out sample was voted on", *_levels_axis(words), x_title=title, shares=False
    )


def reliability(bins: Sequence[Mapping[str, Any]] | None, empty: str) -> Lines:
    """How often a probability is right, with its interval."""
    low = [one["interval"][0] for one in bins or []]
    high = [one["interval"][1] for one in bins or []]
    x, y = ([float(one[name]) for one in bins or []] for name in ("confidence", "accuracy"))
    series = (Series("share right", x, y, low, high, marker="●"),) if x else ()
    least = max(min([*x, *low], default=0.0) - 0.05, 0.0)
    title = "predicted probability, against share right"
    diagonal = (Reference(0, "", diagonal=True),)
    return Lines(series, diagonal, empty, (least, 1.02), (least, 1.03), x_title=title, x_shares=True)


def learning_curve(curve: Sequence[Mapping[str, Any]], chance: float | None, empty: str) -> Lines:
    """What the recipe reaches from growing shares of the labels."""
    points = [point for point in curve if point["mean"] is not None]
    x, y, low, high = ([float(point[name]) for point in points] for name in ("rows", "mean", "low", "high"))
    references = (Reference(chance, f"chance {numbers.share(chance, 2)}"),) if chance is not None and points else ()
    series = (Series("mean", x, y, low, high, marker="●"),) if points else ()
    return Lines(series, references, empty, x_title="labelled samples in training")


def history(points: Mapping[str, Points], recipe: str) -> Lines:
    """Each recipe's runs by the number of labels that they learnt from; the one of the shown run stands out."""
    series = tuple(
        Series(name, x, y, low, high, "accent" if name == recipe else "text2", marker="●", named=True)
        for name, (x, y, low, high) in points.items()
    )
    ends = [value for _name, (x, *_rest) in points.items() for value in x]
    room = 0.08 * (max(ends) - min(ends)) + 5 if ends else 1.0
    counts = sorted(set(ends))
    told = counts if len(counts) < 7 else counts[:: len(counts) // 5]
    ticks = tuple((value, numbers.count(round(value))) for value in told) or None
    span = (min(ends) - room, max(ends) + room) if ends else None
    return Lines(series, (), "No run has a held-out score", span, ticks=ticks, x_title="labels in the project")


def inside(title: str) -> str:
    """A column's title within a phrase: "Noise" becomes noise, names with capitals of their own (cMax) stay."""
    return title.lower() if title[1:] == title[1:].lower() and title[:1].isupper() else title


def score_of(entries: Sequence[Mapping[str, Any]]) -> str:
    """The score that these can be drawn by: where each holds one class alone nothing can be balanced."""
    balanced = any(entry.get(BALANCED_KEY) is not None for entry in entries)
    return BALANCED_KEY if balanced or not entries else "accuracy"


def level_words(value: Any) -> str:
    """A level of a column as it stands on an axis."""
    return f"{value:g}" if isinstance(value, float | int) else str(value)


def _levels_axis(words: Sequence[str]) -> tuple[Range, None, tuple[tuple[float, str], ...]]:
    """The range along levels, none for their scores, and a name at each."""
    return (-0.4, len(words) - 0.6), None, tuple(enumerate(words))


def _levels_series(
    name: str, entries: list[dict[str, Any]], score: str, tone: str, marker: str, shift: float, style: str
) -> Series:
    x = [place + shift for place in range(len(entries))]
    y = [_float(entry.get(score)) for entry in entries]
    # The interval is that of the balanced accuracy.
    pairs = [(entry.get("interval") if score == BALANCED_KEY else None) or (None, None) for entry in entries]
    low, high = [_float(pair[0]) for pair in pairs], [_float(pair[1]) for pair in pairs]
    return Series(name, x, y, low, high, tone, style, marker, 1.6 if tone == "accent" else 1.2, named=True)


def _float(value: Any) -> float:
    return math.nan if value is None else float(value)
