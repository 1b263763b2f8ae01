"""What a column holds, in a few figures: type, missing, distinct, range, histogram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 24
TOP = 12


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
    bins = [(str(names[i]), int(counts[i]), f"{written} == {_quoted(str(names[i]))}") for i in order]
    rest = int(counts.sum() - sum(count for _words, count, _where in bins))
    if rest:
        chosen = ", ".join(_quoted(words) for words, _count, _where in bins)
        bins.append((f"{len(names) - len(order)} others", rest, f"{written} not in ({chosen})"))
    low, high = (str(names[0]), str(names[-1])) if len(names) else ("", "")
    return Profile(name, "text", len(values), len(values) - len(known), len(names), low, high, tuple(bins))


def _quoted(value: str) -> str:
    from models.store.where import quote

    return quote(value)


def _profile_number(name: str, written: str, values: npt.NDArray[np.float64]) -> Profile:
    known = values[np.isfinite(values)]
    distinct = np.unique(known)
    missing = len(values) - len(known)
    if not len(known):
        return Profile(name, "number", len(values), missing, 0, "", "", ())
    if len(distinct) <= TOP:
        bins = tuple((f"{v:g}", int((known == v).sum()), f"{written} == {v:.15g}") for v in distinct)
    else:
        bins = _bins(written, known)
    return Profile(
        name, "number", len(values), missing, len(distinct), f"{distinct[0]:.4g}", f"{distinct[-1]:.4g}", bins
    )


def _bins(written: str, known: npt.NDArray[np.float64]) -> tuple[tuple[str, int, str], ...]:
    counts, edges = np.histogram(known, BINS)
    last = len(counts) - 1
    return tuple(
        (
            f"{low:.4g} – {high:.4g}",
            int(count),
            f"{written} >= {low:.9g} and {written} {'<=' if place == last else '<'} {high:.9g}",
        )
        for place, (count, low, high) in enumerate(zip(counts, edges[:-1], edges[1:], strict=True))
    )
