"""The small pictures of a domain's samples: out of the pack of a project's cache, else drawn of what they are of."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.job import Progress
from models.learn.kept import Marks
from models.learn.pack import Pack, encode, open_pack, prune, write_part
from models.sample import Samples

Index = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]
#: Some of the asked rows (m,), as their places, and their pictures (m, side, side, 3).
Drawn = Iterator[tuple[Index, Pixels]]


@dataclass(frozen=True)
class Album:
    """What a domain says of its small pictures.

    folder: of their pack. title: what they are, in the words of a job. marks(samples, rows): what tells each from every
    other one, (n,). draw(samples, rows, side): pictures as they come; what cannot be read is not among them. side:
    pixels of a side that are kept. grey: what stands where there is none. step: pictures between two signs of life;
    part: of a part of the pack.
    """

    folder: Path
    title: str
    marks: Callable[[Samples, Index], Marks]
    draw: Callable[[Samples, Index, int], Drawn]
    side: int
    grey: int
    step: int
    part: int

    def pack(self) -> Pack:
        """The pictures that are kept, as they are now."""
        return open_pack(self.folder)

    def pictures(self, samples: Samples, rows: Index, side: int) -> Pixels:
        """Pictures of samples, (n, side, side, 3): from the pack, else drawn; grey for what cannot be read."""
        rows = np.asarray(rows, np.int64)
        out = np.full((len(rows), side, side, 3), self.grey, np.uint8)
        lacking = self._fill(out, samples, rows) if side <= self.side else np.arange(len(rows))
        if len(lacking):
            for where, found in self.draw(samples, rows[lacking], side):
                out[lacking[where]] = found
        return out

    def _fill(self, out: Pixels, samples: Samples, rows: Index) -> Index:
        """Put what is kept into its places; the places that are left."""
        known = self.pack()
        places = known.find(self.marks(samples, rows))
        for at in np.flatnonzero(places >= 0).tolist():
            found = known.picture(int(places[at]), out.shape[1])
            if found is None:
                places[at] = -1
            else:
                out[at] = found
        return np.flatnonzero(places < 0)

    def stage(self, samples: Samples) -> Generator[Progress, None, int]:
        """Put the pictures into the pack that are not in it; how many were. What no sample has any more goes."""
        rows = np.arange(len(samples), dtype=np.int64)
        asked = self.marks(samples, rows)
        known = prune(self.pack(), asked)
        lacking = rows[known.find(asked) < 0]
        known.folder.mkdir(parents=True, exist_ok=True)
        made = 0
        for start in range(0, len(lacking), self.part):
            marked: list[Marks] = []
            pictures: list[bytes] = []
            try:
                for first in range(start, min(start + self.part, len(lacking)), self.step):
                    yield Progress(first, len(lacking), self.title)
                    some = lacking[first : min(first + self.step, start + self.part)]
                    for where, found in self.draw(samples, some, self.side):
                        marked.append(asked[some[where]])
                        pictures += encode(found)
            finally:
                # Whoever stops keeps what was made; marks of pictures that were cut short are left over.
                made += write_part(known.folder, marked, pictures)
        yield Progress(len(lacking), len(lacking), self.title)
        return made
