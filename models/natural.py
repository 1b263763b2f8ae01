"""The order in which people expect texts and numbers: 2 before 10, what is missing last.

A hexadecimal id (``7d8e8432``) holds no numbers: it is ordered sign by sign, as its own digits are.
"""

from __future__ import annotations

import re
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

#: An id of eight hexadecimal digits or more in which digits and letters alternate, a UUID, or a number.
_HEX = "(?=[0-9{a}]{{8,}}(?![0-9A-Za-z]))(?=[0-9]*[{a}]+[0-9]+[{a}]|[{a}]*[0-9]+[{a}]+[0-9])[0-9{a}]+"
_UUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])"
_NUMBER = re.compile(rf"(?<![0-9A-Za-z])({_UUID}|{_HEX.format(a='a-f')}|{_HEX.format(a='A-F')})|[0-9]+")
#: Of a column whose first texts are mostly ids, all tokens as long as most of these are: the shortest of them.
_LOOK, _SHORTEST = 256, 6
_ZERO, _NINE = ord("0"), ord("9")
#: What each byte is: no part of a token, a digit, a hexadecimal letter of either case, any other letter.
_CODES = {"digit": 1, "lower": 2, "upper": 3, "other": 4}
_KINDS = np.zeros(256, np.uint8)
_KINDS[128:] = _KINDS[ord("g") : ord("z") + 1] = _KINDS[ord("G") : ord("Z") + 1] = _CODES["other"]
_KINDS[_ZERO : _NINE + 1], _KINDS[ord("a") : ord("g")], _KINDS[ord("A") : ord("G")] = 1, 2, 3
#: A number has at most so many digits that count for the order.
_LONGEST = 70
#: Where gaps stand among rounded keys.
_LAST = (1 << 32) - 1


def natural(text: str) -> str:
    """Sort key in which ``x10`` comes after ``x2``: before each number stands how long it is. Ids stay as they are."""
    return _NUMBER.sub(_measured, text)


def _measured(found: re.Match[str]) -> str:
    if found[1]:
        return found[1]
    digits = found[0].lstrip("0")
    return chr(_ZERO + min(len(digits), _LONGEST)) + digits


def order_of(values: npt.NDArray[np.generic], descending: bool = False) -> npt.NDArray[np.int64]:
    """The stable order of one column's values (n,): numbers by size, texts in natural order.

    What is missing (NaN, None, an empty text) comes last in both directions.
    """
    numbers = _ranks(values) if values.dtype == object else values.astype(np.float64, copy=False)
    return _stable_order(-numbers if descending else numbers)


def _ranks(texts: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """A number for each text that sorts as `natural` does, NaN where there is none."""
    import pyarrow.compute as pc

    encoded = pc.dictionary_encode(pa.array(texts, pa.string(), from_pandas=True))
    keys = _keys(encoded.dictionary)
    order = pc.sort_indices(keys).to_numpy()
    ranks = np.empty(len(keys) + 1, np.float64)
    ranks[order] = np.arange(len(keys))
    ranks[:-1][pc.equal(encoded.dictionary, "").to_numpy(zero_copy_only=False)] = np.nan
    ranks[-1] = np.nan
    codes = pc.fill_null(encoded.indices, len(keys)).to_numpy(zero_copy_only=False)
    return cast("npt.NDArray[np.float64]", ranks[codes])


def _keys(texts: pa.StringArray) -> pa.LargeStringArray:
    """`natural` of each text, over their bytes at once: a million must sort while a person waits.

    Ids are looked for where most of the first texts hold one; those few that look like a number or a name
    (``12345678``) stay as they are too.
    """
    _valid, offsets, data = pa.concat_arrays([texts.cast(pa.large_string())]).buffers()
    ends = np.frombuffer(offsets, np.int64, len(texts) + 1)
    letters = np.frombuffer(data or b"", np.uint8)[: ends[-1]]
    digit = (letters >= _ZERO) & (letters <= _NINE)
    if _has_ids(letters, ends):
        digit &= ~_ids(letters, ends)
    first = digit.copy()
    first[1:] &= ~digit[:-1]
    bounds = ends[:-1][ends[:-1] < len(letters)]
    first[bounds] = digit[bounds]
    run = np.cumsum(first, dtype=np.int32) - 1
    starts = np.flatnonzero(first)
    counting = np.cumsum(digit & (letters != _ZERO), dtype=np.int32)
    before = counting[starts] - (letters[starts] != _ZERO)
    kept = np.ones(len(letters), bool)
    kept[digit] = counting[digit] > before[run[digit]]
    lengths = np.bincount(run[digit & kept], minlength=len(starts))
    # Each letter's place among those that stay, moved on by the lengths written before it.
    place = np.cumsum(kept, dtype=np.int32) - kept + run + 1
    result = np.empty(int(kept.sum()) + len(starts), np.uint8)
    result[place[kept]] = letters[kept]
    result[place[starts] - 1] = _ZERO + np.minimum(lengths, _LONGEST)
    places = np.append(place - first, len(result))[ends].astype(np.int64)
    return pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(places), pa.py_buffer(result))


