"""A tour plays real key and mouse events on the window, checks what it shows and saves pictures.

A tour is a YAML list of steps. Each step is a mapping with one entry::

    - key: Ctrl+K                       # to the focused control
    - type: label == "2"               # environment variables such as $WINNOW_DATA are filled in
    - click: train.start                # a control by its object name, or {in: name, at: [x, y], with: Shift}
    - drag: {in: map.canvas, path: [[10, 10], [200, 40], [90, 150]]}
    - command: queue.issues             # a command by its id
    - wait: idle                        # or run, a number of seconds, {signal: changed, seconds: 20}
    - expect: {label: [SAMPLE, CLASS]}  # or text: [name, words], count: [name, n], page: train
    - shot: curate                      # DIR/curate.png, with what is open over the window
    - size: 1280x720
"""

from __future__ import annotations

import itertools
import os
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import yaml
from PySide6.QtCore import QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from app.session import Session
from models.errors import UserError
from widgets import theme

TICK_MS = 15
PATIENCE = 900.0
#: Seconds that an expectation may take to come true.
EXPECTED = 10.0
#: Windows that come and go by themselves.
_FLEETING = (Qt.WindowType.ToolTip, Qt.WindowType.SplashScreen)
MODIFIERS = {
    "Shift": Qt.KeyboardModifier.ShiftModifier,
    "Ctrl": Qt.KeyboardModifier.ControlModifier,
    "Alt": Qt.KeyboardModifier.AltModifier,
}


class Driven(Protocol):
    """What a tour needs of the window."""

    session: Session

    def run_command(self, name: str) -> bool: ...

    def is_idle(self) -> bool: ...

    def page_name(self) -> str: ...


Done = Callable[[], bool]


def read_tour(path: Path) -> list[dict[str, Any]]:
    """The steps of a tour file; UserError names the step that is no step."""
    try:
        steps = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such tour file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: this can't be read as text: {error}.") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: this is no YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(steps, list):
        raise UserError(f"{path}: a tour is a list of steps, each beginning with '- '.")
    for number, step in enumerate(steps, 1):
        if not isinstance(step, dict) or len(step) != 1 or next(iter(step)) not in Tour.KINDS:
            raise UserError(f"{path}, step {number}: {step!r} is no step. Known: {', '.join(Tour.KINDS)}.")
        kind, value = next(iter(step.items()))
        if not _FORMS.get(kind, _is_word)(value):
            words = FORMS.get(kind, "a word")
            raise UserError(f"{path}, step {number}: {kind} takes {words}, not {value!r}.")
    return steps


