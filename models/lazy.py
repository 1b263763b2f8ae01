"""What is loaded when it is asked for, functions and rows of records, so that a record which names it stays light."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload


@dataclass(frozen=True)
class Lazy:
    """A function of a module that is imported with its first call."""

    module: str
    name: str

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self.found()(*given, **named)

    def found(self) -> Callable[..., Any]:
        """The function itself."""
        function: Callable[..., Any] = getattr(importlib.import_module(self.module), self.name)
        return function


def lazy(package: str, path: str) -> Any:
    """The function at a path inside a package, such as ``load.short``, for a field that takes one.

    A test holds each against its field: that it is there, and takes what it will be given.
    """
    module, _, name = path.rpartition(".")
    return Lazy(f"{package}.{module}", name)


@dataclass(frozen=True)
class LazyRow(Sequence[Any]):
    """A tuple of a module that is imported when somebody looks into it."""

    module: str
    name: str

    def found(self) -> tuple[Any, ...]:
        """The tuple itself."""
        row: tuple[Any, ...] = getattr(importlib.import_module(self.module), self.name)
        return row

    def __len__(self) -> int:
        return len(self.found())

    def __iter__(self) -> Iterator[Any]:
        return iter(self.found())

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Any, ...]: ...
    def __getitem__(self, place: int | slice) -> Any:
        return self.found()[place]
