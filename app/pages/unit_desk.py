"""The unit viewer on the curate page: units beside the shown one, what is read for it, what it is seen among."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer

from models.errors import UserError
from models.payload import Unit
from widgets import tokens
from widgets.unit.digest import Digest, digest
from widgets.unit.measures import Population
from widgets.unit.nearby import NEARBY
from widgets.unit.parting import Preview, preview_merge, preview_split
from widgets.unit.similar import Mark
from widgets.unit.tints import MOST
from widgets.unit.viewer import UnitViewer
from widgets.unit.why import Why
from workers.reading import Reader

if TYPE_CHECKING:
    from app.session import Session

#: Labels come by keystroke: measures are seen among them as they are after so many ms without one.
CALM_MS = 400
#: What is around a unit is read when a person stays with it for so many ms, so that stepping through units is smooth.
DWELL_MS = 120


class Marks(Mapping[str, Mark]):
    """The units of one source that are in the project, by their ids, and their labels as they are now."""

    def __init__(self, session: Session, source: int) -> None:
        self._session = session
        table = session.open_project.samples.table
        live = session.open_project.journal.fold.live[: len(table)]
        rows = np.flatnonzero((np.asarray(table.column("source")) == source) & live)
        keys = table.column("key").take(rows).to_pylist()
        self.rows = {str(key).rpartition("/")[2]: int(row) for key, row in zip(keys, rows.tolist(), strict=True)}

    def __getitem__(self, key: str) -> Mark:
        row, session = self.rows[key], self._session
        place = int(session.places()[row])
        return Mark(place, tokens.propose_letters(session.classes)[place] if place >= 0 else "")

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class UnitDesk(QObject):
    """Keeps the unit viewer in step with the session."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.viewer = UnitViewer()
        self.viewer.set_choices(session.settings.get("unit_view", {}))
        self.viewer.run = self._run
        self.viewer.choices_changed.connect(self._keep)
        self.viewer.compare_asked.connect(self._compare)
        self.viewer.lassoed.connect(self._preview_split)
        self.viewer.split_asked.connect(self._split)
        self.viewer.merge_asked.connect(lambda rows: session.merge(np.array(rows, np.int64)))
        self._reader = Reader(threads=2, count=4, parent=self)
        self._reader.arrived.connect(self._arrived)
        self._reader.failed.connect(self._failed)
        self._awaited: dict[str, tuple[Any, Callable[[Any], None]]] = {}
        self._put_off: dict[str, tuple[Any, Callable[[], Any]]] = {}
        self._dwell = QTimer(self)
        self._dwell.setSingleShot(True)
        self._dwell.setInterval(DWELL_MS)
        self._dwell.timeout.connect(self._read_nearby)
        self._asked = 0
        self._marks: tuple[Any, Marks] | None = None
        self._others: tuple[int, ...] = ()
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(CALM_MS)
        self._calm.timeout.connect(self.show_population)
        self.show_population()

    def has_similar(self) -> bool:
        """Whether there are similar units to compare with."""
        return self._is_seen() and bool(self.viewer.panes.similar.rows)

    def has_spikes(self) -> bool:
        """Whether the shown unit can be taken apart."""
        return self._is_seen() and self.viewer.shown is not None and len(self.viewer.shown.times) > 1

    def _is_seen(self) -> bool:
        """Whether a unit is seen: not while the next one is read, and words stand in its place."""
        return self.viewer.isVisible() and not self.viewer.speaks()

    def step_similar(self, by: int) -> None:
        """Compare with the next similar unit, or the one before."""
        self.viewer.panes.similar.step(by)

    # What is shown

    def show(self, shown: Digest, place: int, letter: str, by: str) -> None:
        """Show a unit, the others that are selected beside it."""
        self.viewer.set_payload(shown, place, letter, by)
        self.viewer.set_marks(self._marks_of())
        self._show_others()

    def _show_others(self) -> None:
        """Up to three further selected units, read beside the window."""
        session = self.session
        rows = tuple(int(row) for row in session.selected.tolist() if row != session.current)[: MOST - 1]
        self._others = rows
        if not rows:
            self._awaited.pop("others", None)
            self.viewer.set_others(())
            return
        domain, samples, lags = session.open_domain, session.open_project.samples, self.viewer.lags()

        def read() -> tuple[Digest, ...]:
            loaded = [one for row in rows for one in domain.load(samples, row)]
            return tuple(digest(one, lags) for one in loaded if isinstance(one, Unit))

        self._run("others", read, lambda found: self.viewer.set_others(found) if rows == self._others else None)

    def _marks_of(self) -> Marks:
        """The units of the shown one's source."""
        session = self.session
        samples = session.open_project.samples
        source = samples.table.column("source")[session.current].as_py()
        wanted = (id(samples), int(session.open_project.journal.fold.live.sum()), source)
        if self._marks is None or self._marks[0] != wanted:
            self._marks = wanted, Marks(session, source)
        return self._marks[1]

    def _compare(self, key: str, more: bool) -> None:
        """Select a unit of the same sorting beside the shown one; more: beside all, or no longer where it was."""
        session, row = self.session, self._marks_of().rows.get(key, -1)
        if row < 0 or row == session.current:
            return
        before = [one for one in session.selected.tolist() if one != session.current] if more else []
        others = [one for one in before if one != row] if row in before else [*before, row]
        session.choose(session.current, np.array([session.current, *others], np.int64))

    # Before a split or a merge

    def preview_merge(self) -> bool:
        """Show what the selected units would be together; False where there is nothing to see before it is done."""
        session, shown = self.session, self.viewer.shown
        rows = tuple(int(row) for row in session.selected.tolist())
        if not self._is_seen() or shown is None or not len(shown.times) or len(rows) < 2:
            return False
        domain, samples = session.open_domain, session.open_project.samples
        lags, limit = self.viewer.lags(), float(self.viewer.panes.limit.value())
        ordered = (session.current, *(row for row in rows if row != session.current))

        def read() -> Preview | None:
            units = [digest(one) for row in ordered for one in domain.load(samples, row) if isinstance(one, Unit)]
            return preview_merge(units, limit, lags, rows) if len(units) > 1 else None

        self._run("preview", read, lambda found: self._give_preview(found, rows))
        return True

    def _give_preview(self, preview: Preview | None, rows: tuple[int, ...]) -> None:
        if preview is not None and rows == tuple(self.session.selected.tolist()):
            self.viewer.show_preview(preview)

    def _preview_split(self, mask: npt.NDArray[np.bool_]) -> None:
        shown, rows = self.viewer.shown, tuple(self.session.selected.tolist())
        if shown is None or not 0 < mask.sum() < len(mask):
            return
        lags, limit = self.viewer.lags(), float(self.viewer.panes.limit.value())
        read = partial(preview_split, shown, mask, limit, lags, self.viewer.probe.snippets)
        self._run("preview", read, lambda found: self._give_preview(found, rows))

    def _split(self, mask: npt.NDArray[np.bool_]) -> None:
        self.session.split(self.session.current, {"indices": [np.flatnonzero(mask).tolist()]})

    def show_reasons(self, told: Mapping[str, Any]) -> None:
        """Tell why the model gave its class. told: class, scale, method, and features with what each adds."""
        shown = self.viewer.shown
        titles = {one.name: one.title for one in shown.unit.measures} if shown is not None else {}
        features = tuple((titles.get(name, name), float(value)) for name, value in told["features"])
        title = self.session.class_title(told["class"])
        self.viewer.show_why(Why(title, str(told["scale"]), str(told["method"]), features))

    def recolour(self) -> None:
        """Labels changed."""
        self.viewer.panes.similar.viewport().update()
        self._calm.start()

    # What measures are seen among

    def show_population(self) -> None:
        """The units of the project as what the shown one's measures are seen among."""
        session, project = self.session, self.session.project
        if project is None:
            self.viewer.set_population(None)
            return
        titles = [session.class_title(name) for name in session.classes]
        self.viewer.set_population(Population(self._column, session.places(), titles))

    def _column(self, name: str) -> npt.NDArray[np.float64] | None:
        project = self.session.project
        if project is None or name not in project.samples.names:
            return None
        values = self.session.view.column(name)
        return np.asarray(values, np.float64) if values.dtype.kind in "fiu" else None

    # Reading

    def _run(self, lane: str, read: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._asked += 1
        key = (lane, self._asked)
        self._awaited[lane] = key, done
        if lane.startswith(NEARBY):
            self._put_off[lane] = key, read
            self._dwell.start()
        else:
            self._reader.ask(key, read, lane)

    def _read_nearby(self) -> None:
        """The person stays with the unit: read what is around it."""
        for lane, (key, read) in self._put_off.items():
            if self._awaited.get(lane, (None,))[0] == key:
                self._reader.ask(key, read, lane)
        self._put_off.clear()

    def _arrived(self, key: Any, value: Any) -> None:
        wanted, done = self._awaited.get(key[0], (None, lambda _value: None))
        if wanted == key:
            del self._awaited[key[0]]
            done(value)

    def _failed(self, key: Any, error: Exception) -> None:
        self._awaited.pop(key[0], None)
        # A source that is gone is told by the page, which reads it too.
        if not isinstance(error, UserError):
            raise error

    def busy(self) -> bool:
        """Whether something is read for the shown unit."""
        return bool(self._awaited)

    def forget(self) -> None:
        """Nothing is awaited any more: another project, or nothing to see."""
        self._awaited.clear()
        self._marks = None

    def _keep(self) -> None:
        self.session.settings.set("unit_view", self.viewer.choices())

    def close_down(self) -> None:
        """End the background reading."""
        self._calm.stop()
        self._dwell.stop()
        self._reader.close()