def _is_word(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _ground(control: QWidget) -> QWidget:
    """What of a control has the mouse: what scrolls draws on a ground of its own."""
    return control.viewport() if isinstance(control, QAbstractScrollArea) else control


def _is_point(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(part, int) for part in value)


def _is_click(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return _is_word(value)
    return "in" in value and ("at" not in value or _is_point(value["at"]))


def _is_drag(value: Any) -> bool:
    if not isinstance(value, Mapping) or "in" not in value:
        return False
    path = value.get("path", [value.get("from"), value.get("to")])
    return isinstance(path, list) and len(path) > 1 and all(_is_point(point) for point in path)


def _is_wait(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return _is_word(value)
    return "signal" in value and isinstance(value.get("seconds", 30), int | float)


def _is_expectation(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    pairs = [wanted for kind, wanted in value.items() if kind in ("label", "text", "count")]
    return all(isinstance(wanted, list) and len(wanted) == 2 for wanted in pairs)


def _is_size(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9]+x[0-9]+", value) is not None


#: What the value of a step is in words, where it is no plain word; and whether it is.
FORMS = {
    "click": "a control, or {in: control, at: [x, y]}",
    "drag": "{in: control, from: [x, y], to: [x, y]} or {in: control, path: [[x, y], …]}",
    "wait": "idle, run, seconds, or {signal, seconds}",
    "expect": "{label: [sample, class]}, {text: [control, words]}, {count: [what, number]} or {page: name}",
    "size": "width x height, such as 1600x1000",
}
_FORMS: dict[str, Callable[[Any], bool]] = {
    "click": _is_click,
    "drag": _is_drag,
    "wait": _is_wait,
    "expect": _is_expectation,
    "size": _is_size,
}


class Tour(QObject):
    """Plays steps one after the other, each when the one before is done; then emits `finished`.

    result: {steps: [{step, seconds}], screenshots: [paths], failed: words or ""}.
    """

    KINDS = ("key", "type", "click", "drag", "command", "wait", "expect", "shot", "size")
    finished = Signal(object)

    def __init__(self, window: QWidget, steps: list[dict[str, Any]], out: Path) -> None:
        super().__init__(window)
        self.window = window
        self.driven: Driven = window  # type: ignore[assignment]
        self.steps = steps
        self.out = out
        self.shots: list[str] = []
        self.played: list[dict[str, Any]] = []
        self._place = 0
        self._pending: Done | None = None
        self._until = 0.0
        self._since = 0.0
        self._called = False
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begin; returns at once."""
        self.out.mkdir(parents=True, exist_ok=True)
        self._timer.start()

    def _tick(self) -> None:
        if not self._timer.isActive():
            return
        try:
            if self._pending is not None and not self._settled():
                return
            if self._place >= len(self.steps):
                self._finish("")
                return
            if self._call_back():
                return
            self._begin(self.steps[self._place])
        except UserError as error:
            self._finish(f"step {self._place + 1} ({self._words()}): {error}")
        except Exception as error:
            self._finish(f"step {self._place + 1} ({self._words()}): our own fault, {error}")
            raise

    def _call_back(self) -> bool:
        """Give the window the keyboard when a dialog has closed and no window manager did; True: wait a tick."""
        self._called = QApplication.activeWindow() is None and not self._called
        if self._called:
            self.window.activateWindow()
        return self._called

    def _settled(self) -> bool:
        assert self._pending is not None
        if not self._pending():
            if time.monotonic() > self._until:
                raise UserError("waited too long.")
            return False
        self.played.append({"step": self._words(), "seconds": round(time.monotonic() - self._since, 3)})
        self._pending = None
        self._place += 1
        return True

    def _words(self) -> str:
        kind, value = next(iter(self.steps[self._place].items())) if self._place < len(self.steps) else ("end", "")
        return f"{kind}: {value}"

    def _begin(self, step: Mapping[str, Any]) -> None:
        kind, value = next(iter(step.items()))
        self._since = time.monotonic()
        self._until = self._since + PATIENCE
        result = getattr(self, f"_do_{kind}")(value)
        self._pending = result if callable(result) else _at_once

    def _finish(self, failed: str) -> None:
        self._timer.stop()
        self.finished.emit({"steps": self.played, "screenshots": self.shots, "failed": failed})

    # Steps

    def _do_key(self, value: Any) -> None:
        for key in QKeySequence(str(value)).toString(QKeySequence.SequenceFormat.PortableText).split(", "):
            press(self.window, key)

    def _do_type(self, value: Any) -> None:
        write(self.window, os.path.expandvars(str(value)))

    def _do_click(self, value: Any) -> None:
        place = value if isinstance(value, Mapping) else {"in": value}
        widget = _ground(self.find(str(place["in"])))
        point = QPoint(*place["at"]) if "at" in place else widget.rect().center()
        modifiers = MODIFIERS.get(str(place.get("with", "")), Qt.KeyboardModifier.NoModifier)
        button = Qt.MouseButton.RightButton if place.get("button") == "right" else Qt.MouseButton.LeftButton
        act = QTest.mouseDClick if place.get("double") else QTest.mouseClick
        if not widget.isEnabled():
            raise UserError(f"{place['in']} is disabled.")
        act(widget, button, modifiers, point)

    def _do_drag(self, value: Mapping[str, Any]) -> None:
        widget = _ground(self.find(str(value["in"])))
        path = [QPoint(*point) for point in value.get("path", [value.get("from"), value.get("to")])]
        modifiers = MODIFIERS.get(str(value.get("with", "")), Qt.KeyboardModifier.NoModifier)
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, modifiers, path[0])
        for start, end in itertools.pairwise(path):
            for part in range(1, 9):
                QTest.mouseMove(widget, start + (end - start) * (part / 8))
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, modifiers, path[-1])

    def _do_command(self, value: Any) -> None:
        if not self.driven.run_command(str(value)):
            raise UserError(f"the command {value} is unknown or disabled here.")

    def _do_wait(self, value: Any) -> Done | None:
        if isinstance(value, int | float):
            end = time.monotonic() + float(value)
            return lambda: time.monotonic() >= end
        if isinstance(value, Mapping):
            return self._wait_signal(value)
        if value not in ("idle", "run"):
            raise UserError(f"{value!r} is nothing to wait for. Known: idle, run, seconds, {{signal, seconds}}.")
        quiet = [0]

        def idle() -> bool:
            quiet[0] = quiet[0] + 1 if self.driven.is_idle() else 0
            return quiet[0] > 6

        return idle

    def _wait_signal(self, value: Mapping[str, Any]) -> Done:
        self._until = self._since + float(value.get("seconds", 30))
        seen: list[object] = []
        signal = getattr(self.driven.session, str(value["signal"]), None)
        if signal is None:
            raise UserError(f"the session has no signal {value['signal']!r}.")
        signal.connect(lambda *arguments: seen.append(arguments))
        return lambda: bool(seen)

    def _do_expect(self, value: Mapping[str, Any]) -> Done:
        checks = [self._check(kind, wanted) for kind, wanted in value.items()]
        self._until = self._since + EXPECTED
        problems: list[str] = []

        def settled() -> bool:
            problems[:] = [problem for check in checks if (problem := check())]
            if problems and time.monotonic() > self._until - 0.2:
                raise UserError(problems[0])
            return not problems

        return settled

    def _check(self, kind: str, wanted: Any) -> Callable[[], str]:
        if kind == "label":
            return lambda: self._check_label(*wanted)
        if kind == "text":
            return lambda: self._check_text(*wanted)
        if kind == "count":
            return lambda: self._check_count(*wanted)
        if kind == "page":
            return lambda: "" if self.driven.page_name() == wanted else f"the page is {self.driven.page_name()}."
        raise UserError(f"{kind!r} is nothing to expect. Known: label, text, count, page.")

    def _check_label(self, sample: str, wanted: str) -> str:
        view = self.driven.session.fresh_view()
        found = [label for name, label in zip(view.column("id"), view.column("label"), strict=True) if name == sample]
        if not found:
            return f"there is no sample {sample}."
        return "" if (found[0] or "") == str(wanted) else f"{sample} is labelled {found[0]!r}, not {wanted!r}."

    def _check_text(self, name: str, wanted: str) -> str:
        shown = widget_text(self.find(name))
        return "" if str(wanted) in shown else f"{name} shows {shown!r}, not {wanted!r}."

    def _check_count(self, name: str, wanted: int) -> str:
        counts: dict[str, Callable[[], int]] = {
            "list": lambda: len(self.driven.session.order),
            "selection": lambda: len(self.driven.session.selected),
            "runs": lambda: len(self.driven.session.open_project.runs.list()),
            "labelled": lambda: int((self.driven.session.labels() >= 0).sum()),
        }
        if name not in counts:
            raise UserError(f"{name!r} is nothing to count. Known: {', '.join(counts)}.")
        found = counts[name]()
        return "" if found == int(wanted) else f"{name} counts {found}, not {wanted}."

    def _do_shot(self, value: Any) -> None:
        path = self.out / f"{value}.png"
        QApplication.sendPostedEvents()
        picture = seen(self.window)
        if not picture.save(str(path)):
            raise UserError(f"{path}: the picture could not be written.")
        self.shots.append(str(path))

    def _do_size(self, value: Any) -> Done:
        width, height = (int(part) for part in str(value).split("x"))
        self.window.resize(width, height)
        end = time.monotonic() + 0.2
        return lambda: time.monotonic() >= end

    # Places

    def find(self, name: str) -> QWidget:
        """The visible control of an object name; UserError when there is none."""
        hidden = False
        for top in (self.window, *QApplication.topLevelWidgets()):
            for widget in [top] if top.objectName() == name else top.findChildren(QWidget, name):
                if widget.isVisible():
                    return widget
                hidden = True
        raise UserError(f"the control {name} is {'not visible' if hidden else 'unknown'}.")


def seen(window: QWidget) -> QPixmap:
    """A picture of the window as a person sees it: dialogs, menus and lists that are open stand over it."""
    picture, origin = window.grab(), window.mapToGlobal(QPoint(0, 0))
    tops = [top for top in QApplication.topLevelWidgets() if top.isVisible() and top.windowType() not in _FLEETING]
    painter = QPainter(picture)
    for top in sorted((top for top in tops if _depth(top, window) > 0), key=lambda top: _depth(top, window)):
        area = QRect(top.mapToGlobal(QPoint(0, 0)) - origin, top.size())
        if isinstance(top, QDialog):
            # It stands there in the middle; a small or absent screen would push it aside.
            area.moveCenter(window.rect().center())
        painter.drawPixmap(area.topLeft(), top.grab())
        painter.setPen(theme.token("line2"))
        painter.drawRect(area.adjusted(-1, -1, 0, 0))
    painter.end()
    return picture


def _depth(top: QWidget, window: QWidget) -> int:
    """How many windows lie between: 1 for a dialog of the window, 2 for its list; 0 for what is not the window's."""
    steps, parent = 0, top.parentWidget()
    while parent is not None:
        steps, parent = steps + 1, parent.window()
        if parent is window:
            return steps
        parent = parent.parentWidget()
    return 0


def press(window: QWidget, key: str) -> None:
    """A real key event, such as Ctrl+K, to whatever has the keyboard: an open menu or list first."""
    combination = QKeySequence(key)[0]  # type: ignore[index]
    popup, taker = _taker(window)
    QTest.keyClick(taker, combination.key(), combination.keyboardModifiers())
    del popup


def write(window: QWidget, text: str) -> None:
    """Real key events for each letter."""
    popup, taker = _taker(window)
    QTest.keyClicks(taker, text)
    del popup


def _taker(window: QWidget) -> tuple[QWidget | None, QWidget]:
    """The open popup and what takes keys; hold on to the popup meanwhile, what is inside it ends with it."""
    popup = QApplication.activePopupWidget()
    if popup is not None:
        return popup, popup.focusWidget() or popup
    return None, QApplication.focusWidget() or window


def _at_once() -> bool:
    return True


def widget_text(widget: QWidget) -> str:
    """What a control says."""
    if isinstance(widget, QLabel | QAbstractButton | QLineEdit):
        return widget.text()
    if isinstance(widget, QPlainTextEdit):
        return widget.toPlainText()
    parts = [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]
    return " ".join([*parts, widget.accessibleName(), widget.accessibleDescription()])
