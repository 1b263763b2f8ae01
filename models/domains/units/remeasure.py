"""Measures of made units, computed by spikeinterface from the analyzer that their parts came from."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units import analyzer, extensions
from models.domains.units.metrics import RENAMED
from models.domains.units.pieces import Piece, pieces_of
from models.errors import Cancelled, UserError
from models.job import Progress
from models.sample import Sample, Samples
from models.structure import PENDING

Index = npt.NDArray[np.int64]
Found = dict[int, Mapping[str, Any]]
_TABLES = ("quality_metrics", "template_metrics")
#: What is measured on the mean waveform: for a part of a unit it is not known without the waveforms.
_OF_TEMPLATE = ("snr", "sd_ratio", "noise_ratio")


def measure(samples: Samples, rows: Index) -> Generator[Progress, None, Found]:
    """Measures of each row by name; of a unit that cannot be measured none, but it waits no longer.

    Stopped between two units it returns those that are done.
    """
    found: Found = {}
    loaded: dict[Path, Any] = {}
    for place, row in enumerate(rows.tolist()):
        unit = samples.sample(row)
        try:
            yield Progress(place, len(rows), f"Measuring {unit.id}")
            found[row] = {**_measured(unit, loaded), PENDING: None}
        except Cancelled:
            break
        except UserError as error:
            found[row] = {PENDING: None}
            yield Progress(place, len(rows), f"{unit.id} could not be measured", log=str(error))
    return found


def _measured(unit: Sample, loaded: dict[Path, Any]) -> dict[str, Any]:
    if not analyzer.is_analyzer(unit.source):
        return {}
    if unit.source not in loaded:
        loaded.clear()
        loaded[unit.source] = extensions.load_whole(unit.source)
    pieces = pieces_of(unit.key, unit.meta)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made, name = _made(loaded[unit.source], pieces)
        except Exception as error:
            raise UserError(f"spikeinterface cannot make {unit.id}: {error}") from error
    parts = any(piece.take is not None for piece in pieces) and not made.has_extension("waveforms")
    return _values(made, name, parts)


def _made(one: Any, pieces: Sequence[Piece]) -> tuple[Any, Any]:
    """The analyzer with the unit in it, in memory, and the unit's id there."""
    by_text = {str(own): own for own in one.unit_ids}
    units = []
    for piece in pieces:
        own = by_text[piece.unit]
        if piece.take is not None:
            groups = [np.flatnonzero(piece.take), np.flatnonzero(~piece.take)]
            one, ids = one.split_units({own: groups}, return_new_unit_ids=True)
            own = ids[0][0]
        units.append(own)
    if len(units) == 1:
        return one, units[0]
    one, ids = one.merge_units([units], sparsity_overlap=0, return_new_unit_ids=True)
    return one, ids[0]


def _values(made: Any, name: Any, parts: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for table in _TABLES:
        if not made.has_extension(table) or (parts and table == "template_metrics"):
            continue
        told = made.get_extension(table).get_data().loc[name]
        for column, value in told.items():
            own, factor = RENAMED.get(str(column), (str(column), 1.0))
            number = float(value)
            if np.isfinite(number) and not (parts and own in _OF_TEMPLATE):
                values[own] = number * factor
    if made.has_extension("unit_locations") and not parts:
        places = made.get_extension("unit_locations").get_data()[list(made.unit_ids).index(name)]
        values |= dict(zip(("x", "depth", "z"), (float(place) for place in places), strict=False))
    return values
