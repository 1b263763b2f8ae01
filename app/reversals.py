"""What a person set beside the journal, such as a channel called bad: taken back, and brought back, in its turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from models.event import Event


@dataclass(frozen=True)
class Reversal:
    """One such act. back, forth: undo it, and do it again; both may raise UserError, and then nothing changed.

    after, before: numbers of the journal's acts between which it stands, as undo and redo go through them; 0: none.
    """

    title: str
    back: Callable[[], None]
    forth: Callable[[], None]
    after: int = 0
    before: int = 0


class Reversals:
    """Those of one person in an open project, last one last."""

    def __init__(self) -> None:
        self._done: list[Reversal] = []
        self._undone: list[Reversal] = []

    def keep(self, act: Reversal, last: Event | None) -> None:
        """Remember an act that was just done. last: the act of the journal that undo would take back."""
        self._done.append(replace(act, after=_number(last)))
        self._undone.clear()

    def undoable(self, last: Event | None) -> Reversal | None:
        """The one that is to be undone before the journal's last act; None where that one came later."""
        return self._done[-1] if self._done and self._done[-1].after == _number(last) else None

    def redoable(self, last: Event | None, following: Event | None) -> Reversal | None:
        """The one that is to be done again before the act that the journal would bring back; None for none."""
        turn = self._undone[-1] if self._undone else None
        return turn if turn and (turn.after, turn.before) == (_number(last), _number(following)) else None

    def undo(self, following: Event | None) -> None:
        """Take back the last one. following: the act of the journal that redo would bring back."""
        self._done[-1].back()
        self._undone.append(replace(self._done.pop(), before=_number(following)))

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._undone[-1].forth()
        self._done.append(self._undone.pop())


def _number(event: Event | None) -> int:
    return event.number if event is not None else 0
