"""What an import and a generation of voice can be told, in words, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.class_names import read_class_names
from models.domain import ImportKey
from models.domains.voice.paths import Template, read_template
from models.errors import UserError
from models.mapping_text import GUESS

#: The settings that name who speaks and the class.
COLUMNS = ("speaker_column", "label_column")
#: Instead of columns: no one of them.
NONE = "none"
IMPORT_KEYS: Mapping[str, ImportKey] = {
    "speaker_column": ImportKey(
        "Column of speakers",
        "Which column of a table tells who speaks; recordings of one speaker are never split.",
        limits="the name of a column",
        default="guessed, and told",
    ),
    "label_column": ImportKey(
        "Column of labels",
        "Which column of a table tells the class.",
        limits="the name of a column, or none",
        default="guessed, and told",
    ),
    "mapping": ImportKey(
        "Mapping of a table",
        "Which columns of a table name the file, the speaker, the class, a row, and its features.",
        limits="JSON text, the path of a JSON file, or guess",
        default="guessed, and told",
    ),
    "paths": ImportKey(
        "What paths tell",
        "What folders and names of recordings tell that no table tells of; other names in braces become columns.",
        limits="text such as {label}/{speaker}/* or *_{speaker} or {speaker:6}*, or guess",
        default="guessed from folders and names, told",
    ),
    "classes": ImportKey(
        "Names of classes",
        "What classes of this data set are called in the project, two by one name to join them; their own names stay "
        "in the column own_class.",
        limits="OWN=NAME with commas, JSON text, the path of a JSON file, or guess",
        default="as said of this source before, else as they are",
    ),
    "leave_out": ImportKey(
        "Columns to leave out",
        "Columns of numbers in a table of features that a model must not learn from, such as a clinical score.",
        limits="names of columns with commas, * for any letters, none, or guess",
        default="guess: those that tell the class by another name, told",
    ),
    "header": ImportKey(
        "Header of a table",
        "Whether the first line of a table names its columns; without it they are called column_1, column_2 and so on.",
        limits="yes, no or guess",
        default="guess",
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

    offered: the columns of all tables of a folder, where one was named: a table without it need not have it. paths: ""
    where nobody said. classes: what those of a data set are called in the project. leave_out: patterns of columns with
    commas, none, or guess. header: yes, no or guess.
    """

    speaker: str = ""
    label: str = ""
    mapping: str = ""
    survey: str = ""
    splits: str = ""
    quality: bool = True
    kept: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    offered: frozenset[str] = frozenset()
    paths: str = ""
    classes: str = ""
    leave_out: str = ""
    header: str = ""

    def template(self, *sources: str) -> Template | None:
        """What paths tell: as a person says, else as the project keeps it of one of these; None to guess. Raises
        UserError for what is no template."""
        told = self.paths or self._known("paths", sources)
        return read_template(told) if told and told != GUESS else None

    def leaves(self, source: str) -> str:
        """What a person leaves out of the features, now or before of this source, "" where nobody said."""
        told = self.leave_out or self._known("leave_out", [source])
        return "" if told == GUESS else told

    def names(self, source: str) -> Mapping[str, str]:
        """What classes of a source are called in the project, as a person says now or said of it."""
        told = self.classes or self._known("classes", [source])
        return read_class_names(told) if told and told != GUESS else {}

    def _known(self, name: str, sources: Sequence[str]) -> str:
        """A setting as the project keeps it of the first of these sources that has it."""
        return next((str(self.kept[one][name]) for one in sources if name in self.kept.get(one, {})), "")

    def said(self, *sources: str) -> dict[str, str]:
        """The columns that a person names by setting, now or before of one of these sources."""
        now = {name: told for name, told in zip(COLUMNS, (self.speaker, self.label), strict=True) if told}
        known: dict[str, str] = {}
        for source in sources if not self.mapping else ():
            settings = self.kept.get(source, {})
            known = known or {name: str(settings[name]) for name in COLUMNS if name in settings}
        return known | now

    def headed(self, *sources: str) -> bool | None:
        """Whether the first line of a table names its columns, as told of it now or before; None to guess."""
        return {"yes": True, "no": False}.get(self.header or self._known("header", sources))


def read_options(settings: Mapping[str, Any]) -> Options:
    """Check the settings. Raises UserError for a wrong value."""
    given = {name: str(settings.get(name, "") or "").strip() for name in (*IMPORT_KEYS, "kept")}
    found = Options(
        speaker=given["speaker_column"],
        label=given["label_column"],
        mapping=given["mapping"],
        survey=given["survey"],
        splits=given["splits"],
        quality=_one_of("quality", given["quality"], ("yes", "no")) != "no",
        kept=json.loads(given["kept"]) if given["kept"] else {},
        paths=given["paths"],
        classes=given["classes"],
        leave_out=given["leave_out"].lower() if given["leave_out"].lower() in (NONE, GUESS) else given["leave_out"],
        header=_one_of("header", given["header"], ("yes", "no", GUESS)),
    )
    found.template()
    found.names("")
    return found


def _one_of(name: str, told: str, words: Sequence[str]) -> str:
    if told and told.lower() not in words:
        *most, last = words
        raise UserError(f"{name} is {told!r}: give {', '.join(most)} or {last}")
    return told.lower()
