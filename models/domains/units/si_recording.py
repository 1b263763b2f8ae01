"""The recording of an analyzer through spikeinterface: any kind that it can load, lazy steps of processing too."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from models.domains.units.raw import Raw
from models.errors import UserError

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
_OWN = "spikeinterface"


class Traces:
    """A recording as an array (length, channels) whose rows are made when asked for, one segment after the other."""

    def __init__(self, recording: Any, scaled: bool) -> None:
        self._recording = recording
        self._scaled = scaled
        counts = [int(recording.get_num_samples(number)) for number in range(recording.get_num_segments())]
        self._ends = np.cumsum([0, *counts])
        self.shape = (int(self._ends[-1]), int(recording.get_num_channels()))
        self.dtype = np.dtype(np.float32)

    def __getitem__(self, span: slice) -> Floats:
        low, high, _ = span.indices(self.shape[0])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                parts = [self._segment(number, low, high) for number in range(len(self._ends) - 1)]
        except Exception as error:
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise UserError(f"spikeinterface cannot read the recording: {reason}") from error
        return np.concatenate(parts)

    def _segment(self, number: int, low: int, high: int) -> Floats:
        start, stop = int(self._ends[number]), int(self._ends[number + 1])
        first, last = max(low, start), min(high, stop)
        if last <= first:
            return np.zeros((0, self.shape[1]), np.float32)
        found = self._recording.get_traces(
            segment_index=number, start_frame=first - start, end_frame=last - start, return_in_uV=self._scaled
        )
        return np.asarray(found, np.float32)


def open_recording(told: Any, folder: Path, channels: Sequence[str], rate: float) -> Raw | None:
    """The recording that a description tells of; None where it cannot be loaded, or lacks channels of the sorting."""
    if not isinstance(told, Mapping):
        return None
    # A description names classes to be made: none but spikeinterface's own are.
    if not all(name.startswith(f"{_OWN}.") for name in _classes(told)):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import spikeinterface as si

            recording = si.load(dict(told), base_folder=folder)
            names = [str(name) for name in recording.channel_ids]
            scaled = bool(recording.has_scaleable_traces())
            traces = Traces(recording, scaled)
    except Exception:  # noqa: BLE001 - its file may be gone or of a library that is not here: then there is no recording
        return None
    if not traces.shape[0] or not set(channels) <= set(names):
        return None
    columns = np.array([names.index(name) for name in channels], np.int64)
    gain = np.ones(len(columns), np.float32)
    return Raw(cast(Array, traces), columns, rate, gain, "µV" if scaled else "")


def _classes(told: Any) -> Iterator[str]:
    """All classes that a description names, at any depth."""
    if isinstance(told, Mapping):
        if "class" in told:
            yield str(told["class"])
        for value in told.values():
            yield from _classes(value)
    elif isinstance(told, list):
        for value in told:
            yield from _classes(value)
