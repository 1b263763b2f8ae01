"""The look of the window: colours, type, icons and class looks of the theme in force.

``apply(app, "system")`` once at start; afterwards every widget asks ``token``, ``font``, ``icon``
when it paints, so a change of theme needs no more than a repaint. ``changed`` tells it.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QStyleFactory

import resources
from widgets import tokens
from widgets.signs import SIGNS

Mode = Literal["light", "dark", "system"]
_FOLDER = Path(resources.__file__).parent
_FONTS = (
    "Inter-Regular.otf",
    "Inter-Medium.otf",
    "Inter-SemiBold.otf",
    "JetBrainsMono-Regular.ttf",
    "JetBrainsMono-Medium.ttf",
)


@dataclass(frozen=True)
class ClassLook:
    """How one class is drawn: `fill` of its chip, `ink` of the letter on it, `stroke` of lines on
    the well in this theme, `shape` as a sign for plots."""

    fill: QColor
    ink: QColor
    stroke: QColor
    shape: str

    @property
    def soft(self) -> QColor:
        """The model's colour beside the label's: the fill at half strength on the ground."""
        return mix(self.fill, token("well"), 0.5)


class _State(QObject):
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.mode: Mode = "light"
        self.dark = False
        self.sheet = ""
        self.follows = False
        self.motion = True


_state = _State()
#: Emitted after the colours of the theme changed.
changed = _state.changed


def apply(app: QApplication, mode: Mode = "system") -> None:
    """Dress the application; "system" follows the desktop's colour scheme from then on.

    Raises ValueError for another word. Called again for what is in force it does nothing: each widget that is there
    would be dressed anew.
    """
    if mode not in ("light", "dark", "system"):
        raise ValueError(mode)
    load_fonts()
    _state.mode = mode
    if not _state.follows:
        app.styleHints().colorSchemeChanged.connect(lambda _scheme: _follow(app))
        _state.follows = True
    dark = _wants_dark(app)
    if dark != _state.dark or not _state.sheet or app.styleSheet() != _state.sheet:
        _dress(app, dark)


def _wants_dark(app: QApplication) -> bool:
    if _state.mode == "system":
        return app.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return _state.mode == "dark"


def _follow(app: QApplication) -> None:
    if _state.mode == "system" and _wants_dark(app) != _state.dark:
        _dress(app, _wants_dark(app))


def _dress(app: QApplication, dark: bool) -> None:
    _state.dark = dark
    token.cache_clear()
    class_colour.cache_clear()
    if app.style().objectName().lower() != "fusion":
        app.setStyle(QStyleFactory.create("Fusion"))
    app.setPalette(palette())
    app.setFont(font("body"))
    _state.sheet = style_sheet()
    app.setStyleSheet(_state.sheet)
    from widgets.parts import ring  # it paints with this module

    ring.install(app)
    changed.emit()


def is_dark() -> bool:
    """Whether the dark theme is in force."""
    return _state.dark


def mode() -> Mode:
    """The mode that was asked for."""
    return _state.mode


def set_motion(on: bool) -> None:
    """Allow or forbid transitions (reduced motion)."""
    _state.motion = on


def motion(milliseconds: int) -> int:
    """Length of a transition: as given, 0 with reduced motion."""
    return milliseconds if _state.motion else 0


@functools.lru_cache(maxsize=256)
def token(name: str) -> QColor:
    """The colour of a token in this theme; KeyError for an unknown one."""
    return QColor(tokens.COLOURS[name][tokens.DARK if _state.dark else tokens.LIGHT])


def mix(one: QColor, other: QColor, part: float) -> QColor:
    """`part` of the first colour over the second, opaque."""
    rest = 1 - part
    return QColor.fromRgbF(
        one.redF() * part + other.redF() * rest,
        one.greenF() * part + other.greenF() * rest,
        one.blueF() * part + other.blueF() * rest,
    )


def faded(name: str, alpha: float) -> QColor:
    """A token's colour with an opacity from 0 to 1."""
    colour = QColor(token(name))
    colour.setAlphaF(alpha)
    return colour


