"""Is there enough to learn from, and are new units like those that were learnt from?

The advice of UnitRefine's authors (label at least 50 units of each kind of data and some hundred of a
class, several animals, the same metrics) as checks with figures, and for each metric how far its
distribution has moved (Kolmogorov and Smirnov's distance).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units.recipes.model import Model, profile, table_of
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]

FEWEST_UNITS, FEWEST_OF_CLASS, UNEVEN, MISSING = 50, 100, 5.0, 0.5
#: A metric whose distributions are this far apart has moved; twice that, far.
MOVED = 0.25


@dataclass(frozen=True)
class Advice:
    """One check that did not pass. level: "stop" (no honest training) or "care". values: its figures."""

    kind: str
    level: str
    text: str
    values: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Moved:
    """How one metric of new units differs from those of the training.

    distance: of the two distributions, 0 … 1. medians: of training and new units. missing: their
    shares without a value.
    """

    name: str
    distance: float
    medians: tuple[float, float]
    missing: tuple[float, float]

    @property
    def amount(self) -> float:
        """By what metrics are ranked: the distance, or the change of what is missing if that is more."""
        return max(self.distance, abs(self.missing[1] - self.missing[0]))

    @property
    def words(self) -> str:
        """For a person."""
        if abs(self.missing[1] - self.missing[0]) > self.distance:
            before, now = self.missing
            return f"{self.name}: missing in {now:.0%} of the new units, in {before:.0%} of the training units"
        return (
            f"{self.name}: median {self.medians[1]:.3g} in the new units, {self.medians[0]:.3g} in training "
            f"(distributions {self.distance:.2f} apart)"
        )

    def plain(self) -> dict[str, Any]:
        """As JSON; None where there is no median."""
        known = [None if not np.isfinite(value) else float(value) for value in self.medians]
        told = {"name": self.name, "distance": round(self.distance, 4), "medians": known}
        return {**told, "missing": [round(float(value), 4) for value in self.missing], "words": self.words}


def advise(
    x: Floats,
    names: Sequence[str],
    codes: Codes,
    classes: Sequence[str],
    sessions: Sequence[str],
    animals: Sequence[str | None] = (),
) -> list[Advice]:
    """What speaks against training on these units: metrics (n, d), codes (n,) with −1 unlabelled."""
    labelled = np.flatnonzero(codes >= 0)
    counts = np.bincount(codes[labelled], minlength=len(classes))
    found = [*_amounts(len(labelled), counts, classes), *_evenness(counts, classes)]
    found += _origin(labelled, sessions, animals)
    return [*found, *_gaps(x, names)]


TITLES = {
    "units": "Few labels",
    "class": "Few of a class",
    "classes": "One class alone",
    "single": "One unit of a class",
    "imbalance": "Uneven classes",
    "session": "One recording",
    "animal": "One animal",
    "empty": "Metrics without values",
    "missing": "Metrics mostly missing",
}


def advice_of(samples: Samples, codes: Codes, classes: Sequence[str]) -> list[tuple[str, str]]:
    """Title and words of what speaks against training on these labels, what stops an honest training first."""
    from models.domains.units.metrics import features

    x, names = features(samples)
    groups, sessions = samples.group_codes()
    animals = samples.column("animal").tolist() if "animal" in samples.names else ()
    found = advise(x, names, codes, classes, [sessions[code] for code in groups.tolist()], animals)
    return [(TITLES[one.kind], one.text) for one in sorted(found, key=lambda one: one.level != "stop")]


def _amounts(total: int, counts: Codes, classes: Sequence[str]) -> list[Advice]:
    found = []
    if total < FEWEST_UNITS:
        text = f"{total} labelled units; fewer than {FEWEST_UNITS} teach little. Label more."
        found.append(Advice("units", "stop" if total < 10 else "care", text, {"labelled": total}))
    few = {name: int(count) for name, count in zip(classes, counts, strict=True) if 0 < count < FEWEST_OF_CLASS}
    if few:
        words = ", ".join(f"{count} {name}" for name, count in few.items())
        text = f"{words}: with fewer than {FEWEST_OF_CLASS} of a class its score is uncertain. Label more of it."
        found.append(Advice("class", "care", text, few))
    if int((counts > 0).sum()) < 2:
        found.append(Advice("classes", "stop", "Only one class is labelled. Label some of another.", {}))
    single = [name for name, count in zip(classes, counts, strict=True) if count == 1]
    if single:
        text = f"{', '.join(single)}: one unit only, which cannot be both learnt from and tested on."
        found.append(Advice("single", "care", text, {"classes": single}))
    return found


def _evenness(counts: Codes, classes: Sequence[str]) -> list[Advice]:
    present = counts[counts > 0]
    if len(present) < 2 or present.max() < UNEVEN * present.min():
        return []
    most, least = classes[int(counts.argmax())], classes[int(np.where(counts > 0, counts, counts.max() + 1).argmin())]
    ratio = float(present.max() / present.min())
    text = (
        f"There are {ratio:.0f} times as many {most} as {least}: keep the classes evened, and read balanced accuracy."
    )
    return [Advice("imbalance", "care", text, {"ratio": round(ratio, 2), "most": most, "least": least})]


def _origin(labelled: Codes, sessions: Sequence[str], animals: Sequence[str | None]) -> list[Advice]:
    held = {sessions[row] for row in labelled.tolist()}
    if len(held) == 1:
        text = "All labels are of one recording: the test is by unit, so its score says nothing of another recording."
        return [Advice("session", "care", text, {"sessions": 1})]
    known = {animals[row] for row in labelled.tolist() if animals[row]} if len(animals) else set()
    if len(known) == 1:
        text = f"All labels are of one animal ({next(iter(known))}); on another the model may do worse. Label a second."
        return [Advice("animal", "care", text, {"animals": 1})]
    return []


def _gaps(x: Floats, names: Sequence[str]) -> list[Advice]:
    if not len(x):
        return []
    shares = np.isnan(x).mean(0)
    empty = [name for name, share in zip(names, shares, strict=True) if share == 1]
    sparse = {name: round(float(share), 3) for name, share in zip(names, shares, strict=True) if MISSING < share < 1}
    found = []
    if empty:
        text = f"Without any value: {', '.join(empty)}. They teach nothing; compute them or leave them out."
        found.append(Advice("empty", "care", text, {"metrics": empty}))
    if sparse:
        words = ", ".join(f"{name} ({share:.0%})" for name, share in sorted(sparse.items(), key=lambda pair: -pair[1]))
        text = f"Mostly missing: {words}. That a value is missing may itself tell the class."
        found.append(Advice("missing", "care", text, sparse))
    return found


def moved(x: Floats, names: Sequence[str], quantiles: Floats, missing: Floats) -> list[Moved]:
    """How each metric of new units (n, d) moved against a training profile, the worst first.

    quantiles (d, q), missing (d,) as `profile` gives them.
    """
    found = []
    for place, name in enumerate(names):
        known = x[np.isfinite(x[:, place]), place]
        before = quantiles[place]
        distance = _distance(known, before) if len(known) and np.isfinite(before).all() else 0.0
        middle = float(before[len(before) // 2])
        gone = (float(missing[place]), float(np.isnan(x[:, place]).mean()) if len(x) else 0.0)
        median = float(np.median(known)) if len(known) else float("nan")
        found.append(Moved(name, distance, (middle, median), gone))
    return sorted(found, key=lambda one: -one.amount)


def _distance(values: Floats, quantiles: Floats) -> float:
    """Largest gap between the share of values and of quantiles below a point, at all points of either."""
    levels = np.linspace(0, 1, len(quantiles))
    ordered = np.sort(values.astype(np.float64))
    points = np.unique(np.concatenate([ordered, quantiles.astype(np.float64)]))
    above = np.searchsorted(ordered, points, side="right") / len(ordered)
    below = np.searchsorted(ordered, points, side="left") / len(ordered)
    edges, first = np.unique(quantiles.astype(np.float64), return_index=True)
    last = np.append(first[1:], len(quantiles)) - 1
    # A value that many training units share is a step: its lower and upper share bound it.
    upper = np.interp(points, edges, levels[last], left=0, right=1)
    lower = np.interp(points, edges, levels[first], left=0, right=1)
    return float(np.maximum(np.maximum(below - upper, lower - above), 0).max())


def shift_of(model: Model, samples: Samples) -> list[Moved]:
    """How the metrics of these units moved against those that the model learnt from, the worst first.

    Empty for a model from elsewhere, which does not tell what it learnt from.
    """
    if "quantiles" not in model.arrays:
        return []
    return moved(table_of(model, samples), model.names, model.arrays["quantiles"], model.arrays["missing"])


def between(training: Floats, new: Floats, names: Sequence[str]) -> list[Moved]:
    """The same for two tables (n, d) and (m, d)."""
    told = profile(training)
    return moved(new, names, told["quantiles"], told["missing"])


def shift_words(found: Sequence[Moved]) -> str:
    """One sentence: how many metrics moved and the worst of them; "" when none did."""
    far = [one for one in found if one.amount >= MOVED]
    if not far:
        return ""
    verb = "metric differs" if len(far) == 1 else "metrics differ"
    return f"{len(far)} of {len(found)} {verb} from the training units. Worst: {far[0].words}."
