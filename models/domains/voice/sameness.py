"""Rows of tables that name none of them: called by what they hold, and known again when a field or a column changes.

A row that changed is known again where what stayed of it could hardly be another's: the rarer the values that two rows
share, the less they do so by chance. Where that is not sure it is a new one: a label that stays behind is told, one on
another's row is not seen.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Placed
from models.pairing import Pairing

#: Two rows are one where, of so many wrong pairs that there are to choose from, less than this share of one is expected
#: to share as much; where they are so much likelier one than each of them with any other; and where this share of what
#: tells either is the same.
_CHANCE, _SURE, _SHARE = 0.02, 20.0, 0.65
#: The same where both are of a person of whom there is no other row: nobody knows what tells of the person alone.
_SHARE_ALONE = 0.85
#: What each digit of a value that only two rows have speaks for them at least, and so many of them: the log of one in
#: about three.
_DIGIT, _MOST_DIGITS = 1.15, 6
#: More pairs are not tried one by one.
_PAIRS = 400_000_000
#: Where a table has so many rows or more, a column that only rises or only falls tells places: a number, a time.
_RISING = 5
#: A column of which so much fewer values are in both tables than of another is in another unit now: it tells nothing.
_AGREE = 0.2
#: What of the numbers of a row is hashed together in parts: so few and so many, of so many digits each at least. What
#: has fewer could be found by trying.
_PARTS, _DIGITS = (4, 7), 14
_NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]*|(0|[1-9][0-9]*)?\.[0-9]+|[1-9][0-9]*\.)([eE][+-]?[0-9]{1,3})?")
#: A longer number is compared as it is written.
_LONGEST = 300
#: How many signs of its hash name a row.
_SIGNS = 10
#: Columns that are made here, or that a setting says of another column.
_MADE = ("speaker", "own_class", "line")
Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def hash_of(row: Mapping[str, str]) -> str:
    """A short hash of all fields of a row: the same wherever it stands, and however its columns are called."""
    told = "\0".join(_text(value) for value in row.values())
    return hashlib.blake2s(told.encode(), digest_size=8).hexdigest()


def names_of(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """What rows are called that nothing names: by what they hold; equal ones are numbered."""
    found: Counter[str] = Counter()
    names = []
    for row in rows:
        name = f"row {hash_of(row)[:_SIGNS]}"
        found[name] += 1
        names.append(name if found[name] == 1 else f"{name}-{found[name]}")
    return names


def parts_of(row: Mapping[str, str]) -> list[str]:
    """Short hashes of parts of the numbers of a row by the names of their columns: where one is corrected or a column
    comes, the others stay. None of a part that could be found by trying."""
    columns = [(name.strip().casefold(), _text(value)) for name, value in sorted(row.items())]
    numbers = [(name, value) for name, value in columns if _NUMBER.fullmatch(value)]
    parts: dict[tuple[int, int], list[str]] = defaultdict(list)
    for name, value in numbers:
        for count in _PARTS:
            part = hashlib.blake2s(f"{count} {name}".encode(), digest_size=2).digest()
            parts[count, int.from_bytes(part) % count].append(f"{name}={value}")
    rich = [(part, told) for part, told in sorted(parts.items()) if sum(map(_digits, told)) >= _DIGITS]
    return [hashlib.blake2s(f"{part} {told}".encode(), digest_size=8).hexdigest() for part, told in rich]


def match(before: Sequence[Placed], now: Sequence[Placed], pairing: Pairing) -> None:
    """Pair rows that hold something else by now: first those that no other row is like in any column that both tables
    tell alike, then those of which what stayed is rare enough. Rows of two speakers are never one."""
    if not pairing.left or not pairing.free():
        return
    old, new = _aligned([one.meta for one in before], [one.meta for one in now])
    shared = {name: len((set(old[name]) & set(new[name])) - {""}) for name in old}
    columns = [name for name, count in shared.items() if count and count >= _AGREE * max(shared.values())]
    # What is told anew in most columns was measured anew: that is no row of before.
    if not columns or 2 * len(columns) < len(old):
        return
    coded = [_codes(old[name], new[name]) for name in columns]
    groups = [_group(one) for one in before], [_group(one) for one in now]
    coded = _of_rows(coded, *groups)
    tables = _Table(coded, 0, groups[0]), _Table(coded, 1, groups[1])
    pairing.single(*(table.signs(-math.log(_CHANCE)) for table in tables))
    pairing.join(_rare(*tables, pairing))


def _digits(text: str) -> int:
    """How many digits of a number in a part say something."""
    return len(re.sub("[^0-9]", "", text.rpartition("=")[2].partition("e")[0]).strip("0"))


def _text(value: Any) -> str:
    """A value as text; numbers alike however they were written, whole ones with all their digits."""
    text = " ".join(str(value).split())
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        return text
    if re.fullmatch("[+-]?[0-9]+", text):
        return str(int(text))
    number = float(text)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else f"{number:.12g}"


def _told(facts: Mapping[str, Any]) -> dict[str, str]:
    """What the columns of a table hold of a row."""
    named = {name: value for name, value in facts.items() if not name.startswith("_") and name not in _MADE}
    return {name: _text(value) for name, value in named.items() if value is not None}


def _aligned(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The columns of both tables by one name, "" where a row tells nothing: by their own names, else by their places
    where there are as many. What only rises or falls is left out."""
    tables = [[_told(facts) for facts in some] for some in (old, new)]
    names = [list(dict.fromkeys(name for told in rows for name in told)) for rows in tables]
    common = [name for name in names[0] if name in names[1]]
    pairs = [(name, name) for name in common]
    if 2 * len(common) < min(map(len, names)) and len(names[0]) == len(names[1]):
        pairs = list(zip(*names, strict=True))
    found: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
    for pair in pairs:
        columns = [[told.get(name, "") for told in rows] for rows, name in zip(tables, pair, strict=True)]
        if not any(map(_is_rising, columns)):
            for side, column in zip(found, _rounded(*columns), strict=True):
                side[pair[0]] = column
    return found


