"""The measures of a unit: names, older names, families, how they read, and the table that a model learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.domain import Column
from models.sample import FIXED, Samples

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

#: Families of measures, as spikeinterface groups them; `sorter` holds those that a sorter or another tool gives.
QUALITY, PCA, TEMPLATE, SORTER = "quality", "pca", "template", "sorter"
#: What ends the name of a measure relative to its own recording.
RELATIVE = " in session"
#: A measure relative to its recording is cut at so many robust standard deviations.
_FAR = 10.0


@dataclass(frozen=True)
class Metric:
    """One measure under spikeinterface's present name. family: "" for a place, which no model learns from."""

    name: str
    title: str
    unit: str = ""
    decimals: int = 3
    family: str = QUALITY
    main: bool = False

    @property
    def feature(self) -> bool:
        """Whether a model may learn from it."""
        return bool(self.family)


METRICS = (
    Metric("num_spikes", "Spikes", decimals=0, main=True),
    Metric("firing_rate", "Firing rate", "Hz", 2, main=True),
    Metric("presence_ratio", "Presence", decimals=2, main=True),
    Metric("snr", "SNR", decimals=2, main=True),
    Metric("isi_violations_ratio", "ISI violations", decimals=3, main=True),
    Metric("isi_violations_count", "ISI violations, count", decimals=0),
    Metric("rp_contamination", "Refractory contamination"),
    Metric("rp_violations", "Refractory violations", decimals=0),
    Metric("sliding_rp_violation", "Sliding refractory violation"),
    Metric("sync_spike_2", "In step with 2"),
    Metric("sync_spike_4", "In step with 4"),
    Metric("sync_spike_8", "In step with 8"),
    Metric("firing_range", "Firing range", "Hz", 2),
    Metric("amplitude_cutoff", "Amplitude cutoff", decimals=4, main=True),
    Metric("amplitude_median", "Median amplitude", "µV", 1),
    Metric("amplitude_cv_median", "Amplitude variation, median"),
    Metric("amplitude_cv_range", "Amplitude variation, range"),
    Metric("noise_cutoff", "Noise cutoff"),
    Metric("noise_ratio", "Noise ratio"),
    Metric("drift_ptp", "Drift, peak to peak", "µm", 1),
    Metric("drift_std", "Drift, spread", "µm", 2),
    Metric("drift_mad", "Drift, median deviation", "µm", 2),
    Metric("sd_ratio", "Spread against noise"),
    Metric("isolation_distance", "Isolation distance", decimals=1, family=PCA),
    Metric("l_ratio", "L-ratio", family=PCA),
    Metric("d_prime", "d′", decimals=2, family=PCA, main=True),
    Metric("silhouette", "Silhouette", family=PCA),
    Metric("silhouette_full", "Silhouette, full", family=PCA),
    Metric("nn_hit_rate", "Neighbour hits", family=PCA),
    Metric("nn_miss_rate", "Neighbour misses", decimals=4, family=PCA),
    Metric("nn_isolation", "Neighbour isolation", family=PCA),
    Metric("nn_noise_overlap", "Overlap with noise", family=PCA),
    Metric("peak_to_trough_duration", "Peak to trough", "s", 5, TEMPLATE),
    Metric("trough_half_width", "Trough half width", "s", 6, TEMPLATE),
    Metric("peak_half_width", "Peak half width", "s", 6, TEMPLATE),
    Metric("trough_width", "Trough width", "s", 6, TEMPLATE),
    Metric("peak_before_width", "Width of the peak before", "s", 6, TEMPLATE),
    Metric("peak_after_width", "Width of the peak after", "s", 6, TEMPLATE),
    Metric("main_to_next_extremum_duration", "Main to next extremum", "s", 5, TEMPLATE),
    Metric("peak_before_to_trough_ratio", "Peak before to trough", "", 3, TEMPLATE),
    Metric("peak_after_to_trough_ratio", "Peak after to trough", "", 3, TEMPLATE),
    Metric("peak_before_to_peak_after_ratio", "Peak before to peak after", "", 3, TEMPLATE),
    Metric("main_peak_to_trough_ratio", "Main peak to trough", "", 3, TEMPLATE),
    Metric("waveform_baseline_flatness", "Baseline flatness", "", 4, TEMPLATE),
    Metric("repolarization_slope", "Repolarization slope", "µV/s", 0, TEMPLATE),
    Metric("recovery_slope", "Recovery slope", "µV/s", 0, TEMPLATE),
    Metric("num_positive_peaks", "Positive peaks", "", 0, TEMPLATE),
    Metric("num_negative_peaks", "Negative peaks", "", 0, TEMPLATE),
    Metric("velocity_above", "Velocity above", "µm/ms", 0, TEMPLATE),
    Metric("velocity_below", "Velocity below", "µm/ms", 0, TEMPLATE),
    Metric("exp_decay", "Decay over distance", "1/µm", 4, TEMPLATE),
    Metric("spread", "Spread over channels", "µm", 0, TEMPLATE),
    Metric("amplitude", "Amplitude", "", 1, SORTER, main=True),
    Metric("amplitude_cv", "Amplitude variation", "", 3, SORTER),
    Metric("ks_amplitude", "Kilosort amplitude", "", 1, SORTER),
    Metric("contamination", "Kilosort contamination", "%", 1, SORTER),
    Metric("template_amplitude", "Template amplitude", "", 2, SORTER),
    Metric("max_drift", "Greatest drift", "µm", 1, SORTER),
    Metric("cumulative_drift", "Drift in all", "µm", 1, SORTER),
    Metric("contam_rate", "Contamination rate", "", 3, SORTER),
    Metric("isi_viol", "ISI violations (ecephys)", "", 4, SORTER),
    Metric("channel", "Channel", decimals=0, family=""),
    Metric("depth", "Depth", "µm", 0, family="", main=True),
    Metric("x", "Place across", "µm", 0, family=""),
    Metric("z", "Place off the probe", "µm", 0, family=""),
    Metric("shank", "Shank", decimals=0, family=""),
)
BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}

