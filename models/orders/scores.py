"""What a run's score rests on, and why two scores can't stand beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.learn.words import count, plural
from models.store.runs import RunRecord

#: Name under which a newer score is kept with its run.
SCORE = "score"
PARTS = {"test": "on the locked test set", "out_of_fold": "out of fold", "val": "on the validation part"}


@dataclass(frozen=True)
class Score:
    """The score of a run on one part, and what it rests on.

    position: event whose labels it was scored with; labels: their hash. version: of the locked test
    set, 0 for another one. apart: how a split of its own was drawn, "" for the project's. again:
    scored anew since the training.
    """

    run: str
    part: str
    metrics: Mapping[str, Any]
    position: int
    labels: str
    version: int
    apart: str
    again: bool = False

    def basis(self) -> tuple[str, ...]:
        """Equal for scores of the same samples with the same labels."""
        size = str(self.metrics.get("n"))
        if self.part == "test" and self.version:
            return self.part, size, str(self.version)
        return self.part, size, self.labels, self.apart


def score_of(run: RunRecord, wanted: str = "", newer: Mapping[str, Any] | None = None) -> Score:
    """The score a run is judged by, on the wanted part where it has it.

    newer: what is kept as `SCORE`; it stands in for the training's own score of the same part.
    """
    part, metrics = run.judged(wanted)
    record, split = run.record, run.record.get("split") or {}
    snapshot = record.get("snapshot") or {}
    apart = _apart(split, part)
    version = int(record.get("test_version") or 0) if part == "test" else 0
    name = run.title
    if newer and newer.get("part") == part and newer.get("metrics"):
        version = int(newer.get("test_version") or 0) if version else 0
        labels = str(newer.get("labels", ""))
        return Score(name, part, newer["metrics"], int(newer.get("position") or 0), labels, version, apart, True)
    position, labels = int(snapshot.get("position") or 0), str(snapshot.get("sha", ""))
    return Score(name, part, metrics, position, labels, version, apart)


def unlike(score: Score, other: Score) -> str:
    """Why a score can't be compared with the other one, in a sentence; "" when it can, or where one is missing."""
    if not score.part or not other.part or score.basis() == other.basis():
        return ""
    if score.part != other.part:
        return f"Scored {PARTS[score.part]}, {other.run} {PARTS[other.part]}."
    if bool(score.version) != bool(other.version) or score.apart != other.apart:
        return f"Scored on other samples than {other.run}: {_drawn(score)} against {_drawn(other)}."
    if score.version and score.version != other.version:
        told = f"version {score.version} of the test set, {other.run} on version {other.version}"
        return f"Scored on {told}: its labels changed between."
    if score.metrics.get("n") != other.metrics.get("n"):
        sizes = [int(one.metrics.get("n") or 0) for one in (score, other)]
        return f"Scored on {plural(sizes[0], 'sample')}, {other.run} on {count(sizes[1])}."
    events = [count(one.position) for one in (score, other)]
    return f"Scored with the labels of event {events[0]}, {other.run} with those of event {events[1]}."


def mendable(score: Score, other: Score) -> bool:
    """Whether scoring both anew with the labels of now makes them alike."""
    return bool(unlike(score, other)) and (score.part, score.apart) == (other.part, other.apart)


def _apart(split: Mapping[str, Any], part: str) -> str:
    by, kind = split.get("by"), split.get("kind")
    if part == "out_of_fold":
        return "" if by == "group" else f"folds by {by}"
    if kind == "locked" and part == "test":
        return ""
    return "a split file" if kind == "file" else f"a split by {by}, seed {split.get('seed')}"


def _drawn(score: Score) -> str:
    return "the locked test set" if score.version else score.apart or "folds by group"
