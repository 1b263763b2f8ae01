"""The leak meter: a run's recipe split by group and by sample, with permuted labels, and confounders alone."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Recipe, Setting
from models.errors import Cancelled, UserError
from models.job import Progress, Steps
from models.learn.leak import flattery, match_groups, over_deals, permute, tell_leak
from models.learn.metadata import column_table, left_out_words, metadata_score, telling_columns
from models.learn.metrics import score
from models.learn.split import Split, fold_rows
from models.learn.words import plural
from models.orders.fitting import Seen, load_model
from models.orders.folding import out_of_fold
from models.orders.naming import device_of, find_domain, place, plain
from models.orders.plan import Plan, again, make_plan
from models.orders.records import keep
from models.params import build, unknown
from models.store.atomic import own_folder
from models.store.project import Project

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
#: Under what name it is kept with a run.
KEPT = "leak"
_SHOWN = ("n", "auc", "balanced_accuracy", "accuracy", "intervals", "chance", "interval_by", "interval_units")


def leak(
    project: str,
    run: str = "last",
    folds: int = 5,
    match: Sequence[str] = (),
    draws: int = 10,
    seed: int = 0,
    device: str = "auto",
) -> Steps:
    """{run, rows, difference, interval, groups, shared, words, …}: what the split by group takes away from a score.

    rows: {name, title, n, auc, balanced_accuracy, intervals, chance}, of models by `folds` folds on all labelled
    samples outside the locked test set: "group", "sample", "matched" (by group, on pairs that are alike in the columns
    `match`), each of the domain's confounders, "permuted": the mean of `draws` deals of the labels, whose interval is
    where 95 of 100 single deals lie; its `draws` are their AUCs, its `share` says how many are as good as "group".
    Kept with the run as "leak".
    """
    with Project.open(place(project)) as opened:
        kind, record = find_domain(opened), opened.runs.get(run)
        fitted, told = load_model(kind, record.path)
        params = build(fitted.recipe.params, told["params"])
        # To measure locks nothing: where no test set is, as of folds or of splits that came with the data, all is used.
        wish = replace(again(told), folds=max(folds, 2) if opened.test_rows() is None else 0)
        plan = make_plan(opened, kind, opened.journal.fold, wish, told["seed"], params)
        meter = _Meter(
            kind,
            plan,
            fitted.recipe,
            params,
            Setting(device_of(device), opened.cache),
            folds,
            seed,
            draws,
        )
        result = yield from meter.steps(tuple(match))
        return keep(opened, record, KEPT, plain({"run": record.id, "recipe": fitted.recipe.name, **result}))


@dataclass(frozen=True)
class _Meter:
    """One measurement: the plan's labelled rows outside the locked test set, trained on again and again."""

    kind: Domain
    plan: Plan
    recipe: Recipe
    params: Any
    setting: Setting
    folds: int
    seed: int
    draws: int

    @property
    def rows(self) -> Rows:
        """What it is measured on, ascending: the locked test set stays untouched."""
        split = self.plan.split
        sides = (split.train, split.val) if split.kind == "locked" else (split.train, split.val, split.test)
        return np.unique(np.concatenate(sides))

    def steps(self, match: tuple[str, ...]) -> Generator[Progress, None, dict[str, Any]]:
        plan = self.plan
        group, sample = self.kind.words(plan.samples)
        units = plan.groups[self.rows]
        if len(np.unique(units)) < 2:
            raise UserError(f"all samples are of one {group}: nothing can be split by {group}.")
        alone = np.arange(len(plan.codes))
        by_group = yield from self._folded(f"Split by {group}", plan.codes, plan.groups)
        by_sample = yield from self._folded(f"Split by {sample}", plan.codes, alone)
        rows = [
            self._row("group", f"by {group}", by_group, plan.codes),
            self._row("sample", f"by {sample}", by_sample, plan.codes),
        ]
        notes: list[str] = []
        if match:
            rows += yield from self._matched(match, notes)
        rows += self._confounded(notes)
        rows.append((yield from self._floor(rows[0]["auc"])))
        told = flattery(plan.codes[self.rows], by_group[self.rows], by_sample[self.rows], units, self.seed)
        told |= self._shared(alone)
        words = tell_leak(told, group, sample)
        return {"rows": rows, **told, "folds": self.folds, "match": list(match), "words": words, "notes": notes}

    def _inside(self, codes: Rows) -> Rows:
        """The codes of the rows that it is measured on, −1 elsewhere."""
        kept = np.full(len(codes), -1, np.int64)
        kept[self.rows] = codes[self.rows]
        return kept

    def _folded(self, title: str, codes: Rows, units: Rows) -> Generator[Progress, None, Floats]:
        """Out-of-fold probabilities of the rows with a code, (n, k), NaN elsewhere."""
        codes = self._inside(codes)
        plan = replace(self.plan, codes=codes, targets=_targets(codes, self.plan, self.plan.codes), units=units)
        folds = tuple(fold_rows(codes, units, self.folds, self.seed))
        by = "sample" if len(np.unique(units)) == len(units) else "group"
        none = np.empty(0, np.int64)
        split = Split(np.flatnonzero(codes >= 0), none, none, by, {}, by == "group", "drawn", self.seed, folds)
        p = np.full(self.plan.targets.shape, np.nan, np.float32)
        with own_folder(self.setting.cache / KEPT) as work:
            seen = Seen()
            steps = out_of_fold(
                replace(plan, split=split),
                self.kind,
                self.recipe,
                self.params,
                self.seed,
                self.setting,
                work,
                seen,
            )
            rows, found = yield from _titled(steps, title)
            if seen.cancelled:
                raise Cancelled
        p[rows] = found
        return p

    def _floor(self, reached: float | None) -> Generator[Progress, None, dict[str, Any]]:
        """What labels that were dealt anew among groups give, over several deals; reached: the AUC of the true ones."""
        codes, deals = self._inside(self.plan.codes), []
        for number in range(1, self.draws + 1):
            dealt = permute(codes, self.plan.groups, self.seed + number - 1)
            title = f"Permuted labels, {number} of {self.draws}"
            p = yield from self._folded(title, dealt, self.plan.groups)
            rows = np.flatnonzero(np.isfinite(p).all(axis=1) & (dealt >= 0))
            deals.append(score(dealt[rows], p[rows], self.plan.groups[rows], self.plan.classes, draws=0))
        title = f"permuted, mean of {self.draws}" if self.draws > 1 else "permuted labels"
        return {"name": "permuted", "title": title, **over_deals(deals, reached)}

    def _row(self, name: str, title: str, p: Floats, codes: Rows) -> dict[str, Any]:
        rows = np.flatnonzero(np.isfinite(p).all(axis=1) & (self._inside(codes) >= 0))
        told = score(codes[rows], p[rows], self.plan.groups[rows], self.plan.classes, seed=self.seed)
        return {"name": name, "title": title, **{key: told[key] for key in _SHOWN}}

    def _matched(self, match: tuple[str, ...], notes: list[str]) -> Generator[Progress, None, list[dict[str, Any]]]:
        names = [name for name in self.plan.samples.names if not name.startswith("_")]
        for column in match:
            if column not in names:
                raise UserError(unknown("column", column, names))
        codes = self._inside(self.plan.codes)
        kinds = [self.plan.samples.column(column).dtype == object for column in match]
        rows = match_groups(codes, self.plan.groups, column_table(self.plan.samples, match), kinds)
        group = self.kind.words(self.plan.samples)[0]
        kept = np.full(len(codes), -1, np.int64)
        kept[rows] = codes[rows]
        pairs = len(np.unique(self.plan.groups[rows]))
        if pairs < 2 * max(self.folds, 2):
            notes.append(f"Matched by {' and '.join(match)} only {plural(pairs, group)} are left: too few to train on.")
            return []
        title = f"by {group}, {plural(pairs, group)} matched by {' and '.join(match)}"
        p = yield from self._folded(title, kept, self.plan.groups)
        return [self._row("matched", title, p, kept)]

    def _confounded(self, notes: list[str]) -> list[dict[str, Any]]:
        """What each confounder reaches alone, out of fold by group."""
        found, samples = [], self.plan.samples
        telling = telling_columns(samples, self._inside(self.plan.codes))
        asked = [name for columns in self.kind.confounders.values() for name in _there(columns, telling)]
        notes += [left_out_words(asked)] if asked else []
        for title, columns in self.kind.confounders.items():
            there = tuple(name for name in _there(columns, samples.names) if name not in telling)
            table = column_table(samples, there)[self.rows] if there else np.empty((len(self.rows), 0))
            if not there or not np.isfinite(table).any():
                notes.append(f"Nothing tells {title} here.")
                continue
            told = metadata_score(
                table, self.plan.codes[self.rows], self.plan.groups[self.rows], self.plan.classes, self.seed, self.folds
            )
            row = {"name": "_".join(there), "title": f"{title} only", **{key: told[key] for key in _SHOWN}}
            found.append({**row, "columns": list(there)})
        return found

    def _shared(self, alone: Rows) -> dict[str, int]:
        """How many groups there are, and how many of them stand on both sides of a fold by sample."""
        rows, both = self.rows, set()
        for held in fold_rows(self._inside(self.plan.codes), alone, self.folds, self.seed):
            others = self.plan.groups[np.setdiff1d(rows, held)]
            both |= set(np.intersect1d(self.plan.groups[held], others).tolist())
        return {"groups": len(np.unique(self.plan.groups[rows])), "shared": len(both)}


def _there(columns: Sequence[str], names: Iterable[str]) -> list[str]:
    """Those of these names that are called like one of the columns, by letters and digits alone, in their order."""
    known = {_plain(column): place for place, column in reversed([*enumerate(columns)])}
    found = sorted((known[_plain(name)], name) for name in names if _plain(name) in known)
    return [name for _, name in found]


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _targets(codes: Rows, plan: Plan, known: Rows) -> Floats:
    """Vote shares where the labels are those of the plan, else all on the label that was dealt."""
    same = codes == known
    targets = np.where(same[:, None], plan.targets, 0).astype(np.float32)
    rows = np.flatnonzero(~same & (codes >= 0))
    targets[rows, codes[rows]] = 1
    return targets


def _titled(steps: Generator[Progress, None, Any], title: str) -> Generator[Progress, None, Any]:
    """Pass steps on under a title; `Cancelled` goes to the work."""
    try:
        step = next(steps)
        while True:
            try:
                yield replace(step, text=f"{title}: {step.text}" if step.text else title, row=None)
            except Cancelled:
                step = steps.throw(Cancelled())
            else:
                step = next(steps)
    except StopIteration as end:
        return end.value
