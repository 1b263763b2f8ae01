"""The head of the train page: which training, how far it is, its key figures."""

from __future__ import annotations

import math
import time

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.pages.train_run import SCORED, Kept, Training
from models.learn.words import is_lone, is_unbounded
from widgets import numbers
from widgets.parts.bars import Bar
from widgets.parts.head import PageHead

TITLE, HINT = "No training yet", "Choose values at the left, then train."
KEPT = "Kept weights"
#: Caption and width of each key figure.
BLOCKS = {
    "epoch": ("Epoch", 104),
    "score": ("Balanced accuracy", 150),
    "kl": ("KL from the votes", 206),
    "validation": ("Validation", 116),
    "kept": (KEPT, 122),
    "rate": ("Throughput", 138),
    "left": ("Left", 104),
}
KL_TIP = "How far the predicted shares are from those of the votes, {}: 0 for none, less is better."
#: Those that only a training by epochs has.
BY_EPOCH = ("validation", "kept", "rate")
#: Between figures: theirs have room of their own.
SPACE = 14
#: Below this width the source of the labels is told shortly.
NARROW = 980


class TrainHead(QWidget):
    """Which training, how far, its key figures, and the line of its progress. page: what its names begin with."""

    def __init__(self, page: str = "train") -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.head = PageHead(page, BLOCKS, TITLE, HINT, SPACE)
        self.figures = self.head.figures
        column.addWidget(self.head)
        self.bar = Bar(0.0, "accent", 3)
        self.bar.setObjectName(f"{page}.progress")
        column.addWidget(self.bar)

    def show_training(self, training: Training | None) -> None:
        """Show its state."""
        if training is None:
            self.head.show_words(TITLE, HINT)
            for block in self.figures.values():
                block.hide()
            self.bar.set_part(0.0)
            return
        self.head.show_words(training.title, training.source(self.width() < NARROW))
        for name, block in self.figures.items():
            block.setVisible(name == "left" or (name in BY_EPOCH) == training.by_epochs)
        self.figures["epoch"].setVisible(training.by_epochs or training.running)
        nearness = training.scores.get("kl") is not None
        self.figures["kl"].setVisible(nearness)
        # Of a training that ended, how near it came to the votes says more than how fast it went.
        self.figures["rate"].setVisible(training.by_epochs and not nearness)
        self.bar.set_part(training.part())
        self._figures(training)

    def _figures(self, training: Training) -> None:
        total = training.total or training.planned
        if training.epochs:
            reached = int(training.epochs[-1]["epoch"])
            # Of several networks the last may have more epochs than were planned of the first.
            told = f"of {numbers.count(total)}" if total >= reached else ""
            self.figures["epoch"].set_figure(numbers.count(reached), told)
        elif training.running and training.total:
            self.figures["epoch"].set_figure(numbers.count(training.done), f"of {numbers.count(training.total)} steps")
        else:
            self.figures["epoch"].set_figure(numbers.NONE, "")
        self.figures["epoch"].set_caption("Epoch" if training.by_epochs else "Steps")
        self._show_score(training)
        score = training.last("val_balanced_accuracy")
        self.figures["validation"].set_figure(numbers.share(score), "balanced" if math.isfinite(score) else "")
        self._show_kept(training.kept())
        rate = training.rate if training.running else training.last("rate")
        known = math.isfinite(rate)
        shown = numbers.count(round(rate)) if known else numbers.NONE
        self.figures["rate"].set_figure(shown, "samples/s" if known else "")
        self._show_time(training)

    def _show_score(self, training: Training) -> None:
        """What a training without epochs reached, when it has ended."""
        low, high = (training.scores.get("intervals") or {}).get("balanced_accuracy") or (None, None)
        bounds = "" if low is None or high is None else numbers.bounds(low, high)
        told = bounds or ("at the end" if training.running else "")
        if is_lone(training.scores):
            told = "one group, no interval"
        elif is_unbounded(training.scores):
            told = "no interval"
        self.figures["score"].set_figure(numbers.share(training.scores.get("balanced_accuracy")), told)
        low, high = (training.scores.get("intervals") or {}).get("kl") or (None, None)
        bounds = "" if low is None or high is None else numbers.bounds(low, high)
        self.figures["kl"].set_figure(numbers.amount(training.scores.get("kl"), 3, "nats"), bounds)
        self.figures["kl"].setToolTip(KL_TIP.format(SCORED.get(training.scored, "")).strip())

    def _show_time(self, training: Training) -> None:
        """What is left of the running training, or what it took."""
        self.figures["left"].set_caption("Left" if training.running else "Time")
        spent = time.time() - training.started
        if training.running and math.isfinite(training.left):
            self.figures["left"].set_figure(
                numbers.duration(training.left), f"of {numbers.duration(spent + training.left)}"
            )
        else:
            told = "stopping" if training.stopping else "so far" if training.running else "taken"
            seconds = spent if training.running else training.seconds
            self.figures["left"].set_figure(
                numbers.duration(seconds) if seconds else numbers.NONE, told if seconds else ""
            )

    def _show_kept(self, kept: Kept | None) -> None:
        """The epoch that makes the model, its score, and what chose it."""
        block = self.figures["kept"]
        block.set_caption(f"Kept, {kept.by}" if kept else KEPT)
        block.set_figure(numbers.share(kept.score if kept else None), f"epoch {kept.epoch}" if kept else "")
        block.setToolTip(kept_words(kept) if kept else "")


def kept_words(kept: Kept) -> str:
    """Which weights make the model and why, in a sentence."""
    if kept.by == "lowest loss":
        return f"The model has the weights of epoch {kept.epoch}: its loss on the validation part is the lowest."
    return f"The model has the weights of epoch {kept.epoch}, the last one: patience is 0 or nothing validates it."
