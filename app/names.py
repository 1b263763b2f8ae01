"""Short names of samples, as every list shows them, and the samples that a few typed letters mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.domain import Domain
from models.sample import Samples

#: Names of groups that are longer are shortened, to this many letters at least.
LONG, SHORT = 14, 8
#: What the letters can be the whole of, the beginning of, or stand in, by worth: short name, key, whole id.
WORTH = {"short": (9, 8, 4), "key": (7, 6, 3), "id": (5, 2, 1)}


def short_name(domain: Domain, samples: Samples, row: int) -> str:
    """The domain's short name of a sample; else number of the source and key, or the end of a long key."""
    if domain.short is not None:
        return domain.short(samples, row)
    key = str(samples.table.column("key")[row].as_py())
    return f"{samples.table.column('source')[row].as_py()}/{key}" if len(key) < 24 else f"…{key[-22:]}"


def short_names(domain: Domain, samples: Samples) -> pa.Array:
    """The short names of all samples, in order of rows; about a second for 100,000."""
    return pa.array([short_name(domain, samples, row) for row in range(len(samples))], pa.string())


def short_groups(names: Sequence[str]) -> list[str]:
    """Names of groups for a narrow column: of long ones the beginning, as many letters as tell them apart."""
    if all(len(name) <= LONG for name in names):
        return list(names)
    most = max(len(name) for name in names)
    wide = next((wide for wide in range(SHORT, most) if len({name[:wide] for name in names}) == len(set(names))), most)
    return [name[:wide].rstrip("-_ ") for name in names]


def find_samples(
    samples: Samples, shorts: pa.Array | None, wanted: str, most: int, live: npt.NDArray[np.bool_] | None = None
) -> tuple[list[int], int]:
    """Rows that the typed letters mean, best first and at most `most`, and how many there are in all.

    shorts: of `short_names`, None while they are not known; then keys and ids alone are searched. live: which
    are there at all.
    """
    columns = {"key": samples.table.column("key"), "id": samples.table.column("id")}
    if shorts is not None:
        columns["short"] = shorts
    worth = np.zeros(len(samples), np.int8)
    for name, column in columns.items():
        np.maximum(worth, _worth(column, wanted, WORTH[name]), out=worth)
    if live is not None:
        worth[~live] = 0
    order = np.argsort(-worth, kind="stable")[:most]
    return [int(row) for row in order if worth[row]], int(np.count_nonzero(worth))


def _worth(column: pa.ChunkedArray | pa.Array, wanted: str, worth: tuple[int, int, int]) -> npt.NDArray[np.int8]:
    import pyarrow.compute as pc

    whole, begins, inside = worth
    found = _mask(pc.match_substring(column, wanted, ignore_case=True)) * np.int8(inside)
    found[_mask(pc.starts_with(column, wanted, ignore_case=True))] = begins
    found[_mask(pc.match_substring_regex(column, f"^{_escape(wanted)}$", ignore_case=True))] = whole
    return found


def _mask(found: pa.ChunkedArray | pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(found.to_numpy(zero_copy_only=False), bool)


def _escape(text: str) -> str:
    r"""Letters of an expression that stand for themselves: Arrow's engine takes \ before any sign."""
    return "".join(sign if sign.isalnum() or ord(sign) > 127 else f"\\{sign}" for sign in text)
