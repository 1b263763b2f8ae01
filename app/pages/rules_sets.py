"""What the rules page takes from the open project: its saved sets of rules, and what they are held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from app.pages.rules_desk import MODEL, PRESENT, Basis
from app.session import Session
from models.errors import UserError
from models.learn.rules import RuleSet, read_rules
from widgets.parts.notice import Note

#: The setting of a project that holds its sets, and the one that is open.
SETS, OPEN = "rule_sets", "rule_set"


class Sets:
    """The sets of rules in the settings of the open project, by name."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> dict[str, RuleSet]:
        """All of them; one that is none is told and left out."""
        found: dict[str, RuleSet] = {}
        for told in self._session.open_project.setting(SETS, []):
            try:
                one = read_rules(told)
            except UserError as error:
                self._session.noticed.emit(Note(str(error), "warn", "A set of rules was left out"))
                continue
            found[one.name] = one
        return found

    def last(self, classes: Sequence[str], places: npt.NDArray[np.int64]) -> RuleSet:
        """The one that was open last, or an empty one by which all are of the class that most have."""
        counts = np.bincount(places[places >= 0], minlength=len(classes))
        most = classes[int(counts.argmax())] if len(classes) else ""
        return self.all().get(str(self._session.open_project.setting(OPEN, "")), RuleSet("", (), most))

    def open(self, name: str) -> None:
        """This one is shown when the project is opened again."""
        self._session.open_project.set_setting(OPEN, name)

    def keep(self, rules: RuleSet) -> None:
        """Keep a set under its name, in place of one of that name."""
        self._write({**self.all(), rules.name: rules})
        self.open(rules.name)

    def forget(self, name: str) -> bool:
        """Take a set out; False where none has that name."""
        kept = self.all()
        found = kept.pop(name, None) is not None
        if found:
            self._write(kept)
        return found

    def _write(self, kept: dict[str, RuleSet]) -> None:
        self._session.open_project.set_setting(SETS, [one.plain() for one in kept.values()])


def basis_of(session: Session) -> Basis:
    """The features and opinions of the samples that are there."""
    project, domain = session.open_project, session.open_domain
    rows = np.flatnonzero(project.journal.fold.live).astype(np.int64)
    names = [column.name for column in domain.columns if column.feature and column.name in project.samples.names]
    columns = {name: session.view.column(name)[rows] for name in names}
    opinions = {PRESENT: session.places()[rows], **_votes(session, rows)}
    model = session.predicted_places()[rows]
    if (model >= 0).any():
        opinions[MODEL] = np.where(session.view.taught()[rows], -1, model)
    codes, groups = project.samples.group_codes()
    known = {name: values for name, values in columns.items() if values.dtype.kind == "f" and np.isfinite(values).any()}
    return Basis(rows, known, session.classes, opinions, codes[rows], groups)


def _votes(session: Session, rows: npt.NDArray[np.int64]) -> dict[str, Any]:
    """The votes of each annotator where there are several."""
    fold = session.fold
    people = fold.annotators()
    return {by: session.places_of(fold.vote_codes(by))[rows] for by in people} if len(people) > 1 else {}
