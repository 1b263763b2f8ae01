"""The choices of what is done to windows before learning: declared once, kept with each run."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any

from models.domains.eeg.constants import RATE
from models.params import Note

_SECTION = "Preprocessing"
#: Artifacts whose independent components can be taken out.
KINDS = ("eye", "muscle", "heart")


@dataclass(frozen=True)
class Steps:
    """The steps in their order; a recipe takes them among its parameters, and a run keeps them.

    Each is a choice of its own: none of the others is needed for it.
    """

    gaps: Annotated[
        str,
        Note("What stands where values are missing", choices=("bridge", "zero"), section=_SECTION),
    ] = "bridge"
    amplitude: Annotated[
        float,
        Note(
            "A channel beyond this for a tenth of a window is bad; 0 for no limit",
            low=0, high=100_000, unit="µV", section=_SECTION,
        ),
    ] = 500.0  # fmt: skip
    flat: Annotated[
        float,
        Note("A channel that varies less is bad; 0 for no limit", low=0, high=100, unit="µV", section=_SECTION),
    ] = 0.5
    jump: Annotated[
        float,
        Note(
            "A channel that jumps further from one sample to the next is bad; 0 for no limit",
            low=0, high=100_000, unit="µV", section=_SECTION,
        ),
    ] = 0.0  # fmt: skip
    bad_channels: Annotated[
        str,
        Note(
            "What becomes of bad channels; interpolated ones are made of their neighbours",
            choices=("interpolate", "zero", "keep"), section=_SECTION,
        ),
    ] = "interpolate"  # fmt: skip
    notch: Annotated[str, Note("Mains that are filtered out, Hz", choices=("none", "50", "60"), section=_SECTION)] = (
        "60"
    )
    ica: Annotated[
        tuple[str, ...],
        Note(
            "Artifacts whose independent components are taken out",
            choices=KINDS, section=_SECTION, label="ICA", empty="none",
        ),
    ] = ()  # fmt: skip
    high_pass: Annotated[
        float, Note("Slower waves are filtered out; 0 for none", low=0, high=20, unit="Hz", section=_SECTION)
    ] = 0.5
    low_pass: Annotated[
        float, Note("Faster waves are filtered out; 0 for none", low=0, high=500, unit="Hz", section=_SECTION)
    ] = 40.0
    reference: Annotated[
        str,
        Note("What electrodes are measured against", choices=("none", "average", "cz", "laplacian"), section=_SECTION),
    ] = "none"
    rate: Annotated[int, Note("Samples a second after resampling", low=20, high=1000, unit="Hz", section=_SECTION)] = (
        RATE
    )
    clip: Annotated[
        float, Note("Larger values are cut off here; 0 for none", low=0, high=100_000, unit="µV", section=_SECTION)
    ] = 500.0
    scale: Annotated[
        str,
        Note(
            "In what unit a network sees them: 100 µV, the spread of a window, the deviation of a channel, or µV",
            choices=("fixed", "robust", "standard", "none"), section=_SECTION,
        ),
    ] = "fixed"  # fmt: skip


#: The names of the steps among the parameters of a recipe.
STEPS_ONLY = tuple(one.name for one in fields(Steps))


def steps_of(params: Any) -> Steps:
    """The steps that a recipe's parameters hold."""
    return Steps(**{name: getattr(params, name) for name in STEPS_ONLY})
