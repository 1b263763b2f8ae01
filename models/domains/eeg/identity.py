"""What of a patient comes into a project, and goes out of it: codes hashed, names and birthdates left out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from models.domains.eeg import tal

#: What EDF+ has for what is not told.
UNKNOWN = "X"
#: Codes that stand for no patient at all.
_NOBODY = {"", "x", "xx", "xxx", "n/a", "na", "none", "unknown", "anonymous", "anonymized", "anonymised", "0"}


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
    return code if keep else pseudonym(code)


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
