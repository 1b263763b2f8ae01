"""The theme dresses the application, follows the system, and its icons follow it."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QIcon, QImage, QRawFont
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from widgets import numbers, theme, tokens
from widgets.parts import PrimaryButton
from widgets.parts.ring import FocusRing
from widgets.signs import SIGNS


def test_tokens_follow_the_theme(look: str) -> None:
    place = tokens.DARK if look == "dark" else tokens.LIGHT
    assert all(theme.token(name).name().upper() == pair[place] for name, pair in tokens.COLOURS.items())
    assert theme.is_dark() == (look == "dark")


def test_the_style_sheet_is_filled_in(look: str) -> None:
    sheet = theme.style_sheet()
    assert not re.search(r"@[a-z{]", sheet.replace("@2x", "").replace("@name", "").replace("@{check}", ""))
    assert theme.token("well").name() in sheet


def test_an_unknown_mode_or_name_is_an_error(qapp: QApplication) -> None:
    with pytest.raises(ValueError, match="blue"):
        theme.apply(qapp, "blue")  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        theme.token("nothing")
    with pytest.raises(KeyError):
        theme.icon("nothing")


def test_changing_the_theme_is_told(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, "light")
    with qtbot.waitSignal(theme.changed):
        theme.apply(qapp, "dark")


def test_what_is_in_force_is_not_put_on_again(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, "light")
    with qtbot.assertNotEmitted(theme.changed):
        theme.apply(qapp, "light")
    qapp.setStyleSheet("")
    theme.apply(qapp, "light")
    assert qapp.styleSheet() == theme.style_sheet()


def test_system_mode_follows_the_desktop(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    theme.apply(qapp, "system")
    assert theme.mode() == "system"
    schemes = iter([Qt.ColorScheme.Dark] * 3)
    monkeypatch.setattr(theme, "_wants_dark", lambda app: next(schemes) == Qt.ColorScheme.Dark)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.is_dark()
    theme.apply(qapp, "light")


def test_a_fixed_mode_does_not_follow(qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert not theme.is_dark()


def test_fonts_are_the_bundled_ones_with_tabular_digits(dressed: QApplication) -> None:
    for role, spec in tokens.FONTS.items():
        face = theme.font(role)
        assert face.pixelSize() == spec.size >= 10
        assert QRawFont.fromFont(face).familyName() == ("JetBrains Mono" if spec.mono else "Inter")
        assert face.featureValue(QFont.Tag("calt")) == 0
        assert spec.mono or face.featureValue(QFont.Tag("tnum")) == 1


def test_the_font_has_our_signs(dressed: QApplication) -> None:
    face = QRawFont.fromFont(theme.font("body"))
    for sign in f"{numbers.THIN}{numbers.MINUS}≠→←↑↓–…·Δβκ":
        assert face.supportsCharacter(ord(sign)), sign


@pytest.mark.parametrize("name", sorted(SIGNS))
def test_each_icon_draws_something(name: str, dressed: QApplication) -> None:
    picture = theme.icon(name).pixmap(16, 16).toImage()
    assert any(picture.pixelColor(x, y).alpha() > 40 for x in range(16) for y in range(16))


def darkest(image: QImage) -> int:
    """The lightness of the strongest pixel."""
    spots = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max(spots, key=lambda spot: spot.alpha()).lightness()


def test_an_icon_follows_the_theme_by_itself(qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    icon = theme.icon("flag", "text")
    light = darkest(icon.pixmap(16, 16).toImage())
    theme.apply(qapp, "dark")
    assert darkest(icon.pixmap(16, 16).toImage()) > light + 100
    off = icon.pixmap(16, 16, QIcon.Mode.Disabled).toImage()
    assert darkest(off) < darkest(icon.pixmap(16, 16).toImage())


def test_icons_are_sharp_on_dense_screens(dressed: QApplication) -> None:
    picture = theme.icon("flag").pixmap(QSize(16, 16), 2.0)
    assert picture.width() >= 32
    assert picture.deviceIndependentSize().toSize() == QSize(16, 16)


def test_classes_beyond_ten_get_looks(look: str) -> None:
    assert theme.class_colour(10).fill == theme.class_colour(0).fill
    stroke = theme.class_colour(1).stroke.name().upper()
    assert stroke == ("#E69F00" if look == "dark" else "#C58800")


def test_the_palette_reaches_plain_widgets(look: str, qtbot: QtBot) -> None:
    field = QLineEdit("x")
    qtbot.addWidget(field)
    field.resize(120, 26)
    assert field.grab().toImage().pixelColor(100, 13) == theme.token("well")


def test_the_primary_button_is_ink_filled(look: str, qtbot: QtBot) -> None:
    button = PrimaryButton("Train")
    qtbot.addWidget(button)
    button.resize(100, 26)
    assert button.grab().toImage().pixelColor(8, 13) == theme.token("primary")


def test_focus_by_keyboard_shows_a_ring(look: str, qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    column = QVBoxLayout(page)
    first, second, field = QPushButton("one"), QPushButton("two"), QLineEdit()
    for widget in (first, second, field):
        column.addWidget(widget)
    page.show()
    page.activateWindow()
    first.setFocus()
    qtbot.waitUntil(first.hasFocus)
    qtbot.keyClick(first, Qt.Key.Key_Tab)
    ring = page.findChild(FocusRing)
    assert ring is not None
    assert ring.isVisible()
    assert ring.geometry().contains(second.geometry())
    at = second.geometry().center()
    assert page.grab().toImage().pixelColor(at.x(), second.geometry().top() - 2) == theme.token("accent")
    qtbot.keyClick(second, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: page.findChild(FocusRing) is None)


def test_a_ring_follows_what_its_button_stands_in(dressed: QApplication, qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    foot = QWidget(page)
    button = QPushButton("go", foot)
    page.resize(200, 200)
    page.show()
    page.activateWindow()
    button.setFocus()
    qtbot.waitUntil(button.hasFocus)
    foot.move(40, 120)
    ring = page.findChild(FocusRing)
    assert ring is not None
    assert ring.geometry().contains(button.geometry().translated(foot.pos()))
    foot.move(0, 120)
    assert page.rect().contains(ring.geometry()), "at the edge it is not cut"


def test_a_ring_goes_with_its_window(dressed: QApplication, qtbot: QtBot) -> None:
    page = QPushButton("alone")
    page.show()
    page.activateWindow()
    page.setFocus()
    qtbot.waitUntil(page.hasFocus)
    page.close()
    page.deleteLater()
    other = QPushButton("next")
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
