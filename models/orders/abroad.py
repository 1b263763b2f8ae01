"""A run and another project side by side: its samples there, the locked test, and what remedies may use."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Setting
from models.errors import UserError
from models.external import Abroad, External, Remedy
from models.job import Progress
from models.learn.metrics import score
from models.learn.shift import distributions, together, two_sample_auc
from models.learn.split import Split, draw_split
from models.orders.classing import fold_of
from models.orders.evaluating import codes_of, seen
from models.orders.fitting import Fitted, Seen, fit_rows, load_model, predict_rows
from models.orders.naming import place
from models.orders.plan import Plan, again, make_plan
from models.params import build
from models.sample import Samples
from models.store.atomic import own_folder
from models.store.project import Project
from models.store.runs import RunRecord

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
#: Samples of the other project that are looked at besides labelled ones, and of each side for what shifts.
MOST = 4000
#: Cells that are shown of each side.
SHOWN = 25
#: The setting that holds which groups of other projects are locked tests.
TESTS = "external_tests"


@dataclass(frozen=True)
class Parting:
    """One way in which samples belong together: what a part is called, its names, the code of each sample, −1 none."""

    title: str
    names: tuple[str, ...]
    codes: Rows


@dataclass(frozen=True)
class Away:
    """The other project's samples as the figures see them; 1 is the class that is looked for.

    rows: of the other project; all else is by place among them. truth: −1 without a label. p: of class 1 as the
    run gives it. labels: the source's own class of each. test: places of the locked test. basis: what all stands on.
    partings: by group first, then by patient or what else the domain asks scores by.
    """

    abroad: Abroad
    recipe: Any
    classes: tuple[str, ...]
    rows: Rows
    ids: list[str]
    truth: Rows
    p: Floats
    groups: Rows
    group_names: list[str]
    labels: npt.NDArray[np.object_]
    test: Rows
    basis: Mapping[str, Any]
    notes: tuple[str, ...]
    inside: tuple[Rows, Rows, Floats]
    trained: Samples
    partings: tuple[Parting, ...]

    def why_not(self, one: Remedy) -> str:
        """Why a remedy is nothing for this run, "" for no reason."""
        return one.unfit(self.abroad.recipe, self.abroad.params)

    def score_all(self) -> dict[str, Any]:
        """The run as trained on all labelled samples there."""
        known = np.flatnonzero(self.truth >= 0)
        p = np.stack([1 - self.p[known], self.p[known]], 1)
        return score(self.truth[known], p, self.groups[known], self.classes)

    def test_told(self) -> dict[str, Any]:
        """What the locked test is."""
        names = sorted({self.group_names[code] for code in self.groups[self.test].tolist()})
        pool = np.unique(self.groups[self.abroad.pool])
        counts = np.bincount(self.truth[self.test], minlength=2).tolist()
        told = {"groups": names, "n": len(self.test), "counts": counts, "pool": len(self.abroad.pool)}
        return {**told, "pool_groups": len(pool), "looked_at": len(self.rows)}

    def scores(self) -> Generator[Progress, None, npt.NDArray[np.float64]]:
        """What samples to label are chosen by: the run's own answer."""
        yield Progress(text="Choosing what to label")
        return np.asarray(self.p, np.float64)

    def asked(self, known: External, scores: npt.NDArray[np.float64], count: int, seed: int) -> Rows:
        """Places of so many samples of the pool whose labels are told."""
        pool = self.abroad.pool
        return pool[known.ask(scores[pool], self.groups[pool], count, seed)]

    def own_classes(self) -> list[str]:
        """The source's own classes in the locked test."""
        return sorted({str(name) for name in self.labels[self.test] if name is not None})

    def inside_examples(self, project: Project) -> list[dict[str, Any]]:
        """Some samples that the run was judged on at home."""
        rows, truth, p = self.inside
        ids = project.samples.take(rows).ids()
        return [_example(ids[at], truth[at], p[at]) for at in _chosen(truth)]

    def outside_examples(self) -> list[dict[str, Any]]:
        """Some samples of the locked test."""
        found = self.test[_chosen(self.truth[self.test])]
        return [_example(self.ids[at], self.truth[at], self.p[at]) for at in found.tolist()]


def kept_name(path: str) -> str:
    """What another project is called where something is kept of it: two may have one folder name."""
    folder = place(path)
    words = re.sub(r"[^a-zA-Z0-9]+", "-", folder.name).strip("-")[:40]
    return f"external-{words}-{hashlib.blake2b(str(folder).encode(), digest_size=4).hexdigest()}"


