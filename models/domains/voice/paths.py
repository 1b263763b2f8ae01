"""What the paths of recordings tell, as a person writes it down: ``{label}/{speaker}/*`` or ``*_{speaker}``.

A template stands for the end of a path without its suffix, as many folders as it names. ``{label}`` (or ``{class}``)
and ``{speaker}`` are what they say, any other ``{name}`` is a column of that name, ``*`` is anything and ``?`` one
sign; none of them holds a slash. ``{speaker:6}`` has six signs. A name that stands twice has both parts:
``{speaker}/{speaker}/*`` tells HC_01 from PD_01.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from models.domains.voice.audio import SUFFIXES as SOUNDS
from models.domains.voice.headings import OURS
from models.domains.voice.images import SUFFIXES as PICTURES
from models.errors import UserError

LABEL, SPEAKER = "label", "speaker"
_PART = re.compile(r"\{([^{}:]*)(?::(\d{1,3}))?\}|(\*+)|(\?)|([{}])")
_NAME = re.compile(r"[A-Za-z]\w*")
_EXAMPLE = "give text such as {label}/{speaker}/* or *_{speaker}"
#: More names and stars than that in one part could be tried for hours on a hostile name.
_MOST = 20


@dataclass(frozen=True)
class _Token:
    """A piece of a part of a template: a name, a star ("*"), or signs as they are ("").

    low, high: how many signs it may have; few: it takes as few as fit.
    """

    name: str
    text: str = ""
    low: int = 0
    high: int = 1 << 20
    few: bool = False

    def lengths(self, room: int) -> Iterable[int]:
        """How many signs it may have where so many are left, the likeliest first."""
        found = range(self.low, min(self.high, room) + 1)
        return found if self.few else reversed(found)


@dataclass(frozen=True)
class Template:
    """See the module. parts: of each folder and of the name, their tokens. names: those in braces, each once."""

    text: str
    parts: tuple[tuple[_Token, ...], ...]
    names: tuple[str, ...]

    def read(self, key: str) -> Mapping[str, str] | None:
        """What a path with / tells by name; None where it does not fit."""
        parts = _bare(key).split("/")
        if len(parts) < len(self.parts):
            return None
        told: dict[str, list[str]] = {}
        for tokens, part in zip(self.parts, parts[len(parts) - len(self.parts) :], strict=True):
            found = _fit(tokens, part)
            if found is None:
                return None
            for name, words in found:
                told.setdefault(name, []).append(words.strip())
        return {name: "_".join(words) for name, words in told.items()}

    @property
    def tells_folders(self) -> bool:
        """Whether it says what folders are, or of names of files alone."""
        return len(self.parts) > 1


def read_template(text: str) -> Template:
    """A template from text. Raises UserError for what is none, with an example."""
    parts = tuple(tuple(_tokens(part, text)) for part in _bare(text.replace("\\", "/").strip("/")).split("/"))
    names = tuple(dict.fromkeys(token.name for part in parts for token in part if token.name not in ("", "*")))
    if taken := [name for name in names if name in OURS and name not in (LABEL, SPEAKER)]:
        raise UserError(f"paths is {text[:80]!r}, but {taken[0]} is a column that is made here: name it otherwise")
    if not names or any(sum(bool(token.name) for token in part) > _MOST for part in parts):
        why = f"has more than {_MOST} names and stars in a part" if names else "names nothing in braces"
        raise UserError(f"paths is {text[:80]!r}, which {why}: {_EXAMPLE}")
    return Template(text, parts, names)


def _tokens(part: str, text: str) -> Iterable[_Token]:
    after = 0
    for found in _PART.finditer(part):
        name, size, star, _one, brace = found.groups()
        if brace or (name is not None and not _NAME.fullmatch(name)) or size in ("0", "00", "000"):
            raise UserError(f"paths is {text[:80]!r}, where {found[0]!r} is no name in braces: {_EXAMPLE}")
        yield _Token("", part[after : found.start()])
        if star:
            yield _Token("*")
        elif name is None:
            yield _Token("*", low=1, high=1)
        else:
            own = name.lower() if name.lower() in ("class", LABEL, SPEAKER) else name
            own = LABEL if own == "class" else own
            yield _Token(own, low=int(size or 1), high=int(size or 1 << 20), few=True)
        after = found.end()
    yield _Token("", part[after:])


def _fit(tokens: Sequence[_Token], part: str) -> list[tuple[str, str]] | None:
    """What each name has of a part of a path; None where it does not fit. Each place is tried once a token."""
    plain, failed = part.lower(), set[tuple[int, int]]()

    def follow(place: int, at: int) -> list[tuple[str, str]] | None:
        if place == len(tokens):
            return [] if at == len(part) else None
        if (place, at) in failed:
            return None
        token = tokens[place]
        sizes = token.lengths(len(part) - at)
        if not token.name:
            sizes = [len(token.text)] if plain.startswith(token.text.lower(), at) else []
        for size in sizes:
            rest = follow(place + 1, at + size)
            if rest is not None:
                told = [(token.name, part[at : at + size])] if token.name not in ("", "*") else []
                return [*told, *rest]
        failed.add((place, at))
        return None

    return follow(0, 0)


def read_all(template: Template, keys: Sequence[str]) -> tuple[list[Mapping[str, str]], list[str]]:
    """What each path tells, nothing for one that does not fit; and those paths."""
    told = [template.read(key) for key in keys]
    strange = [key for key, one in zip(keys, told, strict=True) if one is None]
    return [one or {} for one in told], strange


def none_fits(template: Template, keys: Sequence[str]) -> str:
    """What to say where no path fits."""
    words = f"paths is {template.text!r}, which none of the {len(keys)} recordings fits, such as {keys[0]!r}"
    return f"{words}: {_EXAMPLE}, from the last folder on"


def _bare(path: str) -> str:
    """A path without the suffix of a sound or a picture."""
    suffix = PurePosixPath(path).suffix
    return path.removesuffix(suffix) if suffix.lower() in (*SOUNDS, *PICTURES) else path
