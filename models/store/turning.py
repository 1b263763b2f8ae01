"""Whether an act of structure may be taken back, or brought back, as things are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import UserError
from models.event import MADE, RETIRED
from models.structure import BOX, MERGE, MOVE, REMOVE, SPLIT

if TYPE_CHECKING:
    from models.store.writer import Writer

_PAST = {MERGE: "merged", SPLIT: "split", REMOVE: "removed", BOX: "given boxes", MOVE: "moved"}
_ENTRIES = (
    "SELECT c.name, c.subject, s.id FROM change c JOIN subject s ON s.number = c.subject "
    "WHERE c.event = ? AND c.kind = 'structure' AND c.name IN ('retired', 'made')"
)


def guard_turn(writer: Writer, target: int, back: bool) -> None:
    """Raise UserError where others have built on what an act made, or have taken what it would retire again."""
    for name, subject, sample in writer.connection.exec_driver_sql(writer.sql(_ENTRIES), (target,)).all():
        kind, by, _ = writer.state.structure(subject, RETIRED)
        if back and name == MADE and kind:
            raise UserError(f"this cannot be taken back: {sample} is not there any more, {past(kind, by)}.")
        if not back and name == RETIRED and (kind or not writer.live(subject)):
            raise UserError(f"this cannot be brought back: {sample} is not there any more, {past(kind, by)}.")
        if not back and name == MADE and writer.state.structure(subject, MADE)[0]:
            raise UserError(f"this cannot be brought back: {sample} was made anew since.")


def past(kind: str, by: str) -> str:
    """How a sample went."""
    return f"it was {_PAST.get(kind, 'taken out')} by {by}" if kind else "the act that made it was taken back"
