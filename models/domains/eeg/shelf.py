"""The EEGs or spectrograms that lie beside a table, by their number; each is looked at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from models.domain import Skipped
from models.domains.eeg.broken import Broken
from models.domains.eeg.parquet import Head, read_head
from models.job import Progress

_PARTS = ("train_", "test_", "")
_SUFFIXES = (".parquet", ".csv")


@dataclass(frozen=True)
class Lying:
    """A file beside a table. path: relative to its folder. head: None where it cannot be read, for this reason."""

    path: str
    head: Head | None
    reason: str = ""


class Shelf:
    """kind: eegs or spectrograms."""

    def __init__(self, folder: Path, name: str, kind: str) -> None:
        self._folder = folder
        self._name = PurePosixPath(name).parent
        self._kind = kind
        self._files = dict(reversed(list(_files(folder, kind))))
        self._seen: dict[str, Lying] = {}

    def look(self, numbers: Iterable[str]) -> Iterator[Progress]:
        """Look at the files of these numbers, so that finding them takes no time."""
        wanted = [number for number in dict.fromkeys(numbers) if number in self._files]
        for place, number in enumerate(wanted):
            if place % 100 == 0:
                yield Progress(place, len(wanted), f"Looking at {len(wanted)} {self._kind}")
            self.find(number)

    def find(self, number: str) -> Lying | None:
        """The file of this number, None where there is none or where it cannot be read."""
        if number not in self._files:
            return None
        if number not in self._seen:
            self._seen[number] = self._look(self._files[number])
        return self._seen[number] if not self._seen[number].reason else None

    def holds(self, number: str) -> bool:
        """Whether there is a file of this number, readable or not."""
        return number in self._files

    def place_of(self, number: str) -> str:
        """Where the file of a number belongs, relative to the folder of the table."""
        part = next((part for part in _PARTS if (self._folder / f"{part}{self._kind}").is_dir()), _PARTS[0])
        return f"{part}{self._kind}/{number}.parquet"

    def _look(self, path: str) -> Lying:
        try:
            return Lying(path, read_head(self._folder / path))
        except Broken as reason:
            return Lying(path, None, str(reason))

    def broken(self) -> list[Skipped]:
        """The files that were asked for and cannot be read."""
        return [
            Skipped((self._name / one.path).as_posix(), "", one.reason) for one in self._seen.values() if one.reason
        ]

    def spoilt(self) -> set[Path]:
        """Where these are: what is told of them need not be told again."""
        return {self._folder / one.path for one in self._seen.values() if one.reason}


def _files(folder: Path, kind: str) -> Iterator[tuple[str, str]]:
    """Number and relative path of each file, those of a table's usual folder first."""
    for part in _PARTS:
        place = f"{part}{kind}"
        if (folder / place).is_dir():
            for item in sorted(os.scandir(folder / place), key=lambda one: one.name):
                stem, suffix = os.path.splitext(item.name)
                if suffix.lower() in _SUFFIXES and item.is_file():
                    yield stem, f"{place}/{item.name}"
