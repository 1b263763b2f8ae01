"""What channels are called: every clinical spelling to the names of the 10–20 system, and what kind a channel is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: The 19 electrodes of the 10–20 system by their older names, and the EKG: the order of every array of windows.
CHANNELS = (
    *("Fp1", "F3", "C3", "P3", "F7", "T3", "T5", "O1"),
    *("Fz", "Cz", "Pz"),
    *("Fp2", "F4", "C4", "P4", "F8", "T4", "T6", "O2"),
    "EKG",
)
#: Kinds of channels: of the scalp, heart, eyes, muscles, and all else.
EEG, EKG, EOG, EMG, OTHER = "eeg", "ekg", "eog", "emg", "other"
KINDS = (EEG, EKG, EOG, EMG, OTHER)
#: Newer names of the 10–20 electrodes, and mastoids, by the older names that are used here.
OLDER = {"T7": "T3", "T8": "T4", "P7": "T5", "P8": "T6", "M1": "A1", "M2": "A2"}
#: A name of the 10–20, 10–10 or 10–5 system in any case, as it is written.
_SITES = (
    *("Nz", "Fp", "AFp", "AFF", "AF", "FFT", "FFC", "FTT", "FCC", "FT", "FC", "F", "TTP", "CCP", "TPP", "CPP", "TP"),
    *("CP", "PPO", "POO", "PO", "P", "O", "I", "C", "T", "A", "M", "Sp", "Pg", "Cb"),
)
_SITE = {site.lower(): site for site in _SITES}
_ELECTRODE = re.compile(rf"({'|'.join(sorted(_SITE, key=len, reverse=True))})(z|\d{{1,2}})(h?)", re.IGNORECASE)
#: What stands before a name.
_BEFORE = re.compile(r"^(?:EEG|POL|SEEG|EEGPOL|CHAN(?:NEL)?\s*\d*|CH\s*\d+|E\s*E\s*G)[\s:_.\-]+", re.IGNORECASE)
#: What stands behind a name and tells no second electrode: the reference.
_REFERENCE = re.compile(
    r"[\s\-_/:]+\(?(REF(?:ERENCE)?\d?|LE|AR|AVE?G?|AVERAGE|CAR|CLE|LER|AA|A1\+?A2|A1A2|M1M2|A[12]|M[12]|G[12]|GND|"
    r"GROUND|COM(?:MON)?|NEU|ORG|IN|NLE|LINK(?:ED)?(?:\s*EARS?)?|\d)\)?$",
    re.IGNORECASE,
)
#: What some writers number equal labels with.
_NUMBER = re.compile(r"-\d+$")
#: What names of equal labels are numbered with here.
_SECOND = re.compile(r" \(\d+\)$")
_TWO = re.compile(r"^\s*(\S+?)\s*[-–—/]\s*(\S+?)\s*$")
_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (EKG, re.compile(r"(?<![A-Z])(EKG|ECG|CARD|HEART)(?!\s*RATE)(?![A-Z]{4})", re.IGNORECASE)),
    (
        EOG,
        re.compile(
            r"(?<![A-Z])([HVRLI]?EOG|[RL]OC|LUE|RLE|RUE|LLE|EYE|LIO|RIO|LSO|RSO)(?![A-Z])|^E[12]([\s\-:]|$)", re.I
        ),
    ),
    (EMG, re.compile(r"(?<![A-Z])(EMG|CHIN|MENTAL|SUBMENTAL|TIBIALIS|DELTOID|MASS?ETER|[LR]AT|[LR]EG)(?![A-Z])", re.I)),
)
#: A cap with letters of its own, as BioSemi's with 64 and more electrodes: A1 to A32, B1 … are no electrodes of 10–20.
_OWN = re.compile(r"^[A-I]\d{1,2}$")


@dataclass(frozen=True)
class Named:
    """One channel: label as the file has it, name as it is used here, kind, and what is worth telling of it.

    electrode: whether the name is of the 10–20 system or a finer one. reference: as the label tells it, "" without.
    """

    label: str
    name: str
    kind: str
    electrode: bool = False
    reference: str = ""
    note: str = ""


def name_channel(label: str) -> Named:
    """What one label means, seen alone."""
    plain = " ".join(label.replace("\x00", " ").split())
    for kind, pattern in _WORDS:
        if pattern.search(plain):
            return Named(label, "EKG" if kind == EKG else plain, kind)
    bare = _BEFORE.sub("", plain).strip()
    found = _electrode(bare)
    if found:
        return Named(label, found, EEG, True)
    reference = _REFERENCE.search(bare)
    if reference and (found := _electrode(bare[: reference.start()])):
        return Named(label, found, EEG, True, reference.group(1))
    two = _TWO.match(_NUMBER.sub("", bare))
    if two and (pair := [_electrode(part) for part in two.groups()]) and all(pair):
        return Named(label, f"{pair[0]}-{pair[1]}", EEG, False, note="a pair of electrodes as it was recorded")
    if bare != plain and bare and plain.upper().startswith(("EEG", "SEEG")):
        return Named(label, bare, EEG)
    return Named(label, plain or "unnamed", OTHER)


def _electrode(word: str) -> str:
    """The name of an electrode as it is used here; "" for another word."""
    match = _ELECTRODE.fullmatch(word.strip().strip("'\"").replace(" ", ""))
    if match is None:
        return ""
    site, place, half = match.groups()
    name = _SITE[site.lower()] + place.lower() + half.lower()
    # "A" and "M" are ears and mastoids alone.
    if name[0] in "AM" and name[1:].isdigit() and name[1:] not in ("1", "2"):
        return ""
    return OLDER.get(name, name)


def name_channels(labels: Sequence[str]) -> tuple[Named, ...]:
    """What the labels of one file mean, in their order; names are unique: a second F1 is "F1 (2)"."""
    own = _is_own_cap(labels)
    seen: Counter[str] = Counter()
    taken: set[str] = set()
    named = []
    for label in labels:
        one = name_channel(label)
        if own and _OWN.match(label.strip()):
            one = Named(label, f"cap {label.strip()}", EEG, note="a number of the cap, no 10–20 electrode")
        seen[one.name] += 1
        name, note, number = one.name, one.note, seen[one.name]
        while name in taken:
            name, note = f"{one.name} ({max(number, 2)})", f"the name {one.name} stands here more than once"
            number += 1
        taken.add(name)
        named.append(Named(label, name, one.kind, one.electrode and name == one.name, one.reference, note))
    return tuple(named)


def _is_own_cap(labels: Sequence[str]) -> bool:
    """Whether the labels are numbers of a cap: what no 10–20 name is stands among them often."""
    numbered = {label.strip() for label in labels if _OWN.match(label.strip())}
    return sum(1 for label in numbered if label[0] in "ABDEGHI") >= 5


def preview(labels: Sequence[str]) -> list[dict[str, str]]:
    """How labels are read, a row each: label, name, kind, note; the rows that a person looks at before importing."""
    return [{"label": one.label, "name": one.name, "kind": one.kind, "note": one.note} for one in name_channels(labels)]


def places(names: Sequence[str], wanted: Sequence[str] = CHANNELS) -> list[int]:
    """Where each wanted name stands among these, −1 where it does not; older and newer names are the same."""
    where = index(names)
    return [where.get(OLDER.get(name, name), -1) for name in wanted]


def index(names: Sequence[str]) -> dict[str, int]:
    """Where each name, in its older spelling, stands first among these."""
    return {OLDER.get(name, name): place for place, name in reversed(list(enumerate(names)))}


def recorded_pair(where: Mapping[str, int], first: str, second: str) -> tuple[int, int] | None:
    """The channel that holds the difference of two electrodes, in the older spelling, and its sign; None for none.

    where: as `index` tells it.
    """
    ways = ((f"{first}-{second}", 1), (f"{second}-{first}", -1))
    return next(((where[name], sign) for name, sign in ways if name in where), None)


def recorded_pairs(names: Sequence[str]) -> list[tuple[int, str, str]]:
    """Place, first and second electrode, in the older spelling, of each channel that is a difference of two."""
    found = []
    for place, name in enumerate(names):
        first, between, second = _SECOND.sub("", name).partition("-")
        if between and first != second and name_channel(first).electrode and name_channel(second).electrode:
            found.append((place, OLDER.get(first, first), OLDER.get(second, second)))
    return found


def lacking(names: Sequence[str]) -> list[str]:
    """The names of the 10–20 system and the EKG that are not among these."""
    return [name for name, place in zip(CHANNELS, places(names), strict=True) if place < 0]
