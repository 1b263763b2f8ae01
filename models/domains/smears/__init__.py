"""Cells of blood smears: boxes in images, or single crops, told apart by what is in them."""

from __future__ import annotations

from functools import partial

from models.domain import Column, Demo, Domain, EditKind, Edits
from models.domains.smears.exports import EXPORTS
from models.domains.smears.groupings import GROUPINGS
from models.domains.smears.options import FAKE_KEYS, IMPORT_KEYS
from models.domains.smears.remedies import EXTERNAL
from models.lazy import LazyRow, lazy
from models.structure import BOX, MOVE, REMOVE

#: What is found here by its path is loaded when it is called: the record itself stays light.
_own = partial(lazy, __name__)


def _searched() -> type:
    from models.domains.smears.detector import DetectorParams

    return DetectorParams


EDITS = Edits(
    {
        BOX: EditKind("Draw a box", 0, 1),
        MOVE: EditKind("Move a box", 1, 1),
        REMOVE: EditKind("Remove cells"),
    },
    _own("edits.make_steps"),
    _own("edits.read_edits"),
    find=_own("finding.find"),
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
    scan=_own("read.scan"),
    load=_own("load.load"),
    sketch=_own("load.sketch"),
    recipes=LazyRow(f"{__name__}.recipes", "RECIPES"),
    exports=EXPORTS,
    edits=EDITS,
    fake=_own("fake.fake"),
    columns=_COLUMNS,
    class_keys={},
    import_keys=IMPORT_KEYS,
    fake_keys=FAKE_KEYS,
    by_columns=("patient", "slide"),
    suffixes=(
        ".json", ".gz", ".xml", ".csv", ".tsv", ".txt", ".yaml", ".properties", ".png", ".jpg", ".jpeg", ".tif",
        ".tiff", ".bmp", ".webp",
    ),
    nouns=_own("nouns.nouns"),
    short=_own("load.short"),
    drawn=_own("load.drawn"),
    thumbs=_own("atlas.thumbs"),
    gallery=True,
    stage=_own("atlas.stage"),
    groupings=GROUPINGS,
    order=(
        "red blood cell", "rbc", "uninfected", "ring", "trophozoite", "schizont", "gametocyte", "infected",
        "parasitized", "leukocyte", "wbc", "platelets", "difficult",
    ),
    external=EXTERNAL,
    advise=_own("twins.advise"),
    able=_own("cells.readable"),
    ailing=_own("cells.ailing"),
    demo=Demo(400, {}, "colour_texture", pictures=_own("drawing.draw_few")),
)  # fmt: skip
