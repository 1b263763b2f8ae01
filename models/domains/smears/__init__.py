"""Cells of blood smears: boxes in images, or single crops, told apart by what is in them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Column, Demo, Domain, EditKind, Edits, Fake, Finding
from models.domains.smears.exports import EXPORTS
from models.domains.smears.groupings import GROUPINGS
from models.domains.smears.options import FAKE_KEYS, IMPORT_KEYS
from models.domains.smears.recipes import RECIPES
from models.domains.smears.remedies import EXTERNAL
from models.job import Progress
from models.payload import Payload
from models.sample import Samples
from models.structure import BOX, MOVE, REMOVE, Edit, Step, Taken

Index = npt.NDArray[np.int64]

# The functions below load what they need when they are called: the record itself stays light.


def _scan(sources: Sequence[Path], settings: Mapping[str, str]) -> Iterator[Progress | Finding]:
    from models.domains.smears.read import scan

    yield from scan(sources, settings)


def _load(samples: Samples, row: int) -> tuple[Payload, ...]:
    from models.domains.smears.load import load

    return load(samples, row)


def _sketch(samples: Samples, rows: npt.NDArray[np.int64], points: int) -> npt.NDArray[np.float32]:
    from models.domains.smears.load import sketch

    return sketch(samples, rows, points)


def _drawn(samples: Samples) -> bool:
    from models.domains.smears.load import drawn

    return drawn(samples)


def _short(samples: Samples, row: int) -> str:
    from models.domains.smears.load import short

    return short(samples, row)


def _thumbs(samples: Samples, rows: npt.NDArray[np.int64], side: int, cache: Path) -> npt.NDArray[np.uint8]:
    from models.domains.smears.atlas import thumbs

    return thumbs(samples, rows, side, cache)


def _stage(samples: Samples, cache: Path) -> Generator[Progress, None, int]:
    from models.domains.smears.atlas import stage

    return (yield from stage(samples, cache))


def _fake(out: Path, samples: int = 0, seed: int = 0, **settings: Any) -> Generator[Progress, None, Fake]:
    from models.domains.smears.fake import fake

    return (yield from fake(out, samples, seed, **settings))


def _make_steps(samples: Samples, edits: Sequence[Edit], taken: Taken, live: npt.NDArray[np.bool_]) -> list[Step]:
    from models.domains.smears.edits import make_steps

    return make_steps(samples, edits, taken, live)


def _read_edits(path: Path, samples: Samples) -> list[Edit]:
    from models.domains.smears.edits import read_edits

    return read_edits(path, samples)


def _find(samples: Samples, live: Index, chosen: Index | None, values: Any) -> Generator[Progress, None, list[Edit]]:
    from models.domains.smears.finding import find

    return (yield from find(samples, live, chosen, values))


def _searched() -> type:
    from models.domains.smears.detector import DetectorParams

    return DetectorParams


EDITS = Edits(
    {
        BOX: EditKind("Draw a box", 0, 1),
        MOVE: EditKind("Move a box", 1, 1),
        REMOVE: EditKind("Remove cells"),
    },
    _make_steps,
    _read_edits,
    find=_find,
    searched=_searched,
)

_COLUMNS = (
    Column("image", "Image"),
    Column("patient", "Patient"),
    Column("slide", "Slide"),
    Column("split", "Part"),
    Column("width", "Width", "px", decimals=0, main=True),
    Column("height", "Height", "px", decimals=0, main=True),
    Column("edge", "At the border"),
    Column("missing", "Image missing"),
    Column("difficult", "Difficult"),
    Column("own_class", "Own class"),
    Column("pixel_um", "Pixel", "µm", decimals=3),
)

DOMAIN = Domain(
    name="smears",
    title="Blood-smear cells",
    classes=(),
    group="image",
    sample="cell",
    scan=_scan,
    load=_load,
    sketch=_sketch,
    recipes=RECIPES,
    exports=EXPORTS,
    edits=EDITS,
    fake=_fake,
    columns=_COLUMNS,
    class_keys={},
    import_keys=IMPORT_KEYS,
    fake_keys=FAKE_KEYS,
    by_columns=("patient", "slide"),
    suffixes=(
        ".json", ".gz", ".xml", ".csv", ".tsv", ".txt", ".yaml", ".properties", ".png", ".jpg", ".jpeg", ".tif",
        ".tiff", ".bmp", ".webp",
    ),
    short=_short,
    drawn=_drawn,
    thumbs=_thumbs,
    stage=_stage,
    groupings=GROUPINGS,
    order=(
        "red blood cell", "rbc", "uninfected", "ring", "trophozoite", "schizont", "gametocyte", "infected",
        "parasitized", "leukocyte", "wbc", "platelets", "difficult",
    ),
    external=EXTERNAL,
    demo=Demo(400, {}, "colour_texture"),
)  # fmt: skip
