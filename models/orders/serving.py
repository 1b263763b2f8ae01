"""A run that answers requests, and the project behind it, as plain calls that any thread may make."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from models.domain import Setting
from models.errors import UserError
from models.job import finish
from models.orders.fitting import load_model
from models.orders.importing import import_samples
from models.orders.kept import Kept
from models.orders.naming import check_class, device_of, find_domain, place, plain
from models.orders.records import short
from models.orders.summary import list_samples
from models.service import Answer, Asked, Service
from models.store.fold import person
from models.store.project import Project

#: The folder of a project that requests are kept in.
KEPT = "served"
#: What of a run's record whoever asks may see.
_SHOWN = ("recipe", "classes", "params", "metrics", "snapshot", "split", "versions", "seed", "created")


class Served:
    """A project with one run loaded; a context manager. Raises UserError where the run can't answer."""

    def __init__(self, project: str, run: str = "best", device: str = "auto") -> None:
        self.project = Project.open(place(project))
        try:
            self._load(run, device)
        except BaseException:
            self.project.close()
            raise
        self._lock = threading.RLock()
        self.kept = Kept(Path(self.project.path) / KEPT, self.service, self._take_in)

    def _load(self, run: str, device: str) -> None:
        kind = find_domain(self.project)
        if kind.service is None:
            raise UserError(f"there is no prediction service for {kind.title}: winnow serve answers for runs of EEG.")
        self.service: Service = kind.service
        self.record = self.project.runs.get(run)
        self._fitted, told = load_model(kind, self.record.path)
        if self._fitted.recipe.judge is None:
            raise UserError(f"{self.record.id} ({self.record.recipe}) answers for samples of a project alone.")
        self.classes = tuple(str(name) for name in told["classes"])
        self.setting = Setting(device_of(device), self.project.cache)
        self.run = self.record.id

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.project.close()

    # ---- predictions

    def read(self, body: Any) -> Asked:
        """A request of a JSON value. Raises BadBody."""
        return self.service.read(body, self._fitted.recipe)

    def answer(self, asked: Sequence[Asked]) -> list[Answer]:
        """Answers to requests, judged together."""
        fitted = self._fitted
        return self.service.answer(fitted.recipe, fitted.model, fitted.temperature, self.classes, asked, self.setting)

    def warm(self) -> None:
        """Answer once, so that nothing is loaded while somebody waits."""
        self.answer([self.read(self.service.example())])

    # ---- the project

    def describe(self) -> dict[str, Any]:
        """The run and what it takes, without a path."""
        told = {name: self.record.record.get(name) for name in _SHOWN}
        head = {**short(self.record), "takes": list(self._fitted.recipe.takes), "device": self.setting.device}
        described: dict[str, Any] = plain(
            {**head, **{name: value for name, value in told.items() if value is not None}}
        )
        return described

    def runs(self) -> list[dict[str, Any]]:
        """The project's runs, newest first."""
        with self._lock:
            listed: list[dict[str, Any]] = plain([short(record) for record in self.project.runs.list()])
            return listed

    def samples(self, where: str, limit: int) -> dict[str, Any]:
        """Samples of the project. Raises UserError for a wrong expression."""
        with self._lock:
            self.project.refresh()
            listed: dict[str, Any] = plain(list_samples(self.project, where, self._columns(), "", limit, self.run))
            return listed

    def _columns(self) -> list[str]:
        """What is told of samples: the usual, or where the run was deleted since, that without its predictions."""
        if any(record.id == self.run for record in self.project.runs.list()):
            return []
        own = [name for name in self.project.samples.names if not name.startswith("_")]
        return ["by", *own, "votes", "flags"]

    def label(self, labels: Mapping[str, str], by: str) -> dict[str, Any]:
        """Label samples by id, as one act of a person. Raises UserError."""
        with self._lock:
            self.project.refresh()
            names = list(labels)
            rows = self.project.rows_of(names)
            for name, row in zip(names, rows.tolist(), strict=True):
                if row < 0:
                    raise UserError(f"there is no sample {name!r}.")
            for value in dict.fromkeys(labels.values()):
                check_class(self.project, find_domain(self.project), value)
            event = self.project.journal.label_each(np.asarray(rows), list(labels.values()), person(by))
            return {"changed": event.count, "event": event.number, "title": event.title}

    def _take_in(self, source: Path) -> int:
        """Import requests that are kept; how many samples that added."""
        with self._lock:
            found = finish(import_samples(str(self.project.path), [str(source)]))
            self.project.refresh()
        return int(found["added"])
