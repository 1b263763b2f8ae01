"""Generated simulations in the real layout, with the best reachable score stated."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Fake
from models.domains.traces import peaks, physics, tissue
from models.domains.traces.physics import Best, Drawn, Physics
from models.errors import UserError
from models.fake_settings import check_names, number_of, refuse
from models.job import Progress

Array = npt.NDArray[Any]
Index = npt.NDArray[np.int64]
NOISE = (0.01, 0.02, 0.03, 0.04, 0.05)
LENGTH = 1001
#: Simulations of a noise level from which the ceiling is estimated.
CEILING = 40
TISSUES = {"5x5": 5, "7x7": 7}


@dataclass(frozen=True)
class Plan:
    """What to generate: noise levels, side of the tissue, trace length, simulations for the ceiling."""

    noise: tuple[float, ...] = NOISE
    side: int = 5
    length: int = LENGTH
    ceiling: int = CEILING


def plan(settings: dict[str, Any]) -> Plan:
    """The settings, which may be text. Raises UserError for an unknown or wrong one."""
    check_names(settings, ("noise", "tissue", "length", "ceiling"))
    shape = str(settings.get("tissue", "5x5")).lower().replace("×", "x")
    if shape not in TISSUES:
        raise UserError(f"tissue is {shape!r}: give 5x5 or 7x7")
    return Plan(
        _noise(settings.get("noise", NOISE)),
        TISSUES[shape],
        int(number_of(settings, "length", LENGTH, 16, 100_000)),
        int(number_of(settings, "ceiling", CEILING, 1, 10_000)),
    )


def _noise(given: Any) -> tuple[float, ...]:
    parts = given.split(",") if isinstance(given, str) else np.atleast_1d(np.asarray(given)).tolist()
    try:
        levels = tuple(float(part) for part in parts)
    except (TypeError, ValueError):
        levels = ()
    if not levels or not all(0 <= level <= 10 for level in levels) or len(set(levels)) < len(levels):
        raise UserError(f"noise is {given!r}: give different levels from 0 to 10, such as 0.01,0.03,0.05")
    return levels


def fake(out: Path, samples: int = 40, seed: int = 0, **settings: Any) -> Generator[Progress, None, Fake]:
    """Write one file a noise level into the folder `out`, `samples` simulations each.

    settings: ``noise`` levels, ``tissue`` 5x5 or 7x7, ``length`` of the traces, ``ceiling`` how
    many simulations a level the ceiling is estimated from. The ceiling is the balanced accuracy
    over all levels of the best classifier of `models.domains.traces.physics`, estimated on
    simulations drawn for it alone. Raises UserError for a wrong setting or an existing file.
    """
    asked = plan(settings)
    count = int(number_of({"samples": samples}, "samples", 40, 1, 100_000))
    model = Physics()
    column, row = tissue.simulated(asked.side, asked.side)
    centre = (asked.side**2) // 2
    hops = tissue.hops(column, row, centre)
    out.mkdir(parents=True, exist_ok=True)
    names = [_name(noise, count, place) for place, noise in enumerate(asked.noise, 1)]
    for name in names:
        refuse(out / name)
    steps = 2 * len(names)
    for place, (name, noise) in enumerate(zip(names, asked.noise, strict=True)):
        yield Progress(place, steps, f"Writing {name}")
        rng = np.random.default_rng([seed, place])
        drawn = physics.draw(model, hops, noise, count, asked.length, rng)
        _write(out / name, drawn, hops, asked, noise, [seed, place])
    best: list[Best] = []
    for place, noise in enumerate(asked.noise):
        yield Progress(len(names) + place, steps, f"Estimating the best score at noise {noise:.3f}")
        rng = np.random.default_rng([seed, place, 1])
        drawn = physics.draw(model, hops, noise, asked.ceiling, asked.length, rng)
        best.append(physics.decide(model, noise, drawn, hops))
    yield Progress(steps, steps, "")
    text = _words(best, hops, asked.noise)
    ceiling = physics.best_score(np.concatenate([item.together for item in best]), hops)
    return Fake(tuple(out / name for name in names), count * len(hops) * len(names), ceiling, text)


def _name(noise: float, count: int, batch: int) -> str:
    return f"sim_data__stimMag_0.50_beta_0.40_noise_{noise:.3f}_kcross_0.0050_nSamples_{count}_{batch}.h5"


def _words(best: Sequence[Best], hops: Index, noise: Sequence[float]) -> str:
    """What the ceiling means, with its parts by noise and its standard error over simulations."""
    together = np.concatenate([item.together for item in best])
    each = [
        f"{physics.best_score(item.together, hops):.2f} at {level:g}" for item, level in zip(best, noise, strict=True)
    ]
    alone = physics.best_score(np.concatenate([item.alone for item in best]), hops)
    scores = np.array([[one[hops == ring].mean() for ring in np.unique(hops)] for one in together]).mean(axis=1)
    error = scores.std() / max(len(scores) - 1, 1) ** 0.5
    return (
        f"The best classifier, which knows the generating model, each simulation's gain and latency and the numbers "
        f"of cells by distance, reaches a balanced accuracy of {physics.best_score(together, hops):.3f} "
        f"(standard error {error:.3f}): {', '.join(each)}. From one trace alone: {alone:.3f}. "
        f"Chance: {1 / len(np.unique(hops)):.3f}."
    )


def _write(path: Path, drawn: Drawn, hops: Index, asked: Plan, noise: float, seed: Sequence[int]) -> None:
    """One file in MATLAB's orientation; it appears whole or not at all."""
    import h5py

    beside = path.with_name(f".{path.name}.partial")
    try:
        with h5py.File(beside, "w", libver="latest") as h5:
            count = len(drawn.traces)
            ids = [f"20260101_{seed[0] % 1_000_000:06d}{seed[1]:02d}_{number}.0" for number in range(1, count + 1)]
            h5["sim_ids"] = np.array(ids, "S32")
            _write_scalars(h5, hops, asked, noise, count)
            for number, traces in enumerate(drawn.traces.astype(np.float32), 1):
                h5[f"timeTraces/{number}"] = np.ascontiguousarray(traces.T)
            write_features(h5, drawn.traces.astype(np.float32))
        os.replace(beside, path)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)


