"""The embedding map: lasso counts are exact, clicks and keys ask for rows."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPolygon, QPolygonF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from widgets import theme
from widgets.map.cloud import Camera, Cloud
from widgets.map.field import LASSO, POINT, RECTANGLE
from widgets.map.picture import Look
from widgets.map.raster import Binner, paint_pixels, palette, spread
from widgets.map.view import EmbeddingMap, MapLegend


def places(count: int = 400, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, 2)) + rng.integers(0, 3, (count, 1)) * 4


@pytest.fixture
def view(qtbot: QtBot) -> EmbeddingMap:
    shown = EmbeddingMap()
    qtbot.addWidget(shown)
    shown.resize(800, 600)
    shown.show()
    qtbot.waitExposed(shown)
    shown.set_points(places())
    shown.set_classes(np.arange(400) % 2, ["uninfected", "parasitized"])
    return shown


def press_along(qtbot: QtBot, view: EmbeddingMap, points: list[QPoint]) -> None:
    qtbot.mousePress(view.field, Qt.MouseButton.LeftButton, pos=points[0])
    for point in points[1:]:
        qtbot.mouseMove(view.field, point)
    qtbot.mouseRelease(view.field, Qt.MouseButton.LeftButton, pos=points[-1])


def expected(view: EmbeddingMap, points: list[QPoint]) -> np.ndarray:
    shape = QPolygon(points)
    rows = [(row, view.field.pixel_of(row)) for row in range(view.field.cloud.count)]
    inside = [row for row, at in rows if QPolygonF(shape).containsPoint(at, Qt.FillRule.OddEvenFill)]
    return np.array(inside)


def test_a_legend_without_room_in_a_line_goes_on_in_the_next(view: EmbeddingMap) -> None:
    names = ["Seizure", "LPD", "GPD", "LRDA", "GRDA", "Other"]
    view.set_classes(np.arange(400) % 6, names)
    assert view.legend.height() == 30
    view.resize(460, 600)
    QApplication.processEvents()
    assert view.legend.height() == 52
    assert view.legend.size() == view.legend.sizeHint(), "nothing is cut"
    assert view.field.rect().adjusted(12, 12, -12, -12).contains(view.legend.geometry())
    view.set_points(np.column_stack([np.zeros(400), np.linspace(0, 1, 400)]))
    view.set_classes(np.arange(400) % 6, names)
    view.field.fit()
    assert view.legend.height() == 52
    line = [view.field.pixel_of(row) for row in range(400)]
    assert not any(view.legend.geometry().contains(at.toPoint()) for at in line if at is not None)
    view.resize(800, 600)
    QApplication.processEvents()
    assert view.legend.height() == 30


def test_a_legend_is_never_wider_than_its_room(qtbot: QtBot, dressed: object) -> None:
    legend = MapLegend()
    qtbot.addWidget(legend)
    names = ["Seizure", "LPD", "GPD", "LRDA", "GRDA", "Other"]
    legend.show_looks([(Look(name, QColor("red")), 1234) for name in names], 7)
    for room in range(160, 900, 7):
        legend.room = room
        assert legend.sizeHint().width() <= room
    legend.room = 10
    assert legend.sizeHint().height() == 30 + 22 * len(names), "one in a line, and the first line is not empty"


def test_where_room_is_short_classes_without_points_are_left_out(view: EmbeddingMap) -> None:
    names = ["Seizure", "LPD", "GPD", "LRDA", "GRDA", "Other"]
    view.set_classes(np.arange(400) % 3, names)
    assert [look.name for look, _count in view.legend.entries] == names
    view.resize(460, 600)
    QApplication.processEvents()
    assert [look.name for look, _count in view.legend.entries] == names[:3]


def test_a_lasso_selects_what_lies_inside(view: EmbeddingMap, qtbot: QtBot) -> None:
    qtbot.keyClick(view.field, Qt.Key.Key_L)
    assert view.tools.value() == LASSO
    points = [QPoint(200, 150), QPoint(600, 120), QPoint(520, 300), QPoint(650, 480), QPoint(180, 420)]
    with qtbot.waitSignal(view.selection_asked) as told:
        press_along(qtbot, view, points)
    assert len(told.args[0]) > 10
    assert np.array_equal(told.args[0], expected(view, points))
    qtbot.keyClick(view.field, Qt.Key.Key_Escape)
    assert len(view.field.selection) == 0
    qtbot.keyClick(view.field, Qt.Key.Key_Escape)
    assert view.field.tool == POINT


@pytest.mark.parametrize("axis", [0, 1])
def test_points_that_spread_along_one_axis_are_no_line(view: EmbeddingMap, axis: int, qtbot: QtBot) -> None:
    flat = places()
    flat[:, axis] *= 0.01
    view.set_points(flat)
    at = [view.field.pixel_of(row) for row in range(len(flat))]
    wide, tall = (np.ptp([getattr(point, name)() for point in at]) for name in ("x", "y"))
    assert min(wide, tall) > 0.25 * max(wide, tall)
    assert ("across" if axis == 0 else "upwards") + " stretched ×" in view.header.subtitle.text()
    rows = view.field.rows_inside(np.array([[0, 0], [800, 0], [800, 600], [0, 600]], float))
    assert len(rows) == len(flat)
    view.set_points(places())
    assert "stretched" not in view.header.subtitle.text()


def test_a_rectangle_selects_too(view: EmbeddingMap, qtbot: QtBot) -> None:
    view.tools.chosen.emit(RECTANGLE)
    with qtbot.waitSignal(view.selection_asked) as told:
        press_along(qtbot, view, [QPoint(100, 100), QPoint(300, 350), QPoint(500, 400)])
    corners = [QPoint(100, 100), QPoint(500, 100), QPoint(500, 400), QPoint(100, 400)]
    assert np.array_equal(told.args[0], expected(view, corners))


def test_a_click_asks_for_the_nearest_point(view: EmbeddingMap, qtbot: QtBot) -> None:
    at = view.field.pixel_of(17)
    assert at is not None
    with qtbot.waitSignal(view.sample_asked) as told:
        qtbot.mouseClick(view.field, Qt.MouseButton.LeftButton, pos=at.toPoint())
    near = view.field.pixel_of(told.args[0])
    assert near is not None
    assert (near - at).manhattanLength() < 3


def test_drag_moves_and_home_fits(view: EmbeddingMap, qtbot: QtBot) -> None:
    before = view.field.pixel_of(3)
    press_along(qtbot, view, [QPoint(400, 300), QPoint(430, 310), QPoint(500, 340)])
    after = view.field.pixel_of(3)
    assert before is not None
    assert after is not None
    assert (after - before).toPoint() == QPoint(100, 40)
    qtbot.keyClick(view.field, Qt.Key.Key_Home)
    assert view.field.pixel_of(3) == before


def test_zoom_keeps_the_point_under_the_pointer(view: EmbeddingMap) -> None:
    at = view.field.pixel_of(5)
    assert at is not None
    view.field.zoom(3.0, at)
    assert (view.field.pixel_of(5) - at).manhattanLength() < 0.1


def test_points_are_painted_in_their_classes_colours(view: EmbeddingMap) -> None:
    lone = np.array([[0.0, 0.0], [10.0, 0.0], [np.nan, 1.0]])
    view.set_points(lone)
    view.set_classes([0, 1, 0], ["a", "b"])
    image = view.field.grab().toImage()
    for row, place in ((0, 0), (1, 1)):
        at = view.field.pixel_of(row)
        assert at is not None
        want = theme.mix(theme.class_colour(place).stroke, theme.token("well"), 0.82)
        got = image.pixelColor(at.toPoint())
        assert abs(got.red() - want.red()) + abs(got.green() - want.green()) + abs(got.blue() - want.blue()) < 20
    assert view.field.pixel_of(2) is None


def test_the_legend_counts(view: EmbeddingMap) -> None:
    mask = np.zeros(400, bool)
    mask[:7] = True
    view.set_disagreement(mask)
    assert view.legend.accessibleName() == "uninfected 200, parasitized 200, disagrees 7"
    view.set_classes(np.where(np.arange(400) < 100, -1, 0), ["uninfected"])
    assert view.legend.accessibleName().startswith("uninfected 300, no label 100")
    view.set_scores("Issue score", np.linspace(0, 0.9, 400))
    assert view.legend.accessibleName().startswith("Issue score 0 to 0.9")
    view.set_categories(np.array([f"p{i % 12}" for i in range(400)], object))
    assert "3 others" in view.legend.accessibleName()


def test_hover_shows_a_plate(view: EmbeddingMap, qtbot: QtBot) -> None:
    asked: list[int] = []
    picture = QImage(20, 20, QImage.Format.Format_RGB32)
    picture.fill(QColor("magenta"))
    view.set_hover(lambda row: asked.append(row) or picture, lambda row: f"row {row}")
    at = view.field.pixel_of(9)
    assert at is not None
    qtbot.mouseMove(view.field, at.toPoint())
    image = view.field.grab().toImage()
    assert view.field.hover in asked
    colours = {image.pixel(x, y) for x in range(0, 800, 5) for y in range(0, image.height(), 5)}
    assert QColor("magenta").rgb() in colours


def test_many_points_become_pixels_with_every_point_in_place() -> None:
    cloud = Cloud(np.random.default_rng(0).uniform(0, 10, (50_000, 2)))
    camera = Camera(0.0, 10.0, 20.0, 200, 200)
    codes, counts = Binner().bin(cloud, np.full(len(cloud), 3, np.uint8), camera, cloud.visible(camera), True)
    hit = np.zeros((200, 200), bool)
    hit[camera.down(cloud.y).astype(int).clip(0, 199), camera.across(cloud.x).astype(int).clip(0, 199)] = True
    assert (hit != (codes == 3)).mean() < 0.001
    assert counts is not None
    assert counts.sum() == 50_000


def test_on_a_wall_of_screens_each_point_has_its_own_pixel() -> None:
    """More pixels than a 32-bit float can number one by one."""
    across = np.arange(4999, 5099)
    cloud = Cloud(np.stack([across + 0.5, np.full(100, 0.5)], axis=1))
    camera = Camera(0.0, 3400.0, 1.0, 5100, 3400)
    codes, _counts = Binner().bin(cloud, np.ones(100, np.uint8), camera, cloud.visible(camera), False)
    assert np.flatnonzero(codes[3399]).tolist() == across.tolist()


def test_a_pixel_is_the_denser_the_more_points_fell_there() -> None:
    table = palette([(200, 100, 0)], crowded=True)
    codes, counts = np.array([[0, 1, 1, 1, 1]], np.uint8), np.array([[0, 1, 8, 128, 9999]], np.uint16)
    out = np.zeros((1, 5), np.uint32)
    paint_pixels(codes, counts, table, out)
    assert (out >> 24).tolist() == [[0, 87, 178, 255, 255]]
    paint_pixels(codes, None, palette([(200, 100, 0)], crowded=False), out)
    assert (out >> 24).tolist() == [[0, 217, 217, 217, 217]]


def test_a_region_is_found_by_runs() -> None:
    cloud = Cloud(places(50_000))
    runs = cloud.runs(0.0, 1.0, -1.0, 0.5)
    found = runs.points()
    inside = (cloud.x >= 0) & (cloud.x <= 1) & (cloud.y >= -1) & (cloud.y <= 0.5)
    assert set(np.flatnonzero(inside)) <= set(found.tolist())
    assert len(runs) == len(found) < inside.sum() * 1.2
    joined = [point for part in runs.joined() for point in range(part.start, part.stop)]
    assert set(found.tolist()) <= set(joined)
    assert len(runs.joined()) < len(runs.starts)
    assert len(cloud.runs(100, 200, 0, 1)) == 0
    assert cloud.runs(100, 200, 0, 1).joined() == []


def test_dots_grow_to_their_size() -> None:
    grid = np.zeros((9, 9), np.uint8)
    grid[4, 4] = 5
    for size in (2, 3, 4):
        assert (spread(grid, size) == 5).sum() == size * size


def test_large_clouds_are_painted_and_an_empty_one_says_so(view: EmbeddingMap) -> None:
    view.set_points(places(150_000))
    view.set_classes(np.zeros(150_000, int), ["a"])
    image = view.field.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    bits = np.frombuffer(image.constBits(), np.uint32)
    assert (bits != theme.token("well").rgb()).mean() > 0.02
    view.set_points(np.full((3, 2), np.nan))
    assert view.words.isVisible()
    assert not view.legend.isVisible()


def test_a_selection_from_elsewhere_and_the_chosen_row(view: EmbeddingMap) -> None:
    view.set_selection(np.array([1, 2, 3]))
    view.set_chosen(2)
    at = view.field.pixel_of(2)
    assert at is not None
    image = view.field.grab().toImage()
    ring = [image.pixelColor((at + QPointF(10, 0)).toPoint() + QPoint(by, 0)) for by in (-1, 0, 1)]
    assert theme.token("accent") in ring


def test_zoomed_in_on_a_few_of_many_they_are_drawn_as_shapes(view: EmbeddingMap) -> None:
    """Neighbouring points that are read along with the visible ones do not count as seen."""
    view.set_points(places(60_000))
    view.set_classes(np.zeros(60_000, int), ["a"])
    at = view.field.pixel_of(11)
    assert at is not None
    for _step in range(4):
        view.field.zoom(4.0, at)
    image = view.field.grab().toImage()
    want = theme.mix(theme.class_colour(0).stroke, theme.token("well"), 0.82)
    disc = [image.pixelColor(at.toPoint() + QPoint(by, 0)) for by in (-2, 0, 2)]
    assert all(abs(got.red() - want.red()) + abs(got.blue() - want.blue()) < 40 for got in disc)


def test_on_a_fine_screen_the_picture_has_its_pixels(view: EmbeddingMap) -> None:
    coarse = view.field.picture.draw(view.field.camera(), 1.0).size()
    fine = view.field.picture.draw(view.field.camera(), 2.0)
    assert (fine.width(), fine.height()) == (2 * coarse.width(), 2 * coarse.height())
    assert fine.devicePixelRatio() == 2.0


def test_the_line_stays_while_its_selection_does(view: EmbeddingMap, qtbot: QtBot) -> None:
    """The page hands the chosen rows back; another selection, or none, takes the line away."""
    view.selection_asked.connect(view.set_selection)
    qtbot.keyClick(view.field, Qt.Key.Key_L)
    press_along(qtbot, view, [QPoint(200, 150), QPoint(600, 120), QPoint(520, 480), QPoint(180, 420)])
    assert len(view.field.corners) >= 4
    view.set_selection(view.field.selection.copy())
    assert len(view.field.corners) >= 4
    view.set_selection(np.array([1, 2]))
    assert len(view.field.corners) == 0


def test_many_rings_let_the_points_show(view: EmbeddingMap) -> None:
    """At one place 300 points, all ringed: the rings do not add up to black over their neighbours."""
    spot = np.zeros((300, 2))
    view.set_points(np.concatenate([spot, [[1.0, 1.0], [-1.0, -1.0]]]))
    view.set_classes(np.zeros(302, int), ["a"])
    view.set_disagreement(np.arange(302) < 300)
    at = view.field.pixel_of(0)
    assert at is not None
    image = view.field.grab().toImage()
    ring = [image.pixelColor((at + QPointF(7, 0)).toPoint() + QPoint(by, 0)) for by in (-1, 0, 1)]
    darkest = min(ring, key=lambda tone: tone.lightness())
    assert theme.mix(theme.token("text"), theme.token("well"), 0.2).lightness() > darkest.lightness()
    assert darkest.lightness() > theme.mix(theme.token("text"), theme.token("well"), 0.55).lightness()


def beside(far: int, count: int = 100) -> np.ndarray:
    """Points round the origin, and a few a thousand times as far."""
    near = np.random.default_rng(1).uniform(-1, 1, (count - far, 2))
    return np.concatenate([near, np.full((far, 2), 1000.0) + np.arange(far)[:, None]])


def seen(view: EmbeddingMap) -> list[int]:
    return [row for row in range(view.field.cloud.count) if view.field.rect().contains(at(view, row).toPoint())]


def at(view: EmbeddingMap, row: int) -> QPointF:
    found = view.field.pixel_of(row)
    assert found is not None
    return found


def test_a_few_far_points_do_not_squeeze_the_first_view(view: EmbeddingMap, qtbot: QtBot) -> None:
    view.set_points(beside(9))
    assert seen(view) == list(range(91))
    assert max(abs(at(view, row).y() - at(view, 0).y()) for row in range(91)) > 250, "they fill the view"
    assert view.far.text() == "9 points outside · Fit all"
    view.resize(900, 700)
    assert seen(view) == list(range(91))
    qtbot.mouseClick(view.far, Qt.MouseButton.LeftButton)
    assert seen(view) == list(range(100))
    assert not view.far.isVisible()
    qtbot.keyClick(view.field, Qt.Key.Key_Home)
    assert seen(view) == list(range(91))
    view.field.zoom(1e-4)
    assert not view.far.isVisible(), "all are in view"


def test_no_point_of_a_fitted_view_lies_below_a_plate(view: EmbeddingMap) -> None:
    line = np.linspace(-1, 1, 40)
    view.set_points(np.concatenate([np.stack([line, line], 1), beside(6)[-6:]]))
    view.set_classes(np.arange(46) % 2, ["a", "b"])
    assert view.far.isVisible()
    for plate in (view.far, view.legend):
        hidden = [row for row in range(40) if plate.geometry().contains(view.field.pixel_of(row).toPoint())]
        assert hidden == [], plate.objectName()


@pytest.mark.parametrize("far", [0, 30])
def test_many_points_apart_are_no_outliers(far: int, view: EmbeddingMap) -> None:
    view.set_points(beside(far))
    assert len(seen(view)) == 100
    assert not view.far.isVisible()


def test_many_equal_points_leave_the_others_in_view(view: EmbeddingMap) -> None:
    view.set_points(np.concatenate([np.zeros((95, 2)), np.ones((5, 2))]))
    assert len(seen(view)) == 100


def test_far_points_of_many_are_found() -> None:
    cloud = Cloud(beside(7, 400_000))
    assert cloud.order[cloud.far()].tolist() == list(range(399_993, 400_000))


def test_what_is_proposed_is_drawn_hollow_and_told(view: EmbeddingMap) -> None:
    view.set_points(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]]))
    view.set_classes([0, 1, 2], ["a", "b"], "would follow")
    full = view.field.picture.draw(view.field.camera(), 1.0).copy()
    view.set_hollow([False, True, True], 1)
    open_ = view.field.picture.draw(view.field.camera(), 1.0)
    assert view.legend.accessibleName() == "a 1, b 1, would follow 1, proposed 1"
    middles = [view.field.pixel_of(row) for row in range(3)]
    alphas = [
        [image.pixelColor(round(at.x()), round(at.y())).alpha() > 0 for at in middles if at is not None]
        for image in (full, open_)
    ]
    assert alphas == [[True, True, True], [True, False, False]], "the middle of an outline is empty"
