"""An ONNX file whose convolutions are of whole numbers of 8 bits: what stays as it was is decided by measurement.

Weights are signed, each channel by its scale; values between convolutions unsigned. GRU, attention, heads and the
probabilities stay: they cost little, and one large number among theirs would leave the others no digits. Ends of
ranges are chosen among several ways, and the convolutions that disturb the answers most stay as they were until rows
that were held out answer as before. What is made is to be tried out on rows of neither kind.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.learn import onnx_ranges
from models.learn.onnx_alike import Alike, compare
from models.learn.onnx_layers import Layers, prepare
from models.learn.onnx_session import Inputs, answers, open_session

#: Share of held-out rows whose answer may be another class, and of those that a file is tried out on in the end.
HELD, CHANGED = 0.005, 0.01
#: Rows on which each group of convolutions is tried out alone.
_FEW = 64


@dataclass(frozen=True)
class Quantised:
    """How a file was made whole. calibrated: on how many rows. way: how its ranges were chosen of what these hold.

    layers: how many convolutions there are. floats: those that compute as before, as the network calls them. held:
    what held-out rows got.
    """

    calibrated: int
    way: str
    layers: int
    floats: tuple[str, ...]
    held: Alike


@dataclass(frozen=True)
class _Made:
    """A way to make it, and what it answers."""

    way: str
    floats: tuple[str, ...]
    held: Alike

    @property
    def badness(self) -> tuple[float, float]:
        return self.held.bound, self.held.shift

    def reached(self, most: float) -> bool:
        # Rows are few, and the first way that is good enough on them is a little lucky.
        return self.held.changed <= most and self.held.bound <= most


def quantise(place: Path, target: Path, some: Inputs, held: Inputs, most: float = HELD) -> Quantised:
    """Write `target` of the file at `place`, calibrated on `some` rows, with what `held` rows do not bear left out.

    most: the share of these that may be of another class before layers stay as they were.
    """
    with tempfile.TemporaryDirectory(prefix="winnow-int8-") as folder, _quiet():
        plain = Path(folder) / "plain.onnx"
        prepare(place, plain)
        bench = _Bench(plain, Path(folder) / "tried.onnx", some, held)
        best = min((bench.tried((), way) for way in onnx_ranges.WAYS), key=lambda one: one.held.shift)
        if not best.reached(most):
            best = bench.narrowed(best, most)
        bench.write(target, best.way, best.floats)
        names = tuple(bench.layers.title(name) for name in best.floats)
        return Quantised(len(next(iter(some.values()))), best.way, len(bench.layers.names), names, best.held)


class _Bench:
    """A prepared file made whole in part, again and again, and asked held-out rows."""

    def __init__(self, plain: Path, place: Path, some: Inputs, held: Inputs) -> None:
        self.layers, self.place, self.held = Layers(plain), place, held
        self.wanted = answers(open_session(plain), held)
        seen = onnx_ranges.watch(plain, self.layers.values, some)
        self.ranges = {way: onnx_ranges.ranges(seen, way) for way in onnx_ranges.WAYS}

    def write(self, place: Path, way: str, floats: Sequence[str]) -> None:
        """The file, with these convolutions as they were."""
        few = set(floats)
        self.layers.write(place, [name for name in self.layers.names if name not in few], self.ranges[way])

    def tried(self, floats: Sequence[str], way: str, rows: int | None = None) -> _Made:
        """What the file answers with these convolutions as they were. rows: the first ones alone."""
        ordered = tuple(name for name in self.layers.names if name in set(floats))
        self.write(self.place, way, ordered)
        asked = {name: values[:rows] for name, values in self.held.items()}
        found = compare(self.wanted[:rows], answers(open_session(self.place), asked))
        return _Made(way, ordered, found)

    def narrowed(self, best: _Made, most: float) -> _Made:
        """The first of those with ever more of the convolutions that disturb most as they were which is good enough.

        Else the best of them.
        """
        groups = sorted(self.layers.groups, key=lambda group: -self._noise(group, best.way))
        for count in _counts(len(groups)):
            made = self.tried([name for group in groups[:count] for name in group], best.way)
            if made.reached(most):
                return made
            best = min(best, made, key=lambda one: one.badness)
        return best

    def _noise(self, group: Sequence[str], way: str) -> float:
        """How much answers shift with only these convolutions in whole numbers."""
        others = [name for name in self.layers.names if name not in set(group)]
        return self.tried(others, way, _FEW).held.shift


def _counts(groups: int) -> list[int]:
    """How many groups stay as they were: one by one, then in larger steps, never all."""
    return sorted({*range(1, min(groups, 7)), *range(8, groups, 3)} - {groups})


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Its library logs advice to the root that is not for a person."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
