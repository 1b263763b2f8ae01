"""Trainings over the splits that came with the data: every fold of every set a piece, one model that answers as one."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Given, Recipe, Setting
from models.domains import domain
from models.errors import Cancelled, UserError
from models.job import Progress
from models.learn.balance import Balanced
from models.learn.fitted import Model
from models.learn.fuse import Fusion, learn_fusion
from models.learn.given import Answered, Truth, count_groups, fuse_sets, summarise, tell_fusion, weigh_rules
from models.learn.joined import Joined
from models.learn.pieces import Batch, Bench, Here, Outcome, Piece, Place, clear_pieces, key_of, run_pieces
from models.learn.split import Split
from models.learn.words import listing, plural
from models.orders.fitting import Fitted, Seen, fit_rows, relay
from models.orders.folding import Lesson, Lessons, fit_lesson, inner, sources_of
from models.orders.naming import find_recipe
from models.orders.pace import Pace
from models.orders.plan import Plan
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Sets = Mapping[str, Sequence[Answered]]
#: Where the pieces lie in the project's cache.
FOLDER = "given"
#: Where workers tell that they have looked ahead, and how many samples one of them looks at as a piece.
AHEAD, SHARE = "ahead", 16


@dataclass(frozen=True)
class Whole:
    """What the trainings of a run share. recipe, params: that each of them follows. rule: by which they are joined."""

    plan: Plan
    kind: Domain
    recipe: Recipe
    params: Any
    givens: tuple[Given, ...]
    seed: int
    setting: Setting
    there: Place
    rule: str

    @property
    def truth(self) -> Truth:
        """What is known of all samples."""
        count = len(self.plan.classes)
        positive = _positive(self.kind, self.plan.classes) if count == 2 else None
        return Truth(self.plan.codes, self.plan.groups, count, positive)

    @property
    def names(self) -> tuple[str, ...]:
        """The sets, in their order."""
        return tuple(dict.fromkeys(one.name for one in self.givens))


def _positive(kind: Domain, classes: Sequence[str]) -> int:
    """The class that sensitivity is of: the one that the domain does not take for healthy, else the last."""
    healthy = [place for place, name in enumerate(classes) if name.strip().casefold() in kind.healthy]
    return 1 - healthy[0] if len(healthy) == 1 else len(classes) - 1


def learnable(plan: Plan, kind: Domain, givens: Sequence[Given]) -> tuple[tuple[Given, ...], tuple[str, ...]]:
    """The trainings that two classes or more stand in, and in words which are left out.

    Raises UserError where none is left.
    """
    able = kind.there(plan.samples)
    single = [one for one in givens if len(np.unique(plan.codes[_known(plan, able, one.train)])) < 2]
    names = [f"{one.name}, fold {one.fold}" for one in single]
    if single and len(single) == len(givens):
        raise UserError(
            f"fewer than two classes stand in the training part of {listing(names, 3)}: nothing is to be told apart. "
            "Label some of the other class, or bring the labels."
        )
    words = f"{listing(names, 5)} left out: fewer than two classes stand in the training part."
    left = {(one.name, one.fold) for one in single}
    return tuple(one for one in givens if (one.name, one.fold) not in left), (words,) if single else ()


def given_split(plan: Plan, givens: Sequence[Given]) -> Split:
    """The split of a run as its record tells it: all rows that any of the trainings names, scored out of fold."""
    codes = plan.codes
    sides = {side: _rows(givens, side) for side in ("train", "val", "test")}
    learnt = sides["train"][codes[sides["train"]] >= 0]
    if not len(learnt):
        raise UserError(
            "no labelled sample stands in the training part of these splits. Label some, or bring the labels."
        )
    none = np.empty(0, np.int64)
    folds = tuple(one.test for one in givens if one.name == givens[0].name)
    groups = {side: len(np.unique(plan.groups[rows])) for side, rows in sides.items()}
    left = np.setdiff1d(np.flatnonzero(codes >= 0), np.unique(np.concatenate(list(sides.values()))))
    notes = (f"{plural(len(left), 'labelled sample')} stand in none of the splits.",) if len(left) else ()
    leaks = [one for one in givens if _shared(plan, one)]
    return Split(learnt, none, none, "group", groups, not leaks, "given", plan.split.seed, folds, left, notes)


def _shared(plan: Plan, one: Given) -> bool:
    """Whether a group stands on two sides of a training."""
    train, val, test = (np.unique(plan.groups[rows]) for rows in (one.train, one.val, one.test))
    both = (np.intersect1d(train, val), np.intersect1d(train, test), np.intersect1d(val, test))
    return any(len(found) for found in both)


def _rows(givens: Sequence[Given], side: str) -> Rows:
    return np.unique(np.concatenate([np.empty(0, np.int64), *(getattr(one, side) for one in givens)]))


def fit_given(whole: Whole, seen: Seen, anew: bool = False) -> Generator[Progress, None, Sets]:
    """Train every fold of every set; what each says of its validation and test rows.

    What is finished stays in the project's cache: who was interrupted, or asks for more sets, does only what is
    missing. anew: nothing of it counts.
    """
    plan, kind, setting = whole.plan, whole.kind, whole.setting
    able = kind.there(plan.samples)
    lessons = Lessons(plan, kind.name, whole.recipe.name, whole.params, whole.seed, setting)
    pool = np.unique(np.concatenate([_rows(whole.givens, side) for side in ("train", "val", "test")]))
    pieces, total = [], len(whole.givens)
    folder = setting.cache / FOLDER / key_of(whole.recipe.name, whole.params, whole.seed)[:16]
    if anew:
        clear_pieces(folder)
    for number, one in enumerate(whole.givens, 1):
        lesson = Lesson(_known(plan, able, one.train), _known(plan, able, one.val), _told([one], able))
        values = {"fold": number, "folds": total}
        name, title = f"{one.name}-fold-{one.fold}", f"{one.name}, fold {one.fold}"
        key = key_of(lessons.key(np.union1d(lesson.train, np.union1d(lesson.val, lesson.told))), lesson)
        pieces.append(Piece(name, title, fit_lesson, lesson, key, setting.device, values))
    paths = [*sources_of(plan.samples, pool), *([setting.cache] if setting.cache.exists() else [])]
    if Batch(pieces, lessons, folder).missing():
        yield from _look_ahead(whole, pool[able[pool]], paths)
    outcomes = yield from relay(run_pieces(pieces, lessons, whole.there, folder, paths), _Told(seen, len(whole.names)))
    sets: dict[str, list[Answered]] = {}
    for one, piece, outcome in zip(whole.givens, pieces, outcomes, strict=True):
        told, p = piece.given.told, np.asarray(outcome.arrays["p"], np.float32)
        sets.setdefault(one.name, []).append(Answered(one, _of(told, p, one.val), _of(told, p, one.test)))
    return sets


@dataclass(frozen=True)
class Ahead:
    """What the pieces of a look ahead share. domain, recipe: by their names, for this may travel."""

    samples: Samples
    domain: str
    recipe: str
    params: Any
    setting: Setting


def _look_ahead(whole: Whole, rows: Rows, paths: Sequence[Path]) -> Generator[Progress, None, None]:
    """Compute once what all trainings need of these rows whatever they learn; the workers of a cluster share it out."""
    recipe, setting = whole.recipe, whole.setting
    if recipe.ahead is None:
        return
    samples = whole.plan.samples
    if isinstance(whole.there, Here):
        yield from recipe.ahead(whole.params, samples, rows, setting)
        return
    ground = Ahead(samples, whole.kind.name, recipe.name, whole.params, setting)
    parts = [rows[first : first + SHARE] for first in range(0, len(rows), SHARE)]
    pieces = [
        Piece(f"part-{number}", f"Looking ahead, {number} of {len(parts)}", look_ahead, part, "", setting.device)
        for number, part in enumerate(parts, 1)
    ]
    setting.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{AHEAD}-", dir=setting.cache) as folder:
        yield from run_pieces(pieces, ground, whole.there, Path(folder), paths)


def look_ahead(given: Rows, ground: Ahead, bench: Bench) -> Generator[Progress, None, Outcome]:
    """Have these rows looked at where the others see what is kept of it; nothing elsewhere."""
    recipe = find_recipe(domain(ground.domain), ground.recipe)
    if bench.spare is None and recipe.ahead is not None:
        yield from recipe.ahead(ground.params, ground.samples, given, ground.setting)
    return Outcome()


def _told(givens: Sequence[Given], able: npt.NDArray[np.bool_] | None = None) -> Rows:
    rows = np.union1d(_rows(givens, "val"), _rows(givens, "test"))
    return rows if able is None else rows[able[rows]]


def _known(plan: Plan, able: npt.NDArray[np.bool_], rows: Rows) -> Rows:
    return np.unique(rows[(plan.codes[rows] >= 0) & able[rows]])


def _of(told: Rows, p: Floats, rows: Rows) -> Floats:
    """What is said of these rows, NaN for those that nothing was said of."""
    found = np.full((len(rows), p.shape[1]), np.nan, np.float32)
    there = np.isin(rows, told)
    found[there] = p[np.searchsorted(told, rows[there])]
    return found


class _Told(Seen):
    """Notes in the run's log which training began, and once what else is told."""

    def __init__(self, outer: Seen, after: int) -> None:
        super().__init__()
        self._outer, self._pace = outer, Pace(after)

    def take(self, step: Progress) -> Progress:
        if "fold" in step.values:
            self._outer.log.append(f"{step.text} ({step.values['fold']:.0f} of {step.values['folds']:.0f})")
        if step.log and step.log not in self._outer.log:
            self._outer.log.append(step.log)
        self._outer.hear(step.note)
        return self._pace.take(step)


