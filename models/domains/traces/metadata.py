"""What is known of a trace without looking at it: for a model that shows how far that alone goes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.sample import Samples

#: Of simulations only these: the cell's place and number would give its distance away.
SIMULATED = (
    "stimMag", "beta", "noise", "kcross", "nSamples", "batch", "kCRU", "stimulusDuration", "stimulusTime", "length",
)  # fmt: skip
#: Of recordings all columns but these: computed from the trace, or names of one file or sample.
COMPUTED = (
    "cMax", "tMax", "cVariance", "nPeaks", "tIntervalMean", "tIntervalErr", "anomaly",
    "dataset", "trace_id", "simulation_id", "sample_key", "sample_name", "cell_id", "dis_to_target",
)  # fmt: skip
#: A text column of more different values than this names samples rather than kinds.
KINDS = 30


def metadata(samples: Samples) -> npt.NDArray[np.float32]:
    """Numbers and kinds of each sample, (n, d); a kind is one column per value; a gap is the median."""
    simulated = "sample_key" in samples.names
    names = [name for name in samples.names if (name in SIMULATED if simulated else _described(name))]
    columns = [column for name in names for column in _numbers(samples, name)]
    return np.stack(columns, axis=1) if columns else np.zeros((len(samples), 1), np.float32)


def _described(name: str) -> bool:
    return name not in COMPUTED and not name.startswith("_")


def _numbers(samples: Samples, name: str) -> list[npt.NDArray[np.float32]]:
    values = samples.column(name)
    if values.dtype == object:
        words = np.array(["" if value is None else str(value) for value in values])
        kinds = np.unique(words)
        return [(words == kind).astype(np.float32) for kind in kinds] if 1 < len(kinds) <= KINDS else []
    numbers = values.astype(np.float32)
    known = np.isfinite(numbers)
    if not known.any():
        return []
    return [np.where(known, numbers, np.median(numbers[known])).astype(np.float32)]
