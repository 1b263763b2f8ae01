"""What the viewers show of one unit, and its small line in tables and cards."""

from __future__ import annotations

import dataclasses
import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units import analyzer, extensions, phy, waveforms
from models.domains.units.around import Surroundings
from models.domains.units.around_analyzer import AnalyzerSurroundings
from models.domains.units.around_phy import PhySurroundings
from models.domains.units.metrics import BY_NAME, METRICS, SORTER, is_feature, unit_of
from models.domains.units.pieces import SPIKES, Pieces, pieces_of, read_pieces
from models.errors import UserError
from models.payload import Measure, Payload, Unit
from models.sample import Sample, Samples
from models.structure import PENDING

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
_FACTS = (("region", ""), ("ks_label", "Kilosort "), ("merged_into", "merged into "), ("split_into", "split into "))
_TABLES = (".csv", ".tsv", ".txt", ".json", ".parquet")
_MADE = {"merge": "merged from", "split": "split from"}
_ALONE = "Measures and labels only: no waveforms, no spikes."


def load(samples: Samples, row: int) -> tuple[Payload, ...]:
    """The one payload of a unit. Raises UserError for a source that is gone or can no longer be read."""
    sample = samples.sample(row)
    path = sample.source
    title = short(samples, row)
    told = _told(sample, title)
    if path.is_dir():
        unit = _of_sorting(sample, told)
        if SPIKES in samples.names and isinstance(unit.around, Surroundings):
            around = dataclasses.replace(unit.around, edited=functools.partial(_edited, samples, row))
            unit = dataclasses.replace(unit, around=around)
        return (unit,)
    if not path.exists():
        raise UserError(f"{path} is not there any more. Give the place where it is now.")
    none = np.zeros((0, 0), np.float32)
    return (Unit(template=none, positions=np.zeros((0, 2), np.float32), channels=(), best=(), note=_ALONE, **told),)


def _of_sorting(sample: Sample, told: dict[str, Any]) -> Unit:
    one = _open(sample)
    if sample.meta.get(SPIKES):
        return _made(Pieces(one, pieces_of(sample.key, sample.meta)), sample.meta, told)
    if isinstance(one, phy.Phy):
        return _sorted(one, sample.key, sample.meta, told)
    return _analyzed(one, sample.key, sample.meta, told)


def _edited(samples: Samples, row: int) -> tuple[dict[str, Pieces], frozenset[str]]:
    """The units that were made of a row's sorting and are there, and the keys of those of it that are not."""
    table, live = samples.table, samples.live
    source = table.column("source")
    same = np.asarray(source) == source[row].as_py()
    gone = np.flatnonzero(same & ~live[: len(same)]) if live is not None else np.zeros(0, np.int64)
    given = np.asarray(table.column(SPIKES).is_valid()) & same
    one, found = _open(samples.sample(row)), {}
    for place in np.setdiff1d(np.flatnonzero(given), gone).tolist():
        made = samples.sample(place)
        try:
            found[made.key] = Pieces(one, pieces_of(made.key, made.meta))
        except UserError:
            continue  # of a sorting that changed since: its own page tells it
    return found, frozenset(table.column("key").take(gone).to_pylist())


def _sorted(one: phy.Phy, key: str, meta: Any, told: dict[str, Any]) -> Unit:
    _known(one.folder, one.codes, key)
    template = one.template(key)
    best = waveforms.best_channels(template)
    missing = [] if template.size else ["no templates"]
    train = one.train(key)
    missing += [] if train is not None else ["no spike times"]
    return Unit(
        template=template,
        positions=one.positions,
        channels=one.channels,
        best=best,
        before=int(waveforms.best_wave(template).argmin()) if template.size else 0,
        rate=one.rate,
        seconds=one.seconds or None,
        location=_location(meta),
        spikes=train,
        note=f"This folder holds {' and '.join(missing)}." if missing else "",
        around=_around(one),
        **told,
    )


def _analyzed(one: analyzer.Analyzer, key: str, meta: Any, told: dict[str, Any]) -> Unit:
    _known(one.folder, one.codes, key)
    template = one.template(key)
    train = one.train(key)
    return Unit(
        template=template,
        positions=one.positions,
        channels=one.channels,
        best=waveforms.best_channels(template),
        spread=one.deviation(key),
        before=one.before,
        unit=one.unit,
        rate=one.rate,
        seconds=one.seconds or None,
        location=_location(meta),
        spikes=train,
        note="" if template.size else "This analyzer holds no templates.",
        around=_around(one),
        computable=extensions.computable(one),
        **told,
    )


def _told(sample: Sample, title: str) -> dict[str, Any]:
    measures, facts = _measures(sample.meta), _facts(sample.group, sample.meta)
    return {"key": sample.key, "title": title, "measures": measures, "facts": facts}


def _made(whole: Pieces, meta: Any, told: dict[str, Any]) -> Unit:
    """A unit that was merged or split, of what its sorting holds of its parts."""
    one, template = whole.one, whole.template()
    notes = ["Its measures are being computed."] if meta.get(PENDING) else []
    if any(piece.take is not None for piece in whole.pieces) and not isinstance(one, phy.Phy):
        notes.append("The waveform is that of the whole unit that was split.")
    before = int(waveforms.best_wave(template).argmin()) if template.size else 0
    return Unit(
        template=template,
        positions=one.positions,
        channels=one.channels,
        best=waveforms.best_channels(template),
        spread=whole.deviation(),
        before=before if isinstance(one, phy.Phy) else one.before,
        unit="" if isinstance(one, phy.Phy) else one.unit,
        rate=one.rate,
        seconds=one.seconds or None,
        location=_location(meta),
        spikes=whole if whole.timed else None,
        note=" ".join(notes),
        around=dataclasses.replace(_around(one), whole=whole),
        computable=extensions.computable(one) if isinstance(one, analyzer.Analyzer) else frozenset(),
        **told,
    )


