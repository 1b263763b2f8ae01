"""The runs beside each other: their newest scores, what tells runs of one recipe apart, what labels changed. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from models.domain import Recipe
from models.orders.scores import SCORE, Score, score_of
from models.params import describe, plain_value
from models.store.runs import RunRecord
from widgets import numbers
from widgets.form import value_text


class Scores:
    """Scores of runs; what was scored anew is read once."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[int, dict[str, Any] | None]] = {}

    def of(self, run: RunRecord, wanted: str = "") -> Score:
        """The newest score of a run, on the wanted part where it has it."""
        return score_of(run, wanted, self._newer(run))

    def _newer(self, run: RunRecord) -> dict[str, Any] | None:
        changed = run.added_at(SCORE)
        known = self._read.get(str(run.path))
        if known is None or known[0] != changed:
            known = self._read[str(run.path)] = (changed, run.added(SCORE) if changed else None)
        return known[1]


def differences(runs: Sequence[RunRecord], recipes: Sequence[Recipe]) -> dict[str, str]:
    """For each run what tells it from the others of its recipe: ``epochs 6, seed 1``; ``as run-1`` for nothing."""
    labels = {recipe.name: _labels(recipe.params) for recipe in recipes}
    told = {run.id: _facts(run, labels.get(run.recipe, {})) for run in runs}
    words: dict[str, str] = {}
    for run in runs:
        kin = [other for other in runs if other.recipe == run.recipe]
        names = list(dict.fromkeys(name for other in kin for name in told[other.id]))
        unlike = [name for name in names if len({told[other.id].get(name, "") for other in kin}) > 1]
        parts = [f"{name} {told[run.id][name]}".strip() for name in unlike if name in told[run.id]]
        twin = next((other for other in reversed(kin) if told[other.id] == told[run.id]), run)
        again = [f"as {twin.title}"] if twin.id != run.id else []
        if parent := run.record.get("parent"):
            again = [f"{'calibrated' if run.record.get('calibration') else 'carried on'} from {parent}"]
        words[run.id] = ", ".join([*parts, *again])
    return words


def labels_told(run: RunRecord, runs: Sequence[RunRecord], more: bool = True) -> str:
    """Whether more labels still change the model, as far as the present runs (newest first) can tell.

    more: there are samples that could get one.
    """
    told = run.record.get("stopping") or {}
    places = [place for place, item in enumerate(runs) if item.id == run.id]
    classes = run.record.get("classes")
    kin = [item for item in runs if item.recipe == run.recipe and item.record.get("classes") == classes]
    older = [item for item in kin if places and item in runs[places[0] + 1 :]]
    newer = [item for item in kin if places and item in runs[: places[0]]]
    if told.get("steps"):
        if older and _labels_of(older[0]) == _labels_of(run):
            return f"{older[0].title} had the same labels: the two do not tell what more labels would change."
        if older and older[0].record.get("params") != run.record.get("params"):
            return f"{older[0].title} had other values too: the two do not tell what labels alone changed."
        return str(told.get("verdict", ""))
    if not newer:
        ask = f"label more, then train {run.recipe} again." if more else "all are labelled, so Learning curve tells."
        return f"Whether more labels would change it: {ask}"
    if _labels_of(newer[-1]) == _labels_of(run):
        return f"{newer[-1].title} has the same labels: whether more would change it, a run with more will tell."
    return f"{newer[-1].title} tells what the labels since then changed."


def _labels_of(run: RunRecord) -> Any:
    return (run.record.get("snapshot") or {}).get("sha")


@cache
def _labels(params: type) -> dict[str, str]:
    return {param.name: param.label for param in describe(params)}


def _facts(run: RunRecord, labels: Mapping[str, str]) -> dict[str, str]:
    """What a person chose for a run, in words by name; only what was chosen."""
    record = run.record
    facts = {labels.get(name, name).lower(): _words(value) for name, value in (record.get("params") or {}).items()}
    facts["seed"] = _words(record.get("seed", 0))
    wish, split = record.get("wish") or {}, record.get("split") or {}
    facts["split by"] = str(split.get("by", ""))
    for name, words in (
        ("split_seed", "split seed"),
        ("folds", "folds"),
        ("where", "where"),
        ("max_samples", "at most"),
    ):
        if wish.get(name) not in (None, "", 0):
            facts[words] = _words(wish[name])
    if count := (record.get("snapshot") or {}).get("labels"):
        facts["labels"] = numbers.count(count)
    return facts


def _words(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value_text(plain_value(value))
