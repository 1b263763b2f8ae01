"""What is odd about signals that a service is sent, in words that whoever sent them can act on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.domains.eeg import exchanged
from models.domains.eeg.constants import CHANNELS, RATE
from models.service import Warned

Floats = npt.NDArray[np.float32]
_HEADS = len(CHANNELS) - 1
#: Beyond it no scalp is, in µV; a channel that spreads less is flat.
_LARGEST, _FLAT = 2000.0, 0.1
#: Of so many values that are missing it is told, and of so many that are negative powers.
_SOME = 0.01


def of_eeg(window: Floats, recorded: bool = True) -> list[Warned]:
    """A window in our order, (20, 10000), NaN where it is missing. recorded: each electrode was, not pairs of them."""
    heads = window[:_HEADS]
    known = np.isfinite(heads)
    there = known.any(axis=1)
    with np.errstate(over="ignore"):
        spread = np.where(known, heads, -np.inf).max(axis=1) - np.where(known, heads, np.inf).min(axis=1)
    largest = np.where(known, np.abs(heads), 0).max(axis=1)
    warnings = _named("missing_channel", "without", np.asarray(~there))
    warnings += _named("flat", "flat:", np.asarray(there & (spread < _FLAT)))
    warnings += _named("out_of_range", f"beyond ±{_LARGEST:g} µV:", np.asarray(largest > _LARGEST))
    if recorded and (pair := exchanged.of_eeg(window, RATE)) is not None:
        text = f"{exchanged.words(pair)}: check the order of the channels"
        warnings.append(Warned("exchanged", text))
    if there.any() and (lost := 1 - float(known[there].mean())) > 0:
        warnings.append(Warned("missing_values", f"{100 * lost:.2g} % of the values are missing"))
    return warnings


def of_power(values: Floats) -> list[Warned]:
    """A spectrogram as it was sent, (4, 100, 300)."""
    known = np.isfinite(values)
    if not known.any():
        return [Warned("missing_values", "the spectrogram holds no value")]
    warnings = []
    if (lost := 1 - float(known.mean())) > 0:
        warnings.append(Warned("missing_values", f"{100 * lost:.2g} % of the spectrogram are missing"))
    if float((values[known] < 0).mean()) > _SOME:
        text = "negative values: the spectrogram looks like decibels where µV²/Hz is expected; these are taken as 0"
        warnings.append(Warned("unit", text))
    return warnings


def _named(kind: str, words: str, mask: npt.NDArray[np.bool_]) -> list[Warned]:
    names = [name for name, odd in zip(CHANNELS, mask.tolist(), strict=False) if odd]
    return [Warned(kind, f"{words} {', '.join(names)}")] if names else []
