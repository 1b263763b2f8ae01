"""How a file of another layout is to be read, as text: JSON, a file of it, or what a project keeps of its sources.

What such a mapping holds is each domain's own; a frozen dataclass with a field ``why`` for how it was found.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from models.errors import UserError

#: Instead of a mapping: guess anew, whatever the project keeps.
GUESS = "guess"
Read = TypeVar("Read")


def text_of(mapping: Any, **changes: Any) -> str:
    """A mapping as one line of JSON, without what is empty. changes: fields that JSON has otherwise."""
    parts = {**asdict(mapping), **changes}
    kept = {name: value for name, value in parts.items() if name != "why" and value not in ("", (), {})}
    return json.dumps(kept, ensure_ascii=False)


def parts_of(words: str, needed: Sequence[str], known: Collection[str]) -> tuple[str, dict[str, Any]]:
    """What a mapping is called in messages, and its parts, from JSON text or a JSON file.

    needed: what each has; known: what one may have. Raises UserError for what is wrong in it.
    """
    source = "the mapping"
    if not words.lstrip().startswith("{"):
        source = words
        try:
            words = Path(words).read_text("utf-8-sig")
        except (OSError, ValueError) as error:
            raise UserError(f"the mapping file {source} cannot be read: {error}") from error
    try:
        parts = json.loads(words)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{source} is not JSON: {error}") from error
    allowed = set(known) - {"why"}
    if not isinstance(parts, dict) or not set(needed) <= set(parts) <= allowed:
        must = " and ".join(f'"{name}"' for name in needed)
        raise UserError(f"{source} needs {must} and may have {', '.join(sorted(allowed - set(needed)))}")
    return source, parts


def kept_of(words: str, name: str, read: Callable[[str], Read]) -> Iterator[tuple[str, Mapping[str, Any], Read]]:
    """One setting of all sources that a project keeps (JSON: source → settings): source, its settings, what is read.

    One that is broken is left out.
    """
    for source, settings in json.loads(words).items() if words else ():
        with contextlib.suppress(UserError):
            # Kept is text, never a file's name.
            if str(settings.get(name, "")).startswith("{"):
                yield source, settings, read(settings[name])
