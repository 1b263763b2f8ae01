"""Which folders tell the class, and which folders or names the speaker, of recordings that no table tells of."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from models.domains.voice.headings import WELL
from models.domains.voice.sheet import named
from models.learn.words import plural

#: Names of folders that say nothing of a class.
PLAIN = {
    "audio", "wav", "wavs", "recordings", "recording", "clips", "data", "sound", "sounds", "train", "test", "val",
    "valid", "validation", "melspec", "images", "image", "raw", "files",
}  # fmt: skip
#: Words in names of folders that tell how people are.
_STATES = {
    *WELL, "pd", "parkinson", "parkinsons", "parkinsonian", "als", "ill", "sick", "disease", "diseased", "patient",
    "patients", "patienten", "pathological", "pathology", "krank", "kranke", "malade", "malades", "enfermo", "enfermos",
    "malati", "dysarthria", "dysarthric", "dysphonia", "dysphonic",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
#: A part of a name that numbers a person: ID07, spk_3, sub-c01.
_NUMBERED = re.compile(
    r"(?:^|[_\-. ])((?:id|spk|speaker|sub|subj|subject|pat|patient|vp|actor|participant|proband|person|talker|child|"
    r"kind)[_-]?[a-z]{0,3}\d+)(?=[_\-. ]|$)", re.IGNORECASE
)  # fmt: skip
#: The same by a letter, which may also number sentences: those are of all classes.
_LETTERED = re.compile(r"(?:^|[_\-. ])([sp]\d+)(?=[_\-. ]|$)", re.IGNORECASE)
#: A name whose first part is a class, and a number at its end: HC_A1_0001.
_LAST = re.compile(r"([^_]+)_.*_(\d+)")
#: Where a class is told, and what to do where a speaker is not the one.
_FOLDER, _WORDS = "the name of the folder", "a word in the names of files"
_NUMBERS = "a word in the names of folders"
#: How somebody is and a number: HC01, patient_7.
_ONE = re.compile(r"[^\W\d_]+[_\-. ]?\d+")
_REMEDY = "where that is nobody, --set paths=… or a table beside the files with the columns file and speaker tells it"
#: Folders of when somebody was recorded: nobody's class, and what lies below several of them is a person.
_WHEN = re.compile(
    r"(?:day|tag|ses|sess|session|sitzung|visit|besuch|week|woche|month|monat|year|jahr|timepoint)[_\-. ]*\d+|baseline|"
    r"follow[_\-. ]?up[_\-. ]*\d*|(?:19|20)\d\d(?:[_\-. ]?\d\d){0,2}", re.IGNORECASE
)  # fmt: skip
#: Numbers alone that are too long for those of classes.
_LONG = re.compile(r"\d{3,}")
#: The share of files that need not tell it, and of people that may be of two classes: data have mistakes.
_ASTRAY = 0.1


@dataclass(frozen=True)
class Told:
    """Class and speaker of each file, "" where nothing tells them; notes: how they were found."""

    labels: tuple[str, ...]
    speakers: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_states(keys: Sequence[str]) -> Told:
    """The class alone of files whose folders or names tell how people are; other names of folders tell nothing."""
    found = _by_states(keys, _places(keys)) or _Classes(("",) * len(keys), (None,) * len(keys))
    return Told(found.labels, ("",) * len(keys), tuple(found.notes()))


def read_classes(keys: Sequence[str]) -> Told:
    """The class alone of files by folders or names; folders that are people or times are none."""
    found = _find_classes(keys, _places(keys))
    return Told(found.labels, ("",) * len(keys), tuple(found.notes()))


def read_folders(keys: Sequence[str]) -> Told:
    """Class and speaker of files by their paths (with /) below the folder of the data.

    The class is the name of the outermost folder that tells how people are (healthy, PD …), where such folders differ;
    else the word in the name of a file that tells it; else the folder that a file lies in, where several hold some.
    The speaker is a folder below the class where each is of one class, or what a name says (ID07), where that gives
    some speakers several recordings and each one class. Without a folder of a class it is the folder of a file where
    its name numbers people, it lies below several days or sessions, or each is of one class by the names.
    """
    places = _places(keys)
    found = _find_classes(keys, places)
    speakers = _by_folder(keys, places, found) or _by_name(keys, found.labels)
    notes = found.notes()
    if speakers:
        first = next(place for place, speaker in enumerate(speakers) if speaker)
        many = plural(len(set(speakers) - {""}), "speaker is", "speakers are")
        notes.append(f"{many} taken from the paths, as {speakers[first]} from {keys[first]}: {_REMEDY}")
    elif why := _why_nobody(places, found) or _counted(keys, found.labels):
        notes.append(why)
    return Told(found.labels, speakers or ("",) * len(keys), tuple(notes))


@dataclass(frozen=True)
class _Classes:
    """The class of each file, "" for none, and which of its folders tells it, None for none of them.

    what: where it is told; sure: whether by how people are, not by any name.
    """

    labels: tuple[str, ...]
    depths: tuple[int | None, ...]
    what: str = ""
    sure: bool = True
    places: tuple[tuple[str, ...], ...] = ()

    @property
    def folders(self) -> list[tuple[tuple[str, ...], int | None]]:
        """The folders of each file, with which of them is its class."""
        return list(zip(self.places, self.depths, strict=True))

    def notes(self) -> list[str]:
        """How they were found, and what may be meant otherwise."""
        names = sorted(set(self.labels) - {""})
        if not names:
            return []
        more = ""
        if not self.sure:
            deep = max(len(parts) - 1 - depth for parts, depth in self.folders if depth is not None)
            more = f"; where these are people, import with --set paths='{{speaker}}/{'*/' * deep}*'"
        return [f"{named(f'the class is {self.what}', names)}{more}"]


def _places(keys: Sequence[str]) -> list[tuple[str, ...]]:
    """The folders of each file, outermost first."""
    return [PurePosixPath(key).parts[:-1] for key in keys]


def _find_classes(keys: Sequence[str], places: Sequence[tuple[str, ...]]) -> _Classes:
    if (by_states := _by_states(keys, places)) is not None:
        return by_states
    depths = _innermost(places)
    if _tell_apart(places, depths) and (outer := _around(places, depths)) is not None:
        depths = outer
    if not _tell_apart(places, depths) or _are_people(places, depths):
        depths = [None] * len(places)
    return _Classes(_labels(places, depths), tuple(depths), _FOLDER, False, tuple(places))


def _around(places: Sequence[tuple[str, ...]], depths: Sequence[int | None]) -> list[int | None] | None:
    """The folders around these, where each of these lies in one of them alone, and they are fewer: classes of people;
    None where there are none such."""
    outer = [_outside(parts, depth) for parts, depth in zip(places, depths, strict=True)]
    inside = _labels(places, depths)
    around = {(own, other) for own, other in zip(inside, _labels(places, outer), strict=True) if own}
    classes = {other for _, other in around}
    alone = len({own for own, _ in around}) == len(around)
    return outer if "" not in classes and alone and 1 < len(classes) < len(around) else None


def _outside(parts: tuple[str, ...], depth: int | None) -> int | None:
    """The next folder around one of a path that says anything."""
    return next((at for at in reversed(range(depth or 0)) if _says(parts[at])), None)


def _by_states(keys: Sequence[str], places: Sequence[tuple[str, ...]]) -> _Classes | None:
    """By the folder of each file that tells how people are, else by such words in names; None where few have one, or
    all the same."""
    depths = [next((place for place, part in enumerate(parts) if _state_in(part)), None) for parts in places]
    if not _nearly(depth is not None for depth in depths):
        # Beside a folder of healthy people others stand by the names of their diseases.
        outermost = min((depth for depth in depths if depth is not None), default=None)
        depths = [outermost if outermost is not None and outermost < len(parts) else None for parts in places]
        beside = {parts[depth] for parts, depth in zip(places, depths, strict=True) if depth is not None}
        if beside & PLAIN or any(map(_WHEN.fullmatch, beside)):
            depths = [None] * len(places)
    if _nearly(depth is not None for depth in depths) and _tell_apart(places, depths):
        folders = _labels(places, depths)
        if not _nearly(bool(_ONE.fullmatch(folder)) for folder in folders):
            return _Classes(folders, tuple(depths), _FOLDER)
        # HC01 and PD02 are people: the word before the number is what they have.
        words = tuple(map(_state_in, folders))
        return _Classes(words, (None,) * len(keys), _NUMBERS) if len(set(words) - {""}) > 1 else None
    words = tuple(_state_in(PurePosixPath(key).stem) for key in keys)
    if _nearly(map(bool, words)) and len(set(words) - {""}) > 1:
        return _Classes(words, (None,) * len(keys), _WORDS)
    return None


def _nearly(told: Iterable[bool]) -> bool:
    """Whether nearly all are so."""
    found = list(told)
    return bool(found) and sum(found) >= (1 - _ASTRAY) * len(found)


def _labels(places: Sequence[tuple[str, ...]], depths: Sequence[int | None]) -> tuple[str, ...]:
    return tuple("" if depth is None else parts[depth] for parts, depth in zip(places, depths, strict=True))


def healthy_twice(names: Sequence[str]) -> list[str]:
    """What to do where several classes are of healthy people, who may be meant as one."""
    well = [label for label in names if {word.lower() for word in _WORD.findall(label)} & {*WELL}]
    if len(well) < 2:
        return []
    joined = ",".join(f"{label}=healthy" for label in well)
    if any(sign in label for label in well for sign in ",="):
        joined = json.dumps(dict.fromkeys(well, "healthy"), ensure_ascii=False)
    return [f"{len(well)} classes are of healthy people: to make them one, import with --set classes='{joined}'"]


def _innermost(places: Sequence[tuple[str, ...]]) -> list[int | None]:
    """The last folder of each file that tells more than that here are recordings, or when; None for none."""
    return [
        next((at for at in reversed(range(len(parts))) if _says(parts[at])), None)
        if parts and (_says(parts[-1]) or _WHEN.fullmatch(parts[-1]))
        else None
        for parts in places
    ]


def _says(name: str) -> bool:
    return name.lower() not in PLAIN and not _WHEN.fullmatch(name)


def _are_people(places: Sequence[tuple[str, ...]], depths: Sequence[int | None]) -> bool:
    """Whether folders are people: their names number them, or nearly each lies at several times."""
    times: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for parts, depth in zip(places, depths, strict=True):
        if depth is not None:
            times[parts[depth]].add(tuple(part for part in parts if _WHEN.fullmatch(part)))
    numbered = sum(any(pattern.fullmatch(name) for pattern in (_NUMBERED, _LETTERED, _LONG)) for name in times)
    several = sum(len(found) > 1 for found in times.values())
    return max(numbered, several) >= (1 - _ASTRAY) * max(1, len(times))


def _tell_apart(places: Sequence[tuple[str, ...]], depths: Sequence[int | None]) -> bool:
    return len({parts[depth] for parts, depth in zip(places, depths, strict=True) if depth is not None}) > 1


def _state_in(name: str) -> str:
    """The word of a name that tells how people are, as it is written."""
    return next((word for word in _WORD.findall(name) if word.lower() in _STATES), "")


def _by_folder(keys: Sequence[str], places: Sequence[tuple[str, ...]], found: _Classes) -> tuple[str, ...]:
    """The folder that each file lies in, below that of its class; without such any one that is a person."""
    folders = _below(places, found.depths)
    if not any(folders) and not any(depth is not None for depth in found.depths):
        folders = _labels(places, _innermost(places)) if any(found.labels) else _numbered(keys, places)
    # One folder for each class is as well what all of them did there.
    people = len(set(folders) - {""}) > len(set(found.labels) - {""})
    return _checked(folders, found.labels, several=False) if people else ()


def _numbered(keys: Sequence[str], places: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The folder of each file that is a person, where nothing tells a class; "" for none.

    174/121123/174-121123-0000 is of 174, with which its name begins: chapters and the like are numbered too.
    """
    innermost = _innermost(places)
    if not (_tell_apart(places, innermost) and _are_people(places, innermost)):
        return ("",) * len(keys)
    begun = tuple(
        next((part for part in parts if _says(part) and PurePosixPath(key).name.startswith(part)), "")
        for key, parts in zip(keys, places, strict=True)
    )
    return begun if _nearly(map(bool, begun)) else _labels(places, innermost)


