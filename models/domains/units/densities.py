"""The densities that generated units are drawn from, and the best classifier there can be for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

CLASSES = ("good", "mua", "noise")
#: Mean share of each class in a recording, and how alike recordings are in it.
SHARES, ALIKE = (0.22, 0.50, 0.28), 12.0
#: Shift of all units of an animal, and of a recording, in standard deviations of a measure.
ANIMAL, SESSION = 0.35, 0.2
#: Length of a recording in s.
SECONDS = 3600.0


@dataclass(frozen=True)
class Density:
    """One measure: how its latent value becomes the measure, and mean and spread of the latent by class.

    form: ``exp``, ``-exp``, ``share`` (logistic) or ``same``. loads: on the common factors size,
    activity and isolation, which make measures agree with each other.
    """

    name: str
    form: str
    means: tuple[float, float, float]
    spreads: tuple[float, float, float]
    loads: tuple[float, float, float]


DENSITIES = (
    Density("num_spikes", "exp", (8.7, 8.2, 7.5), (1.5, 1.6, 2.0), (0.0, 0.95, 0.0)),
    Density("presence_ratio", "share", (2.6, 2.2, 1.0), (1.5, 1.6, 2.1), (0.0, 0.8, 0.0)),
    Density("snr", "exp", (1.85, 1.65, 1.45), (0.5, 0.45, 0.7), (0.9, 0.0, 0.2)),
    Density("isi_violations_ratio", "exp", (-2.4, -0.6, 1.0), (2.0, 2.2, 2.6), (0.0, -0.3, -0.6)),
    Density("rp_contamination", "share", (-1.6, 0.2, 1.2), (1.6, 1.8, 2.2), (0.0, -0.3, -0.7)),
    Density("sliding_rp_violation", "exp", (-2.5, -2.1, -1.9), (0.9, 0.8, 0.9), (0.0, -0.5, -0.6)),
    Density("sync_spike_2", "exp", (-3.2, -2.8, -2.2), (0.6, 0.7, 1.0), (0.0, 0.3, -0.5)),
    Density("firing_range", "exp", (1.3, 0.8, 0.1), (1.2, 1.3, 1.7), (0.0, 0.8, 0.0)),
    Density("amplitude_cutoff", "exp", (-8.3, -7.9, -7.7), (1.6, 1.5, 1.7), (-0.5, -0.3, 0.0)),
    Density("amplitude_median", "exp", (4.4, 4.1, 3.7), (0.55, 0.5, 0.85), (0.92, 0.0, 0.0)),
    Density("amplitude_cv_median", "exp", (-1.25, -0.95, -0.6), (0.35, 0.32, 0.5), (-0.6, 0.0, -0.4)),
    Density("amplitude_cv_range", "exp", (-1.5, -1.3, -0.9), (0.5, 0.45, 0.8), (-0.6, 0.0, -0.4)),
    Density("drift_ptp", "exp", (3.65, 3.6, 3.3), (0.6, 0.6, 0.8), (-0.4, 0.5, 0.0)),
    Density("drift_std", "exp", (1.9, 1.8, 1.4), (0.6, 0.6, 0.8), (-0.4, 0.5, 0.0)),
    Density("drift_mad", "exp", (1.8, 1.7, 1.3), (0.7, 0.7, 0.8), (-0.4, 0.5, 0.0)),
    Density("sd_ratio", "exp", (0.3, 0.42, 0.5), (0.27, 0.32, 0.45), (-0.3, 0.0, -0.5)),
    Density("isolation_distance", "exp", (4.5, 4.25, 4.1), (0.4, 0.55, 0.8), (0.3, 0.0, 0.8)),
    Density("l_ratio", "exp", (0.5, 1.6, 2.3), (1.6, 1.7, 1.9), (-0.3, 0.0, -0.8)),
    Density("d_prime", "same", (3.35, 2.75, 2.3), (0.9, 0.75, 0.95), (0.4, 0.0, 0.8)),
    Density("silhouette", "same", (0.06, 0.047, 0.038), (0.04, 0.032, 0.045), (0.2, 0.0, 0.7)),
    Density("nn_hit_rate", "share", (-0.8, -1.5, -2.1), (1.0, 1.1, 1.6), (0.2, 0.5, 0.6)),
    Density("nn_miss_rate", "exp", (-5.1, -5.2, -5.6), (0.8, 0.85, 1.3), (0.0, 0.8, -0.2)),
    Density("peak_to_trough_duration", "exp", (-7.6, -7.56, -7.5), (0.33, 0.3, 0.42), (0.2, 0.0, 0.0)),
    Density("trough_half_width", "exp", (-8.65, -8.5, -8.25), (0.25, 0.27, 0.5), (-0.2, 0.0, -0.3)),
    Density("peak_after_to_trough_ratio", "exp", (-0.95, -0.88, -0.77), (0.34, 0.32, 0.45), (0.0, 0.0, -0.2)),
    Density("repolarization_slope", "exp", (13.05, 12.7, 12.25), (0.65, 0.6, 1.0), (0.88, 0.0, 0.1)),
    Density("recovery_slope", "-exp", (10.95, 10.75, 10.5), (0.58, 0.57, 1.0), (0.85, 0.0, 0.0)),
    Density("spread", "exp", (4.72, 4.82, 4.97), (0.33, 0.3, 0.45), (-0.3, 0.0, -0.3)),
    Density("exp_decay", "exp", (-3.68, -3.85, -4.05), (0.32, 0.38, 0.8), (0.2, 0.0, 0.3)),
)
NAMES = tuple(density.name for density in DENSITIES)
#: Measures that are missing together, and the log-odds of it by class at e⁸ spikes; fewer spikes raise them.
MISSING = (
    (("sliding_rp_violation",), (-0.2, 1.4, 2.0)),
    (("amplitude_cv_median", "amplitude_cv_range"), (0.4, 0.3, 1.1)),
    (("drift_ptp", "drift_std", "drift_mad"), (0.8, 1.5, 2.1)),
    (("amplitude_cutoff",), (-2.4, -1.6, -1.1)),
    (("sd_ratio",), (-1.9, -1.3, 0.2)),
    (("exp_decay",), (-3.1, -2.6, -0.6)),
)
_FEWER = 0.9
_SPIKES = NAMES.index("num_spikes")


@dataclass(frozen=True)
class Drawn:
    """Units: class of each, latents (n, d) with NaN where a measure is missing, shifts taken off."""

    classes: Index
    latents: Numbers


def means() -> Numbers:
    """Mean latent by class, (3, d)."""
    return np.array([density.means for density in DENSITIES]).T


def covariances(noise: float) -> Numbers:
    """Covariance of the latents by class, (3, d, d). noise: factor on all standard deviations."""
    loads = np.array([density.loads for density in DENSITIES])
    alike = loads @ loads.T
    own = np.maximum(1 - np.diag(alike), 0.05)
    alike += np.diag(own)
    scale = np.array([density.spreads for density in DENSITIES]).T * noise
    return np.asarray(scale[:, :, None] * alike[None] * scale[:, None, :])


def draw(classes: Index, noise: float, rng: np.random.Generator) -> Drawn:
    """Latents of units of these classes, with gaps."""
    centre, spread = means(), covariances(noise)
    latents = np.empty((len(classes), len(NAMES)))
    for code in range(len(CLASSES)):
        rows = np.flatnonzero(classes == code)
        latents[rows] = rng.multivariate_normal(centre[code], spread[code], len(rows), method="cholesky")
    odds = missing_odds(latents[:, _SPIKES])
    for block, (names, _) in enumerate(MISSING):
        gone = rng.random(len(classes)) < odds[classes, np.arange(len(classes)), block]
        latents[np.ix_(gone, [NAMES.index(name) for name in names])] = np.nan
    return Drawn(classes, latents)


def missing_odds(spikes: Numbers) -> Numbers:
    """Probability of each block to be missing, (classes, n, blocks), by log spikes (n,)."""
    base = np.array([odds for _, odds in MISSING]).T[:, None, :]
    score = base + _FEWER * (8.0 - spikes)[None, :, None]
    return np.asarray(1 / (1 + np.exp(-score)))


def measures(latents: Numbers) -> dict[str, Numbers]:
    """The measures (n,) of latents, and those that follow from others."""
    found: dict[str, Numbers] = {}
    for place, density in enumerate(DENSITIES):
        value = latents[:, place]
        if density.form == "share":
            value = 1 / (1 + np.exp(-value))
        elif density.form != "same":
            value = np.exp(value) * (-1 if density.form == "-exp" else 1)
        found[density.name] = value
    spikes = np.maximum(np.rint(found["num_spikes"]), 1)
    found["num_spikes"] = spikes
    found["firing_rate"] = spikes / SECONDS
    found["isi_violations_count"] = np.rint(found["isi_violations_ratio"] * 2 * spikes**2 * 0.0015 / SECONDS)
    return found


def posteriors(latents: Numbers, noise: float) -> Numbers:
    """Probability of each class, (n, 3), all classes equally likely before: what no classifier can better.

    Gaussian densities of the measures that are there, times the probability that the others are missing.
    """
    centre, spread = means(), covariances(noise)
    scores = np.zeros((len(latents), len(CLASSES)))
    known = np.isfinite(latents)
    for pattern in np.unique(known, axis=0):
        rows = np.flatnonzero((known == pattern).all(axis=1))
        for code in range(len(CLASSES)):
            part = latents[np.ix_(rows, pattern)] - centre[code, pattern]
            root = np.linalg.cholesky(spread[code][np.ix_(pattern, pattern)])
            white = np.linalg.solve(root, part.T)
            scores[rows, code] = -0.5 * (white**2).sum(axis=0) - np.log(np.diag(root)).sum()
    odds = missing_odds(latents[:, _SPIKES])
    for block, (names, _) in enumerate(MISSING):
        gone = ~known[:, NAMES.index(names[0])]
        scores += np.log(np.where(gone[None], odds[:, :, block], 1 - odds[:, :, block])).T
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def best_score(noise: float, rng: np.random.Generator, units: int = 3000) -> tuple[float, float]:
    """Balanced accuracy of the best classifier, which knows the shift of each recording, and its standard error."""
    drawn = draw(np.repeat(np.arange(len(CLASSES)), units), noise, rng)
    right = posteriors(drawn.latents, noise).argmax(axis=1) == drawn.classes
    shares = np.array([right[drawn.classes == code].mean() for code in range(len(CLASSES))])
    return float(shares.mean()), float(np.sqrt((shares * (1 - shares) / units).sum()) / len(CLASSES))
