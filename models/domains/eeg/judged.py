"""The label of a window as an annotation of its recording, so that any viewer shows it and an import takes it back.

It stands on the part of the window that was judged: ``window: seizure``, with the votes of several raters
``window: seizure; votes: lpd=1, seizure=3``, or their shares ``window: seizure; shares: lpd=0.25, seizure=0.75``. A
window without a label is written as ``window:`` where the annotations would give it one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

_TEXT = re.compile(r"window:(?: ([^;]*))?(?:; (?:votes|shares): (.+))?")
#: What class names hold as it stands; other signs are written by their number, as in addresses.
_PLAIN = " -_/?"


@dataclass(frozen=True)
class Judged:
    """What a window was called: where the judged part begins and how long it is, in s; "" for no label; votes."""

    onset: float
    duration: float
    label: str
    votes: Mapping[str, float] = field(default_factory=dict)


def write_judged(one: Judged) -> str:
    """The text of its annotation."""
    votes, name = write_votes(one.votes), "votes"
    if any(count != int(count) for count in one.votes.values()):
        name = "shares"
    return f"window: {quote(one.label, _PLAIN)}".strip() + (f"; {name}: {votes}" if votes else "")


def read_judged(onset: float, duration: float, text: str) -> Judged | None:
    """What an annotation says of a window; None for any other one."""
    found = _TEXT.fullmatch(text) if duration > 0 else None
    votes = read_votes(found[2] or "") if found else None
    return None if found is None or votes is None else Judged(onset, duration, unquote(found[1] or "").strip(), votes)


def write_votes(votes: Mapping[str, float]) -> str:
    """Class → votes as text."""
    return ", ".join(f"{quote(name, _PLAIN)}={count:.12g}" for name, count in sorted(votes.items()) if count)


def read_votes(text: str) -> dict[str, float] | None:
    """The same again; None for another text."""
    try:
        pairs = [part.rsplit("=", 1) for part in text.split(", ") if part]
        return {unquote(name): float(count) for name, count in pairs}
    except ValueError:
        return None
