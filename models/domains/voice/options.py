"""What an import and a generation of voice can be told, in words, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.domain import ImportKey
from models.errors import UserError

IMPORT_KEYS: Mapping[str, ImportKey] = {
    "speaker_column": ImportKey(
        "Column of speakers",
        "Which column of a table tells who speaks; recordings of one speaker are never split.",
        limits="the name of a column",
        default="guessed, told and kept",
    ),
    "label_column": ImportKey(
        "Column of labels",
        "Which column of a table tells the class.",
        limits="the name of a column, or none",
        default="guessed, told and kept",
    ),
    "mapping": ImportKey(
        "Mapping of a table",
        "Which columns of a table name the file, the speaker, the class, a row, and its features.",
        limits="JSON text, the path of a JSON file, or guess",
        default="guessed, told and kept",
    ),
    "survey": ImportKey(
        "Survey of patients",
        "A table of healthCode and professional-diagnosis, where it does not lie beside the mel images.",
        limits="a file",
        default="Demographics_Survey.csv below the source",
    ),
    "splits": ImportKey(
        "Folder of splits",
        "Where subdb1_train_10_90.csv and so on, and common_val_test_all_subdbs.csv lie, when not beside the images.",
        limits="a folder",
        default="found below the source",
    ),
    "quality": ImportKey(
        "Measure quality",
        "Whether recordings are decoded to tell clipping, silence, noise and copies; without it they are only counted.",
        limits="yes or no",
        default="yes",
    ),
}
FAKE_KEYS: Mapping[str, str] = {
    "layout": "audio: recordings with a metadata.csv (default); melspec: mel images, survey and splits as IMBALMED's",
    "speakers": "how many speakers the recordings are of (a quarter of the samples)",
    "ill": "share of the speakers that are ill (0.4)",
    "effect": "how much illness changes a voice: 0 is nothing, 1 as a rule, 2 plain (1)",
    "mistakes": "share of the speakers whose label is wrong (0.05)",
    "rate": "samples/s of the recordings (16000; 8820 in mel images)",
    "flagged": "recordings that are clipped, silent, noisy, too short or a copy on purpose, of each kind (1)",
}


@dataclass(frozen=True)
class Options:
    """Texts are "" where not given. quality: whether sound is decoded. kept: of each source, as the project has it.

    offered: the columns of all tables of a folder, where one was named: a table without it need not have it.
    """

    speaker: str = ""
    label: str = ""
    mapping: str = ""
    survey: str = ""
    splits: str = ""
    quality: bool = True
    kept: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    offered: frozenset[str] = frozenset()


def read_options(settings: Mapping[str, Any]) -> Options:
    """Check the settings. Raises UserError for a wrong value."""
    given = {name: str(settings.get(name, "") or "").strip() for name in (*IMPORT_KEYS, "kept")}
    quality = given["quality"].lower() or "yes"
    if quality not in ("yes", "no"):
        raise UserError(f"quality is {given['quality']!r}: give yes or no")
    kept = json.loads(given["kept"]) if given["kept"] else {}
    return Options(
        given["speaker_column"],
        given["label_column"],
        given["mapping"],
        given["survey"],
        given["splits"],
        quality == "yes",
        kept,
    )