@dataclass(frozen=True)
class _Bench:
    """The model of a run, and all that remedies need of it: its answers there, its vectors, learning anew.

    told: its record. taught: the rows of the plan that it learnt from. flip: its classes stand the other way round.
    """

    fitted: Fitted
    told: Mapping[str, Any]
    plan: Plan
    taught: Rows
    here: Setting
    there: Setting
    flip: bool

    def predict(self, samples: Samples, by: Fitted | None = None) -> Generator[Progress, None, Floats]:
        """The probability of the class that is looked for; by: another model than the run's."""
        every = np.arange(len(samples), dtype=np.int64)
        p = yield from predict_rows(by or self.fitted, samples, every, self.there)
        return np.asarray(p[:, 0 if self.flip else 1], np.float32)

    def retrain(self, look: Samples, samples: Samples, changes: Mapping[str, Any]) -> Generator[Progress, None, Floats]:
        """What the recipe, with other parameters and learnt anew on samples that look like this, says of samples."""
        recipe, seed = self.fitted.recipe, int(self.told["seed"])
        params = build(recipe.params, self.told["params"])
        wanted = replace(params, **{name: value for name, value in changes.items() if hasattr(params, name)})
        part = _part(self.plan, self.taught, look, seed)
        split = part.split
        with own_folder(self.here.cache / "external") as work:
            found = yield from fit_rows(part, recipe, wanted, split.train, split.val, seed, self.here, work, Seen())
            return (yield from self.predict(samples, found))

    def vectors(self, samples: Samples) -> Generator[Progress, None, Floats]:
        """Vectors of samples, as the model sees them."""
        yield Progress(text="Looking at the samples")
        recipe = self.fitted.recipe
        if recipe.embed is None:
            raise UserError(f"{recipe.name} gives no vectors of samples.")
        return recipe.embed(self.fitted.model, samples, self.here)


def look_abroad(
    project: Project, other: Project, kind: Domain, record: RunRecord, setting: Setting, seed: int
) -> Generator[Progress, None, Away]:
    """Predict the other project and lock its test. UserError where the run or the labels do not allow it."""
    assert kind.external is not None
    fitted, told = load_model(kind, record.path)
    classes, flip = two_classes(kind.external, tuple(told["classes"]))
    codes = codes_of(fold_of(other, kind, record), tuple(told["classes"]))
    rows = _looked_at(other, codes, kind.there(other.samples), seed)
    truth = np.where(codes[rows] < 0, -1, _turned(codes[rows], flip))
    target = other.samples.take(rows)
    groups, names = other.samples.group_codes()
    there = Setting(setting.device, other.cache)
    plan, taught = _taught(project, kind, record)
    bench = _Bench(fitted, told, plan, taught, setting, there, flip)
    p = yield from bench.predict(target)
    test, pool, told_of_test = _locked(project, other, truth, groups[rows], names, seed)
    source = plan.samples.take(taught)
    abroad = Abroad(
        fitted.recipe.name, dict(told["params"]), source, _turned(plan.codes[taught], flip), target, pool, p,
        bench.predict, bench.retrain, bench.vectors, setting.cache,
    )  # fmt: skip
    basis = {"here": project.journal.fold.sha(), "there": other.journal.fold.sha(), "model": told.get("digests", {})}
    fold = other.journal.fold
    return Away(
        abroad, fitted.recipe, classes, rows, target.ids(), truth, p, groups[rows], names, fold.labels()[rows], test,
        {**basis, "test": len(test)}, (*told_of_test, *seen(project, other, record, rows[truth >= 0])),
        _inside(project, kind, record, flip), source, _partings(kind, target, groups[rows], names),
    )  # fmt: skip


def _partings(kind: Domain, samples: Samples, groups: Rows, names: Sequence[str]) -> tuple[Parting, ...]:
    """By group, and by the columns that part otherwise; a column that parts the same names the groups."""
    titles = {column.name: column.title for column in kind.columns}
    own = Parting(kind.words(samples)[0].capitalize(), tuple(names), groups)
    others = []
    for column in [name for name in kind.by_columns if name in samples.names]:
        values = [None if value is None else str(value) for value in samples.column(column).tolist()]
        found = {name: code for code, name in enumerate(sorted({value for value in values if value is not None}))}
        codes = np.array([-1 if value is None else found[value] for value in values], np.int64)
        parting = Parting(titles.get(column, column), tuple(found), codes)
        if len(found) == len(np.unique(groups)) == len({*zip(groups.tolist(), codes.tolist(), strict=True)}):
            own = replace(own, title=parting.title)
        elif found:
            others.append(parting)
    return own, *others


def shifts(project: Project, other: Project, known: External, away: Away) -> Generator[Progress, None, dict[str, Any]]:
    """How the samples of both projects differ: {traits: [{name, title, unit, auc, …}], together}."""
    rng = np.random.default_rng(0)
    chosen = [np.sort(rng.permutation(count)[:MOST]) for count in (len(away.trained), len(away.rows))]
    here, there = away.trained.take(chosen[0]), away.abroad.target.take(chosen[1])
    first = yield from known.measure(here, project.cache)
    second = yield from known.measure(there, other.cache)
    yield Progress(text="Comparing the sources")
    traits = [
        {"name": one.name, "title": one.title, "unit": one.unit, "auc": two_sample_auc(first[:, at], second[:, at]),
         **distributions(first[:, at], second[:, at])}
        for at, one in enumerate(known.traits)
    ]  # fmt: skip
    whole = together(first, second, (here.group_codes()[0], there.group_codes()[0]))
    return {"traits": sorted(traits, key=lambda one: -(one["auc"] or 0)), "together": whole}


