"""Requests that are kept: on disk before anybody is told so, and samples of the project soon after, a kill or not."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from models.errors import UserError
from models.service import Asked, Service
from models.store.atomic import sync_folder
from models.store.hold import lock

#: What stands beside a source that is no sample yet; the process that writes it holds a lock on this file.
_MARK = ".open"


class Kept:
    """The folder of a project that requests are kept in; one source at a time is written.

    take_in(source): makes its requests samples, and tells how many; again is harmless. For one thread.
    """

    def __init__(self, folder: Path, service: Service, take_in: Callable[[Path], int]) -> None:
        self._folder, self._service, self._take_in = folder, service, take_in
        self._source: Path | None = None
        self._mark: IO[bytes] | None = None

    def write(self, asked: Sequence[Asked]) -> None:
        """Add requests to the open source; when this returns they are on disk. Raises UserError and OSError."""
        if self._source is None:
            self._begin()
        assert self._source is not None
        self._service.keep(asked, self._source)

    def settle(self) -> int:
        """Make samples of the open source; what is written next begins another. Raises UserError and OSError.

        One that could not be taken in is left with its mark, and tried again by the next service that starts.
        """
        if self._source is None or self._mark is None:
            return 0
        source, mark = self._source, self._mark
        self._source = self._mark = None
        with mark:
            added = self._finish(source)
        Path(mark.name).unlink(missing_ok=True)
        return added

    def recover(self) -> int:
        """Make samples of what services left that are gone. Raises UserError and OSError.

        One that cannot be taken in holds up no other; the first of these is what is raised in the end.
        """
        added, failed = 0, list[UserError | OSError]()
        for mark in sorted(self._folder.glob(f"*{_MARK}")):
            with _held(mark) as held:
                if not held:
                    continue
                try:
                    added += self._finish(mark.with_suffix(""))
                except (UserError, OSError) as error:
                    failed.append(error)
                    continue
            mark.unlink(missing_ok=True)
        if failed:
            raise failed[0]
        return added

    def _begin(self) -> None:
        name = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%f")
        self._folder.mkdir(exist_ok=True)
        mark = self._folder.joinpath(name + _MARK).open("xb")
        if not lock(mark) or not Path(mark.name).exists():
            mark.close()
            raise OSError(f"{mark.name} is taken by another service")
        (self._folder / name).mkdir()
        for folder in (self._folder, self._folder.parent):
            sync_folder(folder)
        self._source, self._mark = self._folder / name, mark

    def _finish(self, source: Path) -> int:
        """Take a source in. Its mark goes after that, so that a kill at any moment only has it done again."""
        table = self._service.kept(source)
        if table is None:
            shutil.rmtree(source, ignore_errors=True)
            return 0
        return self._take_in(table)


@contextlib.contextmanager
def _held(mark: Path) -> Iterator[bool]:
    """Whether nobody else holds a mark, which is ours within the block then."""
    try:
        file = mark.open("r+b")
    except FileNotFoundError:
        yield False
        return
    with file:
        yield lock(file)
