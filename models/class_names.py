"""What the classes of a data set are called in a project, as a person writes it: OWN=NAME, JSON, or a file of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models.errors import UserError
from models.mapping_text import kept_of


def read_class_names(words: str) -> dict[str, str]:
    """Names of classes from JSON text, a JSON file, or pairs. Raises UserError for what is neither."""
    if "=" in words and not words.startswith("{"):
        pairs = [pair.partition("=") for pair in words.split(",") if pair.strip()]
        found: Any = {own.strip(): name.strip() for own, sign, name in pairs if sign}
        if len(found) != len(pairs):
            found = None
    else:
        try:
            found = json.loads(words if words.startswith("{") else Path(words).read_text("utf-8-sig"))
        except (OSError, ValueError, RecursionError) as error:
            raise UserError(f"classes is {words[:80]!r}, which cannot be read: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(name, str) and name and own for own, name in found.items()):
        raise UserError(f"classes is {words[:80]!r}: give OWN=NAME with commas, such as old=new")
    return found


def kept_class_names(kept: str) -> dict[str, str]:
    """The names that a project keeps of its data sets; where two say different things, the last one holds."""
    found: dict[str, str] = {}
    for _, _, names in kept_of(kept, "classes", read_class_names):
        found |= names
    return found