def _rounded(old: Sequence[str], new: Sequence[str]) -> list[list[str]]:
    """Numbers of a column with as many decimals, or digits, as both tables have, where that makes more of them alike:
    another program may have saved fewer."""
    best = [list(old), list(new)]
    if set(old) != set(new) and all(map(_is_measured, best)):
        for count, form in ((_decimals, "f"), (_significant, "g")):
            least = min(max(map(count, some), default=0) for some in best)
            tried = [[text and _text(f"{float(text):.{least}{form}}") for text in some] for some in (old, new)]
            if len(set(tried[0]) & set(tried[1])) > len(set(best[0]) & set(best[1])):
                best = tried
    return best


def _decimals(text: str) -> int:
    return len(text.partition("e")[0].partition(".")[2])


def _significant(text: str) -> int:
    return max(len(re.sub("[^0-9]", "", text.partition("e")[0]).lstrip("0")), 1)


def _is_measured(values: Sequence[str]) -> bool:
    """Whether all that a column tells are numbers."""
    return all(not value or _NUMBER.fullmatch(value) for value in values)


def _is_rising(values: Sequence[str]) -> bool:
    """Whether all values are numbers that only rise, or only fall, from row to row."""
    if len(values) < _RISING or not all(map(_NUMBER.fullmatch, values)):
        return False
    steps = np.diff(np.array(list(map(float, values))))
    return bool((steps > 0).all() or (steps < 0).all())


def _codes(old: Sequence[str], new: Sequence[str]) -> tuple[Codes, Codes, Floats]:
    """The values of a column as numbers, the same in both tables, a missing one none (−1), and the weight of each."""
    both = Counter([*old, *new])
    values = [value for value in both if value]
    numbers = {"": -1} | {value: number for number, value in enumerate(values)}
    first, second = (np.array([numbers[value] for value in some], np.int64) for some in (old, new))
    weights = [_weight(value, both[value], len(old) + len(new)) for value in values]
    return first, second, np.array([*weights, 0.0])  # the last is that of none


def _weight(value: str, count: int, total: int) -> float:
    """How hard it is to share a value by chance: the log of one in how many rows has it, and where only two do, at
    least something for each digit of it."""
    rare = math.log(total / max(count, 2))
    return rare if count > 2 else max(rare, _DIGIT * min(_significant(value), _MOST_DIGITS))


def _group(one: Placed) -> str:
    """Who speaks in a row, "" where nobody is told and it goes by its own name."""
    return "" if one.group == one.key else one.group


