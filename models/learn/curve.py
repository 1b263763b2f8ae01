"""The learning curve: how the score grows with labels, on one fixed held-out set."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.job import Progress
from models.learn.metrics import score
from models.learn.words import count

Rows = npt.NDArray[np.int64]
Table = npt.NDArray[np.floating[Any]]
#: Fits on these rows with this seed and gives (held-out rows, k) probabilities, at once or in steps.
Fitting = Callable[[Rows, int], "Table | Generator[Progress, None, Table]"]

#: A gain by twice the labels that is hardly worth them.
SMALL = 0.005
SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)


@dataclass(frozen=True)
class Point:
    """One fit: share of the groups, repeat, labelled rows and groups used, its metrics on the held-out set."""

    share: float
    repeat: int
    rows: int
    groups: int
    metrics: dict[str, Any]

    def plain(self) -> dict[str, Any]:
        """As JSON: the figures that a curve shows."""
        names = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss")
        head = {"share": self.share, "repeat": self.repeat, "rows": self.rows, "groups": self.groups}
        return head | {name: self.metrics[name] for name in names}


def sample_groups(codes: Rows, groups: npt.NDArray[Any], rows: Rows, share: float, seed: int) -> Rows:
    """Rows of about a share of the groups, drawn so that each class is in; all rows for share 1.

    Draws with one seed are nested: a larger share holds the smaller one. With one group: samples.
    A group that brings a class not yet in goes before one that does not.
    """
    if share >= 1:
        return rows
    _, unit = np.unique(groups[rows], return_inverse=True)
    unit = unit.ravel() if unit.max(initial=0) > 0 else np.arange(len(rows))
    rng = np.random.default_rng([seed, 51])
    order = rng.permutation(int(unit.max()) + 1)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    firsts = [place[unit[codes[rows] == code]].min() for code in np.unique(codes[rows])]
    place[order[np.array(firsts)]] -= len(order)
    rank = np.argsort(np.argsort(place))
    wanted = max(int(np.ceil(share * len(order))), len(set(firsts)))
    return rows[rank[unit] < wanted]


def learning_curve(
    fit: Fitting,
    labels: npt.ArrayLike,
    groups: npt.ArrayLike,
    train: npt.ArrayLike,
    held_out: npt.ArrayLike,
    classes: Sequence[str],
    seed: int = 0,
    shares: Sequence[float] = SHARES,
    repeats: int = 3,
    ordinal: bool = False,
) -> Generator[Progress, None, list[Point]]:
    """Fit on growing, group-sampled shares of the training rows; score each on the held-out rows.

    labels, groups: codes (n,); train, held_out: rows. The whole set is fitted once per repeat too,
    so that the spread there is that of training. Yields a Progress per fit (and those of the fit)
    with ``share``, ``rows``, ``balanced_accuracy``; returns the points. Raises UserError when a
    share is not in 0 … 1 or a side is empty.
    """
    codes, units = np.asarray(labels, np.int64), np.asarray(groups)
    rows, fixed = np.asarray(train, np.int64), np.asarray(held_out, np.int64)
    if not len(rows) or not len(fixed):
        raise UserError("A learning curve needs training rows and a held-out set: label more first.")
    if any(not 0 < share <= 1 for share in shares):
        raise UserError("The shares of a learning curve lie above 0 and up to 1.")
    points: list[Point] = []
    steps = [(share, repeat) for share in sorted(shares) for repeat in range(repeats)]
    for done, (share, repeat) in enumerate(steps):
        chosen = sample_groups(codes, units, rows, share, seed + repeat)
        yield Progress(done, len(steps), f"Fitting on {len(chosen)} of {len(rows)} samples")
        result = fit(chosen, seed + repeat)
        p = (yield from result) if isinstance(result, Generator) else result
        # Of what cannot be read nothing is said; where that is all, the model is at fault.
        said = np.isfinite(p).all(axis=1)
        said |= not said.any()
        told = fixed[said]
        metrics = score(codes[told], p[said], units[told], classes, ordinal=ordinal, draws=200, seed=seed)
        points.append(Point(share, repeat, len(chosen), len(np.unique(units[chosen])), metrics))
        yield Progress(done + 1, len(steps), f"Scored {len(chosen)} samples", _values(points[-1]))
    return points


def _values(point: Point) -> dict[str, float]:
    value = point.metrics["balanced_accuracy"]
    head = {"share": point.share, "rows": float(point.rows), "repeat": float(point.repeat)}
    return head if value is None else head | {"balanced_accuracy": value}


def summarise(points: Sequence[Point], metric: str = "balanced_accuracy") -> list[dict[str, Any]]:
    """For each share: mean rows, mean of the metric over repeats, its lowest and highest, and chance."""
    found = []
    for share in sorted({point.share for point in points}):
        here = [point for point in points if point.share == share]
        values = [point.metrics[metric] for point in here if point.metrics[metric] is not None]
        found.append(
            {
                "share": share,
                "rows": float(np.mean([point.rows for point in here])),
                "mean": float(np.mean(values)) if values else None,
                "low": min(values, default=None),
                "high": max(values, default=None),
                "chance": here[0].metrics["chance"][metric],
            }
        )
    return found


def forecast(summary: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What more labels would bring, from the means of a curve: ``gain`` by twice as many, and in words.

    An inverse power law, score = a − b·rows^−c (Cortes et al. 1994), by least squares over c. Nothing is said of
    fewer than three points, or where the score does not rise.
    """
    known = [(float(point["rows"]), float(point["mean"])) for point in summary if point["mean"] is not None]
    nothing: dict[str, Any] = {"gain": None, "words": ""}
    if len(known) < 3:
        return nothing
    rows, means = (np.array(values) for values in zip(*known, strict=True))
    fits = []
    for power in np.linspace(0.1, 2.0, 39):
        table = np.column_stack([np.ones(len(rows)), -(rows**-power)])
        found, *_ = np.linalg.lstsq(table, means, rcond=None)
        fits.append((float(((table @ found - means) ** 2).sum()), float(power), float(found[0]), float(found[1])))
    _, power, _top, fall = min(fits)
    if fall <= 0:
        return {"gain": 0.0, "words": "More labels of the same kind did not raise the score."}
    most = float(rows.max())
    gain = fall * (most**-power - (2 * most) ** -power)
    if gain < SMALL:
        words = f"Twice the labels would bring about .{round(1000 * gain):03d}: hardly more."
    else:
        words = f"Twice the labels, {count(round(2 * most))}, would bring about .{round(1000 * gain):03d} more."
    return {"gain": float(gain), "words": words}
