"""What a split or a merge would make, and what speaks for it; counted before anything is changed. No Qt."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.correlograms import Histogram
from models.errors import UserError
from models.payload import Parted, Snippets, Unit
from widgets import numbers
from widgets.unit.digest import Digest, Lags, digest
from widgets.unit.evidence import (
    CONTAMINATED,
    DIP,
    FEWEST,
    GAP,
    OTHER,
    SAME,
    Cut,
    Pairs,
    contamination,
    cosine,
    cut_of,
    gap_of,
    pairs_of,
    places_of,
    shape_of,
)
from widgets.unit.nearby import name_unit

Bools = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]
#: Distance in µm between the centres of the parts of one cell, and from which on they are another's:
#: spikeinterface looks for parts of one unit up to 150 µm.
AWAY, FAR = 60.0, 150.0
#: What the evidence says.
ONE, TWO, UNSURE = "one", "two", ""
TITLES = {ONE: "Looks like one cell", TWO: "Looks like two cells", UNSURE: "Cannot tell"}
#: Single spikes of a part from which its waveform is told, and channels that are told as its best.
_ENOUGH, _BEST = 3, 12


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
    """A split or a merge that was not done yet. verdict: ONE cell, TWO, or UNSURE."""

    kind: str
    columns: tuple[Column, ...]
    cross: Histogram | None
    dip: float
    reasons: tuple[Reason, ...]
    verdict: str
    title: str
    text: str
    rows: tuple[int, ...] = ()
    mask: Bools | None = None

    @property
    def likely(self) -> bool:
        """Whether the evidence speaks for the act; where it cannot tell, nothing is to be done."""
        return self.verdict == (TWO if self.kind == "split" else ONE)


def preview_split(one: Digest, mask: Bools, limit: float, lags: Lags, snippets: Snippets | None = None) -> Preview:
    """The unit as it is, the spikes of the mask, and the others. limit: refractory time in s."""
    by_intervals = _follows(one, mask, limit)  # of these such a cut tells nothing: it is made by them
    parts = [_part(one, chosen, snippets, number, lags) for number, chosen in enumerate((mask, ~mask), 1)]
    pairs, cut = pairs_of(parts[0], parts[1], lags), cut_of(one, mask, limit)
    shape, (title, gap) = shape_of(snippets, mask), _gap(one, mask)
    reasons = [
        Reason("Waveform cosine", _told(shape[0]), f"< {SAME:g}", shape[1]),
        Reason(title, _told(gap[0]), f"≤ {GAP:g}", gap[1]),
    ]
    if not by_intervals:
        left = f"{numbers.count(cut.left)} of {numbers.count(cut.all)}" if cut.all else numbers.NONE
        found = Reason("Violations left", left, f"≤ {cut.limit:.0f}" if cut.all else "", cut.two)
        dip = Reason("Correlogram dip", _told(pairs.dip), f"> {DIP:g}", None if pairs.one is None else not pairs.one)
        reasons = [found, dip, *reasons]
    verdict = _split_verdict(by_intervals, pairs, cut, shape[1], gap[1])
    columns = (
        Column(f"unit {name_unit(one.unit)}, now", one, 0),
        Column("split off", parts[0], 1, True),
        Column("the rest", parts[1], 2, True),
    )
    text = _split_text(by_intervals, pairs, cut, one, parts, limit)
    return Preview("split", columns, pairs.shown, pairs.dip, tuple(reasons), verdict, TITLES[verdict], text, mask=mask)


def _split_verdict(by_intervals: bool, pairs: Pairs, cut: Cut, other: bool | None, apart: bool | None) -> str:
    """Violations that lie between the parts tell two cells, a pause that both share one; else shape and a gap do."""
    if not by_intervals and pairs.together:
        return UNSURE
    if not by_intervals and pairs.one:
        return UNSURE if other and apart else ONE
    alike = other is False and apart is False
    if not by_intervals and cut.two:
        return UNSURE if alike else TWO
    if other and apart and (by_intervals or cut.two is None):
        return TWO
    return ONE if alike and (by_intervals or cut.two is None) else UNSURE


def _split_text(by_intervals: bool, pairs: Pairs, cut: Cut, one: Digest, parts: Sequence[Digest], limit: float) -> str:
    after = [_percent(part.violations(limit)) for part in parts]
    now = _percent(one.violations(limit))
    text = f"Intervals under {limit * 1000:g} ms are {now} now, {after[0]} and {after[1]} afterwards"
    if by_intervals:
        return f"{text}, as the cut is made by them; it tells nothing of cells."
    if pairs.together:
        return f"{text}. {_together(pairs)}"
    if not cut.all:
        return f"{text}. {_pairs_words(pairs)}"
    return f"{text}: {numbers.count(cut.left)} of {numbers.count(cut.all)} stay within the parts, " \
           f"{cut.random:.0f} would after a cut at random."  # fmt: skip


def _together(pairs: Pairs) -> str:
    return f"Both fire within 1.5 ms {pairs.found / pairs.expected:.1f} times as often as two cells would: the same " \
           "spikes may have been found twice."  # fmt: skip


def _pairs_words(pairs: Pairs) -> str:
    """How often both fire at once, and how often two cells would."""
    expected = numbers.count(round(pairs.expected)) if pairs.expected >= 10 else f"{pairs.expected:.1f}"
    told = f"Pairs within 1.5 ms: {numbers.count(pairs.found)}, {expected} expected of two cells"
    return f"{told}: too few to tell." if pairs.expected < FEWEST else f"{told}."


def _follows(one: Digest, mask: Bools, limit: float) -> bool:
    """Whether a part is the spikes that follow another one within the refractory time."""
    return bool(mask.any()) and np.array_equal(mask, np.append(False, np.diff(one.times) < limit * one.rate))


def _gap(one: Digest, mask: Bools) -> tuple[str, tuple[float, bool | None]]:
    """The gap between the parts, in the space of components where there are some, else in amplitude."""
    try:
        found = one.unit.around.components(one.unit.key) if one.unit.around is not None else None
    except (UserError, OSError):
        found = None
    placed = places_of(found, mask)
    told = gap_of(*placed) if placed is not None else (math.nan, None)
    if not math.isnan(told[0]):
        return "Gap of components", told
    return "Gap of amplitudes", gap_of(one.amplitudes, mask) if len(one.amplitudes) else (math.nan, None)


def preview_merge(units: Sequence[Digest], limit: float, lags: Lags, rows: tuple[int, ...] = ()) -> Preview:
    """The units as they are, and what they would be together. rows: of the units in the project."""
    merged, couples = _merged(units, lags), list(itertools.combinations(units, 2))
    # The two that are least one decide.
    counted = [pairs_of(one, other, lags) for one, other in couples]
    worst = max(counted, key=lambda pairs: (pairs.one is False, pairs.one is None, pairs.found / (pairs.expected or 1)))
    alike = min((cosine(one.unit.template, other.unit.template) for one, other in couples), key=_known)
    apart = max((_apart(one.unit, other.unit) for one, other in couples), key=lambda away: -_known(-away))
    before, after = [contamination(one, limit) for one in units], contamination(merged, limit)
    # One cell is no dirtier together than its parts were.
    known = [(share, len(one.times)) for share, one in zip(before, units, strict=True) if math.isfinite(share)]
    mean = sum(share * many for share, many in known) / max(sum(many for _, many in known), 1)
    bound = max(CONTAMINATED, mean)
    away = f"{apart:.0f} µm" if math.isfinite(apart) else numbers.NONE
    reasons = (
        Reason("Correlogram dip", _told(worst.dip), f"≤ {DIP:g}", worst.one),
        Reason("Template cosine", _told(alike), f"≥ {SAME:g}", _between(-alike, -SAME, -OTHER)),
        Reason("Distance", away, f"≤ {AWAY:g}", _between(apart, AWAY, FAR)),
        Reason("Contamination", _percent(after, 1), f"≤ {_percent(bound, 1)}", _between(after, bound, bound)),
    )
    verdict = _merge_verdict([reason.holds for reason in reasons], worst, alike)
    title = "Not all are one cell" if verdict == TWO and len(units) > 2 else TITLES[verdict]
    now = " and ".join(_percent(one.violations(limit)) for one in units)
    tail = _together(worst) if worst.together else _pairs_words(worst)
    text = f"Intervals under {limit * 1000:g} ms are {now} now, {_percent(merged.violations(limit))} together. {tail}"
    columns = [Column(f"unit {name_unit(one.unit)}, now", one, place) for place, one in enumerate(units)]
    columns.append(Column("merged", merged, -1, True))
    return Preview("merge", tuple(columns), worst.shown, worst.dip, reasons, verdict, title, text, rows)


def _merge_verdict(holds: Sequence[bool | None], pairs: Pairs, alike: float) -> str:
    if pairs.together:
        return UNSURE
    if False in holds:
        return TWO
    return ONE if holds[0] and (holds[1] or math.isnan(alike)) else UNSURE


def _known(value: float) -> float:
    """A value to compare by: what is not known never decides."""
    return math.inf if math.isnan(value) else value


def _part(one: Digest, chosen: Bools, snippets: Snippets | None, number: int, lags: Lags) -> Digest:
    sizes = one.amplitudes[chosen] if len(one.amplitudes) else one.amplitudes
    spikes = Spikes(one.times[chosen], np.asarray(sizes, np.float32))
    template = _part_template(one, chosen, snippets)
    return digest(_made(one.unit, f"{one.unit.key}.{number}", template, spikes), lags)


def _made(like: Unit, key: str, template: npt.NDArray[np.float32], spikes: Spikes) -> Unit:
    """What is made: on the channels where its own waveform is largest; where it is is measured when it is done."""
    size = template.max(axis=1) - template.min(axis=1) if template.size else np.zeros(0)
    best = tuple(int(channel) for channel in np.argsort(-size, kind="stable")[:_BEST] if size[channel] > 0)
    return replace(like, key=key, template=template, spread=None, spikes=spikes, best=best, location=None, around=None)


def _part_template(one: Digest, chosen: Bools, snippets: Snippets | None) -> npt.NDArray[np.float32]:
    """As the sorting will have it where it knows better than the whole; else from single spikes where there are enough;
    else the unit's, and where nothing is known of it but amplitudes as large as those are."""
    template, own = one.unit.template, _own_template(one, chosen)
    if own is not None and not np.array_equal(own, template):
        return own
    if snippets is not None and snippets.waves.shape[2] == template.shape[1]:
        inside = chosen[snippets.spikes]
        if inside.sum() >= _ENOUGH:
            found = template.copy()
            found[list(snippets.channels)] = snippets.waves[inside].mean(axis=0)
            return found
    if own is not None or not len(one.amplitudes) or not chosen.any():
        return template
    whole = float(np.nanmean(one.amplitudes))
    ratio = float(np.nanmean(one.amplitudes[chosen])) / whole if whole else 1.0
    return np.asarray(template * (ratio if math.isfinite(ratio) else 1.0), np.float32)


