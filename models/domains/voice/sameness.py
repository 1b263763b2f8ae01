"""Rows of tables that name none of them, known again by what they hold: lines come and go, and fields are corrected."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from models.domain import Again, Placed
from models.pairing import Pairing

#: What a row holds: its values as text, numbers alike however they were written.
Values = tuple[str, ...]

#: A corrected row is the one before when no smaller share is the same of what it alone holds, and so many values.
_SAME, _FEWEST = 0.5, 2
#: The numbers of a row have a print in so many parts, each of so many of them at least: one that was corrected is known
#: by the others.
_PARTS, _LEAST = 4, 3


def match(before: Sequence[Placed], now: Sequence[Placed]) -> Again:
    """Which row each one was: the same hold the same in the order of their columns, whatever these are called; else
    they are the only ones of their group; else they share most of the values that no other row has."""
    old, new = [_values(one.meta) for one in before], [_values(one.meta) for one in now]
    pairing = Pairing(len(old), len(new))
    pairing.equal([values or None for values in old], [values or None for values in new])
    pairing.equal([_numbers(values) or None for values in old], [_numbers(values) or None for values in new])
    same = {*pairing.free()}
    groups, others = (Counter(one.group for one in some) for some in (before, now))
    alone = {before[at].group: at for at in pairing.left if groups[before[at].group] == 1 and _is_grouped(before[at])}
    single = [place for place in same if others[now[place].group] == 1 and now[place].group in alone]
    pairing.join((place, alone[now[place].group]) for place in single)
    pairing.join(_alike(old, new, pairing))
    return Again(pairing.places, [place for place in sorted(same) if pairing.places[place] >= 0])


def prints_of(facts: Mapping[str, Any]) -> str:
    """What tells a row from others, as a few short hashes of parts of its numbers."""
    numbers = _numbers(_values(facts))
    count = max(1, min(_PARTS, len(numbers) // _LEAST))
    parts = ["\0".join(numbers[part::count]) for part in range(count)]
    return " ".join(
        hashlib.blake2s(f"{count} {part} {told}".encode(), digest_size=8).hexdigest()
        for part, told in enumerate(parts)
        if told
    )


def _is_grouped(one: Placed) -> bool:
    """Whether a group is told of a row: else it goes by its own name."""
    return one.group not in ("", one.key)


def _values(facts: Mapping[str, Any]) -> Values:
    """What the columns of a table hold of a row, whatever they are called."""
    return tuple(_text(value) for name, value in facts.items() if not name.startswith("_") and value is not None)


def _text(value: Any) -> str:
    """A value as text; numbers to six digits, so that another program that saved them changes nothing."""
    try:
        return f"{float(value):.6g}"
    except ValueError:
        return " ".join(str(value).split())


def _numbers(values: Values) -> Values:
    return tuple(value for value in values if _is_number(value))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _alike(old: Sequence[Values], new: Sequence[Values], pairing: Pairing) -> list[tuple[int, int]]:
    """Rows of which most stayed that they alone hold, the likest first: sex and a grade tell nobody."""
    before, now = (Counter(value for row in rows for value in set(row)) for rows in (old, new))
    having = {value: at for at in pairing.left for value in set(old[at]) if before[value] == 1 >= now[value]}
    sizes = Counter(having.values())
    found: list[tuple[float, int, int, int]] = []
    for place in pairing.free() if having else ():
        own = {value for value in new[place] if now[value] == 1 >= before[value]}
        shared = Counter(having[value] for value in own if value in having)
        for at, count in shared.items():
            share = count / max(len(own), sizes[at])
            if share >= _SAME and count >= _FEWEST:
                found.append((-share, abs(place - at), place, at))
    return [(place, at) for _, _, place, at in sorted(found)]
