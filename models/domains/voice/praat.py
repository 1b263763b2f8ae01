"""Pitch and formants by Praat, where a person has installed its library Parselmouth (GPL): extra `praat`."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.voice.formants import Formants
from models.domains.voice.pitch import Pitch, PitchSettings
from models.errors import UserError, lacking

Floats = npt.NDArray[np.float32]


def ready() -> bool:
    """Whether the library is installed."""
    return find_spec("parselmouth") is not None


def track(samples: Floats, rate: float, settings: PitchSettings | None = None) -> Pitch:
    """The pitch that Praat finds by the same method with the same costs. UserError without the extra."""
    chosen = settings or PitchSettings()
    found = _sound(samples, rate).to_pitch_ac(
        time_step=chosen.step, pitch_floor=chosen.floor, max_number_of_candidates=chosen.candidates + 1,
        silence_threshold=chosen.silence, voicing_threshold=chosen.voicing, octave_cost=chosen.octave_cost,
        octave_jump_cost=chosen.jump_cost, voiced_unvoiced_cost=chosen.change_cost, pitch_ceiling=chosen.ceiling,
    )  # fmt: skip
    hertz = np.array(found.selected_array["frequency"], np.float64)
    strength = np.array(found.selected_array["strength"], np.float64)
    voiced = hertz > 0
    return Pitch(np.array(found.xs()), np.where(voiced, hertz, np.nan), np.where(voiced, strength, np.nan))


def formants(samples: Floats, rate: float, step: float = 0.01, count: int = 5, ceiling: float = 5500.0) -> Formants:
    """The formants that Praat finds by Burg's method. UserError without the extra."""
    found = _sound(samples, rate).to_formant_burg(
        time_step=step, max_number_of_formants=count, maximum_formant=min(ceiling, rate / 2)
    )
    times = np.array(found.xs())
    numbers = range(1, count + 1)
    hertz = [[found.get_value_at_time(number, time) for number in numbers] for time in times]
    widths = [[found.get_bandwidth_at_time(number, time) for number in numbers] for time in times]
    return Formants(times, np.array(hertz).reshape(-1, count), np.array(widths).reshape(-1, count))


def _sound(samples: Floats, rate: float) -> Any:
    if not ready():
        raise lacking("Praat's own tracks need", "praat")
    import parselmouth

    if not len(samples):
        raise UserError("there is no sample to look for a voice in. Choose a longer stretch.")
    return parselmouth.Sound(np.asarray(samples, np.float64), sampling_frequency=rate)
