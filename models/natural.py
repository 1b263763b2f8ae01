"""The order in which people expect texts and numbers: 2 before 10, what is missing last."""

from __future__ import annotations

import re
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_NUMBER = re.compile(r"[0-9]+")
_ZERO, _NINE = ord("0"), ord("9")
#: A number has at most so many digits that count for the order.
_LONGEST = 70
#: Where gaps stand among rounded keys.
_LAST = (1 << 32) - 1


def natural(text: str) -> str:
    """Sort key in which ``x10`` comes after ``x2``: before each number stands how long it is."""
    return _NUMBER.sub(_measured, text)


def _measured(found: re.Match[str]) -> str:
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
    """`natural` of each text, over their bytes at once: a million must sort while a person waits."""
    _valid, offsets, data = pa.concat_arrays([texts.cast(pa.large_string())]).buffers()
    ends = np.frombuffer(offsets, np.int64, len(texts) + 1)
    letters = np.frombuffer(data or b"", np.uint8)[: ends[-1]]
    digit = (letters >= _ZERO) & (letters <= _NINE)
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
