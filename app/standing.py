"""The open project as the window sees it: its labels, the run beside them, all samples as one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.names import short_name
from app.settings import Settings
from models.domain import Domain
from models.errors import UserError
from models.orders.classing import classed, grouping_of
from models.orders.naming import class_names
from models.sample import empty_samples
from models.store.blind import BlindView
from models.store.fold import Fold, is_file
from models.store.project import Project
from models.store.proposals import proposed_codes, said
from models.store.runs import RunRecord
from models.store.view import View

#: The setting that names the projects in which this person votes blind.
BLIND = "blind"


class Standing(QObject):
    """Reads only. `changed` tells what changed; `noticed(Note)` is something to tell a person."""

    changed = Signal(object)
    noticed = Signal(object)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.project: Project | None = None
        self.domain: Domain | None = None
        self.run = ""
        self._view: View | None = None
        self._veil = ""
        self._samples = empty_samples()
        self._predicted: tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]] | None = None
        self._meant: tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int64]] | None = None

    @property
    def open_project(self) -> Project:
        """The open project; UserError when there is none."""
        if self.project is None:
            raise UserError("No project is open. Open one or make a new one.")
        return self.project

    @property
    def open_domain(self) -> Domain:
        """The domain of the open project."""
        if self.domain is None:
            raise UserError("No project is open. Open one or make a new one.")
        return self.domain

    @property
    def view(self) -> View:
        """The samples as one wide table, at this moment."""
        veil = self.curator if self.blind else ""
        if self._view is None or self._veil != veil or self._view.curator != self.curator:
            project, run, self._veil = self.open_project, self.run or "last", veil
            telling = [column.name for column in self.open_domain.columns if column.tells]
            self._view = BlindView(project, run, veil, True, telling) if veil else View(project, run, unseen=True)
            self._view.curator = self.curator
        return self._view

    @property
    def fold(self) -> Fold:
        """Labels and votes as this person may see them now."""
        return self.view.fold if self.blind else self.open_project.journal.fold

    @property
    def votes_count(self) -> bool:
        """Whether the votes of all count in the open project, not the latest label alone."""
        return self.project is not None and bool(self.project.setting("votes", False))

    @property
    def blind(self) -> bool:
        """Whether others' votes and the model are hidden until this person has voted on a sample."""
        return self.votes_count and str(self.open_project.path) in self.settings.get(BLIND, ())

    def revealed(self) -> npt.NDArray[np.bool_]:
        """(n,) of which samples this person may see what others say."""
        view = self.view
        return view.shown.voted() if isinstance(view, BlindView) else np.ones(len(view), bool)

    @property
    def curator(self) -> str:
        """Who labels here: the project's setting, then the person's."""
        mine = self.project.setting("curator", "") if self.project else ""
        return str(mine or self.settings.curator)

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes of the open project, in order of their keys; the domain's own are there before any was found.

        Distances and their like are as many as a project has: they come with the labels.
        """
        if self.project is None or self.domain is None:
            return ()
        own = self.project.classes if self.domain.ordinal else class_names(self.project, self.domain)
        record = self.record()
        if record is None or not record.grouping:
            return own
        # What the shown run groups several of them into is shown as well, and a label of that kind is one.
        known = self.view.stand_ins()
        return tuple(dict.fromkeys([*own, *(known.get(name, name) for name in record.record["classes"])]))

    def class_title(self, name: str) -> str:
        """What people call a class: "2 hops" for "2"."""
        return self.domain.class_titles.get(name, name) if self.domain else name

    def sample_id(self, row: int) -> str:
        """The portable id of a row."""
        return str(self.open_project.samples.table.column("id")[row].as_py())

    def short(self, row: int) -> str:
        """The short name of a row, as every list shows it."""
        return short_name(self.open_domain, self.open_project.samples, row)

    def rows_of(self, samples: Sequence[str]) -> list[int]:
        """Rows of samples by id, −1 where they are not in the project."""
        return [int(row) for row in self.open_project.rows_of(samples)]

    @property
    def count(self) -> int:
        """How many samples there are, without those that others took the place of."""
        return int(self.open_project.journal.fold.live.sum())

    def labels(self) -> npt.NDArray[np.int32]:
        """(n,) code of the present label in the journal's classes, −1 unlabelled: of the labels that stand."""
        return self.view.stands().codes

    def places(self) -> npt.NDArray[np.int64]:
        """(n,) place in `classes` of the present label, −1 unlabelled."""
        return self.places_of(self.labels())

    def places_of(self, codes: npt.NDArray[np.int32] | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Codes of the journal's classes as places in `classes`, −1 for none."""
        return self._class_places(self.open_project.journal.fold.classes)[codes]

    def training_places(self, values: Mapping[str, Any]) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
        """The classes of a training with these parameters, and the place of each row's label in them, −1 for none."""
        project, kind = self.open_project, self.open_domain
        mode, fold = grouping_of(kind, values), classed(project, kind, values, project.journal.fold)
        if mode is None or fold is project.journal.fold:
            return self.classes, self.places_of(fold.codes)
        names = tuple(dict.fromkeys([*(mode.classes if mode is not None else ()), *fold.classes]))
        place = np.array([*(names.index(name) for name in fold.classes), -1], np.int64)
        return names, place[fold.codes]

    def labelled_by(self, row: int) -> str:
        """The person who gave the present label of a row; "" for an imported one and for none."""
        codes, names = self.view.authors()
        name = names[codes[row]] if row >= 0 and codes[row] >= 0 else ""
        return "" if is_file(name) else name

    def predicted_places(self) -> npt.NDArray[np.int64]:
        """(n,) place in `classes` of the shown run's class, −1 for none.

        Of a run that learned fewer classes a label that stands for the run's class is told as that label.
        """
        values, classes = self.view.probabilities()
        if not classes:
            return np.full(len(self.view), -1, np.int64)
        if self._predicted is None or self._predicted[0] is not values:
            codes = np.where(np.isnan(values[:, 0]), len(classes), np.nan_to_num(values).argmax(axis=1))
            self._predicted = (values, self._class_places(list(classes))[codes])
        meant, found = self.view.meant(), self._predicted[1]
        if meant is self.view.stands():
            return found
        # Arrays of labels are made anew with every change of them.
        if self._meant is None or self._meant[0] is not found or self._meant[1] is not meant.codes:
            same = self._class_places(meant.classes)[meant.codes] == found
            self._meant = (found, meant.codes, np.where(same & (meant.codes >= 0), self.places(), found))
        return self._meant[2]

    def shares(self, row: int) -> dict[str, float]:
        """Class → probability of the shown run for a row, {} without one; a class by the label that stands for it."""
        values, classes = self.view.probabilities()
        if not classes or np.isnan(values[row]).any():
            return {}
        same = self.view.stand_ins()
        return {same.get(name, name): float(p) for name, p in zip(classes, values[row], strict=True)}

    def said_places(self) -> npt.NDArray[np.int64]:
        """(n,) place in `classes` of what this person says: the own vote where votes count, else the label; −1 none."""
        return self.places_of(said(self.open_project, self.curator))

    def proposed_places(self) -> npt.NDArray[np.int64]:
        """(n,) place in `classes` of what was spread and waits for this person's word, −1 for none."""
        codes, names = proposed_codes(self.open_project, self.curator)
        return self._class_places(names)[codes]

    def _class_places(self, names: list[str]) -> npt.NDArray[np.int64]:
        known, same = {name: place for place, name in enumerate(self.classes)}, self.view.stand_ins()
        return np.array([*(known.get(name, known.get(same.get(name, name), -1)) for name in names), -1], np.int64)

    def record(self, run: str = "") -> RunRecord | None:
        """The shown run (or the named one), None when there is none."""
        name = run or self.run
        if not name or self.project is None:
            return None
        try:
            return self.project.runs.get(name)
        except UserError:
            return None

    def fresh_view(self) -> View:
        """The view with the labels of now."""
        self._view = self._view.renewed() if self._view is not None else None
        return self.view
