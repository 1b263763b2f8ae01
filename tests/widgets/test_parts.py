"""The small parts answer real clicks and keys, in both themes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from tests.widgets.showing import shown
from widgets import paint, theme
from widgets.parts import (
    Band,
    Bar,
    Button,
    CardButton,
    Chip,
    DemoCard,
    Dock,
    ElidedText,
    EmptyState,
    FigureBlock,
    IntervalBar,
    IssuePanel,
    KeyHints,
    LabelledCombo,
    Legend,
    LinkButton,
    Logo,
    PageHead,
    PaneHeader,
    PrimaryButton,
    ProjectCard,
    SegmentedButtons,
    SkeletonRows,
    Splitter,
    StatusLine,
    StatusProgress,
    StatusText,
    ToolButton,
    logo_icon,
)
from widgets.parts.keys import caps


def at(widget: QWidget, x: int, y: int) -> QColor:
    """The colour of a pixel."""
    return widget.grab().toImage().pixelColor(x, y)


def near(one: QColor, other: QColor) -> bool:
    """Whether two colours are the same but for rounding."""
    return all(abs(a - b) <= 3 for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))


def test_chips_say_who_by_shape(look: str, qtbot: QtBot) -> None:
    fill = theme.class_colour(2).fill
    chips = {kind: shown(qtbot, Chip("2", 2, kind)) for kind in ("filled", "hollow", "dashed")}
    assert near(at(chips["filled"], 3, 8), fill)
    assert near(at(chips["hollow"], 0, 8), theme.class_colour(2).stroke)
    assert near(at(chips["hollow"], 4, 4), theme.token("well"))
    assert not near(at(chips["dashed"], 8, 8), fill)
    assert chips["hollow"].accessibleName() == "model 2"
    assert chips["dashed"].accessibleName() == "no label"


def test_every_part_paints_in_both_themes(look: str, qtbot: QtBot) -> None:
    stripes = IntervalBar(0, 1)
    stripes.set_figures([(0.6, 0.5, 0.7, "accent"), (0.5, 0.4, 0.6, "text2")], 0.25)
    card = ProjectCard("calcium")
    card.set_facts("today, 14:41", ["traces", "825 samples"], 0.5, "412 labelled, 413 left", "run-4")
    card.set_drawing(lambda painter, area: painter.fillRect(area, QColor("red")))
    parts = [
        stripes,
        card,
        Logo(),
        Legend([("bar", "model")]),
        SkeletonRows(),
        DemoCard("traces", "7×7"),
    ]
    parts += [KeyHints([("Ctrl+Z", "undo")]), IssuePanel("A", "b", "info", "info"), Band("away", "Try now")]
    parts += [FigureBlock("Best", ".438", "epoch 8"), StatusLine(), Bar(0.4), ElidedText("long words")]
    for part in parts:
        picture = shown(qtbot, part, 320, 300).grab().toImage()
        colours = {picture.pixel(x, y) for x in range(0, picture.width(), 3) for y in range(picture.height())}
        assert len(colours) > 1, part


def test_key_sequences_read_as_caps() -> None:
    assert caps("Ctrl+Shift+Z") == ["Ctrl", "Shift", "Z"]
    assert caps("Return") == ["Enter"]
    assert caps("Ctrl++") == ["Ctrl", "+"]
    assert caps("") == []


def test_buttons_click_and_name_themselves(look: str, qtbot: QtBot) -> None:
    for button in (
        Button("Keep label", "flag"),
        PrimaryButton("Accept"),
        LinkButton("Undo"),
        ToolButton("flag", "Flag"),
    ):
        shown(qtbot, button, 90, 26)
        assert button.accessibleName()
        with qtbot.waitSignal(button.clicked):
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_tool_button_is_large_enough_to_hit(dressed: object, qtbot: QtBot) -> None:
    button = ToolButton("flag", "Flag", checkable=True, key="F")
    shown(qtbot, button)
    assert min(button.width(), button.height()) >= 24
    assert button.toolTip() == "Flag  F"
    button.click()
    assert button.isChecked()


def test_the_combo_tells_only_a_persons_choice(look: str, qtbot: QtBot) -> None:
    combo = LabelledCombo("Queue", [("Label issues", "issues"), ("Uncertain", "unsure")])
    shown(qtbot, combo, 180, 26)
    told: list[object] = []
    combo.chosen.connect(told.append)
    assert combo.set_value("unsure")
    assert not combo.set_value("nothing")
    assert combo.value() == "issues"
    assert told == []
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert told == ["unsure"]
    combo.set_choices([("Other", "other"), ("Uncertain", "unsure")])
    assert combo.value() == "unsure"
    assert told == ["unsure"]


def test_segments_by_mouse_and_keys(look: str, qtbot: QtBot) -> None:
    segments = SegmentedButtons([("table", "", "table"), ("grid", "", "grid")], "View")
    shown(qtbot, segments, segments.sizeHint().width(), 26)
    with qtbot.waitSignal(segments.chosen) as told:
        qtbot.mouseClick(segments, Qt.MouseButton.LeftButton, pos=segments.rect_of("grid").center().toPoint())
    assert told.args == ["grid"]
    assert segments.accessibleName() == "View: grid"
    with qtbot.waitSignal(segments.chosen) as told:
        qtbot.keyClick(segments, Qt.Key.Key_Left)
    assert told.args == ["table"]
    with qtbot.assertNotEmitted(segments.chosen):
        qtbot.keyClick(segments, Qt.Key.Key_Left)
        segments.set_value("grid")


def header(qtbot: QtBot, wide: int) -> tuple[PaneHeader, list[ToolButton], LabelledCombo]:
    head = PaneHeader("Tissue", "2/08, 12 of 25 conflict")
    combo = LabelledCombo("Colour", ["Label", "Model"])
    head.add_tool(combo)
    tools = [ToolButton(name, name) for name in ("layers", "fit_x", "fit_y")]
    for tool in tools:
        head.add_tool(tool, keep=tool is tools[-1])
    shown(qtbot, head, wide, 32)
    return head, tools, combo


def test_a_wide_header_shows_all(look: str, qtbot: QtBot) -> None:
    head, tools, combo = header(qtbot, 700)
    assert head.overflowed() == []
    assert not head.more.isVisible()
    assert all(tool.isVisible() for tool in (*tools, combo))


@pytest.mark.parametrize("wide", [120, 160, 220, 300])
def test_what_does_not_fit_moves_into_the_menu(wide: int, dressed: object, qtbot: QtBot) -> None:
    head, tools, combo = header(qtbot, wide)
    hidden = head.overflowed()
    assert tools[-1] not in hidden
    for tool in (*tools, combo):
        assert tool.isVisible() != (tool in hidden)
        assert tool in hidden or head.rect().contains(tool.geometry())
    assert head.more.isVisible() == bool(hidden)
    menu = head.more.menu()
    menu.aboutToShow.emit()
    assert len(menu.actions()) == len(hidden)


def test_a_subtitle_without_room_is_told_by_the_title(dressed: object, qtbot: QtBot) -> None:
    head, _tools, _combo = header(qtbot, 700)
    assert head.subtitle.isVisible()
    assert head.title.toolTip() == ""
    head.resize(220, 32)
    assert not head.subtitle.isVisible()
    assert head.title.toolTip() == "2/08, 12 of 25 conflict"
    head.resize(700, 32)
    assert head.title.toolTip() == ""


def test_a_tool_that_is_not_offered_is_neither_in_the_head_nor_in_the_menu(dressed: object, qtbot: QtBot) -> None:
    head = PaneHeader("Components")
    qtbot.addWidget(head)
    tool = ToolButton("lasso", "Lasso spikes")
    head.add_tool(tool)
    head.add_entry("Close", lambda: None)
    head.resize(60, 32)
    head.show()
    assert head.overflowed() == [tool]
    head.offer(tool, False)
    assert head.overflowed() == []
    head.resize(400, 32)
    assert tool.isHidden()
    head.offer(tool, True)
    assert tool.isVisible()


def test_a_tool_works_from_the_menu(dressed: object, qtbot: QtBot) -> None:
    head, tools, combo = header(qtbot, 130)
    menu = head.more.menu()
    menu.aboutToShow.emit()
    with qtbot.waitSignal(tools[0].clicked):
        next(action for action in menu.actions() if action.text() == "layers").trigger()
    with qtbot.waitSignal(combo.chosen) as told:
        menu.actions()[0].menu().actions()[1].trigger()
    assert told.args == ["Model"]


def test_entries_of_the_menu_run(dressed: object, qtbot: QtBot) -> None:
    head = PaneHeader("A")
    ran: list[int] = []
    head.add_entry("Save picture", lambda: ran.append(1))
    shown(qtbot, head)
    assert head.more.isVisible()
    head.more.menu().aboutToShow.emit()
    head.more.menu().actions()[0].trigger()
    assert ran == [1]


def test_empty_state_buttons(look: str, qtbot: QtBot) -> None:
    state = EmptyState(
        "No sample matches", "Remove `conflict` to see 412.", actions=[("remove", "Remove it"), ("clear", "Clear")]
    )
    shown(qtbot, state, 400, 200)
    first, second = state.buttons()
    assert isinstance(first, PrimaryButton)
    assert not isinstance(second, PrimaryButton)
    with qtbot.waitSignal(state.action_asked) as told:
        qtbot.mouseClick(second, Qt.MouseButton.LeftButton)
    assert told.args == ["clear"]
    state.set_state("No samples yet", icon="import")
    assert state.buttons() == []


def test_words_in_an_empty_state_are_no_markup(dressed: object, qtbot: QtBot) -> None:
    state = EmptyState("x", "a < b & `c < d`")
    qtbot.addWidget(state)
    assert "a &lt; b &amp; <span" in state._text.text()


def test_bars_fill_their_share(look: str, qtbot: QtBot) -> None:
    bar = Bar(0.5, "accent", 6)
    shown(qtbot, bar, 100, 6)
    assert near(at(bar, 25, 3), theme.token("accent"))
    assert near(at(bar, 75, 3), theme.token("track"))


def test_the_words_of_a_head_give_way_to_its_figures(dressed: object, qtbot: QtBot) -> None:
    head = PageHead("deep", {"found": ("Found", 0), "kept": ("Kept", 120)}, "A name of many words", "told beside it")
    shown(qtbot, head, 300, 70)
    found, kept = head.figures.values()
    assert [found.objectName(), kept.objectName()] == ["deep.figure.found", "deep.figure.kept"]
    assert kept.geometry().right() < head.width()
    assert kept.width() >= 120
    assert head.title.geometry().right() < found.x()
    assert head.title.toolTip() == "A name of many words"
    head.show_words("A", "B")
    assert (head.title.text(), head.title.toolTip(), head.source.text()) == ("A", "", "B")


def test_figures_say_their_company(dressed: object, qtbot: QtBot) -> None:
    block = FigureBlock("Best", ".438", "epoch 8")
    qtbot.addWidget(block)
    block.set_figure(".451", "epoch 9")
    assert block.accessibleName() == "Best: .451 epoch 9"
    interval = IntervalBar()
    qtbot.addWidget(interval)
    interval.set_figure(0.605, 0.53, 0.664)
    assert interval.accessibleName() == ".605 [.530, .664]"


@pytest.mark.parametrize("orientation", list(Qt.Orientation))
def test_a_shown_splitter_can_be_resized(dressed: object, qtbot: QtBot, orientation: Qt.Orientation) -> None:
    splitter = Splitter(orientation)
    for _ in range(2):
        splitter.addWidget(QWidget())
    shown(qtbot, splitter, 400, 300)
    splitter.resize(500, 420)
    handle = splitter.handle(1)
    level = orientation == Qt.Orientation.Horizontal
    assert (handle.width() if level else handle.height()) == 7
    assert (handle.height() if level else handle.width()) == (420 if level else 500)


def test_a_splitter_is_thin_to_see_and_wide_to_grab(look: str, qtbot: QtBot) -> None:
    splitter = Splitter()
    left, right = QWidget(), QWidget()
    for pane in (left, right):
        pane.setMinimumWidth(50)
        splitter.addWidget(pane)
    shown(qtbot, splitter, 400, 200)
    splitter.setSizes([200, 199])
    handle = splitter.handle(1)
    assert right.x() - left.geometry().right() == 2
    assert handle.width() == 7
    before = left.width()
    edge = handle.mapToParent(QPoint(3, 0)).x()
    for grab in (edge - 3, edge + 3):
        assert splitter.childAt(grab, 100) is handle
    assert splitter.childAt(edge - 4, 100) is left
    start = QPoint(6, 100)
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(handle, start + QPoint(40, 0))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=start + QPoint(40, 0))
    assert left.width() > before + 20


def test_a_dock_has_its_own_head(dressed: object, qtbot: QtBot) -> None:
    window = QMainWindow()
    dock = Dock("History", "history", QWidget())
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    shown(qtbot, window, 500, 300)
    assert dock.head.height() == 32
    qtbot.mouseClick(dock.findChild(ToolButton, "history_close"), Qt.MouseButton.LeftButton)
    assert not dock.isVisible()


def test_status_pieces(dressed: object, qtbot: QtBot) -> None:
    line = StatusLine()
    progress = StatusProgress()
    progress.set_progress("Labelled", "412", "of 825", 0.5, "0:42 left")
    words = StatusText("curator 1")
    words.set_clickable("Change the name")
    line.add(progress)
    line.add_rule()
    line.add(words, right=True)
    shown(qtbot, line, 900, 25)
    assert line.height() == 25
    assert progress.accessibleName() == "Labelled 412 of 825 0:42 left"
    assert words.x() > progress.x()
    with qtbot.waitSignal(words.clicked):
        qtbot.keyClick(words, Qt.Key.Key_Return)
    with qtbot.waitSignal(progress.clicked):
        qtbot.mouseClick(progress, Qt.MouseButton.LeftButton)


def test_cards_by_mouse_and_key(look: str, qtbot: QtBot) -> None:
    for card in (
        CardButton("New project", "domain", "plus", "Ctrl N", primary=True),
        ProjectCard("calcium"),
        DemoCard("a", "b"),
    ):
        shown(qtbot, card, 300, 100)
        with qtbot.waitSignal(card.clicked):
            qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
        with qtbot.waitSignal(card.clicked):
            qtbot.keyClick(card, Qt.Key.Key_Return)


def test_a_band_and_a_panel_are_clicked(dressed: object, qtbot: QtBot) -> None:
    band = Band("Labels server away since 14:02", "Try now")
    shown(qtbot, band, 400, 32)
    with qtbot.waitSignal(band.action_asked):
        qtbot.mouseClick(band.button, Qt.MouseButton.LeftButton)
    panel = IssuePanel("Label and model disagree", "Rank 2 of 283.")
    shown(qtbot, panel, 300, 60)
    with qtbot.waitSignal(panel.clicked):
        qtbot.mouseClick(panel, Qt.MouseButton.LeftButton)


def test_elided_text_tells_the_whole_as_a_tip(dressed: object, qtbot: QtBot) -> None:
    text = ElidedText("a rather long file name.h5")
    shown(qtbot, text, 400, 18)
    assert text.toolTip() == ""
    text.resize(60, 18)
    assert text.toolTip() == "a rather long file name.h5"


def test_the_mark_is_the_windows_icon(look: str, qtbot: QtBot) -> None:
    picture = (
        logo_icon()
        .pixmap(
            32,
            32,
        )
        .toImage()
    )
    tones = {picture.pixelColor(x, y).name() for x in range(32) for y in range(32)}
    assert theme.token("accent").name() in tones
    assert theme.token("text").name() in tones


def test_a_stump_of_a_subtitle_is_left_out(look: str, qtbot: QtBot) -> None:
    header = PaneHeader("Tissue", "1/01, 15 of 25 conflict with the model")
    qtbot.addWidget(header)
    header.resize(400, 32)
    header.show()
    assert header.subtitle.isVisible()
    header.resize(130, 32)
    assert not header.subtitle.isVisible()
    header.set_subtitle("7 of 25")
    assert header.subtitle.isVisible(), "a short one fits"


def test_a_band_with_an_action_opens_no_window(dressed: object, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    alone: list[QWidget] = []
    show = QWidget.setVisible

    def watched(widget: QWidget, visible: bool) -> None:
        if visible and widget.parentWidget() is None:
            alone.append(widget)
        show(widget, visible)

    monkeypatch.setattr(QWidget, "setVisible", watched)
    qtbot.addWidget(Band("No classes yet", "Add class…", "info"))
    assert not alone


def test_notes_fold_into_lines_that_hold_them_whole(qapp: QApplication) -> None:
    notes = ("not recorded: Fz, Cz", "unfiltered at this width", "too few electrodes for Laplacian: as recorded")
    told = paint.folded(notes, "caption_strong", 5000)
    assert told == [" · ".join(notes)]
    narrow = paint.folded(notes, "caption_strong", 160)
    assert len(narrow) > 3
    assert all(paint.width(line, "caption_strong") <= 160 for line in narrow)
    assert " ".join(narrow).replace(" · ", " ").split() == " ".join(notes).split(), "not a word is lost"
    assert paint.folded((), "body", 100) == []
