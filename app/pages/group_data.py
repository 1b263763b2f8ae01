"""The groups of the open project as their page shows them: gathered, filtered, sorted, a line each. No Qt."""

from __future__ import annotations

import math
import re

import numpy as np
import numpy.typing as npt

from app.names import short_groups
from app.session import Session
from models.learn.gathered import Gathered, Said, gather, sort_groups, weigh
from models.sample import Samples
from models.store.runs import HELD_OUT
from widgets import numbers
from widgets.group_list import GroupLine

Rows = npt.NDArray[np.int64]
#: Letters that are looked for in names of groups; anything else is an expression over samples.
_PLAIN = re.compile(r"[\w.\-]+")
#: Points of a line at most: more of them are one blot.
_POINTS = 400


class Groups:
    """What the page knows of the groups; `refresh` gathers them anew, of the model's word only what changed."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.forget()

    def forget(self) -> None:
        """Another project, or other samples."""
        self._samples: Samples | None = None
        self._units: Rows = np.zeros(0, np.int64)
        self._names: list[str] = []
        self._shorts: dict[str, str] = {}
        self._said: tuple[object, Said] | None = None
        self._places: dict[str, int] = {}
        self.found: Gathered | None = None
        self.p: npt.NDArray[np.float32] = np.zeros((0, 0), np.float32)

    def refresh(self) -> Gathered:
        """Gather the groups as things are now."""
        session = self.session
        samples = session.open_project.samples
        if samples is not self._samples:
            self.forget()
            self._samples = samples
            self._units, names = samples.group_codes()
            self._names = [name or "" for name in names]
            self._shorts = dict(zip(self._names, short_groups(self._names), strict=True))
        fold = session.fold
        said = self._weighed()
        self.found = gather(self._units, self._names, session.places(), said, fold.live, fold.flagged())
        self._places = {str(name): place for place, name in enumerate(self.found.names)}
        return self.found

    def _weighed(self) -> Said:
        """The model's word on held-out samples, in the classes of the session; kept while the run says the same."""
        values, classes = self.session.view.probabilities()
        shown = self.session.revealed() if self.session.blind else None
        key = (values if classes else None, self.session.classes, None if shown is None else shown.tobytes())
        if self._said is not None and _same(self._said[0], key):
            return self._said[1]
        self.p = held_out(self.session, np.arange(len(self._units)))
        self._said = (key, weigh(self._units, len(self._names), self.p, self.positive))
        return self._said[1]

    @property
    def positive(self) -> int | None:
        """The class that figures are of where there are two."""
        return positive_of(self.session)

    def places(self, where: str, by: str) -> Rows:
        """The groups that a filter chooses, in an order. where: letters of names, or an expression that any sample of
        the group meets. Raises UserError (WhereError) with the place of what is wrong."""
        found = self.found
        if found is None:
            return np.zeros(0, np.int64)
        order = sort_groups(found, by)
        kept = self._chosen(found, where.strip())
        return order if kept is None else order[kept[order]]

    def _chosen(self, found: Gathered, where: str) -> npt.NDArray[np.bool_] | None:
        if not where:
            return None
        if _PLAIN.fullmatch(where) and where not in self.session.view.names():
            wanted = where.casefold()
            return np.array([wanted in str(name).casefold() for name in found.names], bool)
        mask = self.session.view.mask(where)[found.rows]
        return np.asarray(np.add.reduceat(mask.astype(np.int64), found.starts[:-1]) > 0, bool)

    def place_of(self, row: int) -> int:
        """The group of a sample, −1 for none."""
        if self.found is None or not 0 <= row < len(self._units):
            return -1
        return self._places.get(self._names[self._units[row]], -1)

    def short(self, place: int) -> str:
        """The short name of a group."""
        assert self.found is not None
        name = str(self.found.names[place])
        return self._shorts.get(name, name)

    def line(self, place: int) -> GroupLine:
        """A group as a line of the list."""
        found = self.found
        assert found is not None
        rows = found.of_group(place)
        of, label = int(found.of[place]), int(found.label[place])
        points = self.p[rows[:_POINTS], of].tolist() if of >= 0 and self.p.shape[1] > of else []
        title = self.session.class_title(self.session.classes[label]) if label >= 0 else "–"
        return GroupLine(
            self.short(place), title, label, bool(found.mixed[place]), rows, tuple(points), float(found.p[place]),
            float(found.low[place]), float(found.high[place]), int(found.model[place]), int(found.flagged[place]),
            str(found.names[place]),
        )  # fmt: skip

    def words(self, place: int) -> str:
        """What is said of all of a group, in words: mean log-odds with interval, mean of p, vote."""
        found = self.found
        assert found is not None
        if not found.said[place]:
            return "no held-out prediction"
        name = self.session.class_title(self.session.classes[int(found.of[place])])
        low, high = float(found.low[place]), float(found.high[place])
        reach = f" {numbers.bounds(low, high, 2)}" if math.isfinite(low) else ""
        count = int(found.said[place])
        vote = round(float(found.vote[place]) * count)
        told, mean = (numbers.share(float(figure[place]), 2) for figure in (found.p, found.mean))
        return f"p of {name} {told}{reach}, mean {mean}, vote {vote} of {count}"


def held_out(session: Session, rows: Rows) -> npt.NDArray[np.float32]:
    """What the shown run says of samples that it did not learn from, (m, k) in the order of the session's classes; NaN
    for others, and for those of which a person who votes blind may not see it."""
    values, classes = session.view.probabilities()
    known = session.classes
    found = np.full((len(rows), len(known)), np.nan, np.float32)
    places = [known.index(name) if name in known else -1 for name in classes]
    if not classes or min(places) < 0 or not len(rows):
        return found
    apart = np.isin(session.view.column("part")[rows].astype(str), (*HELD_OUT, "rest"))
    shown = session.revealed()[rows] if session.blind else True
    said = np.flatnonzero(apart & np.isfinite(values[rows, 0]) & shown)
    found[said] = 0.0
    for place, column in zip(places, values[rows[said]].T, strict=True):
        found[said, place] = column
    return found


def positive_of(session: Session) -> int | None:
    """The class that figures are of where there are two: the one that is not taken for healthy, else the last."""
    known = session.classes
    if len(known) != 2:
        return None
    healthy = [place for place, name in enumerate(known) if name.strip().casefold() in session.open_domain.healthy]
    return 1 - healthy[0] if len(healthy) == 1 else 1


def _same(one: object, other: object) -> bool:
    """Whether two keys are the same: arrays by themselves, what is plain by value."""
    if not isinstance(one, tuple) or not isinstance(other, tuple):
        return False
    return one[0] is other[0] and one[1:] == other[1:]
