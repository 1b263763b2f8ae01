"""The bar below the spectrogram: play, loop, speed, volume, the selection."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QWidget

from widgets import paint, theme
from widgets.parts import Button, SegmentedButtons, Text, ToolButton
from widgets.picture.controls import make_slider

HEIGHT = 44
#: Speeds that can be chosen.
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0)


def time_words(seconds: float) -> str:
    """``0:02.418``, ``1:00:02.418``."""
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    last = f"{rest // 1000:02}.{rest % 1000:03}"
    return f"{hours}:{minutes:02}:{last}" if hours else f"{minutes}:{last}"


def speed_words(speed: float) -> str:
    """``0.25×``."""
    return f"{speed:g}×"


class PlayBar(QWidget):
    """``play_asked``, ``rewind_asked``, ``selection_asked``: to be played. ``loop_set(on)``, ``speed_set(speed)``,
    ``volume_set(share)``."""

    play_asked = Signal()
    rewind_asked = Signal()
    selection_asked = Signal()
    loop_set = Signal(bool)
    speed_set = Signal(float)
    volume_set = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sound_bar")
        self.setAccessibleName("Playback")
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._build_buttons()
        self.clock, self.whole = Text("0:00.000", "title"), Text("", "body", "text2")
        self.clock.setObjectName("sound_clock")
        self.named = Text("Speed", "body", "text2")
        self.speed = SegmentedButtons([(f"{one:g}", speed_words(one), "") for one in SPEEDS], "Speed")
        self.speed.setObjectName("sound_speed")
        self.speed.set_value("1")
        self.speed.chosen.connect(lambda words: self.speed_set.emit(float(words)))
        self.volume: QSlider = make_slider("sound_volume", "Volume", 0, 100, 84)
        self.volume.setValue(80)
        self.volume.valueChanged.connect(lambda value: self.volume_set.emit(value / 100))
        self.loud = _Sign("volume")
        self.words = Text("", "body", "text2")
        self.words.setObjectName("sound_words")
        self.selection = Button("Play selection", "play", "Play the selection, or the chosen region  Shift+Return")
        self.selection.setObjectName("sound_play_selection")
        self.selection.clicked.connect(lambda _on=False: self.selection_asked.emit())
        self._lay_out()
        self.show_playing(False)
        self.show_selection(None)

    def _build_buttons(self) -> None:
        self.rewind = ToolButton("rewind", "To the beginning")
        self.play = ToolButton("play", "Play from the cursor", key="Return", tone="text")
        self.loop = ToolButton("loop", "Over and over", True)
        for button, name in ((self.rewind, "rewind"), (self.play, "play"), (self.loop, "loop")):
            button.setObjectName(f"sound_{name}")
        self.rewind.clicked.connect(lambda _on=False: self.rewind_asked.emit())
        self.play.clicked.connect(lambda _on=False: self.play_asked.emit())
        self.loop.toggled.connect(self.loop_set)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(6)
        groups: tuple[tuple[QWidget, ...], ...] = (
            (self.rewind, self.play, self.loop),
            (self.clock, self.whole),
            (self.named, self.speed),
            (self.loud, self.volume),
        )
        for parts in groups:
            for part in parts:
                row.addWidget(part)
            row.addSpacing(8)
        row.addStretch(1)
        row.addWidget(self.words)
        row.addWidget(self.selection)

    def sizeHint(self) -> QSize:
        return QSize(640, HEIGHT)

    # -- what is told

    def show_time(self, now: float, whole: float) -> None:
        """Where the cursor is, of how much."""
        self.clock.setText(time_words(now))
        self.whole.setText(f"/ {time_words(whole)}")

    def show_playing(self, on: bool) -> None:
        """Whether it plays."""
        self.play.set_icon("pause" if on else "play", "text")
        self.play.set_tip("Pause" if on else "Play from the cursor", "Return")

    def show_selection(self, span: tuple[float, float] | None) -> None:
        """What "Play selection" plays, None for nothing."""
        self._told = f"Selection {span[0]:.3f} – {span[1]:.3f} s" if span is not None else ""
        self.selection.setEnabled(span is not None and self.play.isEnabled())
        self._say()

    def show_trouble(self, why: str) -> None:
        """Why nothing can be heard, "" where it can: what does not need a device stays."""
        self._trouble = why
        for part in (self.play, self.loop, self.speed, self.volume):
            part.setEnabled(not why)
        self.selection.setEnabled(not why and bool(self._told))
        self._say()

    _told = _trouble = ""

    def _say(self) -> None:
        """What there is room for: words give way first, then what a key does as well."""
        self.words.setText(self._trouble or self._told)
        heard = not self._trouble
        wanted = {self.words: bool(self._trouble or self._told), self.selection: True, self.speed: heard}
        wanted |= dict.fromkeys((self.named, self.loud, self.volume), heard)
        for part, there in wanted.items():
            part.setVisible(there)
        yielding: list[tuple[QWidget, ...]] = [(self.named,), (self.words,), (self.loud, self.volume), (self.whole,)]
        if self._trouble:
            yielding = [(self.selection,), (self.whole,)]
        self.whole.show()
        for parts in yielding:
            if self._needed() <= self.width():
                break
            for part in parts:
                part.hide()

    def _needed(self) -> int:
        layout = self.layout()
        if layout is None:
            return 0
        layout.invalidate()
        return layout.minimumSize().width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._say()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("panel"))
        paint.rule(painter, self.rect(), "top")


class _Sign(QWidget):
    """A sign that is no button."""

    def __init__(self, sign: str) -> None:
        super().__init__()
        self._sign = sign
        self.setFixedSize(18, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(1, 1, theme.pixmap(self._sign, 16, "text2", self.devicePixelRatioF()))
