"""What a notice says; the window draws it without interrupting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["done", "info", "warn", "error"]


@dataclass(frozen=True)
class Notice:
    """One short message. actions: words on a button and the command it runs. stays: until closed."""

    kind: Kind
    title: str
    text: str = ""
    actions: tuple[tuple[str, str], ...] = ()

    @property
    def stays(self) -> bool:
        """Errors and warnings stay until they are closed."""
        return self.kind in ("warn", "error")
