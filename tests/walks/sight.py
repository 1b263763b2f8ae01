"""What can be told of a window by measuring it: blank pictures, clipped or overlapping controls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QLabel,
    QMainWindow,
    QScrollArea,
    QSplitterHandle,
    QWidget,
)

#: What floats over the page on purpose.
FLOATING = ("notice", "palette", "tray", "filter_choices", "filter_error", "bubble")


def pixels(image: QImage) -> np.ndarray:
    """(height, width, 3) bytes."""
    turned = image.convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(turned.constBits(), np.uint8).reshape(turned.height(), turned.bytesPerLine())
    return lines[:, : turned.width() * 3].reshape(turned.height(), turned.width(), 3).copy()


def shot(window: QWidget, path: Path) -> np.ndarray:
    """Save the window as it looks; a blank or flat picture fails."""
    image = window.grab().toImage()
    assert image.save(str(path)), path
    seen = pixels(image)
    assert seen.shape[0] > 100
    assert seen.shape[1] > 100
    codes = seen.reshape(-1, 3).astype(np.int64) @ np.array([65536, 256, 1])
    values, counts = np.unique(codes, return_counts=True)
    assert len(values) > 24, f"{path.name} has {len(values)} colours only"
    assert counts.max() < 0.97 * counts.sum(), f"{path.name} is blank"
    return seen


def visible_children(widget: QWidget) -> list[QWidget]:
    """Children that a person sees, floating ones and windows of their own left out."""
    found = []
    for child in widget.children():
        if not isinstance(child, QWidget) or not child.isVisible() or child.isWindow():
            continue
        floats = child.objectName() in FLOATING or child.property("floating") or child.property("bubble")
        if not floats and child.width() > 0 and child.height() > 0:
            found.append(child)
    return found


def words(widget: QWidget) -> str:
    """A control as a person would find it."""
    told = type(widget).__name__
    parent = widget
    path = []
    while parent is not None and not parent.isWindow():
        if parent.objectName() and not parent.objectName().startswith("qt_"):
            path.append(parent.objectName())
        parent = parent.parentWidget()
    text = getattr(widget, "text", None)
    shown = f" {str(text())[:30]!r}" if callable(text) else ""
    rect = widget.geometry()
    place = f"{rect.x()},{rect.y()} {rect.width()}x{rect.height()}"
    return f"{told}{shown} in {'/'.join(reversed(path))} at {place}"


def problems(root: QWidget) -> list[str]:
    """Children outside their parents, siblings that overlap, texts that do not fit."""
    return [*_outside(root), *_overlapping(root), *_cut(root), *_scrolled_off(root)]


def _parts(root: QWidget) -> Iterator[tuple[QWidget, list[QWidget]]]:
    waiting = [root]
    while waiting:
        widget = waiting.pop()
        children = visible_children(widget)
        yield widget, children
        waiting += children


def _outside(root: QWidget) -> Iterator[str]:
    for parent, children in _parts(root):
        above = parent.parentWidget()
        scrolled = isinstance(above, QAbstractScrollArea) and above.viewport() is parent
        if scrolled:
            continue
        for child in children:
            if isinstance(parent, QMainWindow) and _is_separator(child):
                continue
            if not parent.rect().adjusted(-1, -1, 1, 1).contains(child.geometry()):
                yield f"outside: {words(child)} is not inside {parent.width()}x{parent.height()}"


def _overlapping(root: QWidget) -> Iterator[str]:
    for parent, children in _parts(root):
        for place, one in enumerate(children):
            for other in children[place + 1 :]:
                if _apart(parent, one, other):
                    continue
                both = one.geometry().intersected(other.geometry())
                if both.width() > 1 and both.height() > 1:
                    yield f"overlap: {words(one)} and {words(other)}"


def _apart(parent: QWidget, one: QWidget, other: QWidget) -> bool:
    """Pairs that lie over each other by design: frames' own parts, handles, tabs of docks."""
    if isinstance(parent, QAbstractScrollArea):
        return True
    if isinstance(parent, QMainWindow) and (_is_separator(one) or _is_separator(other)):
        return True
    quiet = (QSplitterHandle,)
    return isinstance(one, quiet) or isinstance(other, quiet) or _is_ring(one) or _is_ring(other)


def _is_separator(widget: QWidget) -> bool:
    """The live strip between two docks, wider than the line that is drawn."""
    return (not widget.objectName() or widget.objectName().startswith("qt_")) and min(
        widget.width(), widget.height()
    ) <= 7


def _is_ring(widget: QWidget) -> bool:
    return type(widget).__name__ in ("FocusRing", "Ring", "QFocusFrame", "QSizeGrip", "QRubberBand", "Grip", "Handle")


def _scrolled_off(root: QWidget) -> Iterator[str]:
    """What is wider than the area it scrolls in, where there is no bar to scroll by."""
    for area in root.findChildren(QScrollArea):
        inside = area.widget()
        off = area.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if area.isVisible() and inside is not None and off and inside.width() > area.viewport().width() + 1:
            yield f"cut: {words(inside)} is wider than the {area.viewport().width()} of {words(area)}"


def _cut(root: QWidget) -> Iterator[str]:
    """Labels and buttons with less room than their text needs, and what scrolling cannot bring back."""
    for widget in root.findChildren(QWidget):
        if not widget.isVisible() or not isinstance(widget, QLabel | QAbstractButton) or not widget.text():
            continue
        if type(widget).__name__.startswith("Elided"):
            continue
        need = widget.minimumSizeHint()
        if isinstance(widget, QLabel) and widget.wordWrap():
            tall = widget.heightForWidth(widget.width())
            if tall > widget.height() + 1:
                yield f"cut: {words(widget)} needs {tall} in height"
        elif need.width() > widget.width() + 1 or need.height() > widget.height() + 1:
            yield f"cut: {words(widget)} needs {need.width()}x{need.height()}"
        if _clipped(widget, root):
            yield f"clipped: {words(widget)}"


def _clipped(widget: QWidget, root: QWidget) -> bool:
    """Whether a part of it lies outside an ancestor that does not scroll."""
    rect = QRect(QPoint(0, 0), widget.size())
    inside, parent = widget, widget.parentWidget()
    while parent is not None and inside is not root:
        above = parent.parentWidget()
        if isinstance(above, QAbstractScrollArea) and above.viewport() is parent:
            return False
        rect.translate(inside.pos())
        if not parent.rect().adjusted(-1, -1, 1, 1).contains(rect):
            return True
        inside, parent = parent, parent.parentWidget()
    return False