#: Older and other names: present name and factor. Spikeinterface turned the sign of the ratio when it renamed it.
RENAMED: Mapping[str, tuple[str, float]] = {
    "peak_to_valley": ("peak_to_trough_duration", 1.0),
    "peak_trough_ratio": ("peak_after_to_trough_ratio", -1.0),
    "half_width": ("trough_half_width", 1.0),
    "silhouette_score": ("silhouette", 1.0),
    "isolation_dist": ("isolation_distance", 1.0),
    "dprime": ("d_prime", 1.0),
    "num_viol": ("isi_violations_count", 1.0),
    "max_amplitude_cutoff": ("amplitude_cutoff", 1.0),
    "peak_channel": ("channel", 1.0),
    "ch": ("channel", 1.0),
    "sh": ("shank", 1.0),
    "fr": ("firing_rate", 1.0),
    "n_spikes": ("num_spikes", 1.0),
    "amp": ("amplitude", 1.0),
    "Amplitude": ("ks_amplitude", 1.0),
    "ContamPct": ("contamination", 1.0),
    **dict.fromkeys(("brain_area", "brain_region", "acronym", "area", "location_acronym"), ("region", 1.0)),
}
#: Names of ecephys_spike_sorting, whose durations are in ms; they hold only where that tool's own names occur.
_ECEPHYS: Mapping[str, tuple[str, float]] = {
    "duration": ("peak_to_trough_duration", 1e-3),
    "halfwidth": ("trough_half_width", 1e-3),
    "PT_ratio": ("peak_after_to_trough_ratio", 1.0),
}
_ECEPHYS_SIGNS = {"PT_ratio", "isi_viol", "cumulative_drift"}
#: Numeric columns that say what or where a unit is, not how it fires: no model learns from them.
_NEVER = {
    *FIXED,
    *(metric.name for metric in METRICS if not metric.feature),
    *("cluster_id", "unit_id", "unit_index", "si_unit_id", "session", "animal", "probe", "region", "channel_group"),
    *("is_noise", "group", "label", "majority_vote", "quality", "prediction", "probability", "confidence"),
    *("classifier_label", "classifier_probability", "segment", "template", "y", "ks_label", "index", "rank"),
}
#: Units that names of columns end in.
_ENDS = {"s": "s", "sec": "s", "seconds": "s", "ms": "ms", "hz": "Hz", "uv": "µV", "um": "µm", "mv": "mV"}
#: What, anywhere in the name of a column, says that it holds labels.
_LABEL_WORDS = (
    *("label", "vote", "curat", "verdict", "unittype", "unit_type", "class", "is_noise", "is_good", "is_mua"),
    *("predict", "probabilit"),
)


