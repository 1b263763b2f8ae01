"""Which folders tell the class, and which folders or names the speaker, of recordings that no table tells of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from models.domains.voice.sheet import named
from models.learn.words import plural

#: Names of folders that say nothing of a class.
PLAIN = {
    "audio", "wav", "wavs", "recordings", "recording", "clips", "data", "sound", "sounds", "train", "test", "val",
    "valid", "validation", "melspec", "images", "image", "raw", "files",
}  # fmt: skip
#: Words in names of folders that tell how people are.
_STATES = {
    "hc", "healthy", "control", "controls", "normal", "gesund", "gesunde", "kontrolle", "kontrollen", "kontrollgruppe",
    "sain", "sains", "sano", "sana", "sanos", "sani", "pd", "parkinson", "parkinsons", "parkinsonian", "als", "ill",
    "sick", "disease", "diseased", "patient", "patients", "patienten", "pathological", "pathology", "krank", "kranke",
    "malade", "malades", "enfermo", "enfermos", "malati", "dysarthria", "dysarthric", "dysphonia", "dysphonic",
}  # fmt: skip
#: Those of them that say that nothing is wrong.
_WELL = {
    "hc", "healthy", "control", "controls", "normal", "gesund", "gesunde", "kontrolle", "kontrollen", "kontrollgruppe",
    "sain", "sains", "sano", "sana", "sanos", "sani",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
#: A part of a name that numbers a person: ID07, spk_3, S01.
_NUMBERED = re.compile(
    r"(?:^|[_\-. ])((?:id|spk|speaker|sub|subj|subject|pat|patient|vp)[_-]?\d+)(?=[_\-. ]|$)", re.IGNORECASE
)
#: The same by a letter, which may also number sentences: those are of all classes.
_LETTERED = re.compile(r"(?:^|[_\-. ])([sp]\d+)(?=[_\-. ]|$)", re.IGNORECASE)
#: Where a class is told, and what to do where a speaker is not the one.
_FOLDER, _WORDS = "the name of the folder", "a word in the names of files"
_REMEDY = "where that is nobody, --set paths=… or a table beside the files with the columns file and speaker tells it"
_PEOPLE = "where these are people, import with --set paths='{speaker}/*'"
#: Folders of when somebody was recorded: nobody's class, and what lies below several of them is a person.
_WHEN = re.compile(
    r"(?:day|tag|session|sitzung|visit|besuch|week|woche|month|monat|year|jahr|wave|timepoint|t)[_\-. ]*\d+|baseline|"
    r"follow[_\-. ]?up[_\-. ]*\d*|(?:19|20)\d\d(?:[_\-. ]?\d\d){0,2}", re.IGNORECASE
)  # fmt: skip
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
    places = [PurePosixPath(key).parts[:-1] for key in keys]
    depths, what = _by_state(places), _FOLDER
    if depths is None:
        labels, what = _by_word(keys), _WORDS
    else:
        labels = _labels(places, depths)
    return Told(labels, ("",) * len(keys), tuple(_class_notes(what, labels)))


def read_classes(keys: Sequence[str]) -> Told:
    """The class alone of files by folders or names; folders that are people or times are none."""
    places = [PurePosixPath(key).parts[:-1] for key in keys]
    labels, what = _labels(places, _depths(places)), _FOLDER
    if not any(labels):
        labels, what = _by_word(keys), _WORDS
    more = "" if what != _FOLDER or _by_state(places) is not None else f"; {_PEOPLE}"
    notes = tuple(f"{note}{more}" for note in _class_notes(what, labels))
    return Told(labels, ("",) * len(keys), (*notes, *_healthy_twice(labels)))


def read_folders(keys: Sequence[str]) -> Told:
    """Class and speaker of files by their paths (with /) below the folder of the data.

    The class is the name of the outermost folder that tells how people are (healthy, PD …), where such folders differ;
    else of the folder that a file lies in, where several hold some; else the word in the name of a file that tells it.
    The speaker is a folder below the class where each is of one class, or what a name says (ID07), where that gives
    some speakers several recordings and each one class. Without a class it is a folder whose name numbers people, or
    that lies below several days or sessions.
    """
    places = [PurePosixPath(key).parts[:-1] for key in keys]
    told = read_classes(keys)
    depths = _depths(places)
    speakers = _by_folder(places, depths, told.labels) or _by_name(keys, told.labels)
    notes = list(told.notes)
    if speakers:
        first = next(place for place, speaker in enumerate(speakers) if speaker)
        many = plural(len(set(speakers) - {""}), "speaker is", "speakers are")
        notes.append(f"{many} taken from the paths, as {speakers[first]} from {keys[first]}: {_REMEDY}")
    elif why := _why_nobody(places, depths, told.labels):
        notes.append(why)
    return Told(told.labels, speakers or ("",) * len(keys), tuple(notes))


def _labels(places: Sequence[tuple[str, ...]], depths: Sequence[int | None]) -> tuple[str, ...]:
    return tuple("" if depth is None else parts[depth] for parts, depth in zip(places, depths, strict=True))


def _class_notes(what: str, labels: Sequence[str]) -> list[str]:
    return [named(f"the class is {what}", sorted(set(labels) - {""}))] if any(labels) else []


def _healthy_twice(labels: Sequence[str]) -> list[str]:
    """What to do where several classes are of healthy people, who may be meant as one."""
    well = [label for label in sorted(set(labels)) if {word.lower() for word in _WORD.findall(label)} & _WELL]
    if len(well) < 2:
        return []
    joined = ",".join(f"{label}=healthy" for label in well)
    return [f"{len(well)} classes are of healthy people: to make them one, import with --set classes='{joined}'"]


def _by_state(places: Sequence[tuple[str, ...]]) -> list[int | None] | None:
    """The outermost folder of each file that tells how people are; None where few have one, or all the same."""
    found = [next((place for place, part in enumerate(parts) if _state_in(part)), None) for parts in places]
    nearly = sum(depth is not None for depth in found) >= (1 - _ASTRAY) * len(places)
    return found if nearly and _tell_apart(places, found) else None


def _depths(places: Sequence[tuple[str, ...]]) -> list[int | None]:
    """Which of its folders tells the class of each file, None for none: one of state where most files have such."""
    if (by_state := _by_state(places)) is not None:
        return by_state
    found = _innermost(places)
    return found if _tell_apart(places, found) and not _are_people(places, found) else [None] * len(places)


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
    numbered = sum(any(pattern.fullmatch(name) for pattern in (_NUMBERED, _LETTERED)) for name in times)
    several = sum(len(found) > 1 for found in times.values())
    return max(numbered, several) >= (1 - _ASTRAY) * max(1, len(times))


def _tell_apart(places: Sequence[tuple[str, ...]], depths: Sequence[int | None]) -> bool:
    return len({parts[depth] for parts, depth in zip(places, depths, strict=True) if depth is not None}) > 1


def _state_in(name: str) -> str:
    """The word of a name that tells how people are, as it is written."""
    return next((word for word in _WORD.findall(name) if word.lower() in _STATES), "")


def _by_word(keys: Sequence[str]) -> tuple[str, ...]:
    """What the names of files tell of how people are, where nearly all do and they differ."""
    words = tuple(_state_in(PurePosixPath(key).stem) for key in keys)
    told = sum(map(bool, words))
    return words if told >= (1 - _ASTRAY) * len(keys) and len(set(words) - {""}) > 1 else ("",) * len(keys)


def _by_folder(
    places: Sequence[tuple[str, ...]], depths: Sequence[int | None], labels: Sequence[str]
) -> tuple[str, ...]:
    """The folder that each file lies in, below that of its class; without any class one that is a person."""
    if any(labels):
        below = _below(places, depths)
        # One folder below each class is as well what all of them did there.
        people = len(set(below) - {""}) > len(set(labels) - {""})
        return _checked(below, labels, several=False) if people else ()
    innermost = _innermost(places)
    people = _tell_apart(places, innermost) and _are_people(places, innermost)
    return _checked(_labels(places, innermost), labels, several=False) if people else ()


def _below(places: Sequence[tuple[str, ...]], depths: Sequence[int | None]) -> tuple[str, ...]:
    """The last folder of each file below that of its class which tells more than when, "" for none."""
    return tuple(
        next((part for part in reversed(parts[depth + 1 :]) if _says(part)), "") if depth is not None else ""
        for parts, depth in zip(places, depths, strict=True)
    )


def _why_nobody(places: Sequence[tuple[str, ...]], depths: Sequence[int | None], labels: Sequence[str]) -> str:
    """Why folders below the classes are not taken for people, and what to do where they are; "" without such."""
    below = _below(places, depths)
    owners = _owners(below, labels)
    mixed = [folder for folder, classes in owners.items() if len(classes) > 1]
    shown = mixed or list(owners)
    if not shown:
        return ""
    place = below.index(shown[0])
    inside = places[place][(depths[place] or 0) + 1 :]
    template = "/".join(["{speaker}", *("{speaker}" if part == shown[0] else "*" for part in inside), "*"])
    why = "of one name below several classes" if mixed else "below the classes that are so few"
    words = f"folders {why} may be tasks, and are not taken for people"
    more = ", others in each class" if mixed else ""
    return f"{named(words, shown)}; where they are people{more}, import with --set paths='{template}'"


def _by_name(keys: Sequence[str], labels: Sequence[str]) -> tuple[str, ...]:
    """What numbers a person in the name of each file."""
    for pattern in (_NUMBERED, _LETTERED) if any(labels) else (_NUMBERED,):
        found = (pattern.search(PurePosixPath(key).stem) for key in keys)
        if speakers := _checked(tuple(one[1] if one else "" for one in found), labels, several=True):
            return speakers
    return ()


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
