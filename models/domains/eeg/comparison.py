"""What one step of the preprocessing makes of a window: before and after, for a picture beside its choice."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.domain import Stepped
from models.domains.eeg import window
from models.domains.eeg.bad_channels import called_bad
from models.domains.eeg.choices import STEPS_ONLY, steps_of
from models.domains.eeg.constants import CHANNELS, WINDOW
from models.domains.eeg.steps import Stage, stages
from models.errors import UserError
from models.sample import Samples

#: The stage of each choice that is not called like one.
_STAGES = {
    "amplitude": "bad_channels", "flat": "bad_channels", "jump": "bad_channels",
    "high_pass": "band", "low_pass": "band",
}  # fmt: skip
_TITLES = {
    "gaps": "Missing values", "bad_channels": "Bad channels", "notch": "Mains", "ica": "Artifacts", "band": "Band",
    "reference": "Reference", "rate": "Rate", "clip": "Limit", "scale": "Unit",
}  # fmt: skip


def compare(samples: Samples, row: int, params: Any, choice: str) -> Stepped | None:
    """What the step of a choice makes of the window at a row, after the steps in front of it; None for no such choice.

    Raises UserError for a sample that is no window with an EEG.
    """
    if choice not in STEPS_ONLY:
        return None
    rows = np.array([row], np.int64)
    raw = window.eeg(samples, rows)
    if not np.isfinite(raw).any():
        raise UserError("This sample has no EEG to show the step on.")
    wanted = _STAGES.get(choice, choice)
    before = Stage("", raw, ("",))
    for stage in stages(raw, steps_of(params), told=called_bad(samples, rows)):
        if stage.name == wanted:
            words = stage.words[0] or "nothing to change in this window"
            return Stepped(_TITLES[wanted], CHANNELS, before.windows[0], stage.windows[0], float(WINDOW), words)
        before = stage
    words = "this step is off, or has nothing to do at this rate"
    return Stepped(_TITLES[wanted], CHANNELS, before.windows[0], before.windows[0], float(WINDOW), words)
