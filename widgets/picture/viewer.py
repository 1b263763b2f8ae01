"""The picture viewer: a cell in its image, with the boxes of all others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QWidget

from models.payload import Picture, same_reader
from widgets.parts import KeyHints, ToolButton
from widgets.picture.boxes import ALL, CELL, DISAGREEING, LABEL, NONE, PREDICTION, Boxes
from widgets.picture.canvas import Canvas
from widgets.picture.controls import RelevanceBar, Tones
from widgets.picture.pixels import LOOKS, PLAIN, Look
from widgets.viewer import Viewer

Floats = npt.NDArray[np.floating[Any]]
#: Least room for the name of an image: the middle of those that machines made says nothing.
NAME = 110
_EDITING = (
    ("Drag", "draw, move or resize"),
    ("Shift+Drag", "draw inside another"),
    ("Delete", "delete"),
    ("Esc", "leave"),
)


class PictureViewer(Viewer):
    """Shows a `Picture`; draws and asks, changes nothing.

    + − and the wheel zoom, drag and arrows move, Home the whole image, Shift+B boxes by hand (Delete, Esc).

    Signals: ``sample_asked(id)``: a box was clicked; ``box_hovered(id)``, "" for none. ``boxes_asked(list of
    BoxEdit)``: boxes shall be drawn, moved or deleted; they look so at once, and as they are with the next payload.
    ``choices_changed``: other boxes, colours or pixels were chosen. ``layer_asked(name)``: the relevance of another.
    """

    sample_asked = Signal(str)
    box_hovered = Signal(str)
    boxes_asked = Signal(object)
    choices_changed = Signal()
    layer_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("picture", "Picture", "image", parent)
        self.picture: Picture | None = None
        self.name_of: Callable[[str], str] = str
        self._values: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike] | None = None
        self._titles: Sequence[str] = ()
        self._kept_zoom = 1.0
        self._letters: Sequence[str] = ()
        self._build_canvas()
        self._build_header()
        self._lay_out()
        self.set_payload(None)

    # -- building

    def _build_canvas(self) -> None:
        self.canvas = Canvas(self)
        self.canvas.describe = self._describe
        self.canvas.clicked.connect(lambda place: self.sample_asked.emit(self.canvas.boxes.ids[place]))
        self.canvas.hovered.connect(self._tell_hover)
        self.canvas.edited.connect(self.boxes_asked)
        self.canvas.failed.connect(self._fail)
        self.canvas.settled.connect(self._keep_zoom)
        self.relevance = RelevanceBar(self.canvas)
        self.relevance.chosen.connect(self._set_opacity)
        self.relevance.layer_chosen.connect(self.layer_asked)
        self.hints = KeyHints(_EDITING)
        self.hints.hide()

    def _build_header(self) -> None:
        self.header.spare_title(NAME)
        colours = (("Label", LABEL), ("Prediction", PREDICTION))
        self.colour = self.add_choice("Colour", colours, "What the boxes are coloured by", "colour", self._choose_boxes)
        shown = (("All boxes", ALL), ("This cell", CELL), ("Disagreeing", DISAGREEING), ("No boxes", NONE))
        self.shown = self.add_choice("", shown, "Which boxes are shown", "boxes", self._choose_boxes)
        self.shown.setAccessibleName("Boxes")
        self.tones = Tones(self)
        self.tones.chosen.connect(lambda _look: self._choose_look())
        self.tones_button = self.add_button("tones", "Brightness, contrast, gamma", "tones", self.set_tones, True)
        self.looks = self.add_button("palette", "Pixels: stains, channels, corrections", "look", lambda: None)
        self.looks.setMenu(self._look_menu())
        self.edit = self.add_button("boxes", "Boxes by hand", "edit", self.set_editing, True, "Shift+B")
        self.canvas.editing_changed.connect(self._show_editing)
        self.add_button("zoom_out", "Smaller", "zoom_out", lambda: self.canvas.zoom(0.8), key="−")
        self.add_button("zoom_in", "Larger", "zoom_in", lambda: self.canvas.zoom(1.25), key="+")
        self.cell_button = self.add_button("target", "Go to the cell", "cell", self.canvas.show_cell)
        #: What says nothing of a picture without boxes.
        self._of_boxes: tuple[QWidget, ...] = (self.colour, self.shown, self.looks, self.edit, self.cell_button)
        self.add_button("fit", "The whole image", "fit", self.fit, key="Home")

    def _look_menu(self) -> QMenu:
        menu, group = QMenu(self), QActionGroup(self)
        self.look_actions: dict[str, QAction] = {}
        for kind, words in LOOKS:
            action = menu.addAction(words)
            action.setObjectName(f"picture_look_{kind}")
            action.setCheckable(True)
            action.setChecked(kind == PLAIN)
            action.triggered.connect(lambda _on=False: self._choose_look())
            group.addAction(action)
            self.look_actions[kind] = action
        return menu

    def _lay_out(self) -> None:
        self.add_body(self.canvas)
        self.add_foot(self.hints)
        self.offer_picture()

    # -- what is shown

    def set_payload(self, picture: Picture | None, colour_index: int = -1, letter: str = "", by: str = "") -> None:
        """Show an image with its boxes (None: nothing). colour_index, letter: the chip of its label; by: a person.

        The view stays where it is when the next cell is seen in the same image.
        """
        before, self.picture = self.picture, picture
        if (
            picture is None
            or before is None
            or _cell(before) != _cell(picture)
            or not same_reader(before.reader, picture.reader)
        ):
            self.set_relevance(None)
        self.show_label(colour_index, letter, by)
        self.header.set_title(picture.title or "Picture" if picture else "Picture", _facts(picture))
        self.set_tools(picture is not None and picture.reader is not None)
        if picture is None or picture.reader is None:
            self._show_nothing(picture)
            return
        self.cell_button.setEnabled(picture.boxed and picture.chosen >= 0)
        same = before is not None and self.canvas.reader is not None and same_reader(before.reader, picture.reader)
        self._values = self._values if same and _same_boxes(before, picture) else None
        self.canvas.show_picture(picture, self._boxes_of(picture), same)
        self.show_body(self.canvas)
        self._place_bar()

    def _boxes_of(self, picture: Picture) -> Boxes:
        boxes = Boxes(picture.boxes, picture.ids, picture.chosen)
        boxes.shown, boxes.colour = self.shown.value(), self.colour.value()
        boxes.titles, boxes.letters = self._titles, self._letters
        if self._values is not None:
            boxes.set_values(*self._values)
        return boxes

    def set_values(
        self,
        labels: npt.ArrayLike,
        predicted: npt.ArrayLike,
        shares: npt.ArrayLike,
        titles: Sequence[str],
        letters: Sequence[str],
    ) -> None:
        """Class of each box by label and by the model (−1: none), its probability (NaN: none), names of the classes."""
        self._values, self._titles, self._letters = (labels, predicted, shares), titles, letters
        if self.picture is None or self.picture.reader is None:
            return
        boxes = self.canvas.boxes
        boxes.titles, boxes.letters = titles, letters
        if len(boxes) == len(np.atleast_1d(labels)):  # one drawn by hand may wait for its sample
            boxes.set_values(labels, predicted, shares)
        self.canvas.refresh()

    def forget(self) -> None:
        """Nothing is shown any more."""
        self.picture, self._values = None, None
        self.set_relevance(None)
        self.set_tools(False)
        self.canvas.clear()

    def set_relevance(
        self,
        values: Floats | None,
        note: str = "",
        region: Sequence[float] | None = None,
        layers: Sequence[str] = (),
        layer: str = "",
    ) -> None:
        """Heat (h, w) over a region of the image (left, top, right, bottom), else over the chosen box; None hides it.

        note: a word on it. layers: those that a person can choose among; layer: that of these values.
        """
        self.canvas.set_relevance(values, region)
        if values is None:
            self.relevance.hide()
        else:
            self.relevance.show_words(note, layers, layer)
            self._place_bar()

    def set_tools(self, on: bool) -> None:
        """Tools of a picture can be used, or there is none."""
        if not on:
            self.canvas.set_editing(False)
            self.set_tones(False)
        boxed = self.picture is None or self.picture.boxed
        for tool in self.header.findChildren(ToolButton):
            if tool is not self.header.more:
                tool.setEnabled(on and (boxed or tool not in self._of_boxes))
        for each in self._of_boxes:
            self.header.offer(each, boxed)

    # -- choices

    def choices(self) -> dict[str, Any]:
        """What the person chose, to be kept. zoom: how large cells are beside what is usual."""
        chosen = {"boxes": self.shown.value(), "colour": self.colour.value(), "look": self.canvas.look.kind}
        return {**chosen, "tones": self.tones.places(), "zoom": round(self.canvas.zoomed, 3)}

    def set_choices(self, choices: dict[str, Any]) -> None:
        """Choose what was kept; what is not known stays as it is."""
        for combo, name in ((self.shown, "boxes"), (self.colour, "colour")):
            before = combo.value()
            if not combo.set_value(choices.get(name, before)):
                combo.set_value(before)
        action = self.look_actions.get(str(choices.get("look", "")))
        if action is not None:
            action.setChecked(True)
        self.tones.set_places(choices.get("tones") or {})
        zoom = choices.get("zoom")
        if isinstance(zoom, int | float) and zoom > 0:
            self.canvas.zoomed = self._kept_zoom = float(zoom)
        self._apply()

    def look(self) -> Look:
        """How pixels are shown."""
        kind = next(kind for kind, action in self.look_actions.items() if action.isChecked())
        return replace(self.tones.look, kind=kind)

    def _apply(self) -> None:
        boxes = self.canvas.boxes
        boxes.shown, boxes.colour = self.shown.value(), self.colour.value()
        self.canvas.set_look(self.look())
        self.canvas.refresh()

    def _choose_boxes(self) -> None:
        self._apply()
        self.choices_changed.emit()

    def _choose_look(self) -> None:
        self.canvas.set_look(self.look())
        self.choices_changed.emit()

    def _keep_zoom(self) -> None:
        if self._kept_zoom != self.canvas.zoomed:
            self._kept_zoom = self.canvas.zoomed
            self.choices_changed.emit()

    def _set_opacity(self, share: float) -> None:
        self.canvas.opacity = share
        self.canvas.update()

    def set_tones(self, on: bool) -> None:
        """Show the sliders of the tones, or put them away."""
        self.tones_button.setChecked(on)
        if on:
            self.tones.open_below(self.header)
        else:
            self.tones.hide()

    def set_editing(self, on: bool) -> None:
        """Draw and change boxes by hand, or leave off."""
        self.canvas.set_editing(on)

    def can_edit(self) -> bool:
        """Whether an image is shown whose boxes can be changed."""
        return self.edit.isEnabled()

    def _show_editing(self, on: bool) -> None:
        self.edit.setChecked(on)
        self.hints.setVisible(on)

    def fit(self) -> None:
        """The whole image."""
        self.canvas.fit()

    # -- what is told

    def _describe(self, place: int) -> str:
        boxes = self.canvas.boxes
        name = self.name_of(boxes.ids[place]) if boxes.ids[place] else "new box"
        return f"{name} · {boxes.tell(place)}"

    def _tell_hover(self, place: int) -> None:
        self.canvas.setAccessibleDescription(self._describe(place) if place >= 0 else "")
        self.box_hovered.emit(self.canvas.boxes.ids[place] if place >= 0 else "")

    def _fail(self, text: str, whole: bool) -> None:
        if whole:
            self.canvas.clear()
            self.set_tools(False)
            self.say("This image cannot be read", f"{text.rstrip('.')}. The labels of its cells are kept.", "file_lost")

    # -- hands

    def _means(self, event: QKeyEvent) -> bool:
        if self.canvas.editor is None or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        return event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Escape}

    def take_key(self, event: QKeyEvent) -> bool:
        """Escape, and what the canvas knows."""
        if event.key() == Qt.Key.Key_Escape and self.tones.isVisible():
            self.set_tones(False)
        else:
            return bool(self.canvas.take_key(event))
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_bar()
        if self.tones.isVisible():
            self.tones.open_below(self.header)

    def _place_bar(self) -> None:
        self.relevance.place(self.canvas)

    # -- states

    def _show_nothing(self, picture: Picture | None) -> None:
        self.canvas.clear()
        self._values = None
        if picture is None:
            self.say_empty()
        else:
            told = f"{picture.note.rstrip('.')}. " if picture.note else ""
            do = "Put the file back and open the sample again; its labels are kept."
            self.say("This image cannot be shown", told + do, "file_lost")

    def dress(self) -> None:
        """The theme changed."""
        super().dress()
        self.canvas.refresh()

    def close_down(self) -> None:
        """Stop the background reading; nothing of it outlives the viewer."""
        self.canvas.tiles.close()


def _facts(picture: Picture | None) -> str:
    return " · ".join(picture.facts) if picture is not None else ""


def _cell(picture: Picture) -> str:
    """The sample that is shown, "" for a whole image."""
    return picture.ids[picture.chosen] if picture.chosen >= 0 else ""


def _same_boxes(one: Picture | None, other: Picture) -> bool:
    return one is not None and one.ids == other.ids