def _write_scalars(h5: Any, hops: Index, asked: Plan, noise: float, count: int) -> None:
    stored = {
        "stim/stimulusMagnitude": 0.5,
        "stim/stimulusDuration": 24.0,
        "stim/stimulusTime": Physics().stimulus,
        "tissue/nTissueCols": float(asked.side),
        "tissue/nTissueRows": float(asked.side),
        "tissue/stimCell": float(int(np.argmin(hops)) + 1),
        "tissue/distanceToTarget": hops.astype(np.float64),
        "params/beta": 0.4,
        "params/noise": noise,
        "params/kcross": 0.005,
        "params/kCRU": 1.0,
        "params/nSamples": float(count),
    }
    for name, value in stored.items():
        h5[name] = value


def write_features(h5: Any, blocks: Array) -> None:
    """The features of each simulation (n, cells, length): vectors (1, cells), ragged ones (k, cells) with NaN."""
    count, cells, length = blocks.shape
    flat = blocks.reshape(-1, length)
    vectors = {name: compute(flat).reshape(count, 1, cells) for name, compute in peaks.COMPUTED.items()}
    owner, at, width = peaks.peaks(flat)
    heights = flat[owner, at].astype(np.float64)
    vectors["nPeaks"] = np.bincount(owner, minlength=len(flat)).astype(np.float64).reshape(count, 1, cells)
    first = np.searchsorted(owner, np.arange(0, len(flat) + 1, cells))
    for number in range(count):
        part = slice(int(first[number]), int(first[number + 1]))
        cell = owner[part] - number * cells
        ragged = {
            "tPeaks": _ragged(cell, at[part].astype(np.float64), cells),
            "cPeaks": _ragged(cell, heights[part], cells),
            "fwhmPeaks": _ragged(cell, width[part], cells),
        }
        gaps = np.diff(ragged["tPeaks"], axis=0)
        ragged["tInterval"] = gaps
        known = np.isfinite(gaps).sum(axis=0)
        mean = np.where(known > 0, np.nansum(gaps, axis=0) / np.maximum(known, 1), np.nan)
        square = np.nansum((gaps - mean) ** 2, axis=0)
        vectors_here = {name: values[number] for name, values in vectors.items()}
        vectors_here["tIntervalMean"] = mean[None, :]
        vectors_here["tIntervalErr"] = np.where(known > 1, np.sqrt(square / np.maximum(known - 1, 1)), np.nan)[None, :]
        for name, values in {**vectors_here, **ragged}.items():
            h5[f"features/{name}/{number + 1}"] = values


def _ragged(cell: Index, values: npt.NDArray[np.float64], cells: int) -> npt.NDArray[np.float64]:
    """Values of each cell as columns of (most, cells), NaN below."""
    counts = np.bincount(cell, minlength=cells)
    table = np.full((int(counts.max(initial=0)), cells), np.nan)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    table[np.arange(len(cell)) - first[cell], cell] = values
    return table
