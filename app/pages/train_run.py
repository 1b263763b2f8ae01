"""One training as its page shows it: epochs, log, how far it is. No Qt."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.job import Progress
from models.learn.words import lone_words
from models.orders.tried import read_tried
from models.store.runs import JUDGES, RunRecord
from widgets import numbers

#: Parts of the metrics, and what they are called in a log.
SCORED = {
    "val": "validation",
    "test": "test",
    "out_of_fold": "out of fold",
    "metadata_only": "metadata alone",
    "baseline": "baseline",
}
#: Words of a step within an epoch, and the count before the words of a stage: "25 of 300 trees".
_EPOCH, _COUNTED = re.compile(r"Epoch \d"), re.compile(r"^\d+ of (?=\d+ \D)")


@dataclass(frozen=True)
class Kept:
    """The epoch whose weights make the model. by: what chose it, in words; score: its balanced accuracy or NaN."""

    epoch: int
    by: str
    score: float


@dataclass
class Training:
    """What is known of a training: it runs, or it has ended as a run.

    epochs: the numbers of each epoch (``epoch``, ``train_loss``, ``val_loss``, …). log: (time, words).
    planned: epochs wished for, 0 for recipes that fit in one step. patience: 0 trains them all and
    keeps the last; else the epoch of the lowest validation loss is kept. kept_epoch: what the run
    says of it, 0 while it runs. fitted: the model is there, what follows are its scores and folds.
    classes, metrics: of the run that it became; scored: the part that judges it, scores: its figures there.
    tried: the configurations of a search, as rows of a table.
    """

    recipe: str
    run: str = ""
    started: float = 0.0
    labels: int = 0
    position: int = 0
    planned: int = 0
    patience: int = 0
    kept_epoch: int = 0
    running: bool = False
    fitted: bool = False
    stopping: bool = False
    done: int = 0
    total: int = 0
    text: str = ""
    seconds: float = 0.0
    rate: float = math.nan
    left: float = math.nan
    epochs: list[dict[str, float]] = field(default_factory=list)
    log: list[tuple[str, str]] = field(default_factory=list)
    tried: list[Mapping[str, Any]] = field(default_factory=list)
    balance: Mapping[str, Any] = field(default_factory=dict)
    baseline: float | None = None
    chance: float | None = None
    groups: Mapping[str, int] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    scored: str = ""
    scores: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    _stage: str = ""

    @property
    def by_epochs(self) -> bool:
        """Whether it has curves, or will have; else it is fitted in one go."""
        return bool(self.planned or self.epochs)

    def take(self, progress: Progress) -> None:
        """Note one step."""
        self.text = progress.text or self.text
        self.fitted = self.fitted or progress.keeping
        values = progress.values
        if "epoch" in values and not self.fitted:
            if self.epochs and float(values["epoch"]) <= self.epochs[-1]["epoch"]:
                self.epochs.clear()  # of another network, or fold: one line through both would say nothing
            self.epochs.append({name: float(value) for name, value in values.items()})
            self.done, self.total = progress.done, progress.total
            self.rate = float(values.get("rate", math.nan))
            self.left = float(values.get("left", math.nan))
            self.say(epoch_words(values))
        elif not self.planned and progress.total:
            self.done, self.total = progress.done, progress.total
        if progress.row is not None:
            self.tried.append(progress.row)
        if progress.text and "epoch" not in values and not _EPOCH.match(progress.text):
            self._enter(_COUNTED.sub("", progress.text))
        if progress.log:
            self.say(progress.log)

    def _enter(self, stage: str) -> None:
        """A line for each stage that begins; its steps are not told one by one."""
        if stage != self._stage:
            self._stage = stage
            self.say(stage[:1].upper() + stage[1:])

    def say(self, words: str) -> None:
        """One line for the log, at this moment."""
        self.log.append((time.strftime("%H:%M:%S"), words))

    @property
    def title(self) -> str:
        """``cnn, run-3``."""
        return f"{self.recipe}, {self.run}" if self.run else self.recipe

    def source(self, short: bool = False) -> str:
        """``started 14:12 from 825 labels at event 1 043``; short: without the event."""
        if self.run and not self.labels and not self.running:
            return "taken in from another program, not trained here"
        at = time.strftime("%H:%M", time.localtime(self.started)) if self.started else ""
        begun = f"trained in {numbers.duration(self.seconds)}" if self.run and self.seconds else f"started {at}"
        told = f"{begun} from {numbers.plural(self.labels, 'label')}"
        return f"{told} at event {numbers.count(self.position)}" if self.position and not short else told

    def part(self) -> float:
        """How far it is, 0 to 1."""
        if not self.running:
            return 1.0 if self.run else 0.0
        return self.done / self.total if self.total else 0.0

    def kept(self) -> Kept | None:
        """The epoch whose weights are kept as things stand; None before the first."""
        if not self.epochs:
            return None
        losses = [(row.get("val_loss", math.nan), int(row["epoch"])) for row in self.epochs]
        lowest = min((pair for pair in losses if math.isfinite(pair[0])), default=(0.0, 0))[1]
        last = int(self.epochs[-1]["epoch"])
        chosen = self.kept_epoch or (lowest if lowest and (self.patience or self.stopping) else last)
        row = next((row for row in self.epochs if int(row["epoch"]) == chosen), self.epochs[-1])
        by = "lowest loss" if chosen == lowest and (self.patience or chosen != last) else "last epoch"
        return Kept(int(row["epoch"]), by, row.get("val_balanced_accuracy", math.nan))

    def last(self, name: str) -> float:
        """The newest value of a figure, NaN before the first."""
        return next((row[name] for row in reversed(self.epochs) if name in row), math.nan)

    def line(self, name: str) -> tuple[list[float], list[float]]:
        """Epochs and values of a figure."""
        rows = [row for row in self.epochs if name in row]
        return [row["epoch"] for row in rows], [row[name] for row in rows]


def _last_curve(rows: Sequence[Mapping[str, float | None]]) -> list[dict[str, float]]:
    """The epochs of the last network that was trained: where their numbers begin anew, so does the curve."""
    found: list[dict[str, float]] = []
    for row in rows:
        if found and (row.get("epoch") or 0) <= found[-1].get("epoch", 0):
            found = []
        found.append({name: float(value) for name, value in row.items() if value is not None})
    return found


def _kept_epoch(told: Mapping[str, Any]) -> int:
    """The epoch that the run says was kept, 0 where it is of another network than the curve: of several sets each fold
    keeps its own, and the curve is of the last."""
    return 0 if told.get("sets") else int(told.get("best_epoch") or 0)


def epoch_words(values: Mapping[str, float]) -> str:
    """``epoch 3  loss 1.322  balanced .328``."""
    words = f"epoch {int(values['epoch'])}"
    loss = values.get("val_loss", values.get("train_loss"))
    if loss is not None:
        words += f"  loss {numbers.amount(float(loss), 3)}"
    score = values.get("val_balanced_accuracy")
    return words + (f"  balanced {numbers.share(float(score))}" if score is not None else "")


def from_record(run: RunRecord) -> Training:
    """A finished training, from its run's record."""
    record = run.record
    snapshot, metrics = record.get("snapshot") or {}, record.get("metrics") or {}
    scored = run.judged("val")[1]
    judge, scores = run.judged()
    params = record.get("params") or {}
    return Training(
        recipe=str(record.get("recipe", "")),
        run=run.title,
        started=numbers.local(run.at).timestamp() if run.at else 0.0,
        labels=int(snapshot.get("labels") or 0),
        position=int(snapshot.get("position") or 0),
        planned=int(params.get("epochs") or 0),
        patience=int(params.get("patience") or 0),
        kept_epoch=_kept_epoch(record.get("input") or {}),
        seconds=float(record.get("seconds") or 0.0),
        epochs=_last_curve(record.get("curves") or []),
        log=_lines(record),
        tried=list(read_tried(run.path)),
        balance=record.get("balance") or {},
        baseline=((metrics.get("baseline") or {}).get("balanced_accuracy")),
        chance=((scored.get("chance") or {}).get("balanced_accuracy")),
        groups=(record.get("split") or {}).get("groups") or {},
        classes=tuple(record.get("classes") or ()),
        scored=judge,
        scores=scores,
        metrics=metrics,
    )


