"""Samples that their source does not name, known again by what they hold when it has changed.

Such a sample is called by the place where it stood first: the row of a table, the box of an image. Rows come and go and
are corrected; a label must not go to another one by that. Domains tell which one each is; here they get the keys that
the project has of them, and new ones the next numbers. Of a withdrawn one short hashes of what it held stay, so that it
is kept out wherever it stands.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from models.errors import UserError
from models.findings import Placed
from models.natural import natural
from models.sample import LINE, PRINTS, portable_id
from models.store import schema
from models.store.digest import id_digest
from models.store.samples import metadata_rows

if TYPE_CHECKING:
    from models.domain import Found

#: So many samples are named.
_NAMED = 3
_END = re.compile("[0-9]{1,12}$")


class Strangers(UserError):
    """None of the samples of a source is one that is known of it, though they stand where those stood."""


@dataclass(frozen=True)
class Known:
    """What is known of the samples of a source: those that only their places name, and all keys that are given."""

    placed: Sequence[Placed] = ()
    keys: Collection[str] = frozenset()


@dataclass(frozen=True)
class Recognised:
    """The samples of a source by the keys that the project has of them. withdrawn: how many were left out as such."""

    found: Found
    withdrawn: int = 0
    notes: Sequence[str] = ()


def known_of(connection: Connection, source: int, found: Found) -> Known:
    """The samples of a source as they are known, in the order of their places; nothing where a domain names them.

    Where a source named none of its samples before, those of that time are known by their places as well.
    """
    if found.match is None:
        return Known()
    own = schema.sample.c
    statement = select(own.key, own.grp, own.meta, own.made).where(own.source == source).order_by(own.number)
    rows = [(key, group, json.loads(meta), made) for key, group, meta, made in connection.execute(statement)]
    named = _named(found)
    placed = [
        Placed(key, str(meta.get(LINE) or ""), group, meta)
        for key, group, meta, made in rows
        if not made and key not in named and (LINE in meta or LINE in found.columns)
    ]
    return Known(sorted(placed, key=lambda one: natural(one.line)), {row[0] for row in rows})


def recognise(found: Found, name: str, known: Known, stones: Collection[str]) -> Recognised:
    """Samples by the keys that they are known by. name: of the source; stones: hashes of what was withdrawn.

    What has a name now goes by it, but for what only its place named before. Raises Strangers where none of those
    without a name is one of those that stood there.
    """
    if found.match is None or not (known.placed or (stones and LINE in found.columns)):
        return Recognised(found)
    lines = list(found.columns.get(LINE, [None] * len(found.keys)))
    nameless = LINE in found.columns
    asked = [
        place
        for place, key in enumerate(map(str, found.keys))
        if (lines[place] is not None if nameless else key not in known.keys)
    ]
    before = _placed(found, lines)
    again = found.match(known.placed, [before[place] for place in asked])
    pairs = {place: at for place, at in zip(asked, again.places, strict=True) if at >= 0}
    stood = {one.key for one in known.placed}
    if nameless and asked and not pairs and any(before[place].key in stood for place in asked):
        raise Strangers(_strange(name, len(stood)))
    out = {place for place in asked if place not in pairs and _is_withdrawn(name, before[place].meta, stones)}
    keys = _keys(before, {place: known.placed[at].key for place, at in pairs.items()}, nameless, name, known, stones)
    for place, at in pairs.items() if not nameless else ():
        lines[place] = known.placed[at].line
    corrected = [asked[one] for one in again.corrected]
    new = [place for place in asked if place not in pairs and place not in out]
    notes = _notes(name, known, keys, lines, pairs, corrected, new) if known.placed and nameless else []
    columns = {**found.columns, LINE: lines} if any(lines) else found.columns
    found = replace(_rekeyed(found, keys), columns=columns)
    stay = [place for place in range(len(keys)) if place not in out]
    return Recognised(found.take(stay) if out else found, len(out), notes)


def placed_digests(sample: str, source: str, meta: Mapping[str, Any]) -> list[str]:
    """The hashes that a withdrawn sample of a source leaves behind which only its place names; none of any other."""
    prints = str(meta.get(PRINTS) or "").split()
    return [_by_prints(sample), *(_stone(source, one) for one in prints)] if prints else []


def _placed(found: Found, lines: Sequence[Any]) -> list[Placed]:
    """The samples that were found as those that are known are told."""
    metas = metadata_rows(found.columns, len(found.keys))
    rows = zip(map(str, found.keys), lines, map(str, found.groups), metas, strict=True)
    return [Placed(key, str(line or ""), group, json.loads(meta)) for key, line, group, meta in rows]


def _named(found: Found) -> set[str]:
    """The keys of samples that have a name among those that have none."""
    lines = found.columns.get(LINE)
    return {str(key) for key, line in zip(found.keys, lines or (), strict=bool(lines)) if line is None}


def _keys(
    given: Sequence[Placed],
    own: Mapping[int, str],
    nameless: bool,
    name: str,
    known: Known,
    stones: Collection[str],
) -> list[str]:
    """The key of each sample: that of the one it is, that of its place where no other has it, else the next number.

    A place from which one was withdrawn is given to nobody; where no prints of that one stayed, what stands there is
    left as it is called, so that it stays out.
    """
    keys = [own.get(place, "" if nameless and one.line else one.key) for place, one in enumerate(given)]
    taken = {*known.keys, *keys}

    def is_free(key: str) -> bool:
        return key not in taken and not (stones and _by_prints(portable_id(name, key)) in stones)

    def take(place: int, key: str) -> None:
        keys[place] = key
        taken.add(key)

    for place, one in enumerate(given):
        if not keys[place] and is_free(one.key):
            take(place, one.key)
    last = _last(taken)
    for place, one in enumerate(given):
        begin = _END.sub("", one.key)
        while not keys[place]:
            last[begin] += 1
            if is_free(key := f"{begin}{last[begin]}"):
                take(place, key)
    return keys


def _last(keys: Iterable[str]) -> dict[str, int]:
    """The highest number at the end of keys that begin alike."""
    found: dict[str, int] = defaultdict(int)
    for key in keys:
        if number := _END.search(key):
            begin = key[: number.start()]
            found[begin] = max(found[begin], int(number[0]))
    return found


def _rekeyed(found: Found, keys: Sequence[str]) -> Found:
    """The same samples by other keys; who is alone in a group of its own name goes by the new one."""
    before = list(map(str, found.keys))
    if before == list(keys):
        return found
    groups = [
        key if group == own else group for group, own, key in zip(map(str, found.groups), before, keys, strict=True)
    ]
    new = dict(zip(before, keys, strict=True))
    regions = {new[key]: some for key, some in found.regions.items() if key in new}
    return replace(found, keys=list(keys), groups=groups, regions=regions)


def _by_prints(sample: str) -> str:
    """The mark that a withdrawn sample is known by its prints."""
    return id_digest(f"{sample}\0by prints")


def _stone(source: str, one: str) -> str:
    return id_digest(f"{source}\0{one}")


def _is_withdrawn(source: str, meta: Mapping[str, Any], stones: Collection[str]) -> bool:
    """Whether at least half of its prints are those of a withdrawn one."""
    prints = str(meta.get(PRINTS) or "").split() if stones else []
    return bool(prints) and 2 * sum(_stone(source, one) in stones for one in prints) >= len(prints)


def _strange(name: str, count: int) -> str:
    return (
        f"{name}: nothing in it is one of the {count} samples that are known of it. It does not name them, so they are "
        "known by what they hold, and no label may go to another one. Import what is another data set, or was measured "
        "anew, into a new project (`winnow import --labels` takes labels along), or add a column of names."
    )


def _notes(
    name: str,
    known: Known,
    keys: Sequence[str],
    lines: Sequence[Any],
    pairs: Mapping[int, int],
    corrected: Sequence[int],
    new: Sequence[int],
) -> list[str]:
    """What to say of samples that stand elsewhere, hold something else or are new."""
    lost = [known.placed[at].line for at in pairs.values()]
    moved = [place for place, line in zip(pairs, lost, strict=True) if line and line != lines[place]]
    # Where all hold something else, what counts of them is another.
    other = [] if len(corrected) == len(pairs) > 1 else corrected
    told = (
        _told(moved, "stands elsewhere", "stand elsewhere", keys, lines),
        _told(other, "holds something else than before", "hold something else than before", keys, lines),
        _told(new, "is new", "are new", keys, lines),
    )
    words = "; ".join(one for one in told if one)
    return [f"{name}: it does not name its samples, which are known again by what they hold: {words}."] if words else []


def _told(places: Sequence[int], one: str, many: str, keys: Sequence[str], lines: Sequence[Any]) -> str:
    if not places:
        return ""
    more = ", …" if len(places) > _NAMED else ""
    where = ", ".join(f"{keys[place]} in {lines[place]}" for place in places[:_NAMED])
    return f"{len(places)} {one if len(places) == 1 else many} ({where}{more})"
