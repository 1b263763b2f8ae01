"""Channels that a person, or what lies beside a recording, calls bad: nothing is learnt of what they hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from models import electrodes
from models.domains.eeg import finding
from models.domains.eeg.bids import channel_table
from models.domains.eeg.broken import DAMAGE
from models.domains.eeg.carrier import carrier_of
from models.domains.eeg.constants import CHANNELS
from models.domains.eeg.inner import path_of, text_of
from models.domains.eeg.recording import BadRecording, open_recording
from models.domains.eeg.window import bad_of
from models.sample import Samples

Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def called_bad(samples: Samples, rows: Index) -> Mask:
    """Which channels of the samples at these rows are called bad, (n, 20) in the order of CHANNELS."""
    out = np.zeros((len(rows), len(CHANNELS)), bool)
    for place, row in enumerate(np.asarray(rows).tolist()):
        if names := bad_names(samples, row):
            out[place] = [name in names for name in CHANNELS]
    return out


def bad_told(samples: Samples, row: int) -> tuple[tuple[str, ...] | None, Path | None]:
    """What a person said of the recording of a sample, None for nothing; and the table of channels beside it."""
    names = samples.bad_channels.get(carrier_of(samples, row)) if samples.bad_channels else None
    path = path_of(samples, row) if text_of(samples, row, finding.KIND) == "recording" else None
    try:
        table = channel_table(path) if path is not None else None
    except OSError:
        table = None
    return tuple(sorted(names)) if names is not None else None, table


def bad_names(samples: Samples, row: int) -> frozenset[str]:
    """The bad ones of one sample as CHANNELS names them: what a person said, else what its recording tells.

    None where the recording cannot be read.
    """
    names, _ = bad_told(samples, row)
    if text_of(samples, row, finding.KIND) != "recording":
        return frozenset(names or ())
    path = path_of(samples, row)
    if path is None:
        return frozenset()
    try:
        recording = open_recording(path)
    except (BadRecording, *DAMAGE):
        return frozenset()
    bad = bad_of(samples, row, recording)
    places = zip(CHANNELS, electrodes.places(recording.names), strict=True)
    return frozenset(name for name, place in places if place >= 0 and recording.names[place] in bad)
