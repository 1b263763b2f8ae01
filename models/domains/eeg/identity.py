"""What of a patient comes into a project, and goes out of it: codes hashed, names and birthdates left out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from models.domains.eeg import tal

#: What EDF+ has for what is not told.
UNKNOWN = "X"
#: What stands for a word that tells who a patient is.
HIDDEN = "***"
#: Codes that stand for no patient at all.
_NOBODY = {"", "x", "xx", "xxx", "n/a", "na", "none", "unknown", "anonymous", "anonymized", "anonymised", "0"}
#: Words of headers that name nobody.
_COMMON = {
    *("patient", "subject", "name", "female", "male", "man", "woman", "child", "baby", "test", "code", "study", "eeg"),
    *("recording", "sleep", "stage", "control", "healthy", "seizure", "lpd", "gpd", "lrda", "grda", "other", "mrn"),
}
#: Words of a code that is one of ours already.
_OURS = re.compile(r"p-[0-9a-f]{10}")
#: What stands between the parts of a name.
_BETWEEN = r"[\s_,;^]+"
#: A word is no shorter that is looked for in texts: shorter ones stand in too many others.
_SHORTEST = 3


@dataclass(frozen=True)
class Patient:
    """The fields of EDF+; "" for what is not told."""

    code: str = ""
    sex: str = ""
    birthdate: str = ""
    name: str = ""


def read_patient(field: str) -> Patient:
    """The patient of a header's field. A field that is not as EDF+ wants it is the code as it stands."""
    words = field.split()
    if len(words) >= 4 and words[1] in ("F", "M", UNKNOWN) and (words[2] == UNKNOWN or tal.read_date(words[2])):
        code, sex, birthdate, name = ("" if word == UNKNOWN else word.replace("_", " ") for word in words[:4])
        return Patient(code, sex, birthdate, name)
    return Patient(" ".join(word for word in words if word != UNKNOWN))


def patient_of(field: str, keep: bool) -> str:
    """What a patient is called in the project: the code, hashed unless identifiers are kept; "" where none is told."""
    code = read_patient(field).code.strip()
    if code.casefold() in _NOBODY:
        return ""
    return code if keep or _OURS.fullmatch(code) else pseudonym(code)


@lru_cache(4096)
def pseudonym(code: str) -> str:
    """The same short word for the same code, from which the code cannot be told without trying codes at some cost."""
    plain = " ".join(code.split()).casefold().encode("utf-8")
    return "p-" + hashlib.scrypt(plain, salt=b"winnow patient", n=1 << 13, r=8, p=1, dklen=5).hex()


def strip_patient(field: str) -> str:
    """The field of a patient as it may be written: code hashed, sex kept, birthdate and name left out."""
    found = read_patient(field)
    return " ".join((patient_of(field, False) or UNKNOWN, found.sex or UNKNOWN, UNKNOWN, UNKNOWN))


def strip_recording(field: str) -> str:
    """The field of a recording as it may be written: its day, and neither hospital nor technician nor device."""
    words = field.split()
    day = words[1] if len(words) > 1 and words[0].lower() == "startdate" and tal.read_date(words[1]) else UNKNOWN
    return f"Startdate {day} X X X"


def telling_words(field: str) -> frozenset[str]:
    """Words of a patient's field that tell who it is, without case: parts of code and name, and the birthdate."""
    found = read_patient(field)
    parts = re.split(_BETWEEN, f"{found.code} {found.name} {found.birthdate}".casefold())
    # Of a name of two letters only the whole is telling.
    whole = " ".join(re.split(_BETWEEN, found.name.casefold())).strip()
    words = {word for word in (*parts, whole) if len(word) >= _SHORTEST and not _OURS.fullmatch(word)}
    return frozenset(words - _COMMON - _NOBODY)


def names_patient(text: str, words: Iterable[str]) -> bool:
    """Whether one of these words stands in a text."""
    return hide(text, words) != text


def unnamed(name: str, field: str) -> str:
    """A name of a file or a group, or in its place a short word where it tells who the patient of this field is."""
    words = telling_words(field)
    told = names_patient(name, words) or name.strip() == read_patient(field).code.strip() != ""
    return patient_of(field, False) or pseudonym(name) if told else name


def hide(text: str, words: Iterable[str]) -> str:
    """The text with signs in place of these words, wherever they stand alone in it, in any case."""
    for word in sorted(words, key=len, reverse=True):
        spelled = _BETWEEN.join(map(re.escape, word.split(" ")))
        text = re.sub(rf"(?<![^\W_]){spelled}(?![^\W_])", HIDDEN, text, flags=re.IGNORECASE)
    return text