def _has_ids(letters: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64]) -> bool:
    """Whether most of the first texts hold an id."""
    some = ends[: _LOOK + 1]
    found = np.concatenate([[0], np.cumsum(_ids(letters[: some[-1]], some))])
    return bool(2 * np.count_nonzero(np.diff(found[some])) > np.count_nonzero(np.diff(some)))


def _ids(letters: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which bytes (n,) of these texts are of hexadecimal ids. ends: where texts begin and end, (m + 1,).

    An id has hexadecimal digits of one case alone, and most tokens of its length change more than once between digits
    and letters, as a name with its number does not.
    """
    kind = _KINDS[letters]
    word = kind > 0
    first = word.copy()
    first[1:] &= ~word[:-1]
    bounds = ends[:-1][ends[:-1] < len(letters)]
    first[bounds] = word[bounds]
    token = np.cumsum(first, dtype=np.int32) - 1
    count = int(first.sum())
    changes = word & ~first
    changes[1:] &= kind[1:] != kind[:-1]
    of = {name: np.bincount(token[kind == code], minlength=count) for name, code in _CODES.items()}
    long = np.bincount(token[word], minlength=count)
    fits = (of["other"] == 0) & ((of["lower"] == 0) | (of["upper"] == 0)) & (long >= _SHORTEST)
    sure = fits & (np.bincount(token[changes], minlength=count) > 1)
    taken = 2 * np.bincount(long[sure], minlength=1)
    usual = np.zeros(int(long.max(initial=0)) + 1, bool)
    usual[: len(taken)] = (taken > 0) & (taken >= np.bincount(long[fits], minlength=len(taken))[: len(taken)])
    found = np.zeros(len(letters), bool)
    found[word] = (fits & usual[long])[token[word]]
    return found


def _stable_order(key: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    # To sort whole numbers is twice as fast as to find an order, and as each holds its place below the key, rounded
    # to 32 bits, equal ones stay in theirs. Where rounding made keys equal, these few are sorted again.
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = key.astype("<f4")
    rounded += np.float32(0)  # −0 counts as 0
    bits = rounded.view("<u4")
    bits ^= (bits.view("<i4") >> 31).view("<u4") | np.uint32(1 << 31)
    bits[np.isnan(key)] = _LAST
    pairs = np.empty(len(key), "<u8")
    halves = pairs.view("<u4").reshape(-1, 2)
    halves[:, 0], halves[:, 1] = np.arange(len(key), dtype="<u4"), bits
    pairs.sort()
    order = halves[:, 0].astype(np.int64)
    _mend(order, key, np.ascontiguousarray(halves[:, 1]))
    return order


def _mend(order: npt.NDArray[np.int64], key: npt.NDArray[np.float64], rounded: npt.NDArray[np.uint32]) -> None:
    """Sort those of one rounded key by their own; rounded: as they stand in the order."""
    equal = np.flatnonzero((rounded[1:] == rounded[:-1]) & (rounded[1:] != _LAST))
    if (key[order[equal]] != key[order[equal + 1]]).any():
        places = np.union1d(equal, equal + 1)
        order[places] = order[places][np.lexsort((key[order[places]], rounded[places]))]
