"""Train, validation and test: by group, stratified where it can be, repeatable by seed.

A group (patient, slide, simulation) is never on two sides. Groups are drawn many times within
strata of their rarest class and the draw whose class shares come nearest to the wish is kept
(stratified group sampling as in scikit-learn's ``StratifiedGroupKFold``, by search instead of one
greedy pass). Rows without a label (code −1) belong to no side.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.learn.words import listing, plural
from models.natural import natural
from models.sample import Samples

Rows = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

PARTS = ("train", "val", "test")
_SUBSETS = {
    **dict.fromkeys(("train", "training", "tr"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "tune"), "val"),
    **dict.fromkeys(("test", "testing", "held out", "held-out", "holdout"), "test"),
}
_OUT = ("", "none", "exclude", "excluded", "unused", "-")
#: Errors of a draw above this are searched for a better one by moving single groups.
_ENOUGH = 0.25
_MISSING, _EMPTY = 10.0, 1000.0


def _no_rows() -> Rows:
    return np.empty(0, np.int64)


@dataclass(frozen=True)
class Split:
    """Rows of each side, ascending.

    by: what was kept together ("group", "sample" or a column's name). groups: how many groups stand
    on each side. independent: no group stands on two sides. kind: "drawn", "locked" (the test set
    was given) or "file". folds: validation rows of each fold, none of them in `test`. left_out:
    labelled rows that may not be used (of a group in the locked test set, or not named in a split
    file). notes: what a person should know of it, in words.
    """

    train: Rows
    val: Rows
    test: Rows
    by: str
    groups: dict[str, int]
    independent: bool
    kind: str
    seed: int
    folds: tuple[Rows, ...] = ()
    left_out: Rows = field(default_factory=_no_rows)
    notes: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Counts for the run record and ``--json`` (the rows themselves are in the predictions)."""
        return {
            "by": self.by,
            "train": len(self.train),
            "val": len(self.val),
            "test": len(self.test),
            "groups": dict(self.groups),
            "independent": self.independent,
            "kind": self.kind,
            "seed": self.seed,
            "folds": [len(rows) for rows in self.folds],
            "left_out": len(self.left_out),
            "notes": list(self.notes),
        }

    def parts(self, length: int) -> npt.NDArray[np.object_]:
        """The side of each of `length` rows: "train", "val", "test", and "rest" for all others."""
        words = np.full(length, "rest", dtype=object)
        for name in PARTS:
            words[getattr(self, name)] = name
        return words

    def keep(self, mask: Mask) -> Split:
        """The same split of the rows where the mask, (n,), is true."""
        train, val, test, left_out = (rows[mask[rows]] for rows in (*self.sides().values(), self.left_out))
        folds = tuple(rows[mask[rows]] for rows in self.folds)
        return replace(self, train=train, val=val, test=test, folds=folds, left_out=left_out)

    def sides(self) -> dict[str, Rows]:
        """The rows by the side's name."""
        return {name: getattr(self, name) for name in PARTS}


def draw_split(
    labels: npt.ArrayLike,
    groups: npt.ArrayLike,
    seed: int,
    test_size: float = 0.2,
    val_size: float = 0.2,
    locked_test: npt.ArrayLike | None = None,
    *,
    by: str = "group",
    within: npt.ArrayLike | None = None,
    classes: Sequence[str] = (),
    bare: int | None = None,
    apart: bool = False,
) -> Split:
    """Draw a split of the labelled rows by group.

    labels: class codes (n,), −1 unlabelled. groups: codes (n,) of what is kept together; with a
    column other than the domain's group, `by` names it and `within` holds the domain's group codes,
    which then decide whether the split is independent. Sizes are shares of all labelled rows.
    A locked test set stays as it is whatever the seed: other rows join the training side, but those
    of a group in it are left out and counted. bare: how many of the locked rows really have no label,
    where labels of others are −1 because they were not chosen. With one group (or when each group alone holds a
    class, so that none can be spared) it is by sample and not independent. A class of one group is
    in training only. `val` may be empty when there are too few groups. apart: never by sample, so that `test` or
    `train` may be empty.
    """
    codes, units = np.asarray(labels), np.asarray(groups)
    true_groups = units if within is None else np.asarray(within)
    labelled = np.flatnonzero(codes >= 0)
    notes: list[str] = []
    kind, left_out = "drawn", _no_rows()
    if locked_test is not None:
        kind = "locked"
        test, rest, left_out, notes = _around_test(codes, units, np.asarray(locked_test, np.int64), bare)
        single = len(test) > 0 and not len(rest) and len(left_out) > 0
        if single and not apart:
            rest, left_out, notes = left_out, _no_rows(), []
    else:
        single = _none_spare(codes, units, labelled, test_size > 0)
    if single and not apart:
        units, by = np.arange(len(codes)), "sample"
        notes = [*notes, "No group can be spared, so the split is by sample: its scores are not independent."]
    rng = np.random.default_rng([seed, 11])
    if kind == "drawn":
        notes += _lonely(codes, units, labelled, by, classes)
        test, rest = _draw(codes, units, labelled, test_size * len(labelled), rng)
    val, train = _draw(codes, units, rest, val_size * len(labelled), np.random.default_rng([seed, 12]))
    if val_size > 0 and not len(val) and len(train) > 1:
        notes.append(f"Too few of each {by} for a validation set: there is none.")
    split = Split(train, val, test, by, {}, False, kind, seed, (), left_out, tuple(notes))
    return _described(split, true_groups)


def _none_spare(codes: Rows, units: Rows, rows: Rows, tested: bool) -> bool:
    """Whether all rows are of one unit, or, where some are to be tested, each unit alone holds a class."""
    if len(rows) < 2:
        return False
    if len(np.unique(units[rows])) == 1:
        return True
    return tested and not _spare(_tally(codes, units, rows)[1]).any()


def _around_test(codes: Rows, units: Rows, locked: Rows, bare: int | None) -> tuple[Rows, Rows, Rows, list[str]]:
    """The labelled test rows, the rows free for training, those left out, and notes on them."""
    in_test = np.zeros(len(codes), bool)
    in_test[locked] = True
    shared = np.isin(units, np.unique(units[locked])) & ~in_test & (codes >= 0)
    test, left_out = np.flatnonzero(in_test & (codes >= 0)), np.flatnonzero(shared)
    rest = np.flatnonzero((codes >= 0) & ~in_test & ~shared)
    notes = []
    if len(left_out):
        notes.append(
            f"{plural(len(left_out), 'labelled sample')} of groups in the locked test set left out: "
            "training on them would give the test away."
        )
    if bare is None:
        bare = int(in_test.sum()) - len(test)
    if bare:
        notes.append(
            f"{plural(bare, 'sample')} of the locked test set not scored: no label that is learnt, or no file."
        )
    return test, rest, left_out, notes


def _described(split: Split, groups: Rows) -> Split:
    sets = {name: np.unique(groups[rows]) for name, rows in split.sides().items()}
    total = sum(len(part) for part in sets.values())
    apart = total == len(np.unique(np.concatenate(list(sets.values()))))
    held_out = len(split.test) + len(split.val) > 0
    independent = apart and split.by != "sample" and (held_out or total > 1)
    notes = split.notes
    told = split.by == "group" or any("not independent" in note for note in notes)
    if not independent and not told and (not apart or split.by != "sample"):
        notes = (*notes, f"Split by {split.by}: a group stands on two sides, so the scores are not independent.")
    sizes = {name: len(part) for name, part in sets.items()}
    return replace(split, groups=sizes, independent=independent, notes=notes)


def _lonely(codes: Rows, units: Rows, rows: Rows, by: str, classes: Sequence[str]) -> list[str]:
    """A note on the classes that stand in one unit only."""
    if not len(rows):
        return []
    _, counts, present = _tally(codes, units, rows)
    alone = present[(counts > 0).sum(axis=0) == 1]
    if not len(alone):
        return []
    names = listing([classes[code] if code < len(classes) else str(code) for code in alone])
    word = "Class" if len(alone) == 1 else "Classes"
    return [f"{word} {names}: in one {by} only, so in training alone; no test can score it."]


def _tally(codes: Rows, units: Rows, rows: Rows) -> tuple[Rows, Counts, Rows]:
    """Unit of each row (from 0), class counts of each unit (g, k) and the class codes present."""
    _, unit = np.unique(units[rows], return_inverse=True)
    present, code = np.unique(codes[rows], return_inverse=True)
    size, width = int(unit.max(initial=-1)) + 1, len(present)
    counts = np.bincount(unit * width + code, minlength=size * width).reshape(size, width)
    return unit.astype(np.int64), counts.astype(np.int64), present


def _spare(counts: Counts) -> Mask:
    """Units that training can do without: none of their classes stands in them alone."""
    alone = (counts > 0).sum(axis=0) == 1
    needed: Mask = np.any(counts[:, alone] > 0, axis=1)
    return np.logical_not(needed)


def _draw(codes: Rows, units: Rows, rows: Rows, wish: float, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Take about `wish` of the rows out, by whole units; return (taken, left)."""
    if not len(rows) or wish <= 0:
        return _no_rows(), rows
    unit, counts, _ = _tally(codes, units, rows)
    taken = _choose(counts, min(wish / len(rows), 0.5), rng)[unit]
    return rows[taken], rows[~taken]


def _choose(counts: Counts, wish: float, rng: np.random.Generator) -> Mask:
    """The units (g,) to take: the best of many stratified draws, mended by single moves if poor."""
    spare = np.flatnonzero(_spare(counts))
    taken = np.zeros(len(counts), bool)
    if not len(spare):
        return taken
    total = counts.sum(axis=0)
    rarest = np.where(counts > 0, total, np.iinfo(np.int64).max).argmin(axis=1)[spare]
    tries = int(np.clip(500_000 // len(counts), 8, 48))
    draws = [spare[_pick(rarest, wish, rng)] for _ in range(tries)]
    errors = [float(_error(counts[draw].sum(axis=0)[None], total, wish)[0]) for draw in draws]
    best = int(np.argmin(errors))
    taken[draws[best]] = True
    return _mend(taken, counts, spare, wish, errors[best])


def _pick(strata: Rows, wish: float, rng: np.random.Generator) -> Rows:
    """Draw the wished share of each stratum, rounded up or down by chance."""
    order = np.lexsort((rng.random(len(strata)), strata))
    sizes = np.bincount(strata)
    starts = np.cumsum(sizes) - sizes
    place = np.arange(len(strata)) - starts[strata[order]]
    wanted = np.floor(sizes * wish + rng.random(len(sizes)))
    return order[place < wanted[strata[order]]].astype(np.int64)


def _error(taken: Counts, total: Counts, wish: float) -> npt.NDArray[np.float64]:
    """How far class shares (m, k) of what is taken are from the wish; missing classes cost most."""
    off = np.abs(taken / total - wish).mean(axis=1) / wish
    size = np.abs(taken.sum(axis=1) / total.sum() - wish) / wish
    missing = (taken == 0).sum(axis=1) * _MISSING
    gone = (taken == total).sum(axis=1) * _EMPTY + (taken.sum(axis=1) == 0) * _EMPTY
    result: npt.NDArray[np.float64] = off + size + missing + gone
    return result


def _mend(taken: Mask, counts: Counts, spare: Rows, wish: float, error: float) -> Mask:
    """Move single units in or out while the draw is poor and that helps."""
    total = counts.sum(axis=0)
    for _ in range(60):
        if error <= _ENOUGH:
            break
        now = counts[taken].sum(axis=0)
        moved = now + np.where(taken[spare], -1, 1)[:, None] * counts[spare]
        errors = _error(moved, total, wish)
        best = int(errors.argmin())
        if errors[best] >= error:
            break
        taken[spare[best]] ^= True
        error = float(errors[best])
    return taken


def fold_rows(labels: npt.ArrayLike, groups: npt.ArrayLike, k: int, seed: int) -> list[Rows]:
    """Deal the labelled rows into k folds by group; return the validation rows of each fold.

    Each class is as even over the folds as its groups allow. Groups of the same class counts are
    dealt evenly, the others go, largest first, where they even the class shares most (greedy, as
    ``StratifiedGroupKFold``). One group: by sample. Fewer groups than k: as many folds as groups.
    Raises UserError for k < 2 or fewer than two labelled rows.
    """
    codes, units = np.asarray(labels), np.asarray(groups)
    rows = np.flatnonzero(codes >= 0)
    if k < 2:
        raise UserError(f"Cross-validation needs at least 2 folds, not {k}.")
    if len(rows) < 2:
        raise UserError("Cross-validation needs at least two labelled samples: label more first.")
    if len(np.unique(units[rows])) == 1:
        units = np.arange(len(codes))
    unit, counts, _ = _tally(codes, units, rows)
    fold = _deal(counts, min(k, len(counts)), np.random.default_rng([seed, 13]))[unit]
    return [rows[fold == number] for number in range(min(k, len(counts)))]


def _deal(counts: Counts, k: int, rng: np.random.Generator) -> Rows:
    """The fold of each unit, (g,)."""
    fold = np.full(len(counts), -1, np.int64)
    _, kind = np.unique(counts, axis=0, return_inverse=True)
    order = np.lexsort((rng.random(len(counts)), kind.ravel()))
    sizes = np.bincount(kind.ravel())
    place = np.arange(len(counts)) - (np.cumsum(sizes) - sizes)[kind.ravel()[order]]
    even = place < (sizes // k * k)[kind.ravel()[order]]
    fold[order[even]] = place[even] % k
    left = order[np.logical_not(even)]
    left = left[np.argsort(-counts[left].std(axis=1), kind="stable")]
    filled = np.zeros((k, counts.shape[1]))
    np.add.at(filled, fold[fold >= 0], counts[fold >= 0])
    held = np.bincount(fold[fold >= 0], minlength=k)
    total = counts.sum(axis=0)
    for number, one in enumerate(left):
        open_folds = held == 0 if (held == 0).sum() >= len(left) - number else np.ones(k, bool)
        best = _best_fold(filled, counts[one], total, open_folds)
        fold[one] = best
        filled[best] += counts[one]
        held[best] += 1
    return fold


def _best_fold(filled: npt.NDArray[np.float64], one: Counts, total: Counts, allowed: Mask) -> int:
    """The fold that makes the class shares over folds most even; of equal ones the smallest."""
    with_it = (filled + one) / total
    shares = filled / total
    gain = (with_it**2 - shares**2).sum(axis=1)
    size = filled.sum(axis=1) / max(filled.sum(), 1)
    return int(np.where(allowed, gain + 1e-6 * size, np.inf).argmin())


def add_folds(split: Split, labels: npt.ArrayLike, groups: npt.ArrayLike, k: int, seed: int) -> Split:
    """The split with k folds over its train and validation rows (never the test rows).

    groups: as given to `draw_split`; a split by sample is folded by sample.
    """
    codes = np.full(len(np.asarray(labels)), -1, np.int64)
    pool = np.sort(np.concatenate([split.train, split.val]))
    codes[pool] = np.asarray(labels)[pool]
    units = np.arange(len(codes)) if split.by == "sample" else np.asarray(groups)
    folds = fold_rows(codes, units, k, seed)
    notes = split.notes
    if len(folds) < k:
        notes = (*notes, f"{plural(len(folds), 'fold')} instead of {k}: there are not more groups.")
    return replace(split, folds=tuple(folds), notes=notes)


def read_split(path: Path, samples: Samples) -> Split:
    """Read an external split: a CSV with ``sample`` or ``group``, and ``subset`` and/or ``fold``.

    subset: train, val or test (also training, validation, dev, testing; empty = unused). fold: any
    words; each distinct one is a fold of the rows that are not test. Separator ``,`` ``;`` or tab,
    BOM allowed. Samples that the file does not name are left out. Names unknown to the project are
    reported in `notes` with their rows. Raises UserError for a missing column, an unknown subset
    word, one name on two sides, or when no name is known.
    """
    lines, columns = _read_table(path)
    by = "sample" if "sample" in columns else "group"
    where = _addresses(samples, by)
    side, fold, unknown = _assign(path, lines, by, where, len(samples))
    if (side < 0).all():
        raise UserError(f"{path}: none of its {by}s is in this project; ids look like “{_example(samples, by)}”.")
    notes = []
    if unknown:
        told = listing([f"{name} (row {row})" for row, name in unknown])
        notes.append(f"{path.name}: {plural(len(unknown), by)} not in this project: {told}.")
    left_out = np.flatnonzero(side < 0)
    if len(left_out):
        notes.append(f"{path.name} leaves {plural(len(left_out), 'sample')} of the project out.")
    rows = [np.flatnonzero(side == number) for number in range(3)]
    folds = tuple(np.flatnonzero((fold == name) & (side != 2)) for name in sorted(set(fold) - {""}, key=natural))
    split = Split(rows[0], rows[1], rows[2], "file", {}, False, "file", 0, folds, left_out, tuple(notes))
    return _file_described(split, samples.group_codes()[0], path)


def _file_described(split: Split, groups: Rows, path: Path) -> Split:
    """Independence of a file's sides and folds by the project's groups, with the shared ones told."""
    split = _described(replace(split, by="group"), groups)
    fold_sets = [np.unique(groups[rows]) for rows in split.folds]
    folds_apart = sum(map(len, fold_sets)) == len(np.unique(np.concatenate(fold_sets))) if fold_sets else True
    notes = split.notes
    if not (split.independent and folds_apart):
        notes = (*notes, f"{path.name} puts a group on two sides, so the scores are not independent.")
    return replace(split, by="file", independent=split.independent and folds_apart, notes=notes)


def _read_table(path: Path) -> tuple[list[dict[str, str]], set[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"The split file {path} cannot be read as a text table: {error}.") from error
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=separator)
    names = {name: (name or "").strip().lower() for name in reader.fieldnames or ()}
    lines = [{names[key]: (value or "").strip() for key, value in line.items() if key in names} for line in reader]
    columns = set(names.values())
    if not columns & {"sample", "group"} or not columns & {"subset", "fold"}:
        raise UserError(
            f"{path}: row 1 names the columns {listing(sorted(columns)) or 'nothing'}; "
            "a split needs “sample” or “group”, and “subset” or “fold”."
        )
    return lines, columns


def _addresses(samples: Samples, by: str) -> dict[str, Rows]:
    if by == "sample":
        return {name: np.array([row]) for row, name in enumerate(samples.ids())}
    codes, names = samples.group_codes()
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return {name: order[bounds[code] : bounds[code + 1]] for code, name in enumerate(names)}


def _assign(
    path: Path, lines: Iterable[dict[str, str]], by: str, where: dict[str, Rows], length: int
) -> tuple[Rows, npt.NDArray[np.object_], list[tuple[int, str]]]:
    """Side (0 train, 1 val, 2 test, −1 none) and fold of each sample, and the unknown names."""
    side, fold = np.full(length, -1, np.int64), np.full(length, "", dtype=object)
    unknown: list[tuple[int, str]] = []
    seen: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(lines, start=2):
        name, word = line[by], line.get("subset", "train").lower()
        if word not in _SUBSETS and word not in _OUT:
            raise UserError(f"{path}: row {number}: “{word}” is no subset; write train, val or test.")
        if name in seen and seen[name][1] != word:
            raise UserError(
                f"{path}: row {number}: {by} “{name}” is {word or 'unused'} here and {seen[name][1] or 'unused'} "
                f"in row {seen[name][0]}; keep one."
            )
        seen[name] = (number, word)
        if name not in where:
            unknown.append((number, name))
        elif word in _SUBSETS:
            side[where[name]] = PARTS.index(_SUBSETS[word])
            fold[where[name]] = line.get("fold", "")
    return side, fold, unknown


def _example(samples: Samples, by: str) -> str:
    if not len(samples):
        return ""
    return samples.ids()[0] if by == "sample" else samples.group_codes()[1][0]
