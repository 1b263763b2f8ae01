"""The sample on which the annotations of a recording stand, whichever of its windows is looked at."""

from __future__ import annotations

from models.domains.eeg import finding, inner
from models.sample import Samples

_MEMO = "carriers"


def carrier_of(samples: Samples, row: int) -> str:
    """Its id: the whole of a recording; of an EEG of a table the window that came in first; else the sample itself."""
    name = str(samples.table.column("id")[row].as_py())
    kind = inner.text_of(samples, row, finding.KIND)
    if kind == "recording":
        key = str(samples.table.column("key")[row].as_py())
        return name.removesuffix(f"#{key}") if key else name
    path = inner.text_of(samples, row, finding.EEG)
    if kind != "hms" or not path:
        return name
    every = samples.whole or samples
    if _MEMO not in every.memo:
        every.memo[_MEMO] = _first_of_each(every)
    first: dict[tuple[int, str], str] = every.memo[_MEMO]
    return first[int(samples.table.column("source")[row].as_py()), path]


def _first_of_each(samples: Samples) -> dict[tuple[int, str], str]:
    """The id of the first window of each EEG, by the number of its table and its path."""
    columns = (samples.table.column(name).to_pylist() for name in ("source", finding.EEG, "id"))
    found: dict[tuple[int, str], str] = {}
    for source, path, name in zip(*columns, strict=True):
        if path:
            found.setdefault((source, path), name)
    return found
