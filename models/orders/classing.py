"""Which classes a training learns: those of the labels, or fewer that they stand for (its label mode)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.domain import Domain, Grouping
from models.errors import UserError
from models.params import unknown
from models.store.fold import Fold
from models.store.grouped import as_classes
from models.store.project import Project
from models.store.runs import RunRecord
from models.store.voted import standing

#: The parameter of a recipe that names the label mode.
MODE = "label_mode"


def grouping_of(kind: Domain, params: Any) -> Grouping | None:
    """The label mode that parameters (an object, or the mapping of a run record) name; None for no other classes."""
    told = params.get(MODE, "") if isinstance(params, Mapping) else getattr(params, MODE, "")
    if not told or not kind.groupings:
        return None
    known = {one.name: one for one in kind.groupings}
    if told not in known:
        raise UserError(unknown("label mode", str(told), known))
    return known[told]


def class_table(project: Project, kind: Domain, params: Any, fold: Fold) -> dict[str, str]:
    """Label → the class that it stands for, "" for one that is left out; {} where each stands for itself."""
    mode = grouping_of(kind, params)
    if mode is None:
        return {}
    names = dict.fromkeys([*fold.classes, *project.classes, *kind.classes, *mode.classes])
    table = {name: mode.of(name) or "" for name in names}
    return table if any(name != found for name, found in table.items()) else {}


def classed(project: Project, kind: Domain, params: Any, fold: Fold) -> Fold:
    """The labels as the classes of a training with these parameters; where all votes count, what most of them say."""
    return standing(project, as_classes(fold, class_table(project, kind, params, fold)))


def fold_of(project: Project, kind: Domain, record: RunRecord, fold: Fold | None = None) -> Fold:
    """The labels of now (or of `fold`) as the classes of a run; also those of another project than the run's."""
    return classed(project, kind, record.record.get("params", {}), fold or project.journal.fold)
