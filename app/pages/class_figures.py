"""The figures of a score class by class: the confusion and the table, as two pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from widgets import tokens
from widgets.charts.class_table import ClassFigures, ClassTable
from widgets.charts.confusion import ConfusionMatrix

if TYPE_CHECKING:
    from app.session import Session


def show_confusion(
    matrix: ConfusionMatrix, session: Session, classes: Sequence[str], metrics: Mapping[str, Any], words: str
) -> int:
    """Show the confusion of a score; how many samples it is of. words: what the columns are."""
    counts = metrics.get("confusion") or np.zeros((len(classes), len(classes)))
    matrix.set_matrix(counts, [session.class_title(name) for name in classes], tokens.propose_letters(classes), words)
    return int(np.sum(counts))


def show_classes(table: ClassTable, session: Session, classes: Sequence[str], metrics: Mapping[str, Any]) -> None:
    """Show recall, precision, F1 and AUC of each class."""
    letters, rows = tokens.propose_letters(classes), []
    for letter, name in zip(letters, classes, strict=True):
        item = (metrics.get("per_class") or {}).get(name) or {}
        low, high = item.get("interval") or (None, None)
        figures = [item.get(key) for key in ("precision", "f1", "auc")]
        title, n = session.class_title(name), item.get("n") or 0
        rows.append(ClassFigures(title, letter, n, item.get("recall"), low, high, *figures))
    table.set_rows(rows)
