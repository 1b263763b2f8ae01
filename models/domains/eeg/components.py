"""Independent components of a window that are of eyes, muscles or the heart, found and taken out by mne."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.eeg.choices import KINDS
from models.domains.eeg.constants import CHANNELS

Floats = npt.NDArray[np.float32]

_HEADS = len(CHANNELS) - 1
#: Components at most, and the fewest that there is a sense in.
_MOST, _FEWEST = 15, 4
#: What a component must correlate with the front, and with the EKG, to be of the eyes or the heart; and the score
#: (of spectrum, place and smoothness) from which it is of a muscle.
_EYE, _HEART, _MUSCLE = 0.7, 0.4, 0.7
#: A recording this flat has no components, and an EKG this flat no beats, in µV.
_LEAST = 1e-3


@dataclass(frozen=True)
class Cleaned:
    """A window without such components, and which they were."""

    window: Floats
    words: str


def clean(window: Floats, kinds: Sequence[str], rate: int) -> Cleaned:
    """A finite window (20, t) without the components of these kinds."""
    live = [row for row in range(_HEADS) if window[row].std() > _LEAST]
    size = _components(window[live])
    if size < _FEWEST:
        return Cleaned(window, "too few channels for components")
    import mne

    with warnings.catch_warnings(), mne.use_log_level("ERROR"):
        # That an unmixing did not settle, or that a window is short for a filter, is no news to a curator.
        warnings.simplefilter("ignore")
        raw = _raw(window, live, rate)
        ica = mne.preprocessing.ICA(size, method="fastica", random_state=97, max_iter=300)
        ica.fit(raw.copy().filter(1.0, None))
        found = {kind: _of_kind(kind, ica, raw, window) for kind in KINDS if kind in kinds}
        ica.exclude = sorted({one for places in found.values() for one in places})
        cleaned = ica.apply(raw.copy()).get_data(picks=range(len(live))) * 1e6 if ica.exclude else window[live]
    out = window.copy()
    out[live] = cleaned
    parts = [f"{len(places)} of {kind}" for kind, places in found.items() if places]
    return Cleaned(out, f"components taken out: {', '.join(parts)}" if parts else "")


def _components(values: Floats) -> int:
    """As many as channels say something of their own: those made of others do not."""
    return int(min(_MOST, np.linalg.matrix_rank(np.cov(values), tol=_LEAST))) if len(values) > 1 else 0


def _raw(window: Floats, live: Sequence[int], rate: int) -> Any:
    import mne

    names = [CHANNELS[row] for row in live] + [CHANNELS[-1]]
    info = mne.create_info(names, rate, ["eeg"] * len(live) + ["ecg"])
    raw = mne.io.RawArray(window[[*live, _HEADS]].astype(np.float64) * 1e-6, info)
    return raw.set_montage("standard_1020", on_missing="ignore")


def _of_kind(kind: str, ica: Any, raw: Any, window: Floats) -> list[int]:
    """The components of a kind."""
    if kind == "eye":
        fronts = [name for name in ("Fp1", "Fp2") if name in raw.ch_names]
        return _flat(ica.find_bads_eog(raw, fronts, measure="correlation", threshold=_EYE)[0]) if fronts else []
    if kind == "heart":
        if window[_HEADS].std() <= _LEAST:
            return []
        found = ica.find_bads_ecg(raw, CHANNELS[-1], method="correlation", measure="correlation", threshold=_HEART)
        return _flat(found[0])
    return _flat(ica.find_bads_muscle(raw, threshold=_MUSCLE)[0])


def _flat(found: Any) -> list[int]:
    return [int(one) for one in np.unique(np.asarray(found, np.int64))]
