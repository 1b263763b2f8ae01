"""A model carried to cells of another source: without any label there, or with a few.

Every feature is taken against what is usual in its own source, whose usual cell is healthy: the mode and the spread
below it, which the few stained cells do not move. A linear model of one source then orders the cells of the other;
where its scores part is found from the scores themselves. All here concerns two classes: 1 is what is looked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.job import finish
from models.learn.tabular import Linear, fit_linear

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
#: Aligned features stay inside these limits.
LOW, HIGH = -8.0, 30.0
#: The mode is looked for until so many values are left, or this share of them.
FEWEST, SHARE = 20, 0.05
#: C of the logistic regression, and what all labelled cells of the target weigh beside those of the source.
STRENGTH, WEIGHT = 0.01, 0.3
#: What a network's own answer counts beside what is made of its vectors.
OWN = 1 / 3
#: Of the cells that are asked labels of, this share comes from the highest scores, and these are so many.
SURE, HIGHEST = 0.5, 0.15
#: From how many groups (patients, images) labels are asked.
GROUPS = 10
STEPS = 200


@dataclass(frozen=True)
class Carried:
    """Cells of a target as a model of another source sees them: 1 is decided where a score is over the threshold."""

    scores: Numbers
    threshold: float

    @property
    def decided(self) -> Index:
        """The class of each cell, (n,)."""
        return (self.scores > self.threshold).astype(np.int64)

    @property
    def probabilities(self) -> Numbers:
        """Of class 1, (n,); one half at the threshold."""
        return 1 / (1 + np.exp(np.clip(self.threshold - self.scores, -500, 500)))


def align(x: Floats) -> Floats:
    """The features (n, d) of one source against what is usual there."""
    return framed(x, *frame_of(x))


def framed(x: Floats, usual: Numbers, spread: Numbers) -> Floats:
    """Features against what is usual in their source."""
    return np.asarray(np.clip((np.asarray(x, np.float64) - usual) / spread, LOW, HIGH), np.float32)


def frame_of(x: Floats) -> tuple[Numbers, Numbers]:
    """What is usual in a source of these features, and the spread below it, (d,) each."""
    ranked = np.sort(np.asarray(x, np.float64), 0)
    usual = np.array([mode(column) for column in ranked.T])
    below = np.where(ranked < usual, usual - ranked, np.nan)
    counts = (ranked < usual).sum(0)
    spread = np.array(
        [1.4826 * np.median(part[:count]) if count else 0.0 for part, count in zip(below.T, counts, strict=True)]
    )
    # A feature that never falls below its mode has no spread of its own there: that of all cells stands in.
    return usual, np.where(spread > 1e-6, spread, np.maximum(ranked.std(0), 1e-6))


def mode(ranked: Numbers) -> float:
    """The half-sample mode of ascending values (Bickel & Frühwirth 2006)."""
    fewest = max(FEWEST, int(SHARE * len(ranked)))
    while len(ranked) > fewest:
        half = (len(ranked) + 1) // 2
        width = ranked[half - 1 :] - ranked[: len(ranked) - half + 1]
        first = int(width.argmin())
        ranked = ranked[first : first + half]
    return float(np.median(ranked)) if len(ranked) else 0.0


def teach(x: Floats, codes: Index) -> Linear:
    """The linear model of a source's aligned features (n, d) and classes (0 or 1); both classes count evenly."""
    return _fitted(x, codes, _even(codes))


def carry(model: Linear, target: Floats) -> Carried:
    """The target's aligned cells by a source's model, parted without any label of the target."""
    scores = decisions(model, target)
    return Carried(scores, part(scores))


def blend(model: Linear, target: Floats) -> Linear:
    """A source's model with one more feature, the aligned answer of the network itself, which counts a third.

    target: its aligned cells without that feature. What the model says of them is brought to the spread of its healthy
    cells, as the answer is: of both, the one that tells the cells looked for from these further apart decides.
    """
    (usual,), (spread,) = frame_of(np.asarray(decisions(model, target)[:, None], np.float32))
    weight, bias = (model.arrays[name][..., 1] - model.arrays[name][..., 0] for name in ("weight", "bias"))
    joined = np.append((1 - OWN) * weight / spread, OWN)
    offset = (1 - OWN) * (bias - usual) / spread
    return Linear(
        {
            "mean": np.append(model.arrays["mean"], 0),
            "scale": np.append(model.arrays["scale"], 1),
            "weight": np.stack([np.zeros_like(joined), joined], 1),
            "bias": np.array([0, offset]),
        }
    )


