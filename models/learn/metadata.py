"""What do metadata alone reach? A small model of them, scored out of fold by group.

A data set may give its labels away by length, rate or device; a model that scores no better than
its metadata has shown nothing about the samples themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.learn.metrics import score
from models.learn.split import fold_rows
from models.learn.words import interval, listing, share
from models.sample import Samples

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

#: A column with no more distinct values than this is taken as categories.
CATEGORIES = 12
#: From this many training rows on, boosted trees join the linear model.
_TREES_FROM = 200
#: A column that at most this share of one class has, and at least that share of another, tells it by being there.
ABSENT, PRESENT = 0.05, 0.5


def metadata_score(
    x: npt.ArrayLike,
    labels: npt.ArrayLike,
    groups: npt.ArrayLike,
    classes: Sequence[str],
    seed: int = 0,
    folds: int = 5,
    ordinal: bool = False,
) -> dict[str, Any]:
    """The metrics (as `score` gives them) of a model of metadata columns alone.

    x: (n, d) numbers, NaN where missing. labels: codes (n,), −1 passed over. Balanced logistic
    regression on one-hot categories and standardised numbers; from 200 rows on the mean with a
    small histogram gradient boosting. Predictions are out of fold by group. Adds ``columns``: d.
    Raises UserError without a column or with labels of fewer than two classes.
    """
    table, codes, units = np.asarray(x, np.float64), np.asarray(labels, np.int64), np.asarray(groups)
    if table.ndim != 2 or not table.shape[1]:
        raise UserError("There is no metadata column to train on: import samples with metadata first.")
    if len(np.unique(codes[codes >= 0])) < 2:
        raise UserError("A metadata model needs labels of at least two classes: label more first.")
    p = out_of_fold(table, codes, units, len(classes), seed, folds)
    return score(codes, p, units, classes, ordinal=ordinal, seed=seed) | {"columns": table.shape[1]}


def out_of_fold(x: Floats, codes: Rows, groups: npt.NDArray[Any], k: int, seed: int, folds: int) -> Floats:
    """Probabilities (n, k) of the labelled rows, each by a model of the other folds; others uniform."""
    p = np.full((len(codes), k), 1 / k)
    for number, held_out in enumerate(fold_rows(codes, groups, folds, seed)):
        rows = np.setdiff1d(np.flatnonzero(codes >= 0), held_out)
        p[held_out] = _fit_predict(x, codes, rows, held_out, k, seed + number)
    return p


def _fit_predict(x: Floats, codes: Rows, rows: Rows, held_out: Rows, k: int, seed: int) -> Floats:
    present = np.unique(codes[rows])
    if len(present) < 2:
        return np.tile(np.eye(k)[present[0]], (len(held_out), 1))
    found = np.zeros((len(held_out), k))
    found[:, present] = _linear(x[rows], codes[rows], x[held_out])
    if len(rows) >= _TREES_FROM:
        trees = np.zeros_like(found)
        trees[:, present] = _boosted(x[rows], codes[rows], x[held_out], seed)
        found = (found + trees) / 2
    return found


def _linear(x: Floats, codes: Rows, unseen: Floats) -> Floats:
    from sklearn.linear_model import LogisticRegression

    known, new = encode(x, unseen)
    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=2000)
    p: Floats = model.fit(known, codes).predict_proba(new)
    return p


def _boosted(x: Floats, codes: Rows, unseen: Floats, seed: int) -> Floats:
    from sklearn.ensemble import HistGradientBoostingClassifier

    leaf = int(np.clip(len(x) // 20, 5, 30))
    model = HistGradientBoostingClassifier(
        max_iter=60,
        max_depth=3,
        min_samples_leaf=leaf,
        class_weight="balanced",
        early_stopping=False,
        random_state=seed,
    )
    p: Floats = model.fit(x, codes).predict_proba(unseen)
    return p


def encode(x: Floats, unseen: Floats) -> tuple[Floats, Floats]:
    """Columns for a linear model, learnt from x (n, d) alone: one-hot categories, standardised numbers.

    Missing has a column of its own where it occurs in x.
    """
    known: list[Floats] = [np.zeros((len(x), 0))]
    new: list[Floats] = [np.zeros((len(unseen), 0))]
    for one, other in zip(x.T, unseen.T, strict=True):
        finite = np.isfinite(one)
        values = np.unique(one[finite])
        if len(values) <= CATEGORIES:
            known.append((one[:, None] == values).astype(np.float64))
            new.append((other[:, None] == values).astype(np.float64))
        else:
            mean, spread = one[finite].mean(), one[finite].std()
            known.append(_standard(one, mean, spread))
            new.append(_standard(other, mean, spread))
        if not finite.all():
            known.append((~finite).astype(np.float64)[:, None])
            new.append((~np.isfinite(other)).astype(np.float64)[:, None])
    return np.hstack(known), np.hstack(new)


def _standard(values: Floats, mean: float, spread: float) -> Floats:
    scaled = (values - mean) / spread if spread > 0 else values - mean
    clipped: Floats = np.clip(np.where(np.isfinite(scaled), scaled, 0), -10, 10)[:, None]
    return clipped


def column_table(samples: Samples, names: Sequence[str]) -> Floats:
    """These columns as numbers, (n, d): kinds by the order of their names, NaN where one is missing."""
    table = np.full((len(samples), len(names)), np.nan)
    for place, name in enumerate(names):
        values = np.asarray(samples.column(name))
        if values.dtype.kind in "biuf":
            table[:, place] = values
            continue
        words = np.array(["" if value is None else str(value) for value in values.tolist()])
        kinds, codes = np.unique(words, return_inverse=True)
        table[:, place] = np.where(words == "", np.nan, codes) if len(kinds) else np.nan
    return table


def telling_columns(samples: Samples, codes: npt.ArrayLike) -> tuple[str, ...]:
    """Columns that tell the class by being there at all, such as the months since an illness began.

    That at most `ABSENT` of the samples of one class have, and at least `PRESENT` of those of another; codes (n,), −1
    passed over.
    """
    known = np.asarray(codes, np.int64)
    classes = np.unique(known[known >= 0]).tolist()
    found = []
    for name in samples.names if len(classes) > 1 else ():
        there = _there(samples, name)
        shares = [float(there[known == code].mean()) for code in classes]
        if min(shares) <= ABSENT and max(shares) >= PRESENT:
            found.append(name)
    return tuple(found)


def _there(samples: Samples, name: str) -> npt.NDArray[np.bool_]:
    """Which samples have anything in a column, (n,)."""
    values = np.asarray(samples.column(name))
    if values.dtype.kind in "biuf":
        return np.asarray(np.isfinite(values.astype(np.float64)), bool)
    return np.array([value is not None and str(value) != "" for value in values.tolist()], bool)


def without_columns(samples: Samples, names: Sequence[str]) -> Samples:
    """The samples as if they had never had these columns."""
    return replace(samples, table=samples.table.drop_columns(list(names))) if names else samples


def left_out_words(names: Sequence[str]) -> str:
    """Why these columns were left out; "" for none."""
    if not names:
        return ""
    verb, it = ("was", "it") if len(names) == 1 else ("were", "them")
    return f"{listing(names)} {verb} left out: only one class has {it}, which tells the label."


def confound_words(metadata: Mapping[str, Any], model: Mapping[str, Any] | None = None) -> str:
    """One or two sentences on what the metadata alone reach, beside the model's score where given.

    Both are metric dicts of `score`. The judgement is by intervals of the balanced accuracy: above
    chance when the lower limit is, or where no class was ever mistaken, which no draw bounds; no better when the
    model's value lies within reach.
    """
    told = left_out_words(metadata.get("left_out") or ())
    return f"{_judge(metadata, model)} {told}".strip()


def _judge(metadata: Mapping[str, Any], model: Mapping[str, Any] | None) -> str:
    value = metadata["balanced_accuracy"]
    if value is None:
        return "What metadata alone reach is undefined: only one class is labelled."
    limits, chance = metadata["intervals"]["balanced_accuracy"], metadata["chance"]["balanced_accuracy"]
    told = f"Metadata alone reach a balanced accuracy of {share(value)} {interval(limits)}".rstrip()
    above = value == 1 if limits is None else limits[0] > chance
    unsure = limits is None and not above and value > chance
    verdict = "so they tell the classes apart" if above else "no better than chance"
    text = f"{told} (chance {share(chance)}), {'of too few groups to say that it is more' if unsure else verdict}."
    if model is None or model["balanced_accuracy"] is None:
        return text
    own, reach = model["balanced_accuracy"], model["intervals"]["balanced_accuracy"]
    clearly = reach is not None and reach[0] > value
    if not above:
        return f"{text} Nothing says that the model's {share(own)} comes from them."
    if clearly:
        return f"{text} The model reaches {share(own)} {interval(reach)}, more than they explain."
    told = f"The model reaches {share(own)} {interval(reach)}".rstrip()
    return f"{text} {told}: that may be the confound and not what is in the samples."
