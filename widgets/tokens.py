"""The colours, sizes and class looks of the window, as plain values for both themes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LIGHT, DARK = 0, 1

#: Colour of each token, (light, dark).
COLOURS: dict[str, tuple[str, str]] = {
    "well": ("#FFFFFF", "#17181B"),
    "panel": ("#F5F6F7", "#212327"),
    "chrome": ("#E9EAEC", "#1B1D20"),
    "raised": ("#FFFFFF", "#2A2D32"),
    "hover": ("#ECEDF0", "#2A2D32"),
    "track": ("#E3E5E8", "#33363C"),
    "line": ("#DADCE0", "#303339"),
    "line2": ("#BFC3CA", "#484D55"),
    "text": ("#1A1C20", "#E7E9EC"),
    "text2": ("#4E545E", "#B0B6BF"),
    "text3": ("#5C636E", "#9AA1AC"),
    "disabled": ("#9BA1AB", "#5E646E"),
    "accent": ("#4B45C6", "#A29DFF"),
    "selection": ("#E4E3FA", "#34325E"),
    "accent_text": ("#4B45C6", "#B3AFFF"),
    "on_accent": ("#FFFFFF", "#17181B"),
    "primary": ("#23262B", "#E7E9EC"),
    "primary_text": ("#FFFFFF", "#17181B"),
    "ok": ("#1B7340", "#6CCB8C"),
    "ok_bg": ("#E2F2E7", "#1E3527"),
    "warn": ("#8A5300", "#E5B25D"),
    "warn_bg": ("#FBEFD9", "#3A2E17"),
    "error": ("#B3261E", "#FF8F85"),
    "error_bg": ("#FBE6E4", "#432321"),
    "info_bg": ("#E4E3FA", "#34325E"),
    "pen": ("#23262B", "#DDE0E5"),
    "bar": ("#8B919B", "#7C838E"),
    "label_bar": ("#4E545E", "#B0B6BF"),
    "plate": ("#4B4E54", "#3A3D43"),
    "plate_text": ("#FFFFFF", "#FFFFFF"),
}

DARK_INK = "#111316"

#: Fill, letter ink, stroke on the light well, shape: classes in order.
CLASSES: tuple[tuple[str, str, str, str], ...] = (
    ("#0072B2", "#FFFFFF", "#0072B2", "●"),
    ("#E69F00", DARK_INK, "#C58800", "■"),
    ("#009E73", DARK_INK, "#009E73", "▲"),
    ("#CC79A7", DARK_INK, "#CC79A7", "◆"),
    ("#56B4E9", DARK_INK, "#4A9AC7", "▼"),
    ("#D55E00", DARK_INK, "#D55E00", "✚"),
    ("#F0E442", DARK_INK, "#9C942B", "⬟"),
    ("#70757F", "#FFFFFF", "#70757F", "★"),
    ("#8C5A2E", "#FFFFFF", "#8C5A2E", "✕"),
    ("#A9D18E", DARK_INK, "#7B9968", "⬢"),
)


@dataclass(frozen=True)
class FontRole:
    """Pixel size, line height and weight of one role; `mono` for ids, expressions, logs."""

    size: int
    line: int
    weight: int
    mono: bool = False


FONTS: dict[str, FontRole] = {
    "small": FontRole(10, 14, 500),
    "chip": FontRole(11, 14, 600),
    "caption": FontRole(11, 16, 400),
    "caption_strong": FontRole(11, 16, 600),
    "body": FontRole(12, 18, 400),
    "label": FontRole(12, 18, 500),
    "strong": FontRole(12, 18, 600),
    "title": FontRole(13, 20, 600),
    "subtitle": FontRole(13, 20, 400),
    "head": FontRole(15, 22, 600),
    "figure": FontRole(18, 28, 600),
    "big_figure": FontRole(20, 28, 600),
    "start": FontRole(24, 32, 600),
    "mono": FontRole(12, 18, 400, True),
    "mono_strong": FontRole(12, 18, 500, True),
    "mono_title": FontRole(13, 20, 500, True),
    "mono_small": FontRole(11, 16, 400, True),
}

GUTTER, GAP, ROW, ROW_COMPACT, CLASS_ROW, CLASS_ROW_LOW = 12, 6, 26, 22, 36, 30
HEADER, TOP_BAR, STATUS, FOOT, CONTROL = 32, 40, 25, 30, 26
RADIUS_CHIP, RADIUS, RADIUS_CARD, RADIUS_PALETTE = 3, 4, 6, 8


def luminance(colour: str) -> float:
    """Relative luminance of ``#RRGGBB`` after WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours after WCAG 2.1, 1 to 21."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


#: A count before the words of a name: ``15 Young``, not ``2``, ``3D``, ``1 2`` or the grade in ``1 mild``.
_NUMBERED = re.compile(r"^\d{2,}[^\w]+(?=[^\W\d])")


def propose_letters(names: Sequence[str]) -> list[str]:
    """A letter for each class name, unique among them.

    A leading digit stands for itself, but not a count before the words of a name; else the first letter, then
    consonants, then vowels of the name, then any letter or digit that is left, then numbers.
    """
    taken: set[str] = set()
    letters = []
    for name in names:
        letter = next(letter for letter in _candidates(name) if letter not in taken)
        taken.add(letter)
        letters.append(letter)
    return letters


def _candidates(name: str) -> Iterator[str]:
    signs = [sign for sign in _NUMBERED.sub("", name).upper() if sign.isalnum()]
    first = signs[:1]
    consonants = [sign for sign in signs[1:] if sign not in "AEIOU"]
    spare = (str(number) for number in range(10, 1000))
    return itertools.chain(first, consonants, signs, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", spare)


def key_of(index: int, names: Sequence[str]) -> str:
    """The key of class `index`: its own digit when all classes are named by one, else 1 to 9, or ""."""
    if all(len(name) == 1 and name.isdigit() for name in names):
        return names[index]
    return str(index + 1) if index < 9 else ""


def keys_of(names: Sequence[str]) -> str:
    """The keys of all classes in few words: ``1–4``, ``0–3``, ``1``, ``0, 2, 5``; "" without a class."""
    keys = [key for place in range(len(names)) if (key := key_of(place, names))]
    if len(keys) < 2:
        return "".join(keys)
    follow = [int(key) for key in keys] == list(range(int(keys[0]), int(keys[0]) + len(keys)))
    return f"{keys[0]}–{keys[-1]}" if follow else ", ".join(keys)
