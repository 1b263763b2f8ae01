"""Units of a spike sorting: measures, waveforms and spikes, curated as good, mua or noise."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Completion, Computed, Demo, Doctor, Domain, EditKind, Edits, Export, Lacking, Study
from models.domains.units.metrics import columns
from models.domains.units.options import FAKE_KEYS, IMPORT_KEYS
from models.job import Progress
from models.lazy import LazyRow, lazy
from models.sample import Samples
from models.structure import MERGE, REMOVE, SPLIT, Edit, Step, Taken

#: What is found here by its path is loaded when it is called: the record itself stays light.
_own = partial(lazy, __name__)


def _adopt(folder: Path, place: Path, trusted: tuple[str, ...]) -> Path:
    from models.domains.units.repair import adopt, open_model

    return adopt(open_model(folder, trusted), place)


def _study(name: str, title: str, refits: bool = False) -> Study:
    return Study(name, title, _own(f"studies.{name}"), refits)


def _make_steps(samples: Samples, edits: Sequence[Edit], taken: Taken, live: npt.NDArray[np.bool_]) -> list[Step]:
    from models.domains.units.structure import make_steps

    return make_steps(samples, edits, taken)


EDITS = Edits(
    {
        MERGE: EditKind("Merge units", 2),
        SPLIT: EditKind("Split unit", 1, 1),
        REMOVE: EditKind("Remove units"),
    },
    _make_steps,
    _own("structure.read_edits"),
    _own("remeasure.measure"),
    _own("proposals.propose"),
)


def _lacking(source: Path) -> Sequence[Lacking]:
    from models.domains.units import analyzer, extensions

    return extensions.lacking(source) if analyzer.is_analyzer(source) else ()


def _compute(source: Path) -> Generator[Progress, None, Computed]:
    from models.domains.units.extensions import compute

    ready = [one.name for one in _lacking(source) if not one.obstacle]
    return (yield from compute(source, ready)) if ready else Computed()


def _shift(model: Any, samples: Samples) -> str:
    from models.domains.units.shift import shift_of, shift_words

    return shift_words(shift_of(model, samples))


DOMAIN = Domain(
    name="units",
    title="Spike-sorting units",
    classes=("good", "mua", "noise"),
    group="session",
    sample="unit",
    scan=_own("read.scan"),
    load=_own("load.load"),
    sketch=_own("load.sketch"),
    recipes=LazyRow(f"{__name__}.recipes", "RECIPES"),
    exports=(
        Export("phy", "Tables of phy: groups and predictions", "", _own("phy_folder.export"), beside=True),
        Export(
            "si-curation", "Curation of SpikeInterface (format 2)", "", _own("curation_file.export_two"), beside=True
        ),
        Export(
            "si-curation-v1",
            "Curation of SpikeInterface, older (format 1)",
            "",
            _own("curation_file.export_one"),
            beside=True,
        ),
        Export("si-model", "Model folder as UnitRefine's, which SpikeInterface opens", "", _own("folder.export")),
        Export("nwb", "NWB, a units table (extra: nwb)", "", _own("nwb.export"), needs="pynwb"),
    ),
    fake=_own("fake.fake"),
    columns=columns(),
    class_keys={"good": "G", "mua": "M", "noise": "N", "": "U"},
    class_titles={"good": "good", "mua": "multi-unit", "noise": "noise"},
    import_keys=IMPORT_KEYS,
    fake_keys=FAKE_KEYS,
    by_columns=("animal",),
    suffixes=(".csv", ".tsv", ".parquet", ".json", ".py", ".npy"),
    short=_own("load.short"),
    drawn=_own("load.drawn"),
    adopt=_adopt,
    doctor=Doctor(_own("checkup.checkup"), _own("checkup.rebuilt"), _own("repair.learnt")),
    advise=_own("shift.advice_of"),
    shift=_shift,
    match=_own("matching.match"),
    calibrate=_own("calibration.fitted_to"),
    edits=EDITS,
    completion=Completion(_lacking, _compute, _own("extensions.restore")),
    labels=_own("label_files.read_labels"),
    studies=(
        _study("importances", "Metrics that count"),
        _study("shifts", "Held-out units against training"),
        _study("advice", "What speaks against these labels"),
        _study("transfer", "Leave one animal out", refits=True),
    ),
    demo=Demo(600, {}, "random_forest"),
)
