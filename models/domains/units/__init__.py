"""Units of a spike sorting: measures, waveforms and spikes, curated as good, mua or noise."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import (
    Completion,
    Computed,
    Demo,
    Doctor,
    Domain,
    EditKind,
    Edits,
    Export,
    ExportView,
    Fake,
    Finding,
    Inspected,
    LabelFile,
    Lacking,
    Matched,
    Setting,
    Studied,
    Study,
)
from models.domains.units.metrics import columns
from models.domains.units.options import FAKE_KEYS, IMPORT_KEYS
from models.domains.units.recipes import RECIPES
from models.job import Progress
from models.payload import Payload
from models.sample import Samples
from models.structure import MERGE, REMOVE, SPLIT, Edit, Proposal, Step, Taken

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


def _drawn(samples: Samples) -> bool:
    from models.domains.units.load import drawn

    return drawn(samples)


def _short(samples: Samples, row: int) -> str:
    from models.domains.units.load import short

    return short(samples, row)


def _fake(out: Path, samples: int = 0, seed: int = 0, **settings: Any) -> Generator[Progress, None, Fake]:
    from models.domains.units.fake import fake

    return (yield from fake(out, samples, seed, **settings))


def _si_model(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    from models.domains.units.folder import export

    return (yield from export(view, path))


def _labels(path: Path, samples: Samples) -> LabelFile | None:
    from models.domains.units.label_files import read_labels

    return read_labels(path, samples)


def _phy(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    from models.domains.units.phy_folder import export

    return (yield from export(view, path))


def _curation_two(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    from models.domains.units.curation_file import export_two

    return (yield from export_two(view, path))


def _curation_one(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    from models.domains.units.curation_file import export_one

    return (yield from export_one(view, path))


def _nwb(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    from models.domains.units.nwb import export

    return (yield from export(view, path))


def _adopt(folder: Path, place: Path, trusted: tuple[str, ...]) -> Path:
    from models.domains.units.repair import adopt, open_model

    return adopt(open_model(folder, trusted), place)


def _study(name: str, title: str, refits: bool = False) -> Study:
    def make(run: Inspected) -> Generator[Progress, None, Studied]:
        from models.domains.units import studies

        found: Studied = yield from getattr(studies, name)(run)
        return found

    return Study(name, title, make, refits)


def _make_steps(samples: Samples, edits: Sequence[Edit], taken: Taken, live: npt.NDArray[np.bool_]) -> list[Step]:
    from models.domains.units.structure import make_steps

    return make_steps(samples, edits, taken)


def _read_edits(path: Path, samples: Samples) -> list[Edit]:
    from models.domains.units.structure import read_edits

    return read_edits(path, samples)


def _measure(
    samples: Samples, rows: npt.NDArray[np.int64]
) -> Generator[Progress, None, Mapping[int, Mapping[str, Any]]]:
    from models.domains.units.remeasure import measure

    return (yield from measure(samples, rows))


def _propose(samples: Samples, rows: npt.NDArray[np.int64]) -> Generator[Progress, None, list[Proposal]]:
    from models.domains.units.proposals import propose

    return (yield from propose(samples, rows))


EDITS = Edits(
    {
        MERGE: EditKind("Merge units", 2),
        SPLIT: EditKind("Split unit", 1, 1),
        REMOVE: EditKind("Remove units"),
    },
    _make_steps,
    _read_edits,
    _measure,
    _propose,
)


def _lacking(source: Path) -> Sequence[Lacking]:
    from models.domains.units import analyzer, extensions

    return extensions.lacking(source) if analyzer.is_analyzer(source) else ()


def _compute(source: Path) -> Generator[Progress, None, Computed]:
    from models.domains.units.extensions import compute

    ready = [one.name for one in _lacking(source) if not one.obstacle]
    return (yield from compute(source, ready)) if ready else Computed()


def _restore(source: Path) -> None:
    from models.domains.units.extensions import restore

    restore(source)


def _examine(folder: Path, samples: Samples) -> Mapping[str, Any]:
    from models.domains.units.checkup import checkup

    return checkup(folder, samples)


def _rebuild(folder: Path, place: Path) -> Generator[Progress, None, str]:
    from models.domains.units.checkup import rebuilt

    return (yield from rebuilt(folder, place))


def _learnt(model: Any, samples: Samples) -> npt.NDArray[np.bool_] | None:
    from models.domains.units.repair import learnt

    return learnt(model, samples)


def _advise(samples: Samples, codes: npt.NDArray[np.int64], classes: Sequence[str]) -> list[tuple[str, str]]:
    from models.domains.units.shift import advice_of

    return advice_of(samples, codes, classes)


def _match(
    samples: Samples, old: npt.NDArray[np.int64], new: npt.NDArray[np.int64]
) -> Generator[Progress, None, list[Matched]]:
    from models.domains.units.matching import match

    return (yield from match(samples, old, new))


def _calibrate(
    model: Any, temperature: float, samples: Samples, labels: Sequence[str | None], setting: Setting
) -> tuple[Any, Mapping[str, Any]]:
    from models.domains.units.calibration import fitted_to

    return fitted_to(model, temperature, samples, labels, setting)


def _shift(model: Any, samples: Samples) -> str:
    from models.domains.units.shift import shift_of, shift_words

    return shift_words(shift_of(model, samples))


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
    exports=(
        Export("phy", "Tables of phy: groups and predictions", "", _phy, beside=True),
        Export("si-curation", "Curation of SpikeInterface (format 2)", "", _curation_two, beside=True),
        Export("si-curation-v1", "Curation of SpikeInterface, older (format 1)", "", _curation_one, beside=True),
        Export("si-model", "Model folder as UnitRefine's, which SpikeInterface opens", "", _si_model),
        Export("nwb", "NWB, a units table (extra: nwb)", "", _nwb, needs="pynwb"),
    ),
    fake=_fake,
    columns=columns(),
    class_keys={"good": "G", "mua": "M", "noise": "N", "": "U"},
    class_titles={"good": "good", "mua": "multi-unit", "noise": "noise"},
    import_keys=IMPORT_KEYS,
    fake_keys=FAKE_KEYS,
    by_columns=("animal",),
    suffixes=(".csv", ".tsv", ".parquet", ".json", ".py", ".npy"),
    short=_short,
    drawn=_drawn,
    adopt=_adopt,
    doctor=Doctor(_examine, _rebuild, _learnt),
    advise=_advise,
    shift=_shift,
    match=_match,
    calibrate=_calibrate,
    edits=EDITS,
    completion=Completion(_lacking, _compute, _restore),
    labels=_labels,
    studies=(
        _study("importances", "Metrics that count"),
        _study("shifts", "Held-out units against training"),
        _study("advice", "What speaks against these labels"),
        _study("transfer", "Leave one animal out", refits=True),
    ),
    demo=Demo(600, {}, "random_forest"),
)
