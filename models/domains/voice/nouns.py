"""What groups and samples are called: recordings and images of speakers, rows of subjects."""

from __future__ import annotations

from models.domains.voice.places import AUDIO, IMAGE, ROW, kinds
from models.sample import Samples

_WORDS = {AUDIO: ("speaker", "recording"), IMAGE: ("patient", "image"), ROW: ("subject", "row")}


def nouns(samples: Samples) -> set[tuple[str, str]]:
    """The words for group and sample, each pair once."""
    return {_WORDS.get(kind, _WORDS[AUDIO]) for kind in set(kinds(samples).tolist())}