def raw(source: Floats, codes: Index, target: Floats) -> Carried:
    """The same without any alignment: what a model does that is simply used elsewhere."""
    return Carried(decisions(teach(source, codes), target), 0.0)


def refit(source: Floats, codes: Index, target: Floats, rows: Index, labels: Index, weight: float = WEIGHT) -> Carried:
    """The target by `relearnt`, parted where its odds are even."""
    return Carried(decisions(relearnt(source, codes, target, rows, labels, weight), target), 0.0)


def relearnt(
    source: Floats, codes: Index, target: Floats, rows: Index, labels: Index, weight: float = WEIGHT
) -> Linear:
    """With some labelled cells of the target: a model of both, in which these weigh together as told.

    source, target: aligned features; rows, labels: the labelled cells of the target and their classes.
    """
    known = np.asarray(labels, np.int64)
    weights = np.concatenate([_even(codes) / max(len(codes), 1), weight * _even(known) / max(len(known), 1)])
    weights *= len(codes)
    x = np.concatenate([source, target[np.asarray(rows, np.int64)]])
    return _fitted(x, np.concatenate([np.asarray(codes, np.int64), known]), weights)


def ask(scores: Numbers, groups: Index, count: int, seed: int, most: int = GROUPS) -> Index:
    """Which cells of the target to label: of a few groups half from the highest scores, half by chance."""
    rng = np.random.default_rng(seed)
    names = np.unique(groups)
    chosen = rng.choice(names, min(most, len(names)), replace=False)
    pool = np.flatnonzero(np.isin(groups, chosen))
    order = pool[np.argsort(-scores[pool], kind="stable")]
    high = order[: max(int(np.ceil(HIGHEST * len(pool))), 1)]
    sure = rng.choice(high, min(int(SURE * count), len(high)), replace=False)
    rest = np.setdiff1d(pool, sure)
    others = rng.choice(rest, min(count - len(sure), len(rest)), replace=False)
    return np.sort(np.concatenate([sure, others])).astype(np.int64)


def decisions(model: Linear, x: Floats) -> Numbers:
    """The log odds of class 1, (n,)."""
    scores = np.asarray(model.scores(x), np.float64)
    return scores[:, 1] - scores[:, 0]


def part(scores: Numbers) -> float:
    """Where scores of unlabelled cells part: half way between what two mixtures of normal distributions say.

    One gives both distributions their own spread: the healthy one's tail goes to the wide upper one, and it parts
    too low. The other gives them a common spread, and parts too high where few cells are looked for.
    """
    values = np.asarray(scores, np.float64)
    if len(values) < 2 or np.ptp(values) < 1e-9:
        return float(values.mean()) if len(values) else 0.0
    return float(np.mean([_crossing(values, "full"), _crossing(values, "tied")]))


def _crossing(scores: Numbers, spreads: str) -> float:
    """The first place between the two means from which on the upper distribution is likelier."""
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(2, covariance_type=spreads, max_iter=500, n_init=5, random_state=0).fit(scores[:, None])
    low, high = np.argsort(model.means_[:, 0])
    line = np.linspace(model.means_[low, 0], model.means_[high, 0], 1001)
    upper = np.flatnonzero(model.predict_proba(line[:, None])[:, high] > 0.5)
    return float(line[upper[0]] if len(upper) else line[-1])


def _even(codes: Index) -> Numbers:
    """Weights by which both classes count alike, mean 1 where both are there."""
    counts = np.bincount(np.asarray(codes, np.int64), minlength=2)
    present = int((counts > 0).sum())
    return np.asarray(len(codes) / (max(present, 1) * np.maximum(counts, 1)), np.float64)[codes]


def _fitted(x: Floats, codes: Index, weights: Numbers) -> Linear:
    return finish(fit_linear(x, np.eye(2, dtype=np.float32)[codes], weights, STRENGTH, STEPS))
