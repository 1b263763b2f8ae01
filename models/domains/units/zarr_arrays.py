"""Arrays of a zarr folder: small ones whole, large ones by the rows that are asked for. No Python object is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from models.errors import UserError

Array = npt.NDArray[Any]
#: An array above so many bytes is read in parts.
WHOLE = 128 * 2**20


class Chunked:
    """An array that reads the rows asked for; the part of NumPy's that readers of spikes need."""

    def __init__(self, held: Any, place: Path) -> None:
        self._held = held
        self._place = place
        self.shape: tuple[int, ...] = tuple(held.shape)
        self.ndim, self.dtype = len(self.shape), held.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Array:
        return _read(self._held, rows, self._place)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self[slice(None)], dtype)


class Arrays:
    """The arrays of a zarr folder by their names, such as ``extensions/waveforms/waveforms``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, Array | None] = {}

    def get(self, name: str) -> Array | None:
        """None where there is none, or where it holds Python objects. Raises UserError for a broken one."""
        if name not in self._kept:
            self._kept[name] = self._open(name)
        return self._kept[name]

    def _open(self, name: str) -> Array | None:
        import zarr

        place = self._folder / name
        if not (place / ".zarray").is_file():
            return None
        try:
            held = zarr.open_array(str(place), mode="r")
        except Exception as error:
            raise UserError(f"{place} cannot be read: {error}") from error
        if held.dtype.hasobject:
            return None
        return _read(held, slice(None), place) if held.nbytes <= WHOLE else cast(Array, Chunked(held, place))

    def told(self, name: str) -> dict[str, Any] | None:
        """What the first entry of an array of JSON objects says; None where it is anything else, such as a pickle."""
        import zarr

        place = self._folder / name
        try:
            kinds = [one["id"] for one in json.loads((place / ".zarray").read_text("utf-8"))["filters"]]
            found = zarr.open_array(str(place), mode="r")[0] if kinds == ["json2"] else None
        except Exception:  # noqa: BLE001 - a foreign or broken array: its reader can raise anything
            return None
        return dict(found) if isinstance(found, Mapping) else None


def _read(held: Any, rows: Any, place: Path) -> Array:
    try:
        return np.asarray(held.oindex[rows] if isinstance(rows, np.ndarray) else held[rows])
    except Exception as error:
        raise UserError(f"{place} cannot be read: it is broken or still written ({error})") from error
