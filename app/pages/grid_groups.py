"""What the grid is grouped and sorted by, and the groups that come of it. No widget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.change import Rows
from widgets import numbers, tokens
from widgets.mosaic.layout import Group

if TYPE_CHECKING:
    from app.session import Session

Codes = npt.NDArray[np.int64]
#: Upper edges of the groups by issue, the surest first, with their titles; without one: not judged, or not labelled.
ISSUES = ((0.9, "Very likely wrong"), (0.5, "Likely wrong"), (0.1, "In doubt"), (-1.0, "As the model says"))
#: Columns whose largest values are looked at first.
FALLING = ("confidence", "issue", "score")
#: How the order of a group reads.
FIRST = {"confidence": ("highest p first", "lowest p first"), "issue": ("likely wrong first", "surest first")}


def grouping_choices(session: Session) -> list[tuple[str, str]]:
    """Titles and columns that can stand as headings."""
    kind = session.open_domain
    names = session.open_project.samples.names
    own = {column.name: column.title for column in kind.columns}
    group = kind.words(session.open_project.samples)[0]
    found = [("nothing", ""), ("label", "label"), ("predicted class", "prediction"), ("label issue", "issue")]
    found += [("labelled by", "by"), (group, "group")]
    told = {title.lower() for title, _ in found}
    for name in (*kind.by_columns, "split"):
        title = own.get(name, name).lower()
        if name in names and title not in told:
            found.append((title, name))
    return found


def sort_choices(session: Session) -> list[tuple[str, str]]:
    """Titles and columns that thumbnails can be sorted by."""
    own = {column.name: column.title for column in session.open_domain.columns}
    found = [("order", ""), ("probability", "confidence"), ("label issue", "issue")]
    if session.listing.queue:
        found.append(("score", "score"))
    names = [name for name in session.open_project.samples.names if not name.startswith("_")]
    return found + [(own.get(name, name).lower(), name) for name in names]


def groups_of(session: Session, column: str, order: Rows) -> list[Group]:
    """The rows under headings, those of each in the order of the list."""
    codes, titles, chips = _coded(session, column, order)
    letters = tokens.propose_letters(session.classes)
    sort = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[sort], np.arange(len(titles) + 1))
    found = []
    for place, title in enumerate(titles):
        mine = sort[ends[place] : ends[place + 1]]
        if not len(mine):
            continue
        chip = (letters[chips[place]], chips[place]) if chips[place] >= 0 else None
        found.append(Group(title, order[mine], chip))
    return counted(session, column, found)


def counted(session: Session, column: str, groups: Sequence[Group]) -> list[Group]:
    """The same groups as they stand, with what is counted in them now."""
    conflict = np.asarray(session.view.column("conflict"), bool)
    human = np.asarray(session.fold.human(), bool)
    found = []
    for group in groups:
        words = "predicted" if column == "prediction" and group.chip else ""
        by_hand = int(human[group.rows].sum())
        facts = (f"{numbers.count(len(group.rows))} {words}".strip(), f"{numbers.count(by_hand)} by hand")
        disagree = int(conflict[group.rows].sum())
        found.append(replace(group, facts=facts, conflicts=disagree, note=_note(session)))
    return found


def _note(session: Session) -> str:
    """How the thumbnails of a group are ordered, where it is not told by the combo alone."""
    highest, lowest = FIRST.get(session.listing.sort, ("", ""))
    return highest if session.listing.descending else lowest


def _coded(session: Session, column: str, order: Rows) -> tuple[Codes, Sequence[str], Sequence[int]]:
    """The group of each row, the titles of the groups in their order, the class of each or −1."""
    if column in ("label", "prediction"):
        places = session.places() if column == "label" else session.predicted_places()
        codes = np.asarray(places[order], np.int64)
        count = len(session.classes)
        titles = [session.class_title(name) for name in session.classes]
        none = "no label" if column == "label" else "no prediction"
        return np.where(codes < 0, count, codes), [*titles, none], [*range(count), -1]
    if column == "issue":
        issue = np.asarray(session.view.column("issue"), np.float64)[order]
        known = np.isfinite(issue)
        codes = np.full(len(order), len(ISSUES), np.int64)
        for place, (edge, _) in reversed(list(enumerate(ISSUES))):
            codes[known & (issue >= edge)] = place
        return codes, [*(title for _, title in ISSUES), "Not judged"], [-1] * (len(ISSUES) + 1)
    return _by_value(session.view.column(column)[order])


def _by_value(values: npt.NDArray[Any]) -> tuple[Codes, Sequence[str], Sequence[int]]:
    """Groups of equal values in natural order, those without one last."""
    from models.natural import order_of

    texts = pa.array(["" if value is None else str(value) for value in values.tolist()], pa.string())
    encoded = texts.dictionary_encode()
    names = np.array(encoded.dictionary.to_pylist(), object)
    ranked = order_of(names)
    rank = np.empty(len(names), np.int64)
    rank[ranked] = np.arange(len(names))
    codes = rank[encoded.indices.to_numpy(zero_copy_only=False)]
    return codes, [str(names[at]) or "none" for at in ranked], [-1] * len(names)
