"""What a column holds, in a few figures: type, missing, distinct, range, histogram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.store.where import exact, quote

BINS = 24
TOP = 12
#: Whole numbers of at most this span have a bin each.
MOST_WHOLE = 32


@dataclass(frozen=True)
class Profile:
    """One column. kind: number, text or yes-no. bins: (words, count, expression that chooses it) each."""

    name: str
    kind: str
    count: int
    missing: int
    distinct: int
    low: str
    high: str
    bins: tuple[tuple[str, int, str], ...]

    def plain(self) -> dict[str, Any]:
        """As JSON for ``winnow summary``."""
        bins = [{"value": words, "count": count} for words, count, _where in self.bins]
        return {
            "name": self.name,
            "type": self.kind,
            "missing": self.missing,
            "distinct": self.distinct,
            "range": [self.low, self.high],
            "histogram": bins,
        }


def profile(name: str, written: str, values: npt.NDArray[Any]) -> Profile:
    """The figures of one column. written: its name in the filter language."""
    if values.dtype == object:
        return _profile_text(name, written, values)
    if values.dtype == bool:
        yes = int(values.sum())
        bins = (("yes", yes, written), ("no", len(values) - yes, f"not {written}"))
        return Profile(name, "yes-no", len(values), 0, len(np.unique(values)), "", "", bins)
    return _profile_number(name, written, values.astype(np.float64))


def _profile_text(name: str, written: str, values: npt.NDArray[Any]) -> Profile:
    known = np.array([str(value) for value in values if value is not None])
    names, counts = np.unique(known, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:TOP]
    bins = [(str(names[i]), int(counts[i]), f"{written} == {quote(str(names[i]))}") for i in order]
    rest = int(counts.sum() - sum(count for _words, count, _where in bins))
    if rest:
        chosen = ", ".join(quote(words) for words, _count, _where in bins)
        bins.append((f"{len(names) - len(order)} others", rest, f"{written} not in ({chosen})"))
    low, high = (str(names[0]), str(names[-1])) if len(names) else ("", "")
    return Profile(name, "text", len(values), len(values) - len(known), len(names), low, high, tuple(bins))


def _profile_number(name: str, written: str, values: npt.NDArray[np.float64]) -> Profile:
    known = values[np.isfinite(values)]
    distinct = np.unique(known)
    missing = len(values) - len(known)
    if not len(known):
        return Profile(name, "number", len(values), missing, 0, "", "", ())
    if len(distinct) <= TOP:
        bins = tuple((f"{v:g}", int((known == v).sum()), f"{written} == {exact(v)}") for v in distinct)
    else:
        bins = _bins(written, known)
    return Profile(name, "number", len(values), missing, len(distinct), _short(distinct[0]), _short(distinct[-1]), bins)


def _bins(written: str, known: npt.NDArray[np.float64]) -> tuple[tuple[str, int, str], ...]:
    if (known == np.round(known)).all() and np.abs(known).max() < 2**52:
        return _whole_bins(written, known)
    edges = np.linspace(known.min(), known.max(), BINS + 1)
    # Counted between the edges as they are written: what a filter chooses is what its bar says.
    inner = np.array([float(f"{edge:.9g}") for edge in edges[1:-1]])
    counts = np.bincount(np.searchsorted(inner, known, side="right"), minlength=BINS)
    bins = []
    for place, (count, low, high) in enumerate(zip(counts, edges[:-1], edges[1:], strict=True)):
        limits = [f"{written} >= {low:.9g}"] * (place > 0) + [f"{written} < {high:.9g}"] * (place < BINS - 1)
        bins.append((f"{_short(low)} – {_short(high)}", int(count), " and ".join(limits)))
    return tuple(bins)


def _whole_bins(written: str, known: npt.NDArray[np.float64]) -> tuple[tuple[str, int, str], ...]:
    """Bins of equally many whole numbers: edges between them would give some a number more than others."""
    low, span = known.min(), known.max() - known.min() + 1
    step = 1 if span <= MOST_WHOLE else int(np.ceil(span / BINS))
    counts = np.bincount(((known - low) // step).astype(np.int64))
    bins = []
    for place, count in enumerate(counts):
        first, last = low + place * step, low + (place + 1) * step - 1
        words = [exact(first)] if step == 1 else [exact(first), exact(last)]
        where = f"{written} == {words[0]}" if step == 1 else f"{written} >= {words[0]} and {written} <= {words[1]}"
        bins.append((" – ".join(words), int(count), where))
    return tuple(bins)


def _short(value: float) -> str:
    """Four digits, a whole number in full, and no power of ten where the plain number reads as well."""
    if value == round(value) and abs(value) < 1e9:
        return f"{value:.0f}"
    text = f"{value:.4g}"
    return f"{float(text):.0f}" if "e+" in text and abs(value) < 1e9 else text
