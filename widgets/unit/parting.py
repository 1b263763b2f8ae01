"""What a split or a merge would make, and what speaks for it; counted before anything is changed. No Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.correlograms import Histogram, crosscorrelogram
from models.payload import Snippets, Unit
from widgets import numbers
from widgets.unit.digest import Digest, Lags, digest
from widgets.unit.nearby import name_unit

Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]
#: What speaks for one unit in two parts: see `_merge_reasons`.
COSINE, AWAY, DIP, VIOLATED, OVERLAP = 0.9, 60.0, 0.3, 0.005, 0.5
#: Lags in s within which two parts of one unit do not fire, and between which they fire as they use to.
CLOSE, USUAL, FINE = 0.0015, (0.010, 0.050), 0.0005
#: Shares of violations that are as good as equal.
SAME = 5e-5
#: Single spikes of a part from which its waveform is told.
_ENOUGH = 3


@dataclass(frozen=True)
class Spikes:
    """Spikes in memory; see `models.payload.SpikeReader`."""

    at: Index
    sizes: npt.NDArray[np.float32]

    @property
    def count(self) -> int:
        return len(self.at)

    def times(self) -> Index:
        return self.at

    def amplitudes(self) -> npt.NDArray[np.float32]:
        return self.sizes

    def of(self, key: str) -> Spikes | None:
        return None


@dataclass(frozen=True)
class Column:
    """One unit of a preview, now or afterwards; place: of its colour (see `tints`), −1 for what is made."""

    title: str
    digest: Digest
    place: int
    made: bool = False


@dataclass(frozen=True)
class Reason:
    """One figure that speaks for the act or against it; holds: None where it cannot be told."""

    title: str
    words: str
    limit: str
    holds: bool | None


@dataclass(frozen=True, eq=False)
class Preview:
    """A split or a merge that was not done yet. likely: whether the evidence speaks for it."""

    kind: str
    columns: tuple[Column, ...]
    cross: Histogram | None
    dip: float
    reasons: tuple[Reason, ...]
    likely: bool
    title: str
    text: str
    rows: tuple[int, ...] = ()
    mask: Bools | None = None


def preview_split(one: Digest, mask: Bools, limit: float, lags: Lags, snippets: Snippets | None = None) -> Preview:
    """The unit as it is, the spikes of the mask, and the others. limit: refractory time in s."""
    parts = [_part(one, chosen, snippets, number, lags) for number, chosen in enumerate((mask, ~mask), 1)]
    cross, dip = _cross(parts[0], parts[1], lags)
    before = one.violations(limit)
    after = [part.violations(limit) for part in parts]
    worst = max((value for value in after if math.isfinite(value)), default=math.nan)
    overlap = _overlap(parts[0], parts[1])
    reasons = (
        Reason("Correlogram dip", _told(dip), f"> {DIP:g}", None if math.isnan(dip) else dip > DIP),
        Reason("Violations after", _percent(worst), f"≤ {_percent(before)}", _below(worst, before + SAME)),
        Reason("Amplitude overlap", _told(overlap), f"< {OVERLAP:g}", _below(overlap, OVERLAP)),
    )
    likely = all(reason.holds is not False for reason in reasons[:2]) and not math.isnan(dip)
    title = "Looks like two cells" if likely else "Looks like one cell"
    if math.isnan(dip):
        title = "Too few spikes to tell"
    text = f"Intervals under {limit * 1000:g} ms are {_percent(before)} now, {_percent(after[0])} and " \
           f"{_percent(after[1])} afterwards."  # fmt: skip
    columns = (
        Column(f"unit {name_unit(one.unit)}, now", one, 0),
        Column("split off", parts[0], 1, True),
        Column("the rest", parts[1], 2, True),
    )
    return Preview("split", columns, cross, dip, reasons, likely, title, text, mask=mask)


def preview_merge(units: Sequence[Digest], limit: float, lags: Lags, rows: tuple[int, ...] = ()) -> Preview:
    """The units as they are, and what they would be together. rows: of the units in the project."""
    merged = _merged(units, lags)
    cross, dip = _cross(units[0], units[1], lags)
    pairs = [(units[0], other) for other in units[1:]]
    worst = max((dip, *(_cross(one, other, lags)[1] for one, other in pairs[1:])), key=lambda d: (not math.isnan(d), d))
    cosine = min(_cosine(one.unit, other.unit) for one, other in pairs)
    apart = max(_apart(one.unit, other.unit) for one, other in pairs)
    overlap = min(_overlap(one, other) for one, other in pairs)
    away = f"{apart:.0f} µm" if math.isfinite(apart) else numbers.NONE
    before = [one.violations(limit) for one in units]
    after = merged.violations(limit)
    # Parts of one cell have no short intervals between each other: no more of them than each had by itself.
    known = [(share, len(one.times)) for share, one in zip(before, units, strict=True) if math.isfinite(share)]
    bound = max(VIOLATED, sum(share * many for share, many in known) / max(sum(many for _, many in known), 1))
    reasons = (
        Reason("Template cosine", _told(cosine), f"≥ {COSINE:g}", None if math.isnan(cosine) else cosine >= COSINE),
        Reason("Distance", away, f"≤ {AWAY:g}", _below(apart, AWAY)),
        Reason("Correlogram dip", _told(worst), f"≤ {DIP:g}", _below(worst, DIP)),
        Reason("Violations after", _percent(after), f"≤ {_percent(bound)}",
               _below(after, bound + SAME)),
        Reason("Amplitude overlap", _told(overlap), f"≥ {OVERLAP:g}",
               None if math.isnan(overlap) else overlap >= OVERLAP),
    )  # fmt: skip
    likely = all(reason.holds is not False for reason in reasons[:4]) and not math.isnan(worst)
    title = "Looks like one cell" if likely else "Looks like two cells" if len(units) == 2 else "Not all are one cell"
    if math.isnan(worst):
        title = "Too few spikes to tell"
    now = " and ".join(_percent(value) for value in before)
    text = f"Intervals under {limit * 1000:g} ms are {now} now, {_percent(after)} together."
    columns = [Column(f"unit {name_unit(one.unit)}, now", one, place) for place, one in enumerate(units)]
    columns.append(Column("merged", merged, -1, True))
    return Preview("merge", tuple(columns), cross, worst, reasons, likely, title, text, rows)


def _part(one: Digest, chosen: Bools, snippets: Snippets | None, number: int, lags: Lags) -> Digest:
    sizes = one.amplitudes[chosen] if len(one.amplitudes) else one.amplitudes
    spikes = Spikes(one.times[chosen], np.asarray(sizes, np.float32))
    template = _part_template(one, chosen, snippets)
    return digest(
        replace(one.unit, key=f"{one.unit.key}.{number}", template=template, spread=None, spikes=spikes), lags
    )


def _part_template(one: Digest, chosen: Bools, snippets: Snippets | None) -> npt.NDArray[np.float32]:
    """From single spikes where there are enough; else the unit's, as large as the amplitudes of the part are."""
    template = one.unit.template
    if snippets is not None and snippets.waves.shape[2] == template.shape[1]:
        inside = chosen[snippets.spikes]
        if inside.sum() >= _ENOUGH:
            found = template.copy()
            found[list(snippets.channels)] = snippets.waves[inside].mean(axis=0)
            return found
    if not len(one.amplitudes) or not chosen.any():
        return template
    whole = float(np.nanmean(one.amplitudes))
    ratio = float(np.nanmean(one.amplitudes[chosen])) / whole if whole else 1.0
    return np.asarray(template * (ratio if math.isfinite(ratio) else 1.0), np.float32)


