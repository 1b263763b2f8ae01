"""Samples that their source does not name, known again by what they hold when it has changed.

Rows of a table and boxes of an image come and go, and are corrected; a label must not go to another one by that. Those
that hold the same are the same; of others domains tell which one each is. What was withdrawn stays out wherever it
stands, and when it changed a little, by short hashes of what it held.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from models.findings import Placed
from models.natural import natural
from models.pairing import Pairing
from models.sample import LINE, PRINTS, portable_id
from models.store import schema, settings
from models.store.digest import id_digest
from models.store.samples import metadata_rows

if TYPE_CHECKING:
    from models.domain import Found

#: So many parts that a withdrawn sample held tell that this is one.
_ENOUGH = 2
#: The setting of how many samples without names were withdrawn from a source, by the hash of its name.
WITHDRAWN = "withdrawn_rows"
#: So many samples are named.
_NAMED = 3
#: The end of a key that numbers what is called alike, as boxes of one image.
_NUMBER = re.compile("(?<=#)[0-9]{1,12}$")


@dataclass(frozen=True)
class Known:
    """What is known of a source: samples that it did not name, all keys that are given, and how many were withdrawn.

    same: it is as it was, and names by what they hold are known: there is nothing to recognise.
    """

    placed: Sequence[Placed] = ()
    keys: Collection[str] = frozenset()
    gone: int = 0
    same: bool = False


@dataclass(frozen=True)
class Recognised:
    """The samples of a source by the keys that the project has of them. withdrawn: how many were left out as such.

    renewed: of how many known ones something else is told than before, where that was asked for. stones: hashes of
    those that were left out and hold something else by now. gone: how many that were withdrawn may still be in the
    source.
    """

    found: Found
    withdrawn: int = 0
    notes: Sequence[str] = ()
    renewed: int = 0
    stones: Sequence[str] = ()
    gone: int = 0


def known_of(connection: Connection, source: int, name: str, found: Found, changed: bool) -> Known:
    """The samples of a source that it did not name, in the order of their places, and the keys of all of it.

    Nothing where a domain names them, or the source is as it was and its keys are all known.
    """
    own = schema.sample.c
    if found.match is None:
        return Known()
    there = select(own.key).where(own.source == source)
    keys = set(connection.execute(there).scalars())
    given = list(map(str, found.keys))
    # Names by what is held are the same in the same source; numbers may be of others by now.
    if not changed and keys.issuperset(given) and not any(map(_NUMBER.search, given)):
        return Known((), keys, same=True)
    statement = select(own.key, own.grp, own.meta).where(own.source == source, own.made == 0).order_by(own.number)
    rows = [(key, group, json.loads(meta)) for key, group, meta in connection.execute(statement)]
    named = _named(found)
    # Those of before lines were kept have none: nothing else names them where a source names none of its samples now.
    placed = [
        Placed(key, str(meta.get(LINE) or ""), group, meta)
        for key, group, meta in rows
        if key not in named and (LINE in meta or LINE in found.columns)
    ]
    return Known(sorted(placed, key=lambda one: natural(one.line)), keys, _gone(connection, name))


def recognise(found: Found, name: str, known: Known, stones: Collection[str]) -> Recognised:
    """Samples by the keys that they are known by. name: of the source; stones: hashes of what was withdrawn.

    What has a name goes by it, but for a sample that had none before.
    """
    if found.match is None or known.same or not (known.placed or stones):
        return Recognised(found, gone=known.gone)
    given, lines = _placed(found), found.columns.get(LINE)
    mine = {one.key for one in known.placed}
    asked = [
        place
        for place, one in enumerate(given)
        if (one.line if lines is not None else one.key in mine or one.key not in known.keys)
    ]
    now = [given[place] for place in asked]
    pairing = Pairing(len(known.placed), len(asked))
    pairing.equal([_print(one) for one in known.placed], [_print(one) for one in now])
    changed = set(pairing.free())
    found.match(known.placed, now, pairing)
    for place in sorted(changed):
        _part(pairing, place, now[place], known.placed, stones)
    pairs = {asked[place]: at for place, at in enumerate(pairing.places) if at >= 0}
    own = {place: one.key for place, one in enumerate(given)}
    own |= dict.fromkeys(asked, "") | {place: known.placed[at].key for place, at in pairs.items()}
    keys = _keys(given, list(own.values()), known.keys, lambda key: _by_prints(portable_id(name, key)) in stones)
    corrected = [asked[place] for place in sorted(changed) if pairing.places[place] >= 0]
    notes = _notes(name, keys, given, corrected)
    new = pairing.free()
    if 2 * len(corrected) > len(pairs) and len(new) <= known.gone - len(pairing.out):
        # Where nearly all is told in other words, what none of them is may well be what was withdrawn.
        pairing.out |= set(new)
        notes += _suspect(name, [given[asked[place]].line for place in new])
    else:
        # What was withdrawn and is not there has left the source.
        known = replace(known, gone=min(known.gone, len(pairing.out)))
    found = replace(_rekeyed(found, keys), columns=_lined(found, known, pairs))
    out = {asked[place] for place in pairing.out}
    stay = [place for place in range(len(keys)) if place not in out]
    # Of what it holds by now the whole alone: parts of it may be of others that stay.
    held = (_print(now[place]) for place in sorted(pairing.out))
    left = [sha for one in held if one and (sha := _stone(one)) not in stones]
    return Recognised(found.take(stay) if out else found, len(out), notes, stones=left, gone=known.gone)


def print_digests(sample: str, meta: Mapping[str, Any], shared: Collection[str]) -> list[str]:
    """The hashes that a withdrawn sample leaves behind beside that of its id. shared: parts that others hold too."""
    prints = _prints(meta)
    return [_by_prints(sample), *map(_stone, [*prints[:1], *(one for one in prints[1:] if one not in shared)])]


def parts_of(meta: Mapping[str, Any]) -> list[str]:
    """The short hashes of parts of what a sample holds."""
    return _prints(meta)[1:]


def _part(pairing: Pairing, place: int, one: Placed, before: Sequence[Placed], stones: Collection[str]) -> None:
    """Leave out what was withdrawn, unless it is more alike to the sample it is paired with."""
    whole, alike = _withdrawn(one.meta, stones)
    at = pairing.places[place]
    own = set(_prints(one.meta)[1:]) & set(_prints(before[at].meta)[1:]) if at >= 0 else set()
    if whole or (alike >= _ENOUGH and alike > len(own)):
        pairing.out.add(place)
        pairing.part(place)


def _placed(found: Found) -> list[Placed]:
    """The samples that were found as those that are known are told."""
    lines = found.columns.get(LINE, [None] * len(found.keys))
    metas = metadata_rows(found.columns, len(found.keys))
    rows = zip(map(str, found.keys), lines, map(str, found.groups), metas, strict=True)
    return [Placed(key, str(line or ""), group, json.loads(meta)) for key, line, group, meta in rows]


def _named(found: Found) -> set[str]:
    """The keys of samples that have a name among those that have none."""
    lines = found.columns.get(LINE)
    return {str(key) for key, line in zip(found.keys, lines or (), strict=bool(lines)) if line is None}


def _prints(meta: Mapping[str, Any]) -> list[str]:
    return str(meta.get(PRINTS) or "").split()


def _print(one: Placed) -> str | None:
    """What tells whether a sample holds the same; None where that is not known."""
    return next(iter(_prints(one.meta)), None)


def _keys(
    given: Sequence[Placed], own: Sequence[str], known: Collection[str], is_withdrawn: Callable[[str], bool]
) -> list[str]:
    """The key of each sample: that of the one it is, "" for a new one, which has the one it was found by, or the next
    of its kind where another has that, or had it before that was withdrawn."""
    keys, taken = list(own), {*known, *own}
    last: dict[str, int] = {}
    for place, one in enumerate(given):
        if not keys[place] and one.key not in taken and not is_withdrawn(one.key):
            keys[place] = one.key
            taken.add(one.key)
    for place, one in enumerate(given):
        while not keys[place]:
            key = _next(one.key, taken, last)
            if key not in taken and not is_withdrawn(key):
                keys[place] = key
                taken.add(key)
    return keys


def _next(key: str, taken: Iterable[str], last: dict[str, int]) -> str:
    """The next key of this kind: ``a.png#4`` after ``a.png#3``, of a name ``name-2``."""
    begin = _NUMBER.sub("", key)
    if begin == key:
        begin, first = f"{key}-", 1
    else:
        first = max(int(found[0]) for one in taken if one.startswith(begin) and (found := _NUMBER.search(one)))
    last[begin] = last.get(begin, first) + 1
    return f"{begin}{last[begin]}"


