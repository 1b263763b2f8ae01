"""What speaks against learning from these labels: voices on both sides, a class that the microphone tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.domains.voice.headings import AGES, SEXES, plain
from models.domains.voice.mapping import is_described
from models.domains.voice.places import texts_of
from models.domains.voice.quality import EMPTY
from models.domains.voice.sheet import PRINT
from models.learn.words import listing, plural
from models.sample import Samples

Index = npt.NDArray[np.int64]
#: What tells nothing of how a recording was made, though a table may tell it of one.
_OF_SPEAKERS = (
    *AGES, *SEXES, "take", "vowel", "vokal", "task", "aufgabe", "row", "zeile", "index", "onset", "monthsfromonset",
    "bulbarsigns", "height", "weight", "bmi", "größe", "groesse", "gewicht", "erkrankungsdauer", "krankheitsdauer",
)  # fmt: skip
_RECORDED = ("rate", "channels", "coding")


def advise(samples: Samples, codes: Index, classes: Sequence[str]) -> list[tuple[str, str]]:
    """What speaks against training on these labels, codes (n,) with −1 for none: (title, words) each."""
    found = [_unknown(samples, codes), _both(samples, codes), _copies(samples, codes), _flagged(samples, codes)]
    return [one for one in [*found, *_recorded(samples, codes, classes)] if one is not None]


def _unknown(samples: Samples, codes: Index) -> tuple[str, str] | None:
    speakers = texts_of(samples, "speaker")
    count = sum(not speaker and code >= 0 for speaker, code in zip(speakers, codes.tolist(), strict=True))
    if not count:
        return None
    words = f"Of {plural(count, 'labelled sample')} nobody knows who speaks: a voice may be learnt and judged alike."
    return "Speakers are not known", f"{words} Import with a table that tells, or name its column as speaker_column."


def _both(samples: Samples, codes: Index) -> tuple[str, str] | None:
    """Speakers whose recordings have several labels, where most have one."""
    told: dict[str, set[int]] = {}
    for speaker, code in zip(texts_of(samples, "speaker"), codes.tolist(), strict=True):
        if speaker and code >= 0:
            told.setdefault(speaker, set()).add(code)
    split = [speaker for speaker, some in told.items() if len(some) > 1]
    if not split or len(split) > 0.2 * len(told):
        return None
    have = "has" if len(split) == 1 else "have"
    words = f"{len(split)} of {plural(len(told), 'speaker')} {have} recordings of several classes: {listing(split)}."
    return "Speakers of two classes", f"{words} Two people may have one name, or a label is wrong."


def _copies(samples: Samples, codes: Index) -> tuple[str, str] | None:
    """The same sound under the names of several speakers, in the whole project."""
    owners: dict[str, set[str]] = {}
    groups = samples.column("group").tolist()
    for mark, group, code in zip(texts_of(samples, PRINT), groups, codes.tolist(), strict=True):
        if mark not in ("", EMPTY) and code >= 0:
            owners.setdefault(mark, set()).add(str(group))
    shared = [sorted(some) for some in owners.values() if len(some) > 1]
    if not shared:
        return None
    told = listing([" = ".join(one) for one in shared])
    stand = "stands" if len(shared) == 1 else "stand"
    words = f"{plural(len(shared), 'recording')} {stand} under several speakers: {told}."
    return "The same sound twice", f"{words} Parted, they are learnt and judged alike: take them out."


def _flagged(samples: Samples, codes: Index) -> tuple[str, str] | None:
    flags = [
        words for words, code in zip(texts_of(samples, "quality"), codes.tolist(), strict=True) if words and code >= 0
    ]
    if not flags:
        return None
    kinds = Counter(part for words in flags for part in words.split(", "))
    words = ", ".join(f"{name} {count}" for name, count in kinds.most_common())
    are = "is" if len(flags) == 1 else "are"
    return "Flagged recordings", f'{plural(len(flags), "labelled sample")} {are} flagged: {words}. See quality != "".'


def _recorded(samples: Samples, codes: Index, classes: Sequence[str]) -> list[tuple[str, str]]:
    """Columns of how something was recorded that tell the class almost by themselves."""
    labelled = codes >= 0
    own = [name for name in samples.names if is_described(name) and plain(name) not in _OF_SPEAKERS]
    out = []
    for name in dict.fromkeys([*(one for one in _RECORDED if one in samples.names), *own]):
        words = np.array(texts_of(samples, name), object)[labelled]
        shares = _purity(words, codes[labelled], len(classes))
        if shares is not None and shares[0] >= 0.9 and shares[0] - shares[1] >= 0.2:
            text = (
                f"{name} alone tells the class of {shares[0]:.0%} of the samples, the commonest class {shares[1]:.0%}."
            )
            out.append(
                ("The class shows in how it was recorded", f"{text} A model may learn that instead of the voice.")
            )
    return out


def _purity(words: npt.NDArray[np.object_], codes: Index, count: int) -> tuple[float, float] | None:
    """The share that the commonest class of each value gets right, and that of all; None for many values."""
    values = sorted(set(words.tolist()))
    if not 2 <= len(values) <= 10 or len(words) < 10:
        return None
    right = sum(int(np.bincount(codes[words == value], minlength=count).max()) for value in values)
    return right / len(words), float(np.bincount(codes, minlength=count).max()) / len(words)
