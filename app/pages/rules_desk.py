"""Rules of the open project against its labels: what they decide, how often they agree. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.learn.agreement import Agreement, agree, kappas
from models.learn.rules import Clause, Rule, RuleSet, best_threshold

Codes = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.floating[Any]]
#: Draws of an interval beside a threshold that is moved.
DRAWS = 400
PRESENT, MODEL = "", "\0model"


@dataclass(frozen=True)
class Basis:
    """What rules are held against, of the samples that are there: rows of the project; columns (n,) by name.

    opinions: who → place of the class each, −1 for none; `PRESENT` the present labels, `MODEL` the shown run.
    groups: (n,) codes; group_names by code.
    """

    rows: Codes
    columns: Mapping[str, Numbers]
    classes: tuple[str, ...]
    opinions: Mapping[str, Codes]
    groups: Codes
    group_names: Sequence[str]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Spot:
    """One rule of a set: the place of its clause and its place in it."""

    clause: int
    rule: int


def whole(rules: RuleSet, classes: Sequence[str]) -> RuleSet:
    """The same with a clause for each class but the rest's, and without those of classes that are not known."""
    rest = rules.rest if rules.rest in classes else (classes[-1] if classes else "")
    kept = [clause for clause in rules.clauses if clause.name in classes and clause.name != rest]
    named = {clause.name for clause in kept}
    return replace(rules, rest=rest, clauses=(*kept, *(Clause(n, True) for n in classes if n not in {*named, rest})))


class Desk:
    """A set of rules that is being changed, and what it amounts to now."""

    def __init__(self, basis: Basis, rules: RuleSet) -> None:
        self.basis = basis
        self.rules = whole(rules, basis.classes)
        self.decided = np.zeros(0, np.int64)
        self.judge()

    def judge(self) -> None:
        """Decide all samples anew."""
        self.decided = self.rules.decide(self.basis.columns, self.basis.classes, len(self.basis))

    # Changing

    def rule(self, spot: Spot) -> Rule:
        """The rule at a spot."""
        return self.rules.clauses[spot.clause].rules[spot.rule]

    def spots(self) -> list[Spot]:
        """All rules in order."""
        return [Spot(place, at) for place, clause in enumerate(self.rules.clauses) for at in range(len(clause.rules))]

    def set_rule(self, spot: Spot, rule: Rule) -> None:
        """Another threshold or direction."""
        rules = list(self.rules.clauses[spot.clause].rules)
        rules[spot.rule] = rule
        self._set(spot.clause, rules=tuple(rules))

    def add(self, clause: int, column: str, against: str = PRESENT) -> Spot:
        """A rule on a column, its threshold where it tells the class best from the labels."""
        mine = self.rules.clauses[clause]
        values = self.basis.columns[column]
        wanted = self.basis.opinions[against] == self.basis.classes.index(mine.name)
        found = best_threshold(column, values, wanted) or Rule(column, True, 0.0)
        self._set(clause, rules=(*mine.rules, found))
        return Spot(clause, len(mine.rules))

    def remove(self, spot: Spot) -> None:
        """Take a rule out."""
        rules = self.rules.clauses[spot.clause].rules
        self._set(spot.clause, rules=(*rules[: spot.rule], *rules[spot.rule + 1 :]))

    def set_every(self, clause: int, every: bool) -> None:
        """All of a clause's rules must hold, or any."""
        self._set(clause, every=every)

    def set_rest(self, name: str) -> None:
        """Another class for all that no clause takes."""
        self.rules = whole(replace(self.rules, rest=name), self.basis.classes)
        self.judge()

    def _set(self, clause: int, **values: Any) -> None:
        clauses = list(self.rules.clauses)
        clauses[clause] = replace(clauses[clause], **values)
        self.rules = replace(self.rules, clauses=tuple(clauses))
        self.judge()

    # What it amounts to

    def counts(self) -> Codes:
        """How many samples each class gets."""
        return np.bincount(self.decided[self.decided >= 0], minlength=len(self.basis.classes))

    def met(self, spot: Spot, against: str = PRESENT) -> list[tuple[int, int]]:
        """(place, count) of the labels of those that fulfil one rule; unlabelled (−1) last, where there are any."""
        rule = self.rule(spot)
        holds = rule.holds(self.basis.columns[rule.column])
        labels = self.basis.opinions[against][holds]
        counts = np.bincount(labels + 1, minlength=len(self.basis.classes) + 1)
        told = [(place, int(count)) for place, count in enumerate(counts[1:].tolist())]
        return [*told, *([(-1, int(counts[0]))] if counts[0] else [])]

    def against(self, who: str, draws: int = DRAWS) -> Agreement:
        """The rules beside an opinion, its classes by rows."""
        return agree(self.basis.opinions[who], self.decided, self.basis.groups, len(self.basis.classes), draws)

    def between(self, one: str, other: str) -> Agreement:
        """Two opinions beside each other."""
        opinions = self.basis.opinions
        return agree(opinions[one], opinions[other], self.basis.groups, len(self.basis.classes), DRAWS)

    def by_group(self, who: str) -> list[tuple[str, int, float | None]]:
        """Group, samples with both, kappa: of each group."""
        labels, k, count = self.basis.opinions[who], len(self.basis.classes), len(self.basis.group_names)
        both = np.flatnonzero((labels >= 0) & (self.decided >= 0))
        joint = (self.basis.groups[both] * k + labels[both]) * k + self.decided[both]
        tables = np.bincount(joint, minlength=count * k * k).reshape(count, k, k).astype(float)
        sizes, values = tables.sum((1, 2)), kappas(tables)
        return [
            (name, int(sizes[code]), float(values[code]) if np.isfinite(values[code]) else None)
            for code, name in enumerate(self.basis.group_names)
            if sizes[code]
        ]

    def differing(self, who: str, row: int, column: int) -> Codes:
        """The project's rows to which an opinion gives one class and the rules another (or the same)."""
        chosen = (self.basis.opinions[who] == row) & (self.decided == column)
        return np.asarray(self.basis.rows[chosen], np.int64)

    def alone(self, who: str) -> Codes:
        """The project's rows where an opinion and the model say the same, and the rules do not."""
        said, model = self.basis.opinions[who], self.basis.opinions.get(MODEL)
        if model is None:
            return np.zeros(0, np.int64)
        return np.asarray(self.basis.rows[(said >= 0) & (said == model) & (self.decided != said)], np.int64)

    def gained(self, before: Codes, who: str, place: int) -> tuple[int, int]:
        """How many samples came to a class since an earlier decision, and to how many of them `who` gives it too."""
        new = (self.decided == place) & (before != place)
        return int(new.sum()), int((new & (self.basis.opinions[who] == place)).sum())


def mean_recall(confusion: npt.NDArray[np.int64]) -> float | None:
    """Balanced accuracy of the columns' opinion by the rows'."""
    total = confusion.sum(1)
    known = total > 0
    return float((confusion.diagonal()[known] / total[known]).mean()) if known.any() else None
