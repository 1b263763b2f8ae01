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