@functools.lru_cache(maxsize=256)
def class_colour(index: int) -> ClassLook:
    """The look of class `index`; from the eleventh on the colours come again, letters stay unique."""
    fill, ink, stroke, shape = tokens.CLASSES[index % len(tokens.CLASSES)]
    return ClassLook(QColor(fill), QColor(ink), QColor(fill if _state.dark else stroke), shape)


@functools.lru_cache(maxsize=1)
def load_fonts() -> None:
    """Register the bundled fonts once."""
    for name in _FONTS:
        QFontDatabase.addApplicationFont(str(_FOLDER / "fonts" / name))


_WEIGHTS = {400: QFont.Weight.Normal, 500: QFont.Weight.Medium, 600: QFont.Weight.DemiBold}


@functools.lru_cache(maxsize=64)
def font(role: str) -> QFont:
    """The font of a role (``caption body strong title figure start mono …``), tabular digits on."""
    spec = tokens.FONTS[role]
    result = QFont("JetBrains Mono" if spec.mono else "Inter")
    result.setPixelSize(spec.size)
    result.setWeight(_WEIGHTS[spec.weight])
    result.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    result.setFeature(QFont.Tag("calt"), 0)
    if not spec.mono:
        result.setFeature(QFont.Tag("tnum"), 1)
    return result


def palette() -> QPalette:
    """The palette of the theme for Fusion and for what style sheets do not reach."""
    result = QPalette()
    role = QPalette.ColorRole
    named = {
        role.Window: "panel",
        role.WindowText: "text",
        role.Base: "well",
        role.AlternateBase: "panel",
        role.ToolTipBase: "raised",
        role.ToolTipText: "text",
        role.Text: "text",
        role.PlaceholderText: "text3",
        role.Button: "raised",
        role.ButtonText: "text",
        role.BrightText: "error",
        role.Link: "accent_text",
        role.LinkVisited: "accent_text",
        role.Highlight: "selection",
        role.HighlightedText: "text",
        role.Accent: "accent",
        role.Light: "raised",
        role.Midlight: "hover",
        role.Mid: "line2",
        role.Dark: "line2",
        role.Shadow: "line2",
    }
    for key, name in named.items():
        result.setColor(key, token(name))
    for key in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        result.setColor(QPalette.ColorGroup.Disabled, key, token("disabled"))
    return result


def style_sheet() -> str:
    """The one style sheet with this theme's colours and icon files filled in."""
    text = (_FOLDER / "style.qss").read_text("utf-8")
    for name, path in _icon_files().items():
        text = text.replace(f"@{{{name}}}", path)
    colours = {name: token(name).name() for name in tokens.COLOURS}
    colours["primary_hover"] = mix(token("primary"), token("well"), 0.86).name()
    colours["scroll"] = mix(token("text3"), token("well"), 0.4).name()
    for name in sorted(colours, key=len, reverse=True):
        text = text.replace(f"@{name}", colours[name])
    return text


_SHEET_ICONS = {
    "caret-up": ("caret_up", "text2"),
    "caret-down": ("caret_down", "text2"),
    "caret-down-off": ("caret_down", "disabled"),
    "caret-right": ("caret_right", "text2"),
    "check": ("check_bold", "on_accent"),
    "check-ink": ("check_bold", "text"),
}


def _icon_files() -> dict[str, str]:
    """Style sheets take pictures as files only: paint the few that they need, at 1× and 2×."""
    folder = _picture_folder()
    paths = {}
    for name, (sign, colour) in _SHEET_ICONS.items():
        path = folder / f"{name}-{'dark' if _state.dark else 'light'}.png"
        if not path.exists():
            pixmap(sign, 12, colour).save(str(path))
            pixmap(sign, 24, colour).save(str(path.with_name(f"{path.stem}@2x.png")))
        paths[name] = path.as_posix()
    return paths


