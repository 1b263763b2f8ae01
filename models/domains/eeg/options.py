"""What an import of EEG can be told, in words, and how it is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.domain import ImportKey
from models.domains.eeg.constants import LABELLED, WINDOW
from models.errors import UserError
from models.montage import MONTAGES, read_montage
from models.params import unknown

#: No window and no step is longer, in seconds: a day.
LONGEST = 86_400.0
_YES, _NO = ("yes", "true", "1", "on"), ("", "no", "false", "0", "off")


def _yes_no(label: str, words: str, default: str = "no") -> ImportKey:
    return ImportKey(label, words, limits="yes or no", default=default)


IMPORT_KEYS: Mapping[str, ImportKey] = {
    "window": ImportKey(
        "Length of a window",
        "How long the windows are that a continuous recording is cut into.",
        "s",
        f"{LABELLED} to {LONGEST:.0f}",
        f"{WINDOW}",
    ),
    "step": ImportKey(
        "Step between windows",
        "How far the start of a window of a continuous recording is from that of the next.",
        "s",
        f"0.1 to {LONGEST:.0f}",
        f"{LABELLED}",
    ),
    "montage": ImportKey(
        "Montage",
        "Which derivations a recording is first shown in.",
        limits=f"{', '.join(MONTAGES)}, or the path of a JSON file with one of your own",
        default=MONTAGES[0],
    ),
    "keep_identifiers": _yes_no(
        "Keep identifiers of patients",
        "Whether names, codes and birthdates of patients come into the project as the files tell them. Else codes "
        "are hashed and the rest is left out.",
    ),
}


#: What the formats of recordings can be told.
EXPORT_KEYS: Mapping[str, ImportKey] = {
    "labels": _yes_no(
        "Window labels",
        "Whether labels and votes of windows that the annotations do not tell already are written as annotations.",
        "yes",
    ),
    "keep_identifiers": _yes_no(
        "Identifiers",
        "Whether what the headers tell of patient, hospital and device is written as it stands. Else codes are hashed "
        "and the rest is left out.",
    ),
}
#: What an export of a network can be told.
ONNX_KEYS: Mapping[str, ImportKey] = {
    "int8": _yes_no(
        "Also as int8",
        "Whether a second file of whole numbers of 8 bits is written, calibrated on windows that the run learnt from. "
        "What would change the answers of its validation windows stays as it was.",
    ),
    "provider": ImportKey(
        "Tried out on",
        "What the file is tried out on beside the processor. TensorRT keeps its engine beside the file.",
        limits="cpu, cuda or tensorrt",
        default="cpu",
    ),
    "windows": ImportKey(
        "Windows",
        "How many windows it is calibrated on, how many decide, and how many it is tried out on, each at most.",
        limits="1 to 2,000",
        default="200",
    ),
}
#: What a submission can be told.
SUBMISSION_KEYS: Mapping[str, ImportKey] = {
    "sample": ImportKey(
        "Sample of the competition",
        "Its sample_submission.csv: EEGs that it names and the submission lacks are told.",
        limits="the path of a table with eeg_id",
    ),
}

#: What generation makes: windows of the HMS data, or one long recording.
MODES = ("hms", "edf")
#: What generation can be told, in words.
FAKE_KEYS: Mapping[str, str] = {
    "recordings": "hms: windows with votes in the layout of the HMS data; edf: one long EDF+ with annotations",
    "patients": "how many patients (a quarter of the windows)",
    "raters": "how many raters there are, 1 to 28 of whom vote on a window (30)",
    "named": "yes: who voted is told in votes.csv beside train.csv (no)",
    "disagreement": "how often a rater calls what is clear another thing, 0 to 0.9 (0.22)",
    "ambiguous": "share of windows that stand between two classes, 0 to 1 (0.5)",
    "artifacts": "artifacts a minute on the mean of patients, 0 to 60 (3)",
    "hours": "of an EDF+ recording, 0.02 to 48 (1)",
    "channels": "of an EDF+ recording, 1 to 64; after the 20 of a scalp come auxiliary ones (20)",
    "rate": "of an EDF+ recording, samples a second, 100 to 2000 (256)",
    "annotations": "of an EDF+ recording, 0 to 100,000 (as many as there are patterns)",
    "seizures": "of an EDF+ recording, how many of its patterns are seizures at least (as it comes)",
}


@dataclass(frozen=True)
class Options:
    """window, step: seconds. montage: a name of MONTAGES, or the absolute path of a JSON file."""

    window: float = float(WINDOW)
    step: float = float(LABELLED)
    montage: str = MONTAGES[0]
    keep_identifiers: bool = False


def read_options(settings: Mapping[str, Any]) -> Options:
    """Check the settings. Raises UserError for a wrong value."""
    given = {name: str(settings.get(name, "") or "").strip() for name in IMPORT_KEYS}
    return Options(
        _seconds("window", given["window"], float(WINDOW), float(LABELLED)),
        _seconds("step", given["step"], float(LABELLED), 0.1),
        _montage(given["montage"]),
        choice("keep_identifiers", given["keep_identifiers"]),
    )


def _seconds(key: str, text: str, default: float, least: float) -> float:
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= LONGEST:
        raise UserError(f"{key} is {text!r}: give seconds from {least:g} to {LONGEST:.0f}, such as {default:g}")
    return value


def _montage(text: str) -> str:
    if text.lower() in ("", *MONTAGES):
        return text.lower() or MONTAGES[0]
    if not text.lower().endswith(".json"):
        raise UserError(f"{unknown('montage', text, MONTAGES)} Or name a JSON file with one of your own.")
    if not Path(text).is_file():
        raise UserError(f"montage is {text!r}, which does not exist: name a JSON file, or one of {', '.join(MONTAGES)}")
    read_montage(Path(text))
    return str(Path(text).absolute())


def choice(key: str, text: str) -> bool:
    """Yes or no. Raises UserError for another word."""
    if text.lower() in (*_YES, *_NO):
        return text.lower() in _YES
    raise UserError(f"{key} is {text!r}: give yes or no")
