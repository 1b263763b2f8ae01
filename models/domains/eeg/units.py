"""The unit of an EEG: values that can only be right in another unit than they should have are read in that one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.domains.eeg.constants import CHANNELS

Floats = npt.NDArray[np.float32]
#: Spreads of EEG, in µV: where one is so only after a change of unit, by a million, the unit cannot be right.
_LEAST, _MOST = 0.3, 5e3
_HEADS = len(CHANNELS) - 1


@dataclass(frozen=True)
class Voltages:
    """An EEG in µV, (channels, n). factor: what its file's values were multiplied with to be so."""

    values: Floats
    factor: float = 1.0


def spread_of(values: Floats) -> float:
    """The median over channels (channels, n) of the standard deviation; 1 where nothing varies."""
    with np.errstate(all="ignore"):
        spreads = np.array(
            [np.std(row[np.isfinite(row)], dtype=np.float64) for row in values if np.isfinite(row).any()]
        )
    spreads = spreads[spreads > 0]
    return float(np.median(spreads)) if len(spreads) else 1.0


def unit_factor(values: Floats) -> float:
    """What EEG values (channels, n) are to be multiplied with to be µV: 1 unless their unit cannot be right."""
    middle = spread_of(values)
    if _LEAST <= middle * 1e6 <= _MOST:
        return 1e6
    if _LEAST <= middle * 1e-6 <= _MOST:
        return 1e-6
    return 1.0


def doubt_words(values: Floats, units: Collection[str]) -> list[str]:
    """What is told of electrodes (channels, n, µV) whose unit is doubted, but not known better. units: as the file has.

    Nothing where `unit_factor` knows better.
    """
    told = [f"{unit!r} is no unit of voltage: the values are taken as µV" for unit in sorted(units)]
    middle = spread_of(values)
    if middle > _MOST and unit_factor(values) == 1:
        told.append(
            f"its electrodes vary by {middle:,.0f} µV, as no EEG does: see whether the unit in the file is right"
        )
    return told


def in_microvolts(values: Floats) -> Voltages:
    """An EEG on our channels, (20, n), by the spreads of its electrodes."""
    factor = unit_factor(values[:_HEADS])
    return Voltages(values * np.float32(factor) if factor != 1 else values, factor)


def factor_words(factor: float) -> str:
    """What is told of values that were multiplied, "" of those that were not."""
    if factor == 1:
        return ""
    said = "are volts under the name of µV" if factor > 1 else "are µV under the name of volts"
    return f"its values can only be right if they {said}: they are read so"