def _lined(found: Found, known: Known, pairs: Mapping[int, int]) -> Mapping[str, Sequence[Any]]:
    """The columns; samples that have names now and had none stay such as are known by what they hold."""
    if LINE in found.columns or not pairs:
        return found.columns
    lines: list[str | None] = [None] * len(found.keys)
    for place, at in pairs.items():
        lines[place] = known.placed[at].line
    return {**found.columns, LINE: lines}


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
    """The mark that a withdrawn sample is known by what it held, not by its number."""
    return id_digest(f"{sample}\0by prints")


def _stone(one: str) -> str:
    return id_digest(f"\0{one}")


def _withdrawn(meta: Mapping[str, Any], stones: Collection[str]) -> tuple[bool, int]:
    """Whether a withdrawn sample held the same, and how many parts of it one held."""
    found = [_stone(one) in stones for one in (_prints(meta) if stones else ())]
    return any(found[:1]), sum(found[1:])


def _gone(connection: Connection, name: str) -> int:
    """How many samples were withdrawn from a source that it did not name."""
    return int((settings.stored(connection, WITHDRAWN) or {}).get(id_digest(name), 0))


def withdrawn_from(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """How many samples of these were withdrawn from each source by now that it does not name, for `WITHDRAWN`."""
    found = Counter(settings.stored(connection, WITHDRAWN) or {})
    own, source = schema.sample.c, schema.source
    statement = select(source.c.name).join(schema.sample, source.c.number == own.source)
    lined = own.meta.contains(f'"{LINE}":', autoescape=True)
    for name in connection.execute(statement.where(own.id.in_(ids), lined)).scalars():
        found[id_digest(name)] += 1
    return dict(found)


def doubtful_words(name: str, gone: int, fresh: Sequence[str]) -> list[str]:
    """What to say of new samples of a source from which others were withdrawn that are not in it as they were."""
    if gone <= 0 or not fresh:
        return []
    some = "a sample that was withdrawn from it is" if gone == 1 else f"{gone} samples that were withdrawn from it are"
    more = ", …" if len(fresh) > _NAMED else ""
    many = f"the new one is another ({fresh[0]})" if len(fresh) == 1 else (
        f"the {len(fresh)} new ones are others ({', '.join(fresh[:_NAMED])}{more})"
    )  # fmt: skip
    return [f"{name}: {some} not in it as before. See that {many}, or take out what is not with `winnow purge`."]


def _suspect(name: str, lines: Sequence[str]) -> list[str]:
    """What to say of those that stay out because they may be what was withdrawn."""
    if not lines:
        return []
    more = ", …" if len(lines) > _NAMED else ""
    where = f"{', '.join(lines[:_NAMED])}{more}"
    single = "is", "a withdrawn one", "it stays"
    are, one, stay = single if len(lines) == 1 else ("are", "as many withdrawn ones", "they stay")
    known = f"{where} {are} none of those that are known, and {one} {are} not in it as before"
    return [f"{name}: {known}: {stay} out."]


def keep_gone(connection: Connection, name: str, gone: int) -> None:
    """Keep how many that were withdrawn may still be in a source."""
    told = settings.stored(connection, WITHDRAWN) or {}
    if told.get(id_digest(name), 0) != gone:
        settings.put(connection, WITHDRAWN, {**told, id_digest(name): gone})


def _notes(name: str, keys: Sequence[str], given: Sequence[Placed], corrected: Sequence[int]) -> list[str]:
    """What to say of samples that hold something else than before."""
    if not corrected:
        return []
    more = ", …" if len(corrected) > _NAMED else ""
    places = [f" in {given[place].line}" if given[place].line else "" for place in corrected[:_NAMED]]
    where = ", ".join(f"{portable_id(name, keys[place])}{at}" for place, at in zip(corrected, places, strict=False))
    many = "a sample holds" if len(corrected) == 1 else f"{len(corrected)} samples hold"
    stay = "It stays the one it was" if len(corrected) == 1 else "They stay those they were"
    return [f"{name}: {many} something else than before ({where}{more}). {stay}, by what did not change."]