class _Paced(Seen):
    """Notes nothing: what is left is told of all models that are still to be made."""

    def __init__(self) -> None:
        super().__init__()
        self.pace = Pace()

    def take(self, step: Progress) -> Progress:
        return self.pace.take(step)


def join_models(whole: Whole, sets: Sets, work: Path, seen: Seen) -> Generator[Progress, None, Fitted]:
    """The model of the run: one of each set that learns from all of its training rows, joined as validation says."""
    members: dict[str, Any] = {}
    balanced: Balanced | None = None
    able, paced = whole.kind.there(whole.plan.samples), _Paced()
    for number, name in enumerate(whole.names):
        yield Progress(number, len(whole.names), f"The model of {name}")
        rows = _known(whole.plan, able, _rows([one for one in whole.givens if one.name == name], "train"))
        train, val = inner(whole.plan, rows, whole.seed, getattr(whole.params, "val_size", 0.0))
        paced.pace.begin(number + 1, len(whole.names))
        steps = fit_rows(
            whole.plan, whole.recipe, whole.params, train, val, whole.seed, whole.setting, work / f"model-{name}", seen
        )
        fitted = yield from relay(steps, paced)
        if seen.cancelled:
            raise Cancelled
        if isinstance(fitted.model, Model):
            fitted.model.temperature *= fitted.temperature
        members[name], balanced = fitted.model, balanced or fitted.balanced
    assert balanced is not None
    fusion = _fusion(sets, whole.truth, whole.rule)
    facts = {**dict(getattr(next(iter(members.values())), "facts", None) or {}), "sets": list(members)}
    return Fitted(whole.recipe, Joined(members, fusion, facts), 1.0, balanced)


