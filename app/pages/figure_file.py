"""Where a figure of the window is saved: asked for without blocking, written whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QWidget

from models.errors import UserError
from models.store.atomic import write_whole
from widgets.charts.picture import KINDS, picture
from widgets.parts.notice import Note

if TYPE_CHECKING:
    from app.window import Window

SAVE = "Save picture…"
FILTERS = [f"{words} (*{suffix})" for suffix, words in KINDS.items()]


def ask(window: Window, figure: QWidget, name: str) -> None:
    """Ask for a place, then write the figure there: SVG or PNG by the name's end, else by the chosen kind."""
    first = next(iter(KINDS))
    dialog = QFileDialog(window, "Save picture", str(Path.home() / f"{name}{first}"), ";;".join(FILTERS))
    dialog.setObjectName("figure_file")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)

    def take(path: str) -> None:
        kind = list(KINDS)[FILTERS.index(dialog.selectedNameFilter())]
        write(window, figure, Path(path), kind)

    dialog.fileSelected.connect(take)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def write(window: Window, figure: QWidget, path: Path, kind: str) -> None:
    """Write the figure and tell; a fault is told where it stops nothing."""
    suffix = path.suffix.lower()
    if suffix not in KINDS:
        path, suffix = path.with_name(f"{path.name}{kind}"), kind
    data = picture(figure, suffix)
    try:
        write_whole(path, lambda file: file.write(data))
    except (OSError, UserError) as error:
        window.notify(Note(f"{error} Choose another folder.", "error", "Not saved"))
        return
    window.notify(Note(f"Saved {path.name}"))
