"""Rules that curate by thresholds: a class where any (or all) of its conditions hold, the rest another class."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError

Numbers = npt.NDArray[np.floating[Any]]
Codes = npt.NDArray[np.integer[Any]]
Mask = npt.NDArray[np.bool_]
#: Conditions that a proposal gives a class at most, thresholds that it tries, samples that it looks at.
MOST, THRESHOLDS, ENOUGH = 3, 24, 20_000
#: A further condition must raise a class's F1 by this much; one that many samples lack is not proposed.
GAIN, KNOWN = 0.003, 0.8


@dataclass(frozen=True)
class Rule:
    """One condition: the column above (or below) a value. A missing value never fulfils it."""

    column: str
    above: bool
    value: float

    def holds(self, values: Numbers) -> Mask:
        """(n,) where it holds."""
        with np.errstate(invalid="ignore"):
            return np.asarray(values > self.value if self.above else values < self.value, bool)


@dataclass(frozen=True)
class Clause:
    """A class, and the conditions of which any one or every one makes a sample of it; without any: none is."""

    name: str
    every: bool
    rules: tuple[Rule, ...] = ()

    def holds(self, columns: Mapping[str, Numbers], length: int) -> Mask:
        """(n,) where it holds."""
        found = [rule.holds(columns[rule.column]) for rule in self.rules if rule.column in columns]
        if not found or (self.every and len(found) < len(self.rules)):
            return np.zeros(length, bool)
        return np.asarray(np.logical_and.reduce(found) if self.every else np.logical_or.reduce(found), bool)


@dataclass(frozen=True)
class RuleSet:
    """Clauses in order, the first that holds decides; `rest`: the class of all others, "" for none."""

    name: str
    clauses: tuple[Clause, ...] = ()
    rest: str = ""

    def columns(self) -> list[str]:
        """The columns that its conditions look at, each once."""
        return list(dict.fromkeys(rule.column for clause in self.clauses for rule in clause.rules))

    def decide(self, columns: Mapping[str, Numbers], classes: Sequence[str], length: int) -> npt.NDArray[np.int64]:
        """(n,) place of each sample's class in `classes`, −1 for none."""
        found = np.full(length, _place(self.rest, classes), np.int64)
        free = np.ones(length, bool)
        for clause in self.clauses:
            mine = free & clause.holds(columns, length)
            found[mine] = _place(clause.name, classes)
            free &= ~mine
        return found

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        clauses = [
            {
                "class": clause.name,
                "if": "all" if clause.every else "any",
                "rules": [
                    {"column": one.column, "is": ">" if one.above else "<", "value": one.value} for one in clause.rules
                ],
            }
            for clause in self.clauses
        ]
        return {"name": self.name, "clauses": clauses, "rest": self.rest}


def _place(name: str, classes: Sequence[str]) -> int:
    return classes.index(name) if name in classes else -1


def read_rules(told: Any) -> RuleSet:
    """A set of rules from its JSON; UserError where it is none."""
    try:
        clauses = [
            Clause(
                str(clause["class"]),
                clause["if"] == "all",
                tuple(Rule(str(one["column"]), one["is"] == ">", float(one["value"])) for one in clause["rules"]),
            )
            for clause in told["clauses"]
        ]
        found = RuleSet(str(told["name"]), tuple(clauses), str(told.get("rest", "")))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"these are no rules ({error!r}). Save them from the window again.") from None
    if not all(math.isfinite(rule.value) for clause in found.clauses for rule in clause.rules):
        raise UserError(f"the rules {found.name!r} hold a threshold that is no number. Save them again.")
    return found


def propose(columns: Mapping[str, Numbers], codes: Codes, classes: Sequence[str], name: str = "proposed") -> RuleSet:
    """Rules that follow the labels (codes (n,), −1 unlabelled) as well as a few thresholds can.

    The most frequent class is the rest; each other one gets up to `MOST` conditions that must all hold, chosen
    one after the other by its F1. The class that is told best comes first, the next of what is left.
    """
    rows = np.flatnonzero(codes >= 0)
    if len(rows) > ENOUGH:
        rows = np.sort(np.random.default_rng(7).choice(rows, ENOUGH, replace=False))
    counts = np.bincount(codes[rows], minlength=len(classes))
    rest = int(counts.argmax()) if len(rows) else -1
    waiting = [code for code in range(len(classes)) if counts[code] and code != rest]
    clauses: list[Clause] = []
    while waiting and len(rows):
        table = {column: np.asarray(values)[rows] for column, values in columns.items()}
        table = {column: values for column, values in table.items() if np.isfinite(values).mean() >= KNOWN}
        made = {code: _conjunction(table, codes[rows] == code) for code in waiting}
        best = max(made, key=lambda code: made[code][1])
        waiting.remove(best)
        if made[best][0]:
            clauses.append(Clause(classes[best], True, made[best][0]))
            rows = rows[~clauses[-1].holds(table, len(rows))]
    return RuleSet(name, tuple(clauses), classes[rest] if rest >= 0 else "")


def best_threshold(column: str, values: Numbers, wanted: Mask) -> Rule | None:
    """The one condition on a column that tells the wanted rows best; None where the column has no values."""
    tried = _thresholds(column, values)
    return max(tried, key=lambda rule: _f1(rule.holds(values), wanted), default=None)


def _conjunction(table: Mapping[str, Numbers], wanted: Mask) -> tuple[tuple[Rule, ...], float]:
    """Conditions that together tell the wanted rows, and their F1."""
    chosen: list[Rule] = []
    held, score = np.ones(len(wanted), bool), 0.0
    candidates = [rule for column, values in table.items() for rule in _thresholds(column, values)]
    while len(chosen) < MOST and candidates:
        free = [rule for rule in candidates if rule.column not in {one.column for one in chosen}]
        scored = [(_f1(held & rule.holds(table[rule.column]), wanted), rule) for rule in free]
        if not scored:
            break
        best, rule = max(scored, key=lambda pair: pair[0])
        if best < score + GAIN:
            break
        chosen.append(rule)
        held, score = held & rule.holds(table[rule.column]), best
    return tuple(chosen), score


def _thresholds(column: str, values: Numbers) -> list[Rule]:
    known = values[np.isfinite(values)]
    if len(known) < 2:
        return []
    points = np.unique(np.quantile(known.astype(np.float64), np.linspace(0.02, 0.98, THRESHOLDS)))
    return [Rule(column, above, float(f"{point:.3g}")) for point in points for above in (True, False)]


def _f1(said: Mask, wanted: Mask) -> float:
    both = int((said & wanted).sum())
    return 2 * both / max(int(said.sum()) + int(wanted.sum()), 1)
