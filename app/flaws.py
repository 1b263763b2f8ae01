"""What is wrong with samples of the open project, as their domain measures it: which flaws there are, and queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.session import Session
from models.domain import Flaw
from models.errors import UserError
from models.natural import order_of

if TYPE_CHECKING:
    from models.learn.review import Suggestion

Rows = npt.NDArray[np.int64]
#: How the value of a queue of a flaw begins among the other queues.
PREFIX = "flaw:"


def flaws_in(session: Session) -> list[tuple[Flaw, int]]:
    """The flaws of the open project's samples and how many have each; counted once as long as samples stay the same."""
    if session.project is None or session.domain is None or not session.domain.flaws:
        return []
    memo = session.project.samples.memo
    if "flaws" not in memo:
        memo["flaws"] = [(flaw, len(_rows(session, flaw))) for flaw in session.domain.flaws]
    return [(flaw, count) for flaw, count in memo["flaws"] if count]


def _rows(session: Session, flaw: Flaw) -> Rows:
    """Who has a flaw; nobody where nothing measured it."""
    try:
        return session.view.rows(flaw.where)
    except UserError:
        return np.zeros(0, np.int64)


def flawed(session: Session, flaw: Flaw) -> list[Suggestion]:
    """Samples with a flaw, the worst first, each with its measure as the reason."""
    from models.learn.review import Suggestion

    rows, view = _rows(session, flaw), session.view
    if flaw.by not in view.names():
        return [Suggestion(int(row), np.nan, flaw.name, flaw.title) for row in rows]
    values = view.column(flaw.by)[rows]
    numeric = values.dtype.kind == "f"
    return [
        Suggestion(
            int(rows[at]), float(values[at]) if numeric else np.nan, flaw.name, _reason(session, flaw, values[at])
        )
        for at in order_of(values, not flaw.low).tolist()
    ]


def _reason(session: Session, flaw: Flaw, value: object) -> str:
    """The flaw and how bad it is."""
    column = next((one for one in session.open_domain.columns if one.name == flaw.by), None)
    if column is None or value is None or (isinstance(value, float) and np.isnan(value)):
        return flaw.title
    told = f"{value:.{column.decimals}f}" if isinstance(value, float) else str(value)
    return f"{flaw.title}: {column.title.lower()} {told}{' ' + column.unit if column.unit else ''}"


def open_queue(session: Session, value: str) -> None:
    """Show the queue of a flaw by its value among the queues."""
    flaw = next((one for one, _count in flaws_in(session) if f"{PREFIX}{one.name}" == value), None)
    if flaw is not None:
        session.show_queue(flaw.title, session.run, flawed(session, flaw))