def _of_rows(
    coded: list[tuple[Codes, Codes, Floats]], old: Sequence[str], new: Sequence[str]
) -> list[tuple[Codes, Codes, Floats]]:
    """Columns without weight where all rows of a person tell the same: a height, a date of birth."""
    people = [group for group, count in Counter(old).items() if group and count > 1]
    people += [group for group, count in Counter(new).items() if group and count > 1]
    if not people:
        return coded
    places = [[at for at, group in enumerate(some) if group] for some in (old, new)]
    found = []
    for first, second, weights in coded:
        told: dict[str, set[int]] = defaultdict(set)
        for codes, some, groups in zip((first, second), places, (old, new), strict=True):
            for at in some:
                told[groups[at]].add(int(codes[at]))
        constant = all(len(told[group]) == 1 for group in people)
        found.append((first, second, weights * 0.0 if constant else weights))
    return found


class _Table:
    """The rows of a table as codes (n, columns) with the weight of each, how rare it is, and who speaks in each."""

    def __init__(self, coded: Sequence[tuple[Codes, Codes, Floats]], side: int, groups: Sequence[str]) -> None:
        self.codes = np.stack([one[side] for one in coded], axis=1)
        self.weights = np.stack([one[2][one[side]] for one in coded], axis=1)
        self.groups = groups

    def signs(self, limit: float) -> list[tuple[Any, ...] | None]:
        """All that is told of each row, None where it is no rarer than the limit."""
        rare = (self.weights.sum(axis=1) > limit).tolist()
        rows = zip(self.codes.tolist(), self.groups, rare, strict=True)
        return [(*codes, group) if far else None for codes, group, far in rows]


def _rare(old: _Table, new: _Table, pairing: Pairing) -> list[tuple[int, int]]:
    """Rows that share what is so rare that it can hardly be chance."""
    left, free = np.array(sorted(pairing.left)), pairing.free()
    if not len(left) or not free or len(left) * len(free) > _PAIRS:
        return []
    owners = np.array([old.groups[at] for at in left.tolist()], object)
    weights = old.weights[left].sum(axis=1)
    single = {group for group, count in Counter(old.groups).items() if group and count == 1}
    best = _Best(len(free), len(left))
    for row, place in enumerate(free):
        same = (old.codes[left] == new.codes[place]) & (new.codes[place] >= 0)
        evidence = np.asarray(same @ new.weights[place], np.float64)
        if new.groups[place]:
            evidence[(owners != "") & (owners != new.groups[place])] = 0.0
        share = np.where((owners == new.groups[place]) & (new.groups[place] in single), _SHARE_ALONE, _SHARE)
        best.take(row, evidence, evidence > share * np.maximum(weights, new.weights[place].sum()))
    limit = math.log(len(free) * len(left) / _CHANCE)
    return [(free[row], int(left[at])) for row, at in best.pairs(limit, math.log(_SURE))]


class _Best:
    """The best of others for each of some rows, and by how much it is better than the next, from both sides."""

    def __init__(self, count: int, others: int) -> None:
        self._of_rows = np.zeros((count, 2)), np.full(count, -1)
        self._of_others = np.zeros((others, 2)), np.full(others, -1)
        self._fit = np.zeros(count, bool)

    def take(self, row: int, evidence: Floats, fits: npt.NDArray[np.bool_]) -> None:
        """Note what speaks for each other (n,), and which share enough (n,)."""
        values, best = self._of_rows
        at = int(evidence.argmax())
        values[row] = evidence[at], np.partition(evidence, -2)[-2] if len(evidence) > 1 else 0.0
        best[row], self._fit[row] = at, fits[at]
        values, best = self._of_others
        better = evidence > values[:, 0]
        values[:, 1] = np.where(better, values[:, 0], np.maximum(values[:, 1], evidence))
        values[:, 0] = np.where(better, evidence, values[:, 0])
        best[better] = row

    def pairs(self, limit: float, sure: float) -> list[tuple[int, int]]:
        """Those that are each other's best, more than the limit, and surely more than the next."""
        values, best = self._of_rows
        found = []
        for row in np.flatnonzero((values[:, 0] > limit) & self._fit).tolist():
            at = int(best[row])
            gaps = values[row, 0] - values[row, 1], values[row, 0] - self._of_others[0][at, 1]
            if int(self._of_others[1][at]) == row and min(gaps) > sure:
                found.append((row, at))
        return found