def renames(names: Sequence[str]) -> dict[str, tuple[str, float]]:
    """Which of these names are old ones: present name and factor; one whose present name is taken already stays."""
    known = {**RENAMED, **(_ECEPHYS if _ECEPHYS_SIGNS & set(names) else {})}
    taken, found = set(names), dict[str, tuple[str, float]]()
    for name in names:
        if name in known and known[name][0] not in taken:
            found[name] = known[name]
            taken.add(known[name][0])
    return found


def unit_of(name: str) -> str:
    """The unit of a measure: of a known one its own, of another what its name ends in, "" for none."""
    known = BY_NAME.get(name)
    if known is not None:
        return known.unit
    _, under, end = name.lower().rpartition("_")
    return _ENDS.get(end, "") if under else ""


def is_feature(name: str) -> bool:
    """Whether a numeric column of this name may be learnt from: no id, no place, nothing that holds a label."""
    plain = name.lower()
    return not (name.startswith("_") or plain in _NEVER or any(word in plain for word in _LABEL_WORDS))


def feature_names(samples: Samples) -> list[str]:
    """The numeric columns of these samples that a model may learn from, known measures first, in a fixed order."""
    present = [name for name in samples.names if is_feature(name) and _numeric(samples, name)]
    known = [metric.name for metric in METRICS if metric.name in present]
    return [*known, *sorted(name for name in present if name not in BY_NAME)]


def _numeric(samples: Samples, name: str) -> bool:
    return samples.column(name).dtype.kind == "f"


def features(samples: Samples, names: Sequence[str] = (), relative: bool = False) -> tuple[Floats, list[str]]:
    """The measures of each unit, (n, d) with NaN where one is missing or infinite, and their names.

    names: which measures, under present or older names; a measure that these samples lack is a
    column of NaN. Empty: all that they have. relative: append to each its robust z-score within
    the unit's own recording, however few of its units these are: its retired ones do not count.
    """
    told = [RENAMED.get(name, (name, 1.0))[0] for name in names] or feature_names(samples)
    wanted = list(dict.fromkeys(told))
    values = _measured(samples, wanted)
    if not relative:
        return values, wanted
    others = samples.population
    codes, names_of = samples.group_codes()
    other_codes, other_names = others.group_codes()
    number = {name: code for code, name in enumerate(other_names)}
    # A recording all of whose units are retired is measured against nothing.
    codes = np.array([number.get(name, -1) for name in names_of], np.int64)[codes]
    scores = within(values, codes, _measured(others, wanted), other_codes)
    return np.hstack([values, scores]), [*wanted, *(name + RELATIVE for name in wanted)]


def _measured(samples: Samples, wanted: Sequence[str]) -> Floats:
    values = np.full((len(samples), len(wanted)), np.nan, np.float32)
    for place, name in enumerate(wanted):
        if name in samples.names and _numeric(samples, name):
            values[:, place] = finite(samples.column(name))
    return values


def finite(values: Numbers) -> Floats:
    """As float32, NaN where a value is infinite or too large for it."""
    with np.errstate(over="ignore", invalid="ignore"):
        small = values.astype(np.float32)
    return np.where(np.isfinite(small), small, np.float32(np.nan))


def within(values: Floats, groups: Codes, others: Floats, other_groups: Codes) -> Floats:
    """Robust z-scores (n, d) of each column against its group among others: distance to the median over 1.4826 × MAD.

    Where the MAD is 0 the standard deviation stands in, and where that is 0 as well the score is 0.
    """
    result = np.full(values.shape, np.nan, np.float32)
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        result[rows] = _scores(values[rows].astype(np.float64), others[other_groups == group].astype(np.float64))
    return result


def _scores(part: Numbers, others: Numbers) -> Numbers:
    scores = np.full(part.shape, np.nan)
    for place in range(part.shape[1]):
        known = others[np.isfinite(others[:, place]), place]
        if len(known):
            middle = np.median(known)
            spread = 1.4826 * np.median(np.abs(known - middle)) or known.std() or 1.0
            scores[:, place] = np.clip((part[:, place] - middle) / spread, -_FAR, _FAR)
    return scores


def columns() -> tuple[Column, ...]:
    """How the measures read in tables, after what tells a unit's origin."""
    origin = (
        Column("session", "Session"),
        Column("animal", "Animal"),
        Column("probe", "Probe"),
        Column("region", "Region"),
        Column("ks_label", "Kilosort"),
        Column("removed", "Removed"),
        Column("merged_into", "Merged into"),
        Column("split_into", "Split into"),
    )
    measured = (
        Column(metric.name, metric.title, metric.unit, metric.decimals, metric.main, metric.feature)
        for metric in METRICS
    )
    return (*origin, *measured)
