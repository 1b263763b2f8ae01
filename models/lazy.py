"""Functions that are loaded when they are called, so that a record which names them stays light."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


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