def _lines(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The log of a finished training: what it saw, its epochs as they were told, its scores; times are not kept."""
    epochs = [{name: v for name, v in row.items() if v is not None} for row in record.get("curves") or []]
    told = [epoch_words(row) for row in epochs if "epoch" in row]
    return [("", words) for words in (*_begun(record), *told, *map(str, record.get("log") or []), *outcome(record))]


def _begun(record: Mapping[str, Any]) -> list[str]:
    """``2 640 labels: train 1 583, val 527, test 530``."""
    count, split = (record.get("snapshot") or {}).get("labels"), record.get("split") or {}
    sides = [f"{name} {numbers.count(split[name])}" for name in ("train", "val", "test") if split.get(name)]
    return [f"{numbers.plural(count, 'label')}: {', '.join(sides)}"] if count and sides else []


def reached(metrics: Mapping[str, Any]) -> dict[str, tuple[float, float | None, float | None]]:
    """Balanced accuracy and its interval on each part, and of what stands beside it."""
    found = {}
    for part, words in SCORED.items():
        value = (metrics.get(part) or {}).get("balanced_accuracy")
        if value is not None:
            low, high = (metrics[part].get("intervals") or {}).get("balanced_accuracy") or (None, None)
            found[words] = (float(value), low, high)
    return found


def outcome(record: Mapping[str, Any]) -> list[str]:
    """What a training reached, and what stands beside it, a line each."""
    found = reached(record.get("metrics") or {})
    lines = [f"{words}: balanced {numbers.interval(*figures)}" for words, figures in found.items()]
    judged = next((part for part in JUDGES if (record.get("metrics") or {}).get(part)), "")
    lone = lone_words(record["metrics"][judged]) if judged else ""
    lines += [lone] if lone else []
    return [*lines, *([str(record["words"])] if record.get("words") else [])]


def known_baseline(runs: Sequence[RunRecord], recipe: str) -> float | None:
    """What the domain's baseline reached on held-out samples, from the newest run that tells."""
    for run in runs:
        metrics = run.record.get("metrics") or {}
        beside = (metrics.get("baseline") or {}).get("balanced_accuracy")
        if beside is not None:
            return float(beside)
        if recipe and run.recipe == recipe:
            _part, own = run.judged()
            if own.get("balanced_accuracy") is not None:
                return float(own["balanced_accuracy"])
    return None
