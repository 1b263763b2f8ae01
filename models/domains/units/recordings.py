"""The units of a project by recording, and which recording a file beside them is of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.domains.units.sortings import file_name, plain_id
from models.errors import UserError
from models.sample import Samples


class Recordings:
    """The units of a project by recording: id → row."""

    def __init__(self, samples: Samples) -> None:
        codes, groups = samples.group_codes()
        sources, keys = samples.table.column("source").to_pylist(), samples.table.column("key").to_pylist()
        self.rows: dict[tuple[int, int], dict[str, int]] = {}
        for row, pair in enumerate(zip(sources, codes.tolist(), strict=True)):
            self.rows.setdefault(pair, {})[plain_id(keys[row], groups[pair[1]])] = row
        self.places = {pair: Path(samples.sources[pair[0]]) for pair in self.rows}
        self.names = {pair: file_name(groups[pair[1]]) for pair in self.rows}

    def of(self, path: Path, units: Sequence[str]) -> dict[str, int]:
        """The units of the recording that a file is of. UserError where that is none or may be several."""
        wanted = set(units)
        have = [pair for pair, rows in self.rows.items() if wanted <= rows.keys()]
        near = [pair for pair in have if self.places[pair] in path.parents or self.places[pair].parent == path.parent]
        named = [pair for pair in have if self.names[pair] in (path.stem, path.parent.name)]
        for choice in (near, named, have):
            if len(choice) == 1:
                return self.rows[choice[0]]
        if have:
            names = ", ".join(self.names[pair] for pair in have[:5])
            raise UserError(
                f"{path} may be of {len(have)} recordings that have all its units ({names}). Name it after one of them."
            )
        best = max(self.rows, key=lambda pair: len(wanted & self.rows[pair].keys()), default=None)
        if best is None or not wanted & self.rows[best].keys():
            raise UserError(f"{path} names no unit of this project. Import the sorting that it is of first.")
        return self.rows[best]
