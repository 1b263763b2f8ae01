"""What names tell: the recording and animal of a source, and what a label means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

#: What ends the name of a table whatever was recorded.
_GENERIC = re.compile(
    r"(?:^|[_\-. ])(?:(?:cluster|quality|template|waveform|unit|units)?[_\-. ]?(?:metrics|info|labels?|units?|curation)"
    r"|curation[_\-. ]?data)$",
    re.IGNORECASE,
)
#: Folders that bear a sorter's or a tool's own name.
_FOLDER = re.compile(
    r"(?:phy|kilosort[\d.]*|ks[\d.]*|sorter[_\-. ]?output|(?:sorting[_\-. ]?)?analy[sz]er|sorting|output|metrics"
    r"|spikeinterface[_\-. ]?gui)",
    re.IGNORECASE,
)
_CLUSTER = re.compile(r"(?:^|[_\-. ])cluster_\w+$", re.IGNORECASE)
_ANIMAL = re.compile(
    r"(?:^|[_\-./ ])(?:sub-([A-Za-z0-9]+)"
    r"|((?:mouse|rat|monkey|ferret|marmoset|macaque|animal|subject|cat|bird|fish)[_\- ]?[0-9]+))",
    re.IGNORECASE,
)
_PROBE = re.compile(r"(?:^|[_\-./ ])(imec[0-9]*|probe[_\- ]?[A-Za-z0-9]+)(?=$|[_\-./ ])", re.IGNORECASE)

#: Texts that stand for no label.
NOTHING = frozenset(("", "nan", "na", "n/a", "none", "null", "unsorted", "unlabelled", "unlabeled", "unknown", "?"))
#: Spellings of the three classes.
_KNOWN = {"good": "good", "mua": "mua", "noise": "noise"}
#: What a column of opinions may hold beside the three classes.
OPINIONS = frozenset((*_KNOWN, "sua", "neural", "artifact", "accept", "reject", "single", "multi", "non-soma", "bad"))


def label_of(text: str) -> str | None:
    """The class that a text names: good, mua and noise in lower case, others as they are, None for no label."""
    plain = text.strip()
    low = plain.lower()
    if low in NOTHING:
        return None
    if re.fullmatch(r"-?[0-9]+\.0*", plain):
        return plain.partition(".")[0]
    return _KNOWN.get(low, plain)


def is_opinion(texts: Iterable[str]) -> bool:
    """Whether a column holds nothing but names of classes, and at least one."""
    words = {text.strip().lower() for text in texts}
    return bool(words & OPINIONS) and words <= OPINIONS | NOTHING


def unit_key(text: str) -> str:
    """A unit's id as text: ``12.0`` is 12."""
    plain = text.strip()
    return plain.partition(".")[0] if re.fullmatch(r"-?[0-9]+\.0+", plain) else plain


def stem_of(name: str) -> str:
    """What is left of a table's name when generic words are taken off its end; "" for nothing."""
    plain = re.sub(r"\.(csv|tsv|txt|parquet|json)$", "", name, flags=re.IGNORECASE)
    return _GENERIC.sub("", _CLUSTER.sub("", plain)).strip("_-. ")


def session_of(name: str, path: Path) -> str:
    """The recording that a source tells of.

    name: its portable name. The parts of it that say something, or of its place on the disk when
    none does: ``quality_metrics.csv`` in the folder ``mouse1`` is of mouse1, and so is ``phy`` in it.
    """
    *folders, last = PurePosixPath(name).parts
    own = last.removesuffix(".zarr") if path.is_dir() else stem_of(last)
    kept = [*folders, own] if own else list(folders)
    while kept and _FOLDER.fullmatch(kept[-1]):
        kept.pop()
    if kept:
        return "/".join(kept)
    return next((part for part in reversed(path.parts[1:-1]) if not _FOLDER.fullmatch(part)), path.stem)


def animal_of(session: str) -> str | None:
    """The animal that a recording's name tells, as ``mouse1`` of ``mouse1a_imec0``."""
    found = _ANIMAL.search(session)
    return None if found is None else found[1] or re.sub(r"[_\- ]", "", found[2])


def probe_of(session: str) -> str | None:
    """The probe that a recording's name tells, as ``imec0``."""
    found = _PROBE.search(session)
    return found[1] if found else None
