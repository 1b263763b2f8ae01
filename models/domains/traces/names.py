"""Parameters that people write into file names, as typed columns."""

from __future__ import annotations

import re
from pathlib import PurePath

#: How the known parameters are written, whatever the capitals in a name.
KNOWN = {"stimmag": "stimMag", "beta": "beta", "noise": "noise", "kcross": "kcross", "nsamples": "nSamples"}
#: Parameters that count things.
COUNTS = ("nSamples", "batch")
_PAIR = re.compile(r"(?<![A-Za-z0-9])([A-Za-z][A-Za-z]+)[_=\-]?(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![A-Za-z0-9])")
_BATCH = re.compile(r"_(\d+)$")
_WORDS = ("sim", "data", "file", "copy", "version", "v")


def file_parameters(name: str) -> dict[str, float | int]:
    """Parameters of ``sim_data__stimMag_0.50_beta_0.40_…_nSamples_1000_5.h5``, in their order.

    A last number without a name of its own is the `batch`. Names that are not simulation
    parameters give an empty dictionary.
    """
    stem = PurePath(name).stem
    found: dict[str, float | int] = {}
    end = 0
    for match in _PAIR.finditer(stem):
        word = KNOWN.get(match[1].lower())
        if word is not None:
            found[word] = int(float(match[2])) if word in COUNTS else float(match[2])
            end = match.end()
    batch = _BATCH.search(stem, end)
    if found and batch:
        found["batch"] = int(batch[1])
    return found


def extra_parameters(name: str) -> dict[str, float]:
    """Further ``word_number`` pairs of a file name that are not known parameters."""
    stem = PurePath(name).stem
    pairs = {match[1]: float(match[2]) for match in _PAIR.finditer(stem)}
    return {word: value for word, value in pairs.items() if word.lower() not in (*KNOWN, *_WORDS)}


def portable_names(files: list[tuple[PurePath, PurePath]]) -> list[str]:
    """A relative name of each (root, file): as short as it can be, unique among these files.

    Files of the same relative name under different roots get as many parent folders in front as
    tell them apart.
    """
    names = [file.relative_to(root).as_posix() for root, file in files]
    taken: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        taken.setdefault(name, []).append(index)
    for rivals in taken.values():
        if len(rivals) > 1:
            _tell_apart(names, rivals, files)
    return names


def _tell_apart(names: list[str], rivals: list[int], files: list[tuple[PurePath, PurePath]]) -> None:
    deepest = max(len(files[index][1].parts) for index in rivals)
    for depth in range(2, deepest + 1):
        longer = ["/".join(files[index][1].parts[-depth:]).lstrip("/") for index in rivals]
        if len(set(longer)) == len(rivals):
            for index, name in zip(rivals, longer, strict=True):
                names[index] = name
            return