def _merged(units: Sequence[Digest], lags: Lags) -> Digest:
    first = units[0].unit
    times = np.concatenate([one.times for one in units])
    order = np.argsort(times, kind="stable")
    known = all(len(one.amplitudes) for one in units)
    sizes = np.concatenate([one.amplitudes for one in units])[order] if known else np.zeros(0, np.float32)
    template = first.template
    if all(one.unit.template.shape == template.shape for one in units) and len(times):
        weights = [len(one.times) / len(times) for one in units]
        parts = [np.float32(weight) * one.unit.template for weight, one in zip(weights, units, strict=True)]
        template = np.sum(parts, axis=0, dtype=np.float32)
    spikes = Spikes(times[order], np.asarray(sizes, np.float32))
    key = "+".join(name_unit(one.unit) for one in units)
    return digest(replace(first, key=key, template=template, spread=None, spikes=spikes), lags)


def _cross(one: Digest, other: Digest, lags: Lags) -> tuple[Histogram | None, float]:
    """The correlogram of two units as it is shown, and how deep it dips at zero."""
    if one.unit.rate != other.unit.rate or not one.unit.rate or not len(one.times) or not len(other.times):
        return None, math.nan
    shown = crosscorrelogram(one.stretch, other.stretch, one.rate, lags.window, lags.width)
    fine = crosscorrelogram(one.stretch, other.stretch, one.rate, USUAL[1], FINE)
    middles = np.abs(fine.edges[:-1] + fine.edges[1:]) / 2
    close, usual = middles < CLOSE, (middles >= USUAL[0]) & (middles < USUAL[1])
    expected = float(fine.counts[usual].mean()) if usual.any() else 0.0
    # Three pairs expected at short lags are the fewest of which none says something.
    if expected * close.sum() < 3:
        return shown, math.nan
    return shown, float(fine.counts[close].mean()) / expected


def _cosine(one: Unit, other: Unit) -> float:
    if one.template.shape != other.template.shape or not one.template.size:
        return math.nan
    size = float(np.linalg.norm(one.template)) * float(np.linalg.norm(other.template))
    return float(np.vdot(one.template, other.template)) / size if size else math.nan


def _apart(one: Unit, other: Unit) -> float:
    places = [unit.location if unit.location is not None else _place(unit) for unit in (one, other)]
    if places[0] is None or places[1] is None:
        return math.nan
    return math.hypot(places[0][0] - places[1][0], places[0][1] - places[1][1])


def _place(unit: Unit) -> tuple[float, ...] | None:
    best = unit.best[0] if unit.best else -1
    return tuple(float(value) for value in unit.positions[best][:2]) if 0 <= best < len(unit.positions) else None


def _overlap(one: Digest, other: Digest) -> float:
    """The share that the distributions of amplitudes have in common."""
    if not len(one.amplitudes) or not len(other.amplitudes):
        return math.nan
    both = np.concatenate([one.amplitudes, other.amplitudes])
    good = both[np.isfinite(both)]
    if not len(good):
        return math.nan
    span = (float(good.min()), float(good.max()) or 1.0)
    shares = [np.histogram(part.amplitudes, 40, span)[0] / len(part.amplitudes) for part in (one, other)]
    return float(np.minimum(*shares).sum())


def _below(value: float, limit: float) -> bool | None:
    return None if math.isnan(value) or math.isnan(limit) else value <= limit


def _told(value: float) -> str:
    return numbers.minus(f"{value:.2f}") if math.isfinite(value) else numbers.NONE


def _percent(share: float) -> str:
    return f"{share * 100:.2f}\u00a0%" if math.isfinite(share) else numbers.NONE
