"""Probabilities that mean what they say: temperature scaling (Guo et al. 2017) on softened targets (Platt 1999)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_CLIP = 1.2e-7
#: The temperature stays in 1/20 … 20.
LIMIT = 20.0


def fit_temperature(p: npt.ArrayLike, targets: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """The temperature that makes probabilities p, (n, k), most likely on held-out samples.

    targets: class codes (n,), −1 passed over, or vote shares (n, k). weights: of the samples, (n,), all alike by
    default. Rows of which nothing is said (NaN) are passed over too. The cross-entropy is convex in 1/T, so a
    golden-section search on log T finds its minimum. 1.0 without rows to fit on.
    Each class counts as if two more samples had been seen, of any class alike: a few samples that a model parts
    without error do not make it certain of all others, whatever they weigh.
    """
    table, shares = np.asarray(p, np.float64), np.asarray(targets)
    heavy = np.ones(len(table)) if weights is None else np.asarray(weights, np.float64)
    if shares.ndim == 1:
        kept = shares >= 0
        table, shares, heavy = table[kept], np.eye(table.shape[1])[shares[kept]], heavy[kept]
    said = np.isfinite(table).all(axis=1)
    table, shares, heavy = table[said], shares[said], heavy[said]
    if not len(table):
        return 1.0
    logs, shares = np.log(np.clip(table, _CLIP, None)), softened(shares)

    def loss(log_t: float) -> float:
        scaled = logs / np.exp(log_t)
        scaled -= scaled.max(axis=1, keepdims=True)
        return float(heavy @ (np.log(np.exp(scaled).sum(axis=1)) - (shares * scaled).sum(axis=1)))

    low, high, golden = -np.log(LIMIT), np.log(LIMIT), (5**0.5 - 1) / 2
    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if loss(left) <= loss(right) else (left, high)
    return float(np.exp((low + high) / 2))


def evened_words(temperature: float) -> list[str]:
    """What to say of a temperature at its upper limit; nothing of any other."""
    words = (
        "On the validation samples its probabilities held so little that calibration drew them to nearly even shares: "
        "their order stays. More labels, or calibrate off, would tell more."
    )
    return [words] if temperature > 0.99 * LIMIT else []


def softened(shares: npt.ArrayLike) -> Floats:
    """Targets (n, k) with two samples of no certain class among those of each: of two classes, those of Platt."""
    table = np.asarray(shares, np.float64)
    k = table.shape[1]
    codes = table.argmax(axis=1)
    count = np.bincount(codes, minlength=k)[codes][:, None]
    return np.asarray((count * table + 2 / k) / (count + 2), np.float64)


def apply_temperature(p: npt.ArrayLike, temperature: float) -> npt.NDArray[np.float32]:
    """Probabilities softened (T > 1) or sharpened (T < 1); rows sum to 1, the order of classes stays."""
    logs = np.log(np.clip(np.asarray(p, np.float64), _CLIP, None)) / temperature
    powers = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf))
    scaled: npt.NDArray[np.float32] = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return scaled
