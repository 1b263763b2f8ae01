"""Units that were made by merging and splitting: the spikes of units of the sorting, all of them or some."""

from __future__ import annotations

import base64
import functools
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units.analyzer import Analyzer
from models.domains.units.phy import Phy
from models.domains.units.trains import Train, one_unit, train_measures
from models.errors import UserError

Bools = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
#: The metadata that holds the pieces of a made unit.
SPIKES = "_spikes"


@dataclass(frozen=True)
class Piece:
    """Spikes of one unit of the sorting: all of them, or those that `take` marks in the order of time, (count,)."""

    unit: str
    take: Bools | None = None


def pieces_of(key: str, meta: Mapping[str, Any]) -> tuple[Piece, ...]:
    """What a unit consists of; one of the sorting itself is a piece of its own."""
    text = meta.get(SPIKES)
    return read_pieces(str(text)) if text else (Piece(key),)


def write_pieces(pieces: Sequence[Piece]) -> str:
    """Pieces as JSON; which spikes are taken as packed bits, so that 100,000 spikes are some kilobytes."""
    return json.dumps([_plain(piece) for piece in pieces], separators=(",", ":"), ensure_ascii=False)


def _plain(piece: Piece) -> dict[str, Any]:
    if piece.take is None:
        return {"unit": piece.unit}
    packed = zlib.compress(np.packbits(piece.take).tobytes(), 9)
    return {"unit": piece.unit, "of": len(piece.take), "take": base64.b85encode(packed).decode("ascii")}


def read_pieces(text: str) -> tuple[Piece, ...]:
    """Pieces of JSON. Raises UserError for a text that is none."""
    try:
        return tuple(_read(told) for told in json.loads(text))
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise UserError("what this unit was made of cannot be read. Undo the act that made it.") from error


def _read(told: Mapping[str, Any]) -> Piece:
    if "take" not in told:
        return Piece(str(told["unit"]))
    count = int(told["of"])
    limit = count // 8 + 1
    packed = zlib.decompressobj().decompress(base64.b85decode(told["take"]), limit)
    if len(packed) * 8 < count:
        raise ValueError("too few bits")
    return Piece(str(told["unit"]), np.unpackbits(np.frombuffer(packed, np.uint8), count=count).astype(bool))


def united(parts: Sequence[Sequence[Piece]]) -> tuple[Piece, ...]:
    """Pieces of several units as those of one; what was split off a unit and comes back to it is one piece again."""
    found: dict[str, Piece] = {}
    for piece in (piece for pieces in parts for piece in pieces):
        known = found.get(piece.unit)
        take = piece.take if known is None else _either(known.take, piece.take)
        found[piece.unit] = Piece(piece.unit, None if take is None or take.all() else take)
    return tuple(found.values())


def _either(one: Bools | None, other: Bools | None) -> Bools | None:
    return None if one is None or other is None else one | other


