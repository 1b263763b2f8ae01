"""Even classes for training: fewer rows, a weighted draw, or class weights. Never for evaluation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.params import unknown

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

#: none: as they are. downsample: each class cut to the smallest. sampler: each class drawn equally
#: often. weights: each class weighs equally in the loss.
RULES = ("none", "downsample", "sampler", "weights")


@dataclass(frozen=True)
class Balanced:
    """What to train on.

    rows: the training rows kept, ascending. weights: loss weight of each sample, (n,), mean 1 over
    `rows`. draw: probability of each of `rows` to be drawn, sum 1, or None for a plain shuffle.
    before, after: rows of each class, (k,); after a weighted draw the expected ones.
    """

    rows: Rows
    weights: Floats
    draw: Floats | None
    before: Rows
    after: Rows


def balance_rows(
    codes: npt.ArrayLike, rule: str, rng: np.random.Generator, rows: npt.ArrayLike | None = None
) -> Balanced:
    """Balance by class.

    codes: class of each sample, (n,), −1 for those that do not train. rows: the training rows among
    them (all labelled ones when None). Classes without a row are passed over. Raises UserError for
    an unknown rule.
    """
    if rule not in RULES:
        raise UserError(unknown("balance rule", rule, RULES))
    classes = np.asarray(codes, np.int64)
    kept = np.flatnonzero(classes >= 0) if rows is None else np.asarray(rows, np.int64)
    kept = kept[classes[kept] >= 0]
    before = np.bincount(classes[kept], minlength=int(classes.max(initial=-1)) + 1)
    weights = np.ones(len(classes), np.float32)
    if rule == "none" or not len(kept):
        return Balanced(kept, weights, None, before, before)
    if rule == "downsample":
        kept = _downsample(kept, classes, int(before[before > 0].min()), rng)
        return Balanced(kept, weights, None, before, np.bincount(classes[kept], minlength=len(before)))
    each = _class_weights(before)
    if rule == "weights":
        weights = np.where(classes >= 0, each[classes], 1).astype(np.float32)
        return Balanced(kept, weights, None, before, before)
    draw = each[classes[kept]]
    expected = np.round(np.where(before > 0, before.sum() / (before > 0).sum(), 0)).astype(np.int64)
    return Balanced(kept, weights, (draw / draw.sum()).astype(np.float32), before, expected)


def _class_weights(counts: Rows) -> npt.NDArray[np.float64]:
    """n / (k · n_c) for each class with rows (King & Zeng 2001, the "balanced" heuristic)."""
    present = counts > 0
    return np.where(present, counts.sum() / (present.sum() * np.maximum(counts, 1)), 1.0)


def _downsample(rows: Rows, classes: Rows, size: int, rng: np.random.Generator) -> Rows:
    """`size` rows of each class, drawn without repeats."""
    order = np.lexsort((rng.random(len(rows)), classes[rows]))
    sorted_classes = classes[rows][order]
    place = np.arange(len(rows)) - np.searchsorted(sorted_classes, sorted_classes)
    return np.sort(rows[order[place < size]])
