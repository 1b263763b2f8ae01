"""What is wrong with samples of the open project, as their domain measures it: which flaws there are, and queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.session import Session
from models.domain import SHARE, Column, Flaw
from models.errors import UserError
from models.natural import order_of
from widgets import numbers
from widgets.checks import Check

if TYPE_CHECKING:
    from models.learn.review import Suggestion

Rows = npt.NDArray[np.int64]
#: How the value of a queue of a flaw begins among the other queues.
PREFIX = "flaw:"


def flaws_in(session: Session) -> list[tuple[Flaw, int]]:
    """The flaws of the open project's samples and how many have each; counted once as long as samples stay the same."""
    return [(flaw, len(rows)) for flaw, rows in _found(session) if len(rows)]


def _found(session: Session) -> list[tuple[Flaw, Rows]]:
    """The flaws of the domain and who has each."""
    if session.project is None or session.domain is None or not session.domain.flaws:
        return []
    memo = session.project.samples.memo
    if "flaws" not in memo:
        memo["flaws"] = [(flaw, _rows(session, flaw)) for flaw in session.domain.flaws]
    return list(memo["flaws"])


def checks_of(session: Session, row: int) -> list[Check]:
    """What the domain measures on a sample to tell how well it was recorded, each with what is wrong; [] of one that
    was not measured."""
    kind, view = session.open_domain, session.view
    known = {column.name: column for column in kind.columns}
    values = {name: view.column(name)[row] for name in kind.checks if name in view.names()}
    flaws = [flaw for flaw, rows in _found(session) if (rows == row).any()]
    measured = any(isinstance(value, float) and np.isfinite(value) for value in values.values())
    told = []
    for name, value in values.items():
        title = known[name].title if name in known else name
        wrong = ", ".join(flaw.title for flaw in _strictest(flaws, name))
        if wrong or (measured and not (isinstance(value, float) and np.isnan(value))):
            told.append(Check(title, _value_words(session, known.get(name), value), wrong))
    return told


def _strictest(flaws: list[Flaw], by: str) -> list[Flaw]:
    """Those that a column tells of, without such as the next one says more exactly: a copy across groups is a copy."""
    found = [flaw for flaw in flaws if flaw.by == by]
    return [
        flaw
        for flaw in found
        if not any(other is not flaw and other.title.startswith(f"{flaw.title} ") for other in found)
    ]


def _value_words(session: Session, column: Column | None, value: object) -> str:
    """A measure with its unit; of a share that is 0, and of words that are not there, ``none``."""
    if isinstance(value, float | np.floating):
        decimals, unit = (column.decimals, column.unit) if column is not None else (3, "")
        if unit == SHARE:
            return numbers.share(float(value), decimals) if value else "none"
        return numbers.measured(float(value), decimals, unit)
    if value is None or value == "":
        return "none"
    row = session.rows_of([str(value)])[0]
    return session.short(row) if row >= 0 else str(value)


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
    if column is None or value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return flaw.title
    told = column.title if column.title.isupper() else column.title.lower()
    return f"{flaw.title}: {told} {_value_words(session, column, value)}"


def open_queue(session: Session, value: str) -> None:
    """Show the queue of a flaw by its value among the queues."""
    flaw = next((one for one, _count in flaws_in(session) if f"{PREFIX}{one.name}" == value), None)
    if flaw is not None:
        session.show_queue(flaw.title, session.run, flawed(session, flaw))