def _below(places: Sequence[tuple[str, ...]], depths: Sequence[int | None]) -> tuple[str, ...]:
    """The last folder of each file below that of its class which tells more than when, "" for none."""
    return tuple(
        next((part for part in reversed(parts[depth + 1 :]) if _says(part)), "") if depth is not None else ""
        for parts, depth in zip(places, depths, strict=True)
    )


def _why_nobody(places: Sequence[tuple[str, ...]], found: _Classes) -> str:
    """Why folders below the classes are not taken for people, and what to do where they are; "" without such."""
    below = _below(places, found.depths)
    owners = _owners(below, found.labels)
    mixed = [folder for folder, classes in owners.items() if len(classes) > 1]
    shown = mixed or list(owners)
    if not shown:
        return ""
    place = below.index(shown[0])
    inside = places[place][(found.depths[place] or 0) + 1 :]
    template = "/".join(["{speaker}", *("{speaker}" if part == shown[0] else "*" for part in inside), "*"])
    why = "of one name below several classes" if mixed else "below the classes that are so few"
    words = f"folders {why} may be tasks, and are not taken for people"
    more = ", others in each class" if mixed else ""
    return f"{named(words, shown)}; where they are people{more}, import with --set paths='{template}'"


def _counted(keys: Sequence[str], labels: Sequence[str]) -> str:
    """What to do where the numbers at the end of names that begin with their class may be people; "" without such."""
    stems = [PurePosixPath(key).stem for key in keys]
    numbers = [_LAST.fullmatch(stem) for stem in stems]
    told = [(label, number[2]) for label, number in zip(labels, numbers, strict=True) if number and number[1] == label]
    if len(told) < len(stems) or not 1 < len(set(told)) < len(told):
        return ""
    words = f"the last number of names may count recordings, or be who speaks, as {told[0][1]} in {stems[0]}"
    return f"{words}: where it is the speaker, import with --set paths='{{speaker}}_*_{{speaker}}'"


