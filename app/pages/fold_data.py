"""The trainings of a run over given splits as a matrix: their scores, or how far each is while they run. No Qt."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from models.job import Progress
from models.learn.words import plural
from models.orders.answers import FUSION
from models.store.runs import RunRecord
from widgets.charts.fold_matrix import DONE, FAILED, PENDING, RUNNING, SCORED, UNDEFINED, FoldCell, FoldRow

SCORES = {
    "auc": "AUC",
    "balanced_accuracy": "Balanced accuracy",
    "accuracy": "Accuracy",
    "f1": "F1",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
}
#: The scores of one class alone, each with whose it is.
ONE_SIDED = {"sensitivity": "labelled {positive}", "specificity": "not labelled {positive}"}
#: How each rule of fusion is called.
RULES = {"mean": "mean of {count}", "weighted": "weighted on validation", "stacking": "stacking"}
#: A training as its title tells it, and what is told after it; where it is done; an epoch of several.
_TITLE = re.compile(r"(?P<name>\w+), fold (?P<fold>-?\d+)(?:, (?P<more>[^;]*))?")
_PLACE = re.compile(r"(?P<name>\w+), fold (?P<fold>-?\d+) (?P<what>begun|done) on (?P<where>\S+)")
_PART = re.compile(r"[Ee]poch (\d+) of (\d+)")
#: How the steps begin that come after all trainings.
_AFTER = ("The model of ", "Keeping the model")
Cell = tuple[str, int]


def given_of(record: RunRecord | None) -> Mapping[str, Any] | None:
    """The scores of a run over given splits, None for another run."""
    told = ((record.record.get("metrics") or {}).get("given") or None) if record is not None else None
    return told if isinstance(told, dict) and isinstance(told.get("sets"), dict) and told["sets"] else None


def folds_of(given: Mapping[str, Any]) -> list[int]:
    """The folds that any set has, in order."""
    return sorted({int(line["fold"]) for told in given["sets"].values() for line in told["folds"]})


def score_rows(given: Mapping[str, Any], score: str, level: str) -> list[FoldRow]:
    """A row for each set, then one for all joined where there are several."""
    folds, best = folds_of(given), (given.get("beside") or {}).get("best")
    rows = [
        replace(
            _row(name, told, folds, score, level, given.get("positive")),
            shares=tuple(float(count) for count in (given.get("trained") or {}).get(name, ())),
            best=name == best,
        )
        for name, told in given["sets"].items()
    ]
    if len(rows) > 1 and given.get("fusion"):
        rows.append(
            replace(_row("late fusion", given["fusion"], folds, score, level, given.get("positive")), apart=True)
        )
    return rows


def _row(name: str, told: Mapping[str, Any], folds: Sequence[int], score: str, level: str, positive: Any) -> FoldRow:
    lines = {int(line["fold"]): line for line in told["folds"]}
    cells = tuple(_cell(lines.get(fold), score, level, positive) for fold in folds)
    mean, sd = (((told.get(part) or {}).get(level) or {}).get(score) for part in ("mean", "sd"))
    return FoldRow(name, cells, math.nan if mean is None else float(mean), math.nan if sd is None else float(sd))


def _cell(line: Mapping[str, Any] | None, score: str, level: str, positive: Any) -> FoldCell:
    if line is None:
        return FoldCell(UNDEFINED, why="this fold was not trained")
    told = line.get(level) or {}
    value = told.get(score)
    if value is not None:
        return FoldCell(SCORED, float(value), why=_judged(told, positive), of=_count(told, score))
    return FoldCell(UNDEFINED, why=_reason(told, score, positive))


def _count(told: Mapping[str, Any], score: str) -> int:
    """Of how many a score is: sensitivity of the positive ones alone, specificity of the others; 0 where a run of
    before did not keep how many these are."""
    count, positives = int(told.get("n") or 0), told.get("positives")
    if score not in ONE_SIDED:
        return count
    if positives is None:
        return 0
    return int(positives) if score == "sensitivity" else count - int(positives)


def _judged(told: Mapping[str, Any], positive: Any) -> str:
    """How many a fold judges, and how many of them are of the positive class: ``3 judged, 2 of them PD``."""
    count, positives = int(told.get("n") or 0), told.get("positives")
    if positives is None or positive is None:
        return f"{count} judged"
    return f"{count} judged, {positives or 'none'} of them {positive}"


def _reason(told: Mapping[str, Any], score: str, positive: Any) -> str:
    """Why a score is undefined in a fold."""
    if not told.get("n"):
        return "nothing labelled stands in its test"
    if score == "sensitivity" or (score == "f1" and positive is not None):
        return f"no {positive} stands in its test" if positive is not None else "there are more than two classes"
    if score == "specificity":
        return f"only {positive} stands in its test" if positive is not None else "there are more than two classes"
    return "only one class stands in its test"


def judged_words(rows: Sequence[FoldRow], noun: str, score: str = "", positive: Any = None) -> str:
    """How many the score of a fold is of: ``folds of 2–3 patients``, of sensitivity ``… labelled PD``;
    "" where that is not known."""
    counts = [cell.of for row in rows for cell in row.cells if cell.of]
    if not counts:
        return ""
    least, most = min(counts), max(counts)
    told = f"folds of {plural(most, noun)}" if least == most else f"folds of {least}–{plural(most, noun)}"
    side = ONE_SIDED.get(score, "") if positive is not None else ""
    return f"{told} {side.format(positive=positive)}".rstrip()


@dataclass
class Fanned:
    """A training over given splits while it runs, taken from what it tells of itself.

    cells: each training in the order in which they are done, () where that is not known. at: what each worker does.
    """

    cells: tuple[Cell, ...] = ()
    states: dict[Cell, FoldCell] = field(default_factory=dict)
    at: dict[str, Cell] = field(default_factory=dict)
    before: int = 0
    ended: str = ""

    def know(self, cells: Sequence[Cell]) -> None:
        """Which trainings there are."""
        self.cells = tuple(cells)

    @property
    def sets(self) -> list[str]:
        """The sets, as they come."""
        return list(dict.fromkeys(name for name, _ in (*self.cells, *self.states)))

    @property
    def folds(self) -> list[int]:
        """The folds, in order."""
        return sorted({fold for _, fold in (*self.cells, *self.states)})

    @property
    def done(self) -> int:
        """How many are done."""
        return max(sum(cell.state == DONE for cell in self.states.values()), self.before)

    @property
    def running(self) -> int:
        """How many are at work."""
        return sum(cell.state == RUNNING for cell in self.states.values())

    def take(self, step: Progress) -> None:
        """Note one step."""
        if (found := re.match(r"(\d+) of \d+ were finished before", step.text)) is not None:
            self.before = int(found[1])
        if (placed := _PLACE.match(step.log)) is not None:
            self._place((placed["name"], int(placed["fold"])), placed["what"], placed["where"])
        if step.text.startswith(_AFTER):
            self.close()
            return
        told = list(_TITLE.finditer(step.text))
        clustered = bool(self.at) or bool(step.log and placed)
        if told and "fold" in step.values and not clustered:
            self._begin((told[0]["name"], int(told[0]["fold"])), step)
        elif told:
            for one in told:
                self._part((one["name"], int(one["fold"])), _PART.search(one["more"] or ""))
        elif step.total and not clustered:
            self._advance(step)

    def _begin(self, cell: Cell, step: Progress) -> None:
        """One after the other: what came before this one is done."""
        earlier = self.cells[: self.cells.index(cell)] if cell in self.cells else tuple(self.states)
        for one in earlier:
            self.states[one] = FoldCell(DONE)
        self.states[cell] = FoldCell(RUNNING, part=0.0)
        self.before = max(self.before, step.done)

    def _advance(self, step: Progress) -> None:
        """Steps inside the one that is at work; those after the last are of something else."""
        for cell, state in self.states.items():
            if state.state == RUNNING:
                self.states[cell] = replace(state, part=min(step.done / step.total, 1.0))

    def _part(self, cell: Cell, found: re.Match[str] | None) -> None:
        known = self.states.get(cell, FoldCell())
        if known.state != DONE:
            part = int(found[1]) / max(int(found[2]), 1) if found is not None else known.part
            self.states[cell] = replace(known, state=RUNNING, part=part)

    def _place(self, cell: Cell, what: str, where: str) -> None:
        """A worker began or ended a training."""
        if what == "done":
            self.states[cell] = FoldCell(DONE, why=where)
            self.at = {name: one for name, one in self.at.items() if one != cell}
        else:
            self.states[cell] = FoldCell(RUNNING, why=f"on {where}")
            self.at[where] = cell

    def fail(self, why: str) -> None:
        """It ended with an error: the training that it names failed, what was at work did not end."""
        self.ended = why
        named = _TITLE.match(why)
        for cell, state in list(self.states.items()):
            if state.state == RUNNING:
                self.states[cell] = FoldCell(PENDING, why="it did not end")
        if named is not None:
            self.states[named["name"], int(named["fold"])] = FoldCell(FAILED, why=why)
        self.at.clear()

    def close(self) -> None:
        """Every training is done: what follows joins them."""
        for cell in (*self.cells, *self.states):
            self.states[cell] = FoldCell(DONE)
        self.at.clear()

    def rows(self) -> list[FoldRow]:
        """A row for each set with the states of its trainings."""
        folds = self.folds
        return [FoldRow(name, tuple(self.states.get((name, fold), FoldCell()) for fold in folds)) for name in self.sets]

    def words(self) -> str:
        """``88 of 90 done, 2 running``."""
        told = f"{self.done} of {len(self.cells)} done" if self.cells else f"{self.done} done"
        return f"{told}, {self.running} running" if self.running else told


@dataclass(frozen=True)
class FusionTold:
    """Late fusion beside the best single set: (name, value, low, high, chosen) each, and what the difference is."""

    rows: tuple[tuple[str, float | None, float | None, float | None, bool], ...]
    words: str


def fusion_of(given: Mapping[str, Any], group: str, tell: Any) -> FusionTold | None:
    """The rules of fusion against the best single set, None where there is one set alone.

    tell(value, low, high) gives a difference in words.
    """
    beside = given.get("beside")
    if not beside:
        return None
    rule, count = str(given.get("rule", "mean")), len(given["sets"])
    single = beside.get("single_interval") or (None, None)
    rows = [(f"{beside['best']} alone, best", beside.get("single"), single[0], single[1], False)]
    for name, told in beside["rules"].items():
        low, high = told.get("interval") or (None, None)
        rows.append((RULES.get(name, name).format(count=count), told.get("auc"), low, high, name == rule))
    against = beside["against"].get(rule) or {}
    gap, reach = against.get("difference"), against.get("interval")
    title = RULES.get(rule, rule).format(count=count)
    words = f"{title[:1].upper()}{title[1:]} against {beside['best']}: not comparable, one class alone was judged."
    if gap is not None:
        told = tell(gap, *(reach or (None, None)))
        words = f"{title[:1].upper()}{title[1:]} less {beside['best']}: {told}, paired by {group}."
        if reach is None:
            words += f" No draw of {group}s changes it, so there is no interval."
        elif reach[0] <= 0 <= reach[1]:
            words += " The interval holds 0: no difference is shown."
    return FusionTold(tuple(rows), words)


__all__ = [
    "FUSION",
    "RULES",
    "SCORES",
    "Fanned",
    "FusionTold",
    "folds_of",
    "fusion_of",
    "given_of",
    "judged_words",
    "score_rows",
]
