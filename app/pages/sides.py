"""How wide the list and the label panel are: as a person dragged them in a window of such a width, else as needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow


@dataclass(frozen=True)
class Kind:
    """Windows below a width: the list's least width, the share it takes at most for its columns, the panel's width."""

    below: int
    least: int
    most: float
    panel: int


KINDS = {
    "narrow": Kind(1400, 330, 0.26, 288),
    "middle": Kind(2000, 430, 0.28, 320),
    "wide": Kind(1 << 24, 430, 0.36, 320),
}
#: Share of the window that a grid of pictures takes.
BROAD = 0.58


class Sides(QObject):
    """The widths of the two side docks, for each kind of window.

    A width that was dragged holds for windows of that kind alone: what a small screen asked for
    must not hide columns on a large one.

    wanted: the width that the list needs to show its columns. broad: whether it stands as a grid of pictures,
    which takes most of the window while the label panel lies below the viewer.
    """

    def __init__(
        self,
        inner: QMainWindow,
        docks: tuple[QDockWidget, QDockWidget],
        wanted: Callable[[], int],
        broad: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(inner)
        self._inner, self._docks, self._wanted, self._broad = inner, docks, wanted, broad
        self._dragged: dict[str, int] = {}
        self._held = self._now()
        inner.installEventFilter(self)

    def kind(self) -> str:
        """What kind of window this is."""
        return next(name for name, kind in KINDS.items() if self._inner.width() < kind.below)

    def widths(self) -> list[int]:
        """What the two are to have now."""
        name = self.kind()
        kind = KINDS[name]
        if self._broad():
            return [self._dragged.get(f"{name}.grid", round(self._inner.width() * BROAD))]
        first = max(kind.least, min(self._wanted(), round(self._inner.width() * kind.most)))
        return [self._dragged.get(f"{name}.{place}", wide) for place, wide in enumerate((first, kind.panel))]

    def apply(self) -> None:
        """Give the docks their widths."""
        seen = [(dock, wide) for dock, wide in zip(self._docks, self.widths(), strict=False) if not dock.isHidden()]
        self._inner.resizeDocks([dock for dock, _ in seen], [wide for _, wide in seen], Qt.Orientation.Horizontal)

    def forget(self) -> None:
        """As if nobody had dragged them."""
        self._dragged = {}

    def state(self) -> dict[str, int]:
        """The dragged widths, to be kept by settings."""
        return dict(self._dragged)

    def set_state(self, state: Mapping[str, int]) -> None:
        """Take up a kept state."""
        self._dragged = {str(name): int(wide) for name, wide in state.items()}

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # The lines between docks are no widgets: their presses come to the window around them.
        if isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            if event.type() == QEvent.Type.MouseButtonPress:
                self._held = self._now()
            elif event.type() == QEvent.Type.MouseButtonRelease:
                QTimer.singleShot(0, self, self._note)  # the last move is laid out by then
        return False

    def _now(self) -> list[int]:
        return [dock.width() if dock.isVisible() and not dock.isFloating() else 0 for dock in self._docks]

    def _note(self) -> None:
        kind = self.kind()
        if self._broad():
            before, now = self._held[0], self._now()[0]
            if before and now and abs(now - before) > 2:
                self._dragged[f"{kind}.grid"] = now
            return
        for place, (before, now) in enumerate(zip(self._held, self._now(), strict=True)):
            if before and now and abs(now - before) > 2:
                self._dragged[f"{kind}.{place}"] = now
