"""Parameters that every recipe has; recipes inherit this record and change defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from models.params import Note

#: Ways to even the classes of the training side; the core does it, recipes honour its outcome.
BALANCES = ("none", "downsample", "sampler", "weights")
BALANCE = Note(
    "How classes are evened in training: down-sampled to the smallest, drawn by a sampler, or by loss weights",
    choices=BALANCES,
    section="Data",
)
#: Of networks; how many epochs and how many samples a step is said in the words of each domain.
LEARNING_RATE = Note("Step length of AdamW", low=1e-6, high=1.0)
WEIGHT_DECAY = Note("Pull of the weights towards zero", low=0, high=1)
PATIENCE = Note(
    "Epochs without a better validation loss before it stops; 0 runs all and keeps the last", low=0, high=500
)
DROPOUT = Note("Share of units left out in training", low=0, high=0.9, section="Network")


@dataclass(frozen=True)
class CommonParams:
    """Balance of the classes, size of the validation part, calibration."""

    balance: Annotated[str, BALANCE] = "weights"
    val_size: Annotated[
        float,
        Note("Share of the training groups kept for validation", low=0.0, high=0.5, section="Data", label="Validation"),
    ] = 0.2
    calibrate: Annotated[
        bool,
        Note(
            "Make probabilities honest by one temperature found on the validation part",
            section="Data",
            short="honest probabilities",
        ),
    ] = True


def evens(params: object) -> bool:
    """Whether training sees the classes evened, so that validation loss should weigh them evenly too."""
    return getattr(params, "balance", "none") != "none"