def _own_template(one: Digest, chosen: Bools) -> npt.NDArray[np.float32] | None:
    """What the sorting will show of these spikes, None where it cannot tell."""
    around = one.unit.around
    if not isinstance(around, Parted) or not chosen.any():
        return None
    try:
        found = around.part(one.unit.key, chosen)
    except (UserError, OSError):
        return None
    return found if found.shape == one.unit.template.shape else None


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
    return digest(_made(first, key, template, spikes), lags)


def _apart(one: Unit, other: Unit) -> float:
    places = [unit.location if unit.location is not None else _place(unit) for unit in (one, other)]
    if places[0] is None or places[1] is None:
        return math.nan
    return math.hypot(places[0][0] - places[1][0], places[0][1] - places[1][1])


def _place(unit: Unit) -> tuple[float, ...] | None:
    best = unit.best[0] if unit.best else -1
    return tuple(float(value) for value in unit.positions[best][:2]) if 0 <= best < len(unit.positions) else None


def _between(value: float, fine: float, wrong: float) -> bool | None:
    """True up to one limit, False beyond another, None in between or where the value is not known."""
    if math.isnan(value):
        return None
    return True if value <= fine else False if value > wrong else None


def _told(value: float) -> str:
    return numbers.minus(f"{value:.2f}") if math.isfinite(value) else numbers.NONE


def _percent(share: float, decimals: int = 2) -> str:
    return f"{share * 100:.{decimals}f}\u00a0%" if math.isfinite(share) else numbers.NONE
