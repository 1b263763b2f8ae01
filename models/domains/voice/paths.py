"""What the paths of recordings tell, as a person writes it down: ``{label}/{speaker}/*`` or ``*_{speaker}``.

A template stands for the end of a path without its suffix, as many folders as it names. ``{label}`` (or ``{class}``)
and ``{speaker}`` are what they say, any other ``{name}`` is a column of that name, ``*`` is anything; none of them
holds a slash. A name that stands twice has both parts: ``{speaker}/{speaker}/*`` tells HC_01 from PD_01.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from models.domains.voice.audio import SUFFIXES as SOUNDS
from models.domains.voice.headings import OURS
from models.errors import UserError

LABEL, SPEAKER = "label", "speaker"
_PART = re.compile(r"\{([^{}]*)\}|(\*+)|([{}])")
_NAME = re.compile(r"[A-Za-z]\w*")
_EXAMPLE = "give text such as {label}/{speaker}/* or *_{speaker}"


@dataclass(frozen=True)
class Template:
    """See the module. names: of each group of the pattern, in order."""

    text: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]

    def read(self, key: str) -> Mapping[str, str] | None:
        """What a path with / tells by name; None where it does not fit."""
        found = self.pattern.fullmatch(_bare(key))
        if found is None:
            return None
        told: dict[str, list[str]] = {}
        for name, part in zip(self.names, found.groups(), strict=True):
            told.setdefault(name, []).append(part.strip())
        return {name: "_".join(parts) for name, parts in told.items()}

    @property
    def tells_folders(self) -> bool:
        """Whether it says what folders are, or of names of files alone."""
        return "/" in self.text


def read_template(text: str) -> Template:
    """A template from text. Raises UserError for what is none, with an example."""
    bare, names, pattern, after = _bare(text.replace("\\", "/").strip("/")), [], "", 0
    for found in _PART.finditer(bare):
        name, star, brace = found.groups()
        if brace or (name is not None and not _NAME.fullmatch(name)):
            raise UserError(f"paths is {text[:80]!r}, where {found[0]!r} is no name in braces: {_EXAMPLE}")
        pattern += re.escape(bare[after : found.start()])
        pattern += "[^/]*" if star else "([^/]+?)"
        names += [] if star else [LABEL if name == "class" else name]
        after = found.end()
    pattern += re.escape(bare[after:])
    if taken := [name for name in names if name in OURS and name not in (LABEL, SPEAKER)]:
        raise UserError(f"paths is {text[:80]!r}, but {taken[0]} is a column that is made here: name it otherwise")
    if not names:
        raise UserError(f"paths is {text[:80]!r}, which names nothing in braces: {_EXAMPLE}")
    return Template(text, re.compile(f"(?:.*/)?{pattern}", re.IGNORECASE | re.DOTALL), tuple(names))


def read_all(template: Template, keys: Sequence[str]) -> tuple[list[Mapping[str, str]], list[str]]:
    """What each path tells, nothing for one that does not fit; and those paths. Raises UserError where none fits."""
    told = [template.read(key) for key in keys]
    strange = [key for key, one in zip(keys, told, strict=True) if one is None]
    if keys and len(strange) == len(keys):
        words = f"paths is {template.text!r}, which none of the {len(keys)} recordings fits, such as {keys[0]!r}"
        raise UserError(f"{words}: {_EXAMPLE}, from the last folder on")
    return [one or {} for one in told], strange


def _bare(path: str) -> str:
    """A path without the suffix of a sound."""
    suffix = PurePosixPath(path).suffix
    return path.removesuffix(suffix) if suffix.lower() in SOUNDS else path
