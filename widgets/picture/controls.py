"""What is set beside the picture: its tones by sliders on a small card, and how strong the relevance is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QSlider, QWidget

from widgets import paint, theme, tokens
from widgets.numbers import minus
from widgets.parts import LabelledCombo, LinkButton, Text
from widgets.picture.pixels import Look

#: Each tone: its name, its words, and the slider's place as its value. Sliders go from −100 to 100.
_TONES: tuple[tuple[str, str, Callable[[int], float]], ...] = (
    ("brightness", "Brightness", lambda at: at / 200),
    ("contrast", "Contrast", lambda at: 4 ** (at / 100)),
    ("gamma", "Gamma", lambda at: 4 ** (at / 100)),
)


class Tones(QFrame):
    """Brightness, contrast and gamma of the picture. ``chosen(look)``: one of them was moved."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("picture_tones_card")
        self.setAccessibleName("Tones of the picture")
        self.look = Look()
        self.sliders: dict[str, QSlider] = {}
        self._values: dict[str, Text] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 10, 12, 10)
        grid.setHorizontalSpacing(10)
        for row, (name, words, value) in enumerate(_TONES):
            slider = make_slider(f"picture_{name}", words, -100, 100, 150)
            slider.valueChanged.connect(lambda at, name=name, value=value: self._take(name, value(at)))
            self.sliders[name], self._values[name] = slider, Text("", "body", "text2")
            self._values[name].setFixedWidth(40)
            for column, widget in enumerate((Text(words, "body"), slider, self._values[name])):
                grid.addWidget(widget, row, column)
        self.reset = LinkButton("As it was taken")
        self.reset.setObjectName("picture_tones_reset")
        self.reset.clicked.connect(self._reset)
        grid.addWidget(self.reset, len(_TONES), 0, 1, 3, Qt.AlignmentFlag.AlignRight)
        self._tell()
        self.hide()

    def open_below(self, anchor: QWidget) -> None:
        """Stand below a widget, ending where it ends."""
        self.adjustSize()
        self.move(anchor.geometry().bottomRight() + QPoint(-self.width() - 6, 6))
        self.show()
        self.raise_()

    def places(self) -> dict[str, int]:
        """Where the sliders are."""
        return {name: slider.value() for name, slider in self.sliders.items()}

    def set_places(self, places: Mapping[str, object]) -> None:
        """Put the sliders there; those that are not named stay."""
        for name, slider in self.sliders.items():
            at = places.get(name)
            if isinstance(at, int):
                slider.setValue(at)

    def _take(self, name: str, value: float) -> None:
        changes = {name: value}
        self.look = replace(self.look, **changes)  # type: ignore[arg-type]
        self._tell()
        self.chosen.emit(self.look)

    def _reset(self) -> None:
        for slider in self.sliders.values():
            slider.setValue(0)

    def _tell(self) -> None:
        brightness = round(self.look.brightness * 100)
        self._values["brightness"].setText(minus(f"{brightness:+d} %") if brightness else "0 %")
        for name in ("contrast", "gamma"):
            self._values[name].setText(f"× {getattr(self.look, name):.2f}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("raised"))
        painter.setPen(QPen(theme.token("line2"), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


class RelevanceBar(QWidget):
    """How strong the relevance lies over the cell, and of which layer. ``chosen(share)``, ``layer_chosen(name)``."""

    chosen = Signal(float)
    layer_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = Text("Relevance", "caption_strong")
        self.slider = make_slider("picture_relevance", "Strength of the relevance", 0, 100, 90)
        self.slider.setValue(60)
        self.slider.valueChanged.connect(lambda at: self.chosen.emit(at / 100))
        self.layer = LabelledCombo("", (), "Which layer of the network is looked into")
        self.layer.setObjectName("picture_layer")
        self.layer.chosen.connect(self.layer_chosen.emit)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        row.setSpacing(8)
        row.addWidget(self.words)
        row.addWidget(self.layer)
        row.addWidget(self.slider)
        self.hide()

    def show_words(self, note: str, layers: Sequence[str] = (), layer: str = "") -> None:
        """Say what the relevance is of and whether to believe it, offer the other layers, and be seen."""
        self.words.setText(f"Relevance, {note}" if note else "Relevance")
        self.layer.set_choices(list(layers))
        self.layer.set_value(layer)
        self.layer.setVisible(len(layers) > 1)
        self.show()

    def place(self, room: QWidget) -> None:
        """Stand at the right foot."""
        self.adjustSize()
        self.move(room.width() - self.width() - 6, room.height() - self.height() - 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint.plate(painter, self.rect().toRectF(), theme.faded("well", 0.9), tokens.RADIUS)


def make_slider(name: str, words: str, low: int, high: int, wide: int) -> QSlider:
    """A level slider that says what it is."""
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setObjectName(name)
    slider.setAccessibleName(words)
    slider.setToolTip(words)
    slider.setRange(low, high)
    slider.setFixedWidth(wide)
    return slider
