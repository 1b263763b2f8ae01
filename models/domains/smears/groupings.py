"""Label modes: the classes that are trained on, in place of those that a source has."""

from __future__ import annotations

from models.domain import Grouping

#: What each class of the known sets is called here; others stay as they are.
_STAGES = {
    "red blood cell": "red blood cell", "rbc": "red blood cell", "uninfected": "red blood cell",
    "healthy": "red blood cell", "ring": "ring", "trophozoite": "trophozoite", "schizont": "schizont",
    "gametocyte": "gametocyte",
}  # fmt: skip
_INFECTED = {"ring", "trophozoite", "schizont", "gametocyte", "parasitized", "parasitised", "infected"}


def plain_name(label: str) -> str:
    """A class as it is compared: small letters, one space between words."""
    return " ".join(label.replace("_", " ").replace("-", " ").lower().split())


def binary(label: str) -> str | None:
    """Infected or uninfected; None for all that is neither, such as white cells and difficult ones."""
    name = plain_name(label)
    if name in _INFECTED:
        return "infected"
    return "uninfected" if _STAGES.get(name) == "red blood cell" else None


def stages(label: str) -> str | None:
    """The stage of the parasite, or a red blood cell without one; None for all else."""
    return _STAGES.get(plain_name(label))


def source(label: str) -> str | None:
    """The class as it is."""
    return label


GROUPINGS = (
    Grouping("source", "Classes as they are", (), source),
    Grouping("binary", "Infected or not", ("uninfected", "infected"), binary),
    Grouping(
        "stages", "Stages of the parasite", ("red blood cell", "ring", "trophozoite", "schizont", "gametocyte"), stages
    ),
)
