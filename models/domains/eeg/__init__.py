"""EEG: windows of recordings in six classes by the votes of experts."""

from __future__ import annotations

from functools import partial

from models.domain import Column, Demo, Domain
from models.domains.eeg.body_schema import SCHEMA, example
from models.domains.eeg.constants import CLASSES
from models.domains.eeg.exports import EXPORTS
from models.domains.eeg.options import FAKE_KEYS, IMPORT_KEYS
from models.lazy import LazyRow, lazy
from models.service import Service
from models.watch import Watch

#: What is found here by its path is loaded when it is called: the record itself stays light.
_own = partial(lazy, __name__)

_COLUMNS = (
    Column("patient", "Patient"),
    Column("recording", "Recording"),
    Column("votes_total", "Votes in the source", decimals=0, tells=True),
    Column("start", "Start", "s", decimals=1, main=True),
    Column("seconds", "Length", "s", decimals=0),
    Column("rate", "Rate", "samples/s", decimals=0),
    Column("channels", "Channels", decimals=0),
    Column("annotations", "Annotations", decimals=0),
    Column("nan", "Missing values", decimals=3),
    Column("missing", "EEG missing"),
    Column("exchanged", "Look exchanged"),
    Column("eeg_id", "EEG"),
    Column("spectrogram_id", "Spectrogram"),
    Column("label_id", "Label"),
    *(Column(f"p_{name}", f"p({name}) in the source", decimals=3, tells=True) for name in CLASSES),
    Column("x", "Map x", decimals=2, tells=True),
    Column("y", "Map y", decimals=2, tells=True),
)

SERVICE = Service(
    _own("body.read"), _own("serving.answer"), _own("serving.keep"), _own("serving.kept"), SCHEMA, example
)

DOMAIN = Domain(
    name="eeg",
    title="EEG",
    classes=CLASSES,
    group="patient",
    sample="window",
    scan=_own("read.scan"),
    load=_own("load.load"),
    sketch=_own("load.sketch"),
    recipes=LazyRow(f"{__name__}.recipes", "RECIPES"),
    exports=EXPORTS,
    fake=_own("fake.fake"),
    columns=_COLUMNS,
    class_titles={"seizure": "Seizure", "lpd": "LPD", "gpd": "GPD", "lrda": "LRDA", "grda": "GRDA", "other": "Other"},
    import_keys=IMPORT_KEYS,
    fake_keys=FAKE_KEYS,
    baseline="features",
    suffixes=(
        ".csv", ".parquet", ".mat", ".edf", ".bdf", ".vhdr", ".set", ".data", ".fif",
    ),
    short=_own("load.short_name"),
    able=_own("recipes.model.able"),
    aside=_own("recipes.model.wholes"),
    asides=("whole recording", "whole recordings"),
    order=CLASSES,
    votes=True,
    near=True,
    compare=_own("comparison.compare"),
    service=SERVICE,
    watch=Watch("seizure", _own("courses.courses"), _own("familiar.distances"), "other"),
    carrier=_own("carrier.carrier_of"),
    vectors=_own("placing.vectors"),
    places=_own("placing.places"),
    follows=("recording", "start"),
    demo=Demo(
        120,
        {"step": "25"},
        "features",
        fakes=(
            {"named": "yes", "raters": "9", "patients": "40", "ambiguous": "0.1", "disagreement": "0.12"},
            {"recordings": "edf", "hours": "1", "rate": "100", "seizures": "4", "ambiguous": "0.1"},
        ),
        # The dashboard shows it as it would one that came later: what the run finds there it did not learn there.
        where='not id ~ "recording.edf"',
        # So few windows make no run sure of itself: at the usual limit of .5 it would find nothing.
        episodes={"threshold": 0.25},
        alerts="seizure >= .25",
    ),
)  # fmt: skip