def _fusion(sets: Sets, truth: Truth, rule: str) -> Fusion:
    """The rule learnt on the validation rows of all folds together."""
    tables, codes = [], []
    joined = fuse_sets(sets, truth, "mean").answers
    for one in joined:
        # A set may lack a fold: answers are of one fold only by its number.
        held = [answer for group in sets.values() for answer in group if answer.given.fold == one.given.fold]
        if len(held) < len(sets):
            continue
        rows = one.given.val
        tables.append(np.stack([_of(*_sorted(answer.given.val, answer.val), rows) for answer in held]))
        codes.append(truth.codes[rows])
    if not tables:
        return learn_fusion("mean", np.empty((len(sets), 0, truth.classes)), np.empty(0, np.int64))
    p = np.concatenate(tables, axis=1)
    whole = np.isfinite(p).all(axis=(0, 2))
    return learn_fusion(rule, p[:, whole], np.concatenate(codes)[whole])


def _sorted(rows: Rows, p: Floats) -> tuple[Rows, Floats]:
    order = np.argsort(rows)
    return rows[order], p[order]


def answer_given(whole: Whole, sets: Sets, p: Floats, parts: npt.NDArray[np.object_]) -> tuple[Floats, Any]:
    """What the run says of all samples: joined answers of the folds where a sample was judged, the model elsewhere.

    A sample that several folds judge has the mean of what they say. parts: "out_of_fold" for those.
    """
    p, parts = p.copy(), parts.copy()
    sums, counts = np.zeros(p.shape), np.zeros(len(p))
    for one in fuse_sets(sets, whole.truth, whole.rule).answers:
        said = np.isfinite(one.test).all(axis=1)
        sums[one.given.test[said]] += one.test[said]
        counts[one.given.test[said]] += 1
    rows = np.flatnonzero(counts)
    p[rows] = sums[rows] / counts[rows, None]
    parts[rows] = "out_of_fold"
    return p, parts


def score_given(whole: Whole, sets: Sets) -> dict[str, Any]:
    """{rule, positive, sets: {name: summary}, trained, fusion: summary, weights, notes}; of several {beside, words}.

    trained: {name: how many groups of each class the first training of the set learns from}. beside: the rules of
    fusion and the best set, as `weigh_rules` tells them; words: the same as a sentence.
    """
    truth = whole.truth
    joined = fuse_sets(sets, truth, whole.rule)
    told: dict[str, Any] = {
        "rule": whole.rule,
        "positive": None if truth.positive is None else whole.plan.classes[truth.positive],
        "sets": {name: summarise(answers, truth, whole.seed) for name, answers in sets.items()},
        "trained": {name: count_groups(answers[0].given.train, truth) for name, answers in sets.items()},
        "fusion": summarise(joined.answers, truth, whole.seed),
        "weights": [list(one.weights) for one in joined.fusions],
        "notes": sorted({one.note for one in joined.fusions if one.note}),
    }
    if len(sets) > 1:
        told["beside"] = weigh_rules(sets, truth, whole.seed)
        told["words"] = tell_fusion(told["beside"], whole.rule, whole.kind.words(whole.plan.samples)[0])
    return told
