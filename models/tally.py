"""Counts of votes whose givers nobody can name, as one text of the journal: `{"gpd":3,"grda":4}`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from models.errors import UserError


def write_tally(votes: Mapping[str, float]) -> str:
    """The text of these counts: classes sorted, those without a vote left out, "" where none is left.

    Raises UserError for a count that is negative or no number.
    """
    kept = {}
    for name in sorted(votes):
        count = votes[name]
        if not math.isfinite(count) or count < 0:
            raise UserError(f"{count:g} votes for {name!r} cannot be. Give 0 or more.")
        if count:
            kept[name] = int(count) if count == int(count) else float(count)
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) if kept else ""


def is_of_shares(text: str) -> bool:
    """Whether such a text tells shares of votes: parts of one, which are no number of voters."""
    return "." in text and any(count != int(count) for count in read_tally(text).values())


def read_tally(text: str) -> dict[str, float]:
    """Class → votes of such a text; {} for one that is none."""
    try:
        found = json.loads(text) if text.startswith("{") else {}
    except ValueError:
        return {}
    return {
        str(name): count
        for name, count in found.items()
        if isinstance(count, int | float) and math.isfinite(count) and count > 0
    }
