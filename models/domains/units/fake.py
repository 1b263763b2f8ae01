"""Generated units in the layouts that people bring, with the best reachable score stated."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Fake
from models.domains.units import densities
from models.domains.units.options import FAKE_KEYS
from models.errors import UserError
from models.fake_settings import check_names, number_of, one_of, refuse
from models.job import Progress
from models.store.atomic import write_text

Index = npt.NDArray[np.int64]

MODES = ("tables", "recording", "phy")
#: Units that are made unless told otherwise.
_UNITS = {"tables": 1200, "recording": 40, "phy": 200}


@dataclass(frozen=True)
class Plan:
    """What to generate."""

    mode: str = "tables"
    sessions: int = 8
    animals: int = 4
    noise: float = 1.0
    mistakes: float = 0.05
    seconds: float = 20.0
    channels: int = 16
    spikes: int = 1_000_000


def plan(settings: Mapping[str, Any]) -> Plan:
    """The settings, which may be text. Raises UserError for an unknown or wrong one."""
    check_names(settings, FAKE_KEYS)
    mode = one_of(settings, "mode", MODES)
    usual = {
        "tables": Plan(),
        "recording": Plan(sessions=2, animals=1),
        "phy": Plan(sessions=1, animals=1, seconds=3600.0, channels=64),
    }[mode]
    sessions = int(number_of(settings, "sessions", usual.sessions, 1, 1000))
    return Plan(
        mode,
        sessions,
        int(number_of(settings, "animals", min(usual.animals, sessions), 1, sessions)),
        number_of(settings, "noise", 1.0, 0.1, 10),
        number_of(settings, "mistakes", usual.mistakes, 0.001, 0.5),
        number_of(settings, "seconds", usual.seconds, 5, 3600),
        int(number_of(settings, "channels", usual.channels, 4, 384)),
        int(number_of(settings, "spikes", usual.spikes, 1000, 1_000_000_000)),
    )


def fake(out: Path, samples: int = 0, seed: int = 0, **settings: Any) -> Generator[Progress, None, Fake]:
    """Generate units into the folder `out`; samples: units in all (see `_UNITS`).

    Raises UserError for a wrong setting, for a number of units that does not go round, and for an
    existing file.
    """
    asked = plan(settings)
    count = samples or _UNITS[asked.mode]
    if not asked.sessions <= count <= 1_000_000:
        raise UserError(f"samples is {count}: give at least one unit for each of the {asked.sessions} recordings")
    if asked.mode == "recording":
        from models.domains.units.recording import fake_recordings

        return (yield from fake_recordings(out, count, seed, asked))
    if asked.mode == "phy":
        from models.domains.units.fake_sorting import fake_sortings

        return (yield from fake_sortings(out, count, seed, asked))
    return (yield from _fake_tables(out, count, seed, asked))


def session_names(asked: Plan) -> list[str]:
    """Names that tell animal, recording and probe, as ``mouse1a_imec0``."""
    turn: dict[int, int] = {}
    names = []
    for place in range(asked.sessions):
        animal = place % asked.animals
        turn[animal] = turn.get(animal, -1) + 1
        number = turn[animal]
        letters = chr(ord("a") + number % 26) * (1 + number // 26)
        names.append(f"mouse{animal + 1}{letters}_imec0")
    return sorted(names)


def shares_of(count: int, parts: int) -> list[int]:
    """A count in almost equal parts."""
    return [count // parts + (place < count % parts) for place in range(parts)]


def _fake_tables(out: Path, count: int, seed: int, asked: Plan) -> Generator[Progress, None, Fake]:
    rng = np.random.default_rng([seed, 11])
    names = session_names(asked)
    spread = np.sqrt(np.diagonal(densities.covariances(asked.noise), axis1=1, axis2=2)).mean(axis=0)
    animals = {
        name: rng.normal(0, densities.ANIMAL, len(spread)) * spread for name in sorted({_animal(n) for n in names})
    }
    files: list[Path] = []
    for place, (name, units) in enumerate(zip(names, shares_of(count, len(names)), strict=True)):
        yield Progress(place, len(names) + 1, f"Writing {name}")
        shift = animals[_animal(name)] + rng.normal(0, densities.SESSION, len(spread)) * spread
        mix = rng.dirichlet(np.array(densities.SHARES) * densities.ALIKE)
        classes = rng.choice(len(densities.CLASSES), units, p=mix)
        drawn = densities.draw(classes, asked.noise, rng)
        files += _write(out / name, densities.measures(drawn.latents + shift), classes)
    yield Progress(len(names), len(names) + 1, "Estimating the best score")
    ceiling, error = densities.best_score(asked.noise, np.random.default_rng([seed, 12]))
    yield Progress(len(names) + 1, len(names) + 1, "")
    text = (
        f"The best classifier, which knows the densities of all classes and the shift of each recording and animal, "
        f"reaches a balanced accuracy of {ceiling:.3f} (standard error {error:.3f}). Chance: 0.333."
    )
    return Fake(tuple(files), count, ceiling, text)


def _animal(name: str) -> str:
    return name.partition("_")[0].rstrip("abcdefghijklmnopqrstuvwxyz")


def _write(folder: Path, measures: Mapping[str, Any], classes: Index) -> list[Path]:
    """The pair of tables of one recording: measures, and the labels of people as phy writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "quality_metrics.csv", folder / "cluster_group.tsv"]
    for file in files:
        refuse(file)
    table, labels = io.StringIO(), io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["", *measures])
    columns = [["" if np.isnan(value) else f"{value:.8g}" for value in values] for values in measures.values()]
    writer.writerows([unit, *row] for unit, row in enumerate(zip(*columns, strict=True)))
    other = csv.writer(labels, delimiter="\t", lineterminator="\n")
    other.writerow(["cluster_id", "group"])
    other.writerows([unit, densities.CLASSES[code]] for unit, code in enumerate(classes.tolist()))
    write_text(files[0], table.getvalue())
    write_text(files[1], labels.getvalue())
    return files