def _open(sample: Sample) -> phy.Phy | analyzer.Analyzer:
    one = opened(sample.source, sample.meta.get("_rate"))
    if one is None:
        raise UserError(f"{sample.source} is not there any more. Give the place where it is now.")
    return one


def _around(one: phy.Phy | analyzer.Analyzer) -> Surroundings:
    """What is around the units of a sorting, kept for as long as it is open."""
    found = one.kept.get("around")
    if not isinstance(found, Surroundings):
        kind = PhySurroundings if isinstance(one, phy.Phy) else AnalyzerSurroundings
        found = one.kept["around"] = kind(one, functools.partial(_bare, one))  # type: ignore[arg-type]
    return found


def _bare(one: phy.Phy | analyzer.Analyzer, key: str) -> Unit:
    """A unit by its key alone, without measures."""
    told = {"key": key, "title": key}
    return _sorted(one, key, {}, told) if isinstance(one, phy.Phy) else _analyzed(one, key, {}, told)


def _known(folder: Path, codes: dict[str, int], key: str) -> None:
    if codes and key not in codes:
        raise UserError(f"{folder} has no unit {key} any more: it was sorted or curated anew since the import.")


def _location(meta: Any) -> tuple[float, ...] | None:
    places = [meta.get(name) for name in ("x", "depth")]
    return None if any(place is None for place in places) else tuple(float(place) for place in places)


def _measures(meta: Any) -> tuple[Measure, ...]:
    """The measures that a unit has, known ones first in their order; missing ones as NaN."""
    known = [metric for metric in METRICS if metric.name in meta]
    others = sorted(
        name
        for name, value in meta.items()
        if name not in BY_NAME and isinstance(value, int | float) and is_feature(name)
    )
    listed = [Measure(m.name, m.title, _number(meta[m.name]), m.unit, m.decimals, m.family) for m in known]
    return (*listed, *(Measure(name, name, _number(meta[name]), unit_of(name), family=SORTER) for name in others))


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _facts(group: str, meta: Any) -> tuple[str, ...]:
    told = [f"{word}{meta[name]}" for name, word in _FACTS if meta.get(name)]
    if meta.get(SPIKES):
        parents = [str(name).rpartition("#")[2] for name in json.loads(meta.get("_parents") or "[]")]
        told.append(f"{_MADE.get(meta.get('_act'), 'made of')} {' + '.join(parents)}")
    return (group, *told, *(["removed"] if meta.get("removed") else []))


def short(samples: Samples, row: int) -> str:
    """A short name of a unit: the end of its recording's name, and its id."""
    sample = samples.sample(row)
    key = sample.key.rpartition("/")[2]
    session = sample.group.rpartition("/")[2]
    return f"{session if len(session) <= 16 else '…' + session[-15:]}:{key}"


def sketch(samples: Samples, rows: Index, points: int) -> Floats:
    """The waveform on the best channel of each row, (rows, points); flat where there is none, NaN where unreadable."""
    chosen = np.asarray(rows, np.int64)
    lines = np.zeros((len(chosen), points), np.float32)
    table = samples.table
    numbers = table.column("source").take(chosen).to_pylist()
    keys = table.column("key").take(chosen).to_pylist()
    rates = table.column("_rate").take(chosen).to_pylist() if "_rate" in table.column_names else [None] * len(keys)
    made = table.column(SPIKES).take(chosen).to_pylist() if SPIKES in table.column_names else [None] * len(keys)
    for number in dict.fromkeys(numbers):
        places = [place for place, other in enumerate(numbers) if other == number]
        path = Path(samples.sources[number])
        try:
            one = opened(path, rates[places[0]])
        except (UserError, OSError, ValueError):
            lines[places] = np.nan
            continue
        if one is not None:
            for place in places:
                wave = _rough(one, keys[place], made[place])
                lines[place] = stretched(waveforms.best_wave(wave), points)
    return lines


def _rough(one: phy.Phy | analyzer.Analyzer, key: str, made: str | None) -> Floats:
    try:
        return Pieces(one, read_pieces(made)).template(rough=True) if made else one.template(key, rough=True)
    except UserError:
        return np.full((1, 1), np.nan, np.float32)


def drawn(samples: Samples) -> bool:
    """Whether any of the units has a waveform that could be drawn: tables and curation files hold none."""
    return any(Path(source).suffix.lower() not in _TABLES for source in samples.sources)


def opened(path: Path, rate: float | None) -> phy.Phy | analyzer.Analyzer | None:
    """The sorting at a place, None for a table. Raises UserError for one that is gone."""
    if not path.is_dir():
        return None
    return analyzer.opened(path) if analyzer.is_analyzer(path) else phy.opened(path, rate)


def stretched(wave: npt.NDArray[Any], points: int) -> Floats:
    """A waveform as so many points, between its samples by straight lines; zeros for an empty one."""
    if not len(wave) or points < 1:
        return np.zeros(points, np.float32)
    at = np.linspace(0, len(wave) - 1, points)
    return np.asarray(np.interp(at, np.arange(len(wave)), wave), np.float32)
