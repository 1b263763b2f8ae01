"""Units of a spike sorting: measures, waveforms and spikes, curated as good, mua or noise."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Demo, Domain, Export, ExportView, Fake, Finding
from models.domains.units.metrics import columns
from models.domains.units.options import FAKE_KEYS, IMPORT_KEYS
from models.domains.units.recipes import RECIPES
from models.job import Progress
from models.payload import Payload
from models.sample import Samples

# The functions below load what they need when they are called: the record itself stays light.


def _scan(sources: Sequence[Path], settings: Mapping[str, str]) -> Iterator[Progress | Finding]:
    from models.domains.units.read import scan

    yield from scan(sources, settings)


def _load(samples: Samples, row: int) -> tuple[Payload, ...]:
    from models.domains.units.load import load

    return load(samples, row)


def _sketch(samples: Samples, rows: npt.NDArray[np.int64], points: int) -> npt.NDArray[np.float32]:
    from models.domains.units.load import sketch

    return sketch(samples, rows, points)


def _short(samples: Samples, row: int) -> str:
    from models.domains.units.load import short

    return short(samples, row)


def _fake(out: Path, samples: int = 0, seed: int = 0, **settings: Any) -> Generator[Progress, None, Fake]:
    from models.domains.units.fake import fake

    return (yield from fake(out, samples, seed, **settings))


def _si_model(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    from models.domains.units.folder import export

    return (yield from export(view, path))


def _adopt(folder: Path, place: Path, trusted: tuple[str, ...]) -> Path:
    from models.domains.units.doctor import adopt, open_model

    return adopt(open_model(folder, trusted), place)


DOMAIN = Domain(
    name="units",
    title="Spike-sorting units",
    classes=("good", "mua", "noise"),
    group="session",
    sample="unit",
    scan=_scan,
    load=_load,
    sketch=_sketch,
    recipes=RECIPES,
    exports=(Export("si-model", "Model folder as UnitRefine's, which SpikeInterface opens", "", _si_model),),
    fake=_fake,
    columns=columns(),
    class_titles={"good": "good", "mua": "multi-unit", "noise": "noise"},
    import_keys=IMPORT_KEYS,
    fake_keys=FAKE_KEYS,
    by_columns=("animal",),
    suffixes=(".csv", ".tsv", ".json", ".py", ".npy"),
    short=_short,
    adopt=_adopt,
    demo=Demo(600, {}, "random_forest"),
)