def two_classes(known: External, classes: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """The run's two classes with the one that is looked for last, and whether that turns them round."""
    wanted = [known.positive(name) for name in classes]
    if len(classes) != 2 or sum(wanted) != 1:
        told = ", ".join(classes)
        raise UserError(
            f"this run tells {told} apart; outside, two classes are compared, infected or not. "
            "Train one with label_mode=binary."
        )
    return (classes, False) if wanted[1] else (classes[::-1], True)


def _turned(codes: Rows, flip: bool) -> Rows:
    return np.asarray(np.where(codes < 0, codes, 1 - codes) if flip else codes, np.int64)


def _looked_at(other: Project, codes: Rows, there: npt.NDArray[np.bool_], seed: int) -> Rows:
    """All labelled samples there and some others, of those whose files are there."""
    live = other.journal.fold.live & there
    labelled = np.flatnonzero((codes >= 0) & live)
    if not len(labelled):
        raise UserError(f"{other.path} has no labelled sample of the run's classes. Label some there first.")
    free = np.flatnonzero((codes == -1) & live)
    some = np.random.default_rng([seed, 31]).permutation(free)[:MOST]
    return np.sort(np.concatenate([labelled, some])).astype(np.int64)


def _locked(
    project: Project, other: Project, truth: Rows, groups: Rows, names: Sequence[str], seed: int
) -> tuple[Rows, Rows, list[str]]:
    """Places of the locked test and of the pool, and what is to be told of them.

    Which groups are locked is drawn once and kept, as long as they hold both classes.
    """
    kept = dict(project.setting(TESTS, {}))
    key = kept_name(str(other.path))
    labelled = truth >= 0
    place_of = {name: code for code, name in enumerate(names)}
    locked = [place_of[name] for name in kept.get(key, []) if name in place_of]
    test = np.flatnonzero(labelled & np.isin(groups, locked))
    notes = []
    if len(np.unique(truth[test])) < 2:
        if locked:
            notes.append(
                f"the locked test of {other.path.name} held one class alone after relabelling: it was drawn anew"
            )
        split = draw_split(truth, groups, seed, 0.5, 0.0)
        test = split.test
        if not len(test):
            raise UserError(f"{other.path} has too few groups for a test of its own. Label samples of more groups.")
        if not split.independent:
            notes.append(f"{other.path.name} has one group: its test is a share of the samples, not independent")
        elif not project.read_only:
            kept[key] = sorted({names[code] for code in groups[test].tolist()})
            project.set_setting(TESTS, kept)
    pool = np.setdiff1d(np.flatnonzero(labelled), test)
    if len(np.unique(groups)) > 1:
        pool = pool[~np.isin(groups[pool], groups[test])]
    return test, pool, notes


def _taught(project: Project, kind: Domain, record: RunRecord) -> tuple[Plan, Rows]:
    """What the run may learn from: all that it did not lock away."""
    told = record.record
    plan = make_plan(
        project, kind, project.journal.fold, again(told), told["seed"], build(_params(kind, told), told["params"])
    )
    locked = project.test_rows() if told.get("test_version") else None
    out = np.zeros(len(plan.codes), bool) if locked is None else np.isin(np.arange(len(plan.codes)), locked)
    out[plan.split.test] = True
    return plan, np.flatnonzero((plan.codes >= 0) & ~out)


def _params(kind: Domain, told: Mapping[str, Any]) -> type:
    return next(recipe.params for recipe in kind.recipes if recipe.name == told["recipe"])


def _part(plan: Plan, rows: Rows, look: Samples, seed: int) -> Plan:
    """The plan on these rows alone, which look like this."""
    codes, units = plan.codes[rows], plan.units[rows]
    split: Split = draw_split(codes, units, seed, 0.0, 0.2)
    return replace(
        plan, samples=look, codes=codes, targets=plan.targets[rows], groups=plan.groups[rows], units=units, split=split
    )


def _inside(project: Project, kind: Domain, record: RunRecord, flip: bool) -> tuple[Rows, Rows, Floats]:
    """Rows that the run was judged on at home, their classes, and p of the class that is looked for."""
    found = record.predictions()
    rows, index = found.rows(project.samples)
    codes = codes_of(fold_of(project, kind, record), tuple(found.classes))[rows]
    part = record.judged()[0]
    mask = (found.part[index].astype(str) == part) & (codes >= 0)
    return rows[mask], _turned(codes[mask], flip), found.probabilities[index[mask], 0 if flip else 1]


def _chosen(truth: Rows) -> list[int]:
    """Places of a few of both classes, the same each time."""
    rng = np.random.default_rng(1)
    some = [rng.permutation(np.flatnonzero(truth == code))[:SHOWN].tolist() for code in (1, 0)]
    half = max(SHOWN // 2, SHOWN - len(some[1]))
    mixed = np.array([*some[0][:half], *some[1][: SHOWN - min(half, len(some[0]))]], np.int64)
    return [int(at) for at in rng.permutation(mixed)]


def _example(name: str, truth: Any, p: Any) -> dict[str, Any]:
    return {"id": name, "class": int(truth), "guess": int(p > 0.5), "p": float(max(p, 1 - p))}
