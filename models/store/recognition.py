"""Rows of a table that names none of them, known again by what they hold when the table has changed.

Such a sample is called by the place where its row stood first. Lines come and go, columns are named anew and a field is
corrected; a label must not go to another row by that, so rows are compared with what is known of the samples: those
that hold the same, in their order, then those that hold most of it. Of a withdrawn row hashes of parts of what it held
stay, so that it is kept out wherever it stands.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from models.errors import UserError
from models.sample import LINE, portable_id
from models.store import schema
from models.store.digest import id_digest
from models.store.samples import metadata_rows

if TYPE_CHECKING:
    from models.domain import Found

#: What a row holds: its values as text, numbers alike however they were written.
Values = tuple[str, ...]

#: A corrected row is the one before when no smaller share is the same of what it alone holds, and so many values.
_SAME, _FEWEST = 0.5, 2
#: A withdrawn row is known by the hashes of so many parts of its numbers, each of so many of them at least.
_PARTS, _LEAST = 4, 3
#: So many samples are named.
_NAMED = 3


class Strangers(UserError):
    """No row of a table is one that is known of it."""


@dataclass(frozen=True)
class Placed:
    """A sample as it is known: its key, the line it stood in, 0 where that is not known, its group, what it holds."""

    key: str
    line: int
    group: str
    values: Values


@dataclass(frozen=True)
class Recognised:
    """The samples of a source by the keys that the project has of them. withdrawn: how many rows were left out so."""

    found: Found
    withdrawn: int = 0
    notes: Sequence[str] = ()


def placed_of(connection: Connection, source: int, found: Found) -> list[Placed]:
    """What is known of the samples of a source that only their places name, or do so in what is found of it now.

    They are in the order of their lines, then of their numbers; nothing of a source that names them all.
    """
    own = schema.sample.c
    statement = select(own.key, own.grp, own.meta).where(own.source == source, own.made == 0).order_by(own.number)
    if LINE not in found.columns:
        first = connection.execute(statement.limit(1)).first()
        if first is None or LINE not in json.loads(first[2]):
            return []
    told = [(key, group, json.loads(meta)) for key, group, meta in connection.execute(statement)]
    known = [Placed(key, int(meta.get(LINE) or 0), group, _values(meta)) for key, group, meta in told]
    return sorted(known, key=lambda one: one.line)


def recognise(found: Found, name: str, known: Sequence[Placed], stones: Collection[str]) -> Recognised:
    """Rows by the keys of the samples that they are. name: of the source; stones: hashes of what was withdrawn.

    Rows that have names now go by those, but for samples that only their place named before. Raises Strangers where no
    row of a table without names is one of those known.
    """
    named = LINE not in found.columns
    known = [one for one in known if one.line or not named]
    if named and not known:
        return Recognised(found)
    rows = [_values(json.loads(text)) for text in metadata_rows(found.columns, len(found.keys))]
    before = [(one.group if one.group != one.key else "", one.values) for one in known]
    groups = [str(own) if str(own) != str(key) else "" for own, key in zip(found.groups, found.keys, strict=True)]
    pairs = match(before, list(zip(groups, rows, strict=True)))
    if known and not named and not any(at >= 0 for at in pairs):
        raise Strangers(_strange(name, len(known)))
    out = {place for place, at in enumerate(pairs) if at < 0 and _is_withdrawn(name, rows[place], stones)}
    if out:
        stay = [place for place in range(len(rows)) if place not in out]
        found, rows, pairs = found.take(stay), [rows[place] for place in stay], [pairs[place] for place in stay]
    lines = [known[at].line if at >= 0 else None for at in pairs] if named else list(found.columns[LINE])
    own = [known[at].key if at >= 0 else "" for at in pairs]
    keys = [key or str(given) for key, given in zip(own, found.keys, strict=True)]
    if not named:
        keys = _numbered(found.keys, own, name, known, stones)
    renewed = replace(_rekeyed(found, keys), columns={**found.columns, LINE: lines})
    return Recognised(renewed, len(out), _notes(name, known, pairs, rows, lines, keys))


def row_digests(sample: str, name: str, meta: Mapping[str, Any]) -> list[str]:
    """The hashes that a withdrawn sample of a source leaves behind which only its place names; none of any other."""
    return [_by_values(sample), *_part_digests(name, _values(meta))] if LINE in meta else []


def match(known: Sequence[tuple[str, Values]], rows: Sequence[tuple[str, Values]]) -> list[int]:
    """The place in `known` of each of the rows, −1 for one that is not there; each is its group, "" for none, and what
    it holds.

    The same are those that hold the same, then the only one of a group, then those that hold most of it.
    """
    old, new = [values for _, values in known], [values for _, values in rows]
    pairs = [-1] * len(new)
    left = set(range(len(old)))
    for signature in (tuple[str, ...], _numbers):
        _match_equal(old, new, pairs, left, signature)
    before, now = (Counter(group for group, _ in some) for some in (known, rows))
    alone = {known[at][0]: at for at in left if known[at][0] and before[known[at][0]] == 1}
    places = [place for place, at in enumerate(pairs) if at < 0 and rows[place][0] in alone]
    _pair(pairs, left, [(place, alone[rows[place][0]]) for place in places if now[rows[place][0]] == 1])
    _match_alike(old, new, pairs, left)
    return pairs


def _values(meta: Mapping[str, Any]) -> Values:
    """What the columns of a table hold of a row, whatever they are called."""
    return tuple(_text(value) for name, value in meta.items() if not name.startswith("_") and value is not None)


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


def _match_equal(
    old: Sequence[Values],
    new: Sequence[Values],
    pairs: list[int],
    left: set[int],
    signature: Callable[[Values], Values],
) -> None:
    """Pair rows of one signature: as many as before in their order, others beside their neighbours, then in order."""
    before: dict[Values, list[int]] = defaultdict(list)
    for at in sorted(left):
        before[signature(old[at])].append(at)
    signs = {place: signature(new[place]) for place, at in enumerate(pairs) if at < 0}
    now: dict[Values, list[int]] = defaultdict(list)
    for place, sign in signs.items():
        now[sign].append(place)
    for sign, places in now.items():
        if sign and len(places) == len(before.get(sign, ())):
            _pair(pairs, left, zip(places, before.pop(sign), strict=True))
    known = {at: sign for sign, some in before.items() if sign for at in some}
    for order, step in ((range(len(new)), 1), (range(len(new) - 1, -1, -1), -1)):
        for place in order:
            beside = place - step
            at = pairs[beside] + step if 0 <= beside < len(new) and pairs[beside] >= 0 else -1
            if pairs[place] < 0 and at in left and known.get(at) == signs.get(place):
                _pair(pairs, left, [(place, at)])
    for sign, places in now.items():
        rest = [at for at in before.get(sign, ()) if at in left] if sign else []
        _pair(pairs, left, zip([place for place in places if pairs[place] < 0], rest, strict=False))


def _pair(pairs: list[int], left: set[int], found: Iterable[tuple[int, int]]) -> None:
    for place, at in found:
        pairs[place] = at
        left.discard(at)


def _match_alike(old: Sequence[Values], new: Sequence[Values], pairs: list[int], left: set[int]) -> None:
    """Pair rows of which most stayed that they alone hold, the likest first: sex and a grade tell nobody."""
    places = [place for place, at in enumerate(pairs) if at < 0]
    if not places or not left:
        return
    before, now = (Counter(value for row in rows for value in set(row)) for rows in (old, new))
    having = {value: at for at in left for value in set(old[at]) if before[value] == 1 >= now[value]}
    sizes = Counter(having.values())
    found: list[tuple[float, int, int, int]] = []
    for place in places:
        own = {value for value in new[place] if now[value] == 1 >= before[value]}
        shared = Counter(having[value] for value in own if value in having)
        for at, count in shared.items():
            share = count / max(len(own), sizes[at])
            if share >= _SAME and count >= _FEWEST:
                found.append((-share, abs(place - at), place, at))
    for _, _, place, at in sorted(found):
        if pairs[place] < 0 and at in left:
            _pair(pairs, left, [(place, at)])


def _numbered(
    given: Sequence[str], own: Sequence[str], name: str, known: Sequence[Placed], stones: Collection[str]
) -> list[str]:
    """The key of each row: that of the sample it is, its own place where no other has that, else the next number.

    A place of which a row was withdrawn is given to nobody; one of which no hashes of its values stayed is left, so
    that what stands there stays out.
    """
    taken = {one.key for one in known}
    keys = list(own)

    def is_free(key: str) -> bool:
        return key not in taken and not (stones and _by_values(portable_id(name, key)) in stones)

    for place in [place for place, key in enumerate(keys) if not key and is_free(str(given[place]))]:
        keys[place] = str(given[place])
        taken.add(keys[place])
    last = max((_number(key) for key in taken), default=0)
    for place in [place for place, key in enumerate(keys) if not key]:
        while not keys[place]:
            last += 1
            key = re.sub("[0-9]+$", str(last), str(given[place]))
            keys[place] = key if is_free(key) else ""
        taken.add(keys[place])
    return keys


def _number(key: str) -> int:
    found = re.search("[0-9]{1,9}$", key)
    return int(found[0]) if found else 0


def _rekeyed(found: Found, keys: Sequence[str]) -> Found:
    """The same samples by other keys; who is alone in a group by the name of the row goes by the new one."""
    before = list(map(str, found.keys))
    if before == list(keys):
        return found
    groups = [
        key if group == own else group for group, own, key in zip(map(str, found.groups), before, keys, strict=True)
    ]
    new = dict(zip(before, keys, strict=True))
    regions = {new[key]: some for key, some in found.regions.items() if key in new}
    return replace(found, keys=list(keys), groups=groups, regions=regions)


def _by_values(sample: str) -> str:
    """The mark that a withdrawn sample is known by what it held."""
    return id_digest(f"{sample}\0by values")


def _part_digests(name: str, values: Values) -> list[str]:
    """Hashes of parts of the numbers of a row, so that one that was corrected since is known by the others."""
    numbers = [value for value in values if _is_number(value)]
    count = max(1, min(_PARTS, len(numbers) // _LEAST))
    parts = ("\0".join(numbers[part::count]) for part in range(count) if numbers)
    return [
        hashlib.sha256(f"winnow:{name}\0{count}\0{part}\0{told}".encode()).hexdigest()
        for part, told in enumerate(parts)
    ]


def _is_withdrawn(name: str, values: Values, stones: Collection[str]) -> bool:
    digests = _part_digests(name, values)
    return bool(digests) and 2 * sum(one in stones for one in digests) >= len(digests)


def _strange(name: str, count: int) -> str:
    return (
        f"{name}: none of its rows is one of the {count} that are known of it. Its rows have no names, so they are "
        "known by their values, and no label may go to another row. Import another table, or one that was measured "
        "anew, into a new project (`winnow import --labels` takes labels along), or add a column that names the rows."
    )


def _notes(
    name: str,
    known: Sequence[Placed],
    pairs: Sequence[int],
    rows: Sequence[Values],
    lines: Sequence[Any],
    keys: Sequence[str],
) -> list[str]:
    """What to say of rows that stand elsewhere, hold something else or are new."""
    if not known:
        return []
    moved, other, new = [], [], []
    for place, at in enumerate(pairs):
        who = f"{keys[place]}, line {lines[place]}" if lines[place] else keys[place]
        if at < 0:
            new.append(who)
            continue
        line = known[at].line
        moved += [f"{who}, before {line}"] if line and line != lines[place] else []
        other += [who] if _numbers(known[at].values) != _numbers(rows[place]) else []
    if len(other) + len(new) == len(rows):  # another column counts, of all rows
        other = []
    told = [
        _told(moved, "stands in another line", "stand in other lines"),
        _told(other, "holds other values than before", "hold other values than before"),
        _told(new, "is new", "are new"),
    ]
    words = "; ".join(one for one in told if one)
    return [f"{name}: its rows have no names and are known again by their values: {words}."] if words else []


def _told(where: Sequence[str], one: str, many: str) -> str:
    if not where:
        return ""
    more = ", …" if len(where) > _NAMED else ""
    return f"{len(where)} {one if len(where) == 1 else many} ({'; '.join(where[:_NAMED])}{more})"