def _by_name(keys: Sequence[str], labels: Sequence[str]) -> tuple[str, ...]:
    """What numbers a person in the name of each file."""
    stems = [PurePosixPath(key).stem for key in keys]
    stated = tuple(next((part for part in re.split(r"[_\-. ]", stem) if _is_one(part)), "") for stem in stems)
    if speakers := _checked(stated, labels, several=True):
        return speakers
    for pattern in (_NUMBERED, _LETTERED) if any(labels) else (_NUMBERED,):
        found = (pattern.search(stem) for stem in stems)
        if speakers := _checked(tuple(one[1] if one else "" for one in found), labels, several=True):
            return speakers
    return ()


def _is_one(part: str) -> bool:
    """Whether a part of a name is how somebody is with a number, as HC01."""
    return bool(_ONE.fullmatch(part) and _state_in(part))


def _checked(speakers: tuple[str, ...], labels: Sequence[str], several: bool) -> tuple[str, ...]:
    """Speakers that can be ones: more than one, nearly all files told, nearly each of one class.

    several: only where some of them have several files, as a number in a name may count these.
    """
    owners = _owners(speakers, labels)
    told = sum(map(bool, speakers))
    mixed = sum(len(found) > 1 for found in owners.values())
    some = 1 < len(owners) < told + (not several)
    return speakers if some and told >= (1 - _ASTRAY) * len(speakers) and mixed <= _ASTRAY * len(owners) else ()


def _owners(speakers: Sequence[str], labels: Sequence[str]) -> dict[str, set[str]]:
    """The classes of each speaker."""
    owners: dict[str, set[str]] = defaultdict(set)
    for speaker, label in zip(speakers, labels, strict=True):
        if speaker:
            owners[speaker].add(label)
    return owners
