"""The map of a page: made in the worker, with the samples of the open project as points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QImage, QPainter

from app.pages.thumbs import Thumbs
from app.session import Session
from models.job import Progress
from widgets import numbers, paint, theme
from widgets.map.view import EmbeddingMap

METHODS = (("pca", "PCA"), ("umap", "UMAP"))
#: The map that came with the samples.
SOURCE = ("source", "Source")


class MapDesk(QObject):
    """Keeps `map` at the places of all samples. `made`: they came. own_first: the samples' own map is seen first."""

    made = Signal()

    def __init__(self, session: Session, thumbs: Thumbs, name: str, own_first: bool = False) -> None:
        super().__init__()
        self.session, self.thumbs = session, thumbs
        self.map = EmbeddingMap()
        self.map.setObjectName(name)
        self.map.sample_asked.connect(session.go_to)
        self.map.method_asked.connect(self._choose)
        self.places: np.ndarray[Any, Any] | None = None
        self.waiting = False
        self._own_first = own_first
        self._method, self._source = "pca", ""

    def forget(self) -> None:
        """Other samples: their places are to be made."""
        self.places, self._source, self.waiting = None, "", False
        self.map.set_points(np.zeros((0, 2)))
        methods = (*METHODS, SOURCE) if self._has_own() else METHODS
        known = [value for value, _words in methods]
        if self._method not in known:
            self._method = "pca"
        if self._own_first:
            self._method = known[-1] if self._has_own() else "pca"
        self.map.set_methods(methods, self._method)

    def _has_own(self) -> bool:
        project, domain = self.session.project, self.session.domain
        return project is not None and domain is not None and domain.offers_places(project.samples)

    def stale(self) -> bool:
        """Whether what is shown is of another run, another method or other samples."""
        return self._source != self._wanted()

    def _wanted(self) -> str:
        return f"{self.session.run}:{self._method}:{len(self.session.open_project.samples)}"

    def ensure(self) -> None:
        """Have the places made where there are none."""
        if self.places is None and not self.waiting:
            self.make()

    def make(self) -> None:
        """Ask the worker for the places of all samples."""
        session = self.session
        if session.project is None or not len(session.project.samples):
            self.map.set_words("No samples yet", "Import data first.")
            return
        self.waiting = True
        self.map.set_words("The map is being made", "PCA comes first.")
        arguments = {"run": session.run, "method": self._method}
        self._source = self._wanted()
        title, failed = f"Map, {self._method.upper()}", self._failed
        session.start_here("project_map", arguments, title, self._made, self._grown, failed, failed)

    def _grown(self, progress: Progress) -> None:
        self.map.set_words("The map is being made", progress.text)

    def _failed(self, text: str = "Choose a method, and it is made again.") -> None:
        self.waiting = False
        self.map.set_words("No map", text)

    def _made(self, result: dict[str, Any]) -> None:
        self.waiting = False
        if self.session.project is None:
            return
        places = np.load(Path(result["file"]), allow_pickle=False)
        if len(places) != len(self.session.project.samples):
            return
        live = self.session.project.journal.fold.live
        self.places = places = np.where(live[:, None], places, np.nan)
        placed, every = int(np.isfinite(places).all(axis=1).sum()), int(live.sum())
        count = numbers.count(every) if placed == every else f"{numbers.count(placed)} of {numbers.count(every)}"
        words = f"{count} {'sample' if every == 1 else 'samples'}, {result.get('words', '')}".rstrip(", ")
        self.map.set_points(places, words)
        self.made.emit()

    def _choose(self, method: str) -> None:
        if method != self._method:
            self._method = method
            self.make()

    def colours(self) -> list[tuple[str, str]]:
        """The columns of the samples that a map can be coloured by."""
        columns = [name for name in self.session.open_project.samples.names if not name.startswith("_")]
        named = {column.name: column.title for column in self.session.open_domain.columns}
        return [(name, named[name]) for name in columns if name in named]

    def colour(self, name: str) -> None:
        """Colour the points by labels, predictions or a column."""
        session = self.session
        titles = [session.class_title(item) for item in session.classes]
        if name == "label":
            self.map.set_classes(session.places(), titles)
        elif name == "prediction":
            self.map.set_classes(session.predicted_places(), titles)
        else:
            values = session.view.column(name)
            if values.dtype == object:
                self.map.set_categories(np.array(["none" if value is None else str(value) for value in values], object))
            else:
                self.map.set_scores(name, values.astype(np.float64))

    def picture(self, row: int) -> QImage | None:
        """The small picture of a sample at the pointer, None before it was read."""
        line = self.thumbs.line(row)
        if line is None:
            return None
        if line.ndim == 3:
            return paint.image_of(line)
        image = QImage(192, 96, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(theme.token("well"))
        painter = QPainter(image)
        paint.sparkline(painter, QRectF(6, 8, 180, 80), line, theme.token("pen"), 1.4)
        painter.end()
        return image