class Pieces:
    """A made unit of an open sorting: its spikes in order of time, its waveform; see `models.payload.SpikeReader`."""

    def __init__(self, one: Phy | Analyzer, pieces: Sequence[Piece]) -> None:
        self.one = one
        self.pieces = tuple(pieces)
        for piece in self.pieces:
            _check(one, piece)
        self._trains = [one.train(piece.unit) for piece in self.pieces]

    @functools.cached_property
    def counts(self) -> Index:
        """Spikes of each piece."""
        return np.array([_count(train, piece) for train, piece in zip(self._trains, self.pieces, strict=True)])

    @property
    def count(self) -> int:
        return int(self.counts.sum())

    @property
    def timed(self) -> bool:
        """Whether the times of all its spikes are known."""
        return all(train is not None for train in self._trains)

    @functools.cached_property
    def _joined(self) -> tuple[Index, Index]:
        """Times, and where in the pieces one after the other each spike stands."""
        times = [_some(train.times(), piece) for train, piece in self._parts()]
        whole = np.concatenate(times) if times else np.zeros(0, np.int64)
        order = np.argsort(whole, kind="stable")
        return whole[order], order

    def _parts(self) -> list[tuple[Train, Piece]]:
        return [(train, piece) for train, piece in zip(self._trains, self.pieces, strict=True) if train is not None]

    def times(self) -> Index:
        return self._joined[0]

    def places(self) -> Index:
        """Where its spikes stand among all of the sorting, in order of time."""
        if self.one.spikes is None or not self.timed:
            return np.zeros(0, np.int64)
        parts = [_some(self.one.spikes.places(self.one.codes[piece.unit]), piece) for piece in self.pieces]
        return np.asarray(np.concatenate(parts)[self._joined[1]] if parts else np.zeros(0), np.int64)

    def amplitudes(self) -> Floats:
        found = [train.amplitudes() for train, _ in self._parts()]
        if not found or not all(len(values) for values in found):
            return np.zeros(0, np.float32)
        parts = [_some(values, piece) for values, (_, piece) in zip(found, self._parts(), strict=True)]
        return np.asarray(np.concatenate(parts)[self._joined[1]], np.float32)

    def of(self, key: str) -> Train | None:
        return self.one.train(key)

    def template(self, rough: bool = False) -> Floats:
        """The mean waveform, (channels, samples): of the pieces, weighted by their spikes."""
        waves = [self._wave(piece, rough) for piece in self.pieces]
        return _weighted(waves, self.counts)

    def _wave(self, piece: Piece, rough: bool) -> Floats:
        if piece.take is None or rough or not isinstance(self.one, Phy):
            return self.one.template(piece.unit, rough=rough)
        return self.one.template_at(self.one.spikes_of(piece.unit)[piece.take])

    def deviation(self) -> Floats | None:
        """The spread of the waveforms, (channels, samples); None where the sorting has none, or a piece is a part."""
        if isinstance(self.one, Phy) or any(piece.take is not None for piece in self.pieces):
            return None
        waves = [self.one.deviation(piece.unit) for piece in self.pieces]
        means = [self.one.template(piece.unit) for piece in self.pieces]
        if any(wave is None for wave in waves):
            return None
        mean = self.template()
        squares = [wave**2 + (own - mean) ** 2 for wave, own in zip(waves, means, strict=True) if wave is not None]
        return np.sqrt(_weighted(squares, self.counts))

    def split(self, parts: npt.NDArray[Any]) -> list[tuple[Piece, ...]]:
        """The pieces of each part, numbered from 0; parts: the number of the part of each spike in order of time."""
        back = np.empty(self.count, np.int64)
        back[self._joined[1]] = parts
        ends = np.cumsum(self.counts)
        found = []
        for part in range(int(parts.max(initial=-1)) + 1):
            own = []
            for piece, stop, count in zip(self.pieces, ends.tolist(), self.counts.tolist(), strict=True):
                take = self._full(piece, count)
                take[take] = back[stop - count : stop] == part
                if take.any():
                    own.append(Piece(piece.unit, None if take.all() else take))
            found.append(tuple(own))
        return found

    @staticmethod
    def _full(piece: Piece, count: int) -> Bools:
        return np.ones(count, bool) if piece.take is None else piece.take.copy()

    def measures(self) -> dict[str, float]:
        """What the spikes alone tell, as for a unit of the sorting."""
        if not self.timed or self.one.seconds <= 0:
            return {"num_spikes": float(self.count)}
        amplitudes = self.amplitudes()
        spikes = one_unit(self.times(), amplitudes if len(amplitudes) else None)
        found = train_measures(spikes, self.one.rate, self.one.seconds)
        return {name: float(values[0]) for name, values in found.items()}


def _check(one: Phy | Analyzer, piece: Piece) -> None:
    """UserError where the sorting is not the one that the unit was made of."""
    if one.spikes is None:
        return
    if piece.unit not in one.codes:
        raise UserError(f"{one.folder} has no unit {piece.unit} any more: it was sorted or curated anew since.")
    there = int(one.spikes.counts[one.codes[piece.unit]])
    if piece.take is not None and len(piece.take) != there:
        raise UserError(
            f"{one.folder} was sorted or curated anew since unit {piece.unit} was split: it had {len(piece.take)} "
            f"spikes and has {there}. Undo the split, or bring the former sorting back."
        )


def _count(train: Train | None, piece: Piece) -> int:
    if piece.take is not None:
        return int(piece.take.sum())
    return train.count if train is not None else 0


def _some(values: npt.NDArray[Any], piece: Piece) -> npt.NDArray[Any]:
    return values if piece.take is None else values[piece.take]


def _weighted(waves: Sequence[Floats], counts: Index) -> Floats:
    known = [(wave, count) for wave, count in zip(waves, counts.tolist(), strict=True) if wave.size]
    if not known or len({wave.shape for wave, _ in known}) > 1:
        return np.zeros((0, 0), np.float32)
    total = sum(count for _, count in known)
    shares = [count / total if total else 1 / len(known) for _, count in known]
    return np.asarray(sum(share * wave for share, (wave, _) in zip(shares, known, strict=True)), np.float32)
