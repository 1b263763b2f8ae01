"""What groups and samples are called: recordings and images of speakers, rows of features; what they are begun with."""

from __future__ import annotations

from models.domains.voice.places import AUDIO, IMAGE, ROW, kinds
from models.sample import Samples

_WORDS = {AUDIO: ("speaker", "recording"), IMAGE: ("patient", "image"), ROW: ("speaker", "row")}
#: The recipe that learns of each kind.
_RECIPES = {AUDIO: "acoustic", IMAGE: "inception", ROW: "tabular"}


def nouns(samples: Samples) -> set[tuple[str, str]]:
    """The words for group and sample, each pair once."""
    return {_WORDS.get(kind, _WORDS[AUDIO]) for kind in set(kinds(samples).tolist())}


def group_word(kind: str) -> str:
    """The word for the group of a sample of this kind, such as the patient of an image."""
    return _WORDS.get(kind, _WORDS[AUDIO])[0]


def begins(samples: Samples) -> str:
    """The recipe that a project is begun with: one that can learn of its samples, of the commonest kind of them."""
    found = kinds(samples).tolist()
    commonest = max(dict.fromkeys(found), key=found.count, default=AUDIO)
    return _RECIPES.get(commonest, _RECIPES[AUDIO])