@functools.lru_cache(maxsize=1)
def _picture_folder() -> Path:
    holder = tempfile.TemporaryDirectory(prefix="winnow-look-")
    _held.append(holder)
    return Path(holder.name)


_held: list[Any] = []


def icon(name: str, colour: str = "text2", on: str = "") -> QIcon:
    """The icon of a name in `SIGNS`, painted in a token's colour whenever it is drawn.

    on: the token for a checked button. KeyError for an unknown name.
    """
    return _icon(name, colour, on or colour)


@functools.lru_cache(maxsize=512)
def _icon(name: str, colour: str, on: str) -> QIcon:
    _sign(name)
    return QIcon(_Glyph(name, colour, on))


def pixmap(name: str, size: int, colour: str = "text2", ratio: float = 1.0) -> QPixmap:
    """One sign as a picture of `size` points at a pixel ratio."""
    return _pixmap(name, size, ratio, token(colour).rgba())


@functools.lru_cache(maxsize=1024)
def _pixmap(name: str, size: int, ratio: float, rgba: int) -> QPixmap:
    result = QPixmap(round(size * ratio), round(size * ratio))
    result.setDevicePixelRatio(ratio)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    draw_sign(painter, QRectF(0, 0, size, size), name, QColor.fromRgba(rgba))
    painter.end()
    return result


def draw_sign(painter: QPainter, rect: QRectF, name: str, colour: QColor) -> None:
    """Paint one sign into a rectangle."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    side = max(round(min(rect.width(), rect.height())), 1)
    face = QFont(font("strong")) if SIGNS[name].startswith("text:") else QFont(_signs()[0])
    face.setPixelSize(side)
    face.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    painter.setFont(face)
    painter.setPen(colour)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, _sign(name))
    painter.restore()


def _sign(name: str) -> str:
    wanted = SIGNS[name]
    if wanted.startswith("text:"):
        return wanted.removeprefix("text:")
    return _signs()[1][wanted]


@functools.lru_cache(maxsize=1)
def _signs() -> tuple[str, dict[str, str]]:
    """Family of the icon font and its signs by name.

    The font and its chart come from qtawesome's folder. Importing it would cost 0.1 s at start,
    for ten fonts that are loaded and hashed: one is all that is needed.
    """
    found = importlib.util.find_spec("qtawesome")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("qtawesome", name="qtawesome")
    folder = Path(found.origin).parent / "fonts"
    number = QFontDatabase.addApplicationFont(str(next(folder.glob("phosphor-*.ttf"))))
    chart = json.loads(next(folder.glob("phosphor-charmap-*.json")).read_text("utf-8"))
    family = QFontDatabase.applicationFontFamilies(number)[0]
    return family, {name: chr(int(code, 16)) for name, code in chart.items()}


class _Glyph(QIconEngine):
    """Draws a sign in the colour that its token has now, so icons follow the theme by themselves."""

    def __init__(self, name: str, colour: str, on: str) -> None:
        super().__init__()
        self._name, self._colour, self._on = name, colour, on

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        draw_sign(painter, QRectF(rect), self._name, self._tint(mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return _pixmap(self._name, min(size.width(), size.height()), 1.0, self._tint(mode, state).rgba())

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        # QIcon fits the ratio to what it gets, so more pixels than asked for are always crisp.
        result = QPixmap(size * scale)
        result.fill(Qt.GlobalColor.transparent)
        painter = QPainter(result)
        self.paint(painter, QRect(QPoint(0, 0), result.size()), mode, state)
        painter.end()
        return result

    def clone(self) -> QIconEngine:
        return _Glyph(self._name, self._colour, self._on)

    def _tint(self, mode: QIcon.Mode, state: QIcon.State) -> QColor:
        if mode == QIcon.Mode.Disabled:
            return token("disabled")
        return token(self._on if state == QIcon.State.On else self._colour)
