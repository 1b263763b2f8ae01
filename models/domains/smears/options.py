"""What an import and a generation of smears can be told, in words, and how it is read."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from models.class_names import kept_class_names, read_class_names
from models.domain import ImportKey
from models.errors import UserError
from models.params import listed

#: Groups that are not the name of a column.
GROUPS = ("image", "slide", "patient", "folder")
#: The words for parts of a data set, and what each is called here.
_PARTS = {
    "train": "training", "training": "training", "trainval": "training", "test": "test", "testing": "test",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
}  # fmt: skip

IMPORT_KEYS: Mapping[str, ImportKey] = {
    "file": ImportKey(
        "Files to read",
        "Which files of boxes in a folder are read, where it has several.",
        limits="names with * and ?, several with commas",
        default="all of them",
    ),
    "group": ImportKey(
        "What is never split",
        "What cells are kept together by when data are split into training and test.",
        limits="image, slide, patient, folder, or the name of a column",
        default="patient where it is known, else slide, else image",
    ),
    "split": ImportKey(
        "Part to read",
        "Which part is read of sources that tell parts, such as training and test.",
        limits="training, validation, test, or a name that the source has",
        default="all parts",
    ),
    "images": ImportKey(
        "Folder of images",
        "Where the images lie, when not beside the boxes.",
        limits="a folder",
        default="found beside the boxes",
    ),
    "pixel": ImportKey(
        "Size of a pixel", "For the scale bar, where the images do not tell it.", "µm", "a number above 0", "not known"
    ),
    "mapping": ImportKey(
        "Mapping of a list of boxes",
        "Which entries of a JSON or CSV of another layout are image, box and class.",
        limits="JSON text, the path of a JSON file, or guess",
        default="guessed, told and kept",
    ),
    "classes": ImportKey(
        "Names of classes",
        "What classes of this data set are called in the project; their own names stay in the column own_class.",
        limits="OWN=NAME with commas, JSON text, or the path of a JSON file",
        default="as kept of earlier imports, else as they are",
    ),
}
FAKE_KEYS: Mapping[str, str] = {
    "mode": "boxes: smear images with a training.json as BBBC041's (default); crops: single cells in class folders",
    "look": "of which laboratory: a (default), b, c or d differ in stain, light, background and sharpness",
    "infected": "share of the cells that are infected (0.2; 0.5 with mode=crops)",
    "patients": "patients that crops are of (12)",
    "contrast": "how clear the parasites are: 0.2 is hardly anything, 1 as a rule, 2 plain (1)",
    "mistakes": "share of the labels that are wrong (0.02)",
}


@dataclass(frozen=True)
class Options:
    """files: patterns, () for all. split: "" for all parts. images, mapping, kept, group: "" for none.

    pixel: µm, None where not given. kept: JSON of the settings that the project keeps of its sources. classes: what
    those of a data set are called in the project.
    """

    files: tuple[str, ...] = ()
    group: str = ""
    split: str = ""
    images: str = ""
    pixel: float | None = None
    mapping: str = ""
    kept: str = ""
    classes: Mapping[str, str] = field(default_factory=dict)

    def wants(self, path: PurePath) -> bool:
        """Whether a file of boxes is to be read, by its name or the end of its path."""
        place = path.as_posix()
        return not self.files or any(
            fnmatch.fnmatch(path.name, pattern) or fnmatch.fnmatch(place, f"*/{pattern}") for pattern in self.files
        )

    def wants_part(self, part: str) -> bool:
        """Whether a part of a data set is to be read."""
        return not self.split or part_of(self.split) == part_of(part)


def part_of(word: str) -> str:
    """What a part of a data set is called: "training" for "train"; other words as they are."""
    return _PARTS.get(word.strip().lower(), word.strip())


def part_in(name: str) -> str:
    """The part that a file or folder name tells, such as "training" in instances_train2017.json; "" for none."""
    letters = "".join(letter if letter.isalpha() else " " for letter in name.lower())
    return next((_PARTS[word] for word in letters.split() if word in _PARTS), "")


def read_options(settings: Mapping[str, Any]) -> Options:
    """Check the settings. Raises UserError for a wrong value."""
    given = {name: str(settings.get(name, "") or "").strip() for name in (*IMPORT_KEYS, "kept")}
    files = tuple(part.removeprefix("./") for part in listed(given["file"]))
    return Options(
        files,
        given["group"],
        given["split"],
        given["images"],
        _pixel(given["pixel"]),
        given["mapping"],
        given["kept"],
        read_class_names(given["classes"]) if given["classes"] else kept_class_names(given["kept"]),
    )


def _pixel(text: str) -> float | None:
    if not text:
        return None
    try:
        size = float(text)
    except ValueError:
        size = 0.0
    if not 0 < size < 1e4:
        raise UserError(f"pixel is {text!r}: give the size of a pixel in µm, such as 0.1")
    return size
