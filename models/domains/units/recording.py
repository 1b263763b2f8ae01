"""Generated recordings with a sorting that has the faults of real ones, by spikeinterface's generators."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Fake
from models.domains.units import analyzer
from models.domains.units.curation import Curation, Definition, Id, write_curation
from models.domains.units.densities import CLASSES
from models.domains.units.fake import Plan, session_names, shares_of
from models.fake_settings import refuse
from models.job import Progress

Index = npt.NDArray[np.int64]
RATE = 30_000.0
#: Share of each class among the units of a sorting.
SHARES = (0.4, 0.35, 0.25)
#: What is computed for each analyzer; principal components are dear and left to the person.
COMPUTED = (
    "random_spikes",
    "noise_levels",
    "templates",
    "spike_amplitudes",
    "unit_locations",
    "correlograms",
    "isi_histograms",
    "template_similarity",
    "template_metrics",
    "quality_metrics",
)


@dataclass(frozen=True)
class Sorted:
    """Spikes of each unit of a sorting in samples, and its true class."""

    trains: dict[str, Index]
    classes: list[int]


def fake_recordings(out: Path, count: int, seed: int, asked: Plan) -> Generator[Progress, None, Fake]:
    """A folder a recording: raw data, an analyzer of its sorting, and the labels of a curator inside it.

    good: the spikes of one simulated neuron. mua: those of two, merged. noise: moments at which
    nothing happens. The curator is wrong in a share of cases, which is what no classifier betters.
    """
    names = session_names(asked)
    files: list[Path] = []
    steps = len(names) * (len(COMPUTED) + 2)
    for place, (name, units) in enumerate(zip(names, shares_of(count, len(names)), strict=True)):
        rng = np.random.default_rng([seed, 21, place])
        done = place * (len(COMPUTED) + 2)
        yield Progress(done, steps, f"Simulating {name}")
        files.append((yield from _one(out / name, units, rng, asked, (done, steps))))
    yield Progress(steps, steps, "")
    ceiling = 1 - asked.mistakes
    text = f"The curator's labels are wrong for {asked.mistakes:.0%} of the units, so the best score to expect is \
{ceiling:.3f}. Chance: 0.333."
    return Fake(tuple(files), count, ceiling, text)


def _one(
    folder: Path, units: int, rng: np.random.Generator, asked: Plan, place: tuple[int, int]
) -> Generator[Progress, None, Path]:
    refuse(folder)
    folder.mkdir(parents=True)
    classes = _classes(units, rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import spikeinterface as si

        neurons = sum(1 if code == 0 else 2 for code in classes if code < 2) or 1
        recording, truth = si.generate_ground_truth_recording(
            durations=[asked.seconds],
            sampling_frequency=RATE,
            num_channels=asked.channels,
            num_units=neurons,
            seed=int(rng.integers(2**31)),
        )
        recording = recording.save(folder=folder / "recording", n_jobs=1, progress_bar=False, verbose=False)
        found = _sorting(classes, truth, rng, asked.seconds)
        sorting = si.NumpySorting.from_unit_dict(found.trains, RATE)
        one = si.create_sorting_analyzer(
            sorting, recording, format="binary_folder", folder=folder / "analyzer", sparse=False, n_jobs=1,
            progress_bar=False,
        )  # fmt: skip
        for number, name in enumerate(COMPUTED, 1):
            yield Progress(place[0] + number, place[1], f"{folder.name}: computing {name}")
            one.compute(name, n_jobs=1, progress_bar=False, **_options(name))
    path = folder / "analyzer" / analyzer.GUI
    path.parent.mkdir(parents=True, exist_ok=True)
    write_curation(_labels(found, rng, asked.mistakes), path)
    return path


def _options(name: str) -> dict[str, Any]:
    """Measures that need no principal components and no long recording."""
    return {"max_spikes_per_unit": 200} if name == "random_spikes" else {}


def _classes(units: int, rng: np.random.Generator) -> list[int]:
    """The class of each unit in random order, each class at least once where there are units enough."""
    drawn = rng.choice(len(SHARES), units, p=SHARES)
    for code in range(min(units, len(SHARES))):
        drawn[code] = code
    return [int(code) for code in rng.permutation(drawn)]


def _sorting(classes: list[int], truth: Any, rng: np.random.Generator, seconds: float) -> Sorted:
    """Units of the simulated neurons: alone, two together, or none of them."""
    neurons = iter(truth.unit_ids)
    trains: dict[str, Index] = {}
    for place, code in enumerate(classes):
        if code == CLASSES.index("noise"):
            spikes = int(rng.integers(10, max(11, int(8 * seconds))))
            train = np.sort(rng.integers(300, int(seconds * RATE) - 300, spikes))
        else:
            members = [next(neurons) for _ in range(1 if code == 0 else 2)]
            train = np.sort(np.concatenate([truth.get_unit_spike_train(unit) for unit in members]))
        trains[f"u{place}"] = train.astype(np.int64)
    return Sorted(trains, classes)


def _labels(found: Sorted, rng: np.random.Generator, mistakes: float) -> Curation:
    """What a curator says who is now and then wrong, as spikeinterface's window keeps it."""
    given: dict[Id, dict[str, tuple[str, ...]]] = {}
    for unit, code in zip(found.trains, found.classes, strict=True):
        said = code if rng.random() >= mistakes else int((code + rng.integers(1, len(CLASSES))) % len(CLASSES))
        given[unit] = {"quality": (CLASSES[said],)}
    return Curation("2", tuple(found.trains), {"quality": Definition(("good", "noise", "mua"))}, given)
