"""Classes that were proposed to samples and wait for a person's word: no labels until that person accepts them.

They are a set of labels of their own, so that nothing that counts labels or votes sees them. A proposal is its
maker's: who spread it accepts or refuses it, and a vote that comes after it settles it as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.event import CLEARED, LABEL, PROPOSED, Entry, Event
from models.store.fold import Bools, take
from models.store.state import FIRST, NONE, Codes, Ints

if TYPE_CHECKING:
    from models.store.project import Project

Names = npt.NDArray[np.object_]


def proposed_codes(project: Project, by: str) -> tuple[Codes, list[str]]:
    """(n,) which of these classes waits for this person's word, −1 where none does."""
    fold = project.journal.fold
    codes, stamps = _track(project, PROPOSED, by)
    waits = (codes >= FIRST) & (stamps > _settled(project, by)) & fold.live
    words = fold.state.words.get((LABEL, PROPOSED))
    return np.where(waits, codes - FIRST, NONE).astype(np.int32), words.texts[FIRST:] if words else []


def proposed(project: Project, by: str) -> Names:
    """(n,) class that waits for this person's word, None where none does."""
    codes, classes = proposed_codes(project, by)
    return np.array([*classes, None], object)[codes]


def refused(project: Project, by: str) -> Bools:
    """(n,) samples of which this person refused what was proposed, and said nothing since."""
    codes, stamps = _track(project, PROPOSED, by)
    return np.asarray((codes == FIRST - 2) & (stamps > _settled(project, by)), bool)


def said(project: Project, by: str) -> Codes:
    """(n,) what this person has said, codes of the fold's classes, −1 for nothing.

    Where the votes of all count these are the own votes; elsewhere all labels that there are.
    """
    fold = project.journal.fold
    codes = fold.vote_codes(by) if _counting(project) else fold.codes
    return np.where(fold.live, codes, NONE).astype(np.int32)


def silent(project: Project, by: str) -> Bools:
    """(n,) samples on which this person said nothing: neither a class nor that one cannot say."""
    codes, _ = _track(project, "", by)
    open_: Bools = (said(project, by) < 0) & (codes != FIRST - 1) & project.journal.fold.live
    return open_ if _counting(project) else open_ & ~project.journal.fold.unsure()


def propose(project: Project, rows: Ints, values: Sequence[str], by: str, title: str, run: str = "") -> Event:
    """Put classes before this person, as one act; what was proposed before and is not now goes."""
    before = np.flatnonzero(proposed(project, by) != None)  # noqa: E711 - elementwise
    gone = np.setdiff1d(before, rows)
    entries = [Entry(row, LABEL, PROPOSED, None) for row in gone.tolist()]
    entries += [Entry(row, LABEL, PROPOSED, value) for row, value in zip(rows.tolist(), values, strict=True)]
    return project.journal.act(entries, by, title, run)


def label_and_propose(
    project: Project, rows: Ints, value: str, followers: Ints, by: str, title: str, run: str = ""
) -> Event:
    """Label some samples and propose the same class to those that follow them, as one act."""
    entries = [Entry(row, LABEL, "", value) for row in rows.tolist()]
    entries += [Entry(row, LABEL, PROPOSED, value) for row in np.setdiff1d(followers, rows).tolist()]
    return project.journal.act(entries, by, title, run)


def accept(project: Project, rows: Ints, by: str, run: str = "") -> Event:
    """Make what is proposed to these samples this person's labels, as one act that says how they came."""
    waiting, values = _waiting(project, rows, by)
    entries = [Entry(row, LABEL, "", value) for row, value in zip(waiting, values, strict=True)]
    entries += [Entry(row, LABEL, PROPOSED, CLEARED) for row in waiting]
    return project.journal.act(entries, by, f"Accept what was spread to {_count(len(waiting))}", run)


def refuse(project: Project, rows: Ints, by: str, run: str = "") -> Event:
    """Refuse what is proposed to these samples, as one act: they stay without a label."""
    waiting, _ = _waiting(project, rows, by)
    entries = [Entry(row, LABEL, PROPOSED, CLEARED) for row in waiting]
    return project.journal.act(entries, by, f"Refuse what was spread to {_count(len(waiting))}", run)


def came_by_spreading(project: Project) -> Bools:
    """(n,) samples whose present label its giver accepted as it was spread, rather than saying it."""
    fold = project.journal.fold
    found = np.zeros(len(fold), bool)
    for kind, name, by in fold.state.tracks:
        if (kind, name) == (LABEL, PROPOSED):
            codes, stamps = _track(project, PROPOSED, by)
            _, own = _track(project, "", by)
            found |= (codes == FIRST - 2) & (stamps == own) & (own == fold.stamp) & (own > 0)
    return found


def visible(project: Project, by: str | None) -> Names:
    """(n,) class that waits for the word of one person, or (None) of any, None where none does."""
    fold = project.journal.fold
    people = [own for kind, name, own in fold.state.tracks if (kind, name) == (LABEL, PROPOSED) and by in (None, own)]
    found = np.full(len(fold), None, object)
    for one in people:
        own = proposed(project, one)
        found = np.where(own != None, own, found)  # noqa: E711 - elementwise
    return found


def _waiting(project: Project, rows: Ints, by: str) -> tuple[list[int], list[str]]:
    values = proposed(project, by)[rows]
    waits = np.flatnonzero(values != None)  # noqa: E711 - elementwise
    if not len(waits):
        raise UserError(
            f"no proposed label waits for {by} there. Have labels spread first (winnow label PROJECT --spread)."
        )
    return np.asarray(rows)[waits].tolist(), values[waits].tolist()


def _settled(project: Project, by: str) -> Ints:
    """The event that a proposal must be newer than: the own last vote, or where the latest label holds anybody's."""
    own = _track(project, "", by)[1]
    return own if _counting(project) else np.maximum(own, project.journal.fold.touched)


def _track(project: Project, name: str, by: str) -> tuple[Codes, Ints]:
    """Code and stamp of one person's entries of a set of labels, by row."""
    fold = project.journal.fold
    track = fold.state.tracks.get((LABEL, name, by))
    if track is None:
        return np.full(len(fold), NONE, np.int32), np.zeros(len(fold), np.int64)
    return take(track.codes, fold.subjects, NONE), take(track.stamps, fold.subjects, 0)


def _counting(project: Project) -> bool:
    return bool(project.setting("votes", False))


def _count(number: int) -> str:
    return "1 sample" if number == 1 else f"{number} samples"
