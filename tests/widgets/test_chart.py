"""The chart: names of levels stand beside the plot where intervals or names would strike them through."""

from __future__ import annotations

from itertools import combinations, pairwise

from PySide6.QtCore import QRectF
from pytestqt.qtbot import QtBot

from widgets.charts.chart import Chart, Reference, Series, named_at, named_beside, plain_figures

CHANCE = Reference(0.25, "chance .25")


def drawn(qtbot: QtBot, *series: Series) -> Chart:
    chart = Chart()
    qtbot.addWidget(chart)
    chart.resize(400, 240)
    chart.set_axes(shares=True)
    chart.set_series(series, [CHANCE])
    return chart


def test_intervals_do_not_strike_the_name_of_a_level(dressed: object, qtbot: QtBot) -> None:
    chart = drawn(qtbot, Series("run-1", [0, 1], [0.25, 0.26], [0.2, 0.2], [0.3, 0.3]))
    area, ranges = chart._area(), chart.ranges()
    names = chart._beside(area, ranges)
    assert [item.name for _y, item in names] == ["chance .25"]
    assert chart.width() - area.right() > 60, "there is room for it beside the plot"
    picture = chart.grab().toImage()
    ratio = picture.devicePixelRatio()
    right = [picture.pixelColor(x, y) for x in range(round((area.right() + 8) * ratio), picture.width())
             for y in range(picture.height())]  # fmt: skip
    accent = chart.series()[0].colour()
    assert accent not in right
    assert len({colour.rgb() for colour in right}) > 2, "the name is written there"


def test_names_of_series_and_levels_stand_apart(dressed: object, qtbot: QtBot) -> None:
    chart = drawn(
        qtbot,
        Series("run-1", [0, 1], [0.6, 0.25], named=True),
        Series("baseline", [0, 1], [0.5, 0.251], named=True),
    )
    names = chart._beside(chart._area(), chart.ranges())
    assert [item.name for _y, item in names] == ["baseline", "run-1", "chance .25"]
    heights = [y for y, _item in names]
    assert all(later - earlier >= 15 for earlier, later in pairwise(heights))


def test_a_level_of_plain_lines_is_named_in_the_plot(dressed: object, qtbot: QtBot) -> None:
    chart = drawn(qtbot, Series("validation", [1, 2], [0.3, 0.5]))
    assert chart._beside(chart._area(), chart.ranges()) == []


def by_patient(qtbot: QtBot, count: int) -> Chart:
    chart = drawn(qtbot, Series("run-1", range(count), [0.5] * count, style="none", marker="●"))
    names = [(float(place), f"C{place}P{place}thinF") for place in range(count)]
    chart.set_axes((-0.4, count - 0.6), None, names, "patient", shares=True)
    return chart


def test_the_names_of_many_values_stand_upright_and_as_many_as_have_room(dressed: object, qtbot: QtBot) -> None:
    few, some, many = (by_patient(qtbot, count) for count in (3, 12, 200))
    assert few._area().bottom() > some._area().bottom() + 40, "room for words that stand upright"
    assert (len(few.ticks_shown()), len(some.ticks_shown())) == (3, 12)
    shown = many.ticks_shown()
    assert 10 < len(shown) <= many._area().width() / 15 + 1
    assert shown[0] == "C0P0thinF"


def test_names_of_upright_lines_that_are_close_stand_on_both_sides() -> None:
    area = QRectF(40, 0, 400, 100)
    first, second = (named_beside(area, x, 36, (200, 220)) for x in (200, 220))
    assert (first.right(), second.left()) == (198, 222)
    assert named_beside(area, 300, 36, (200, 300)).right() == 298, "far ones stand at their left"
    assert named_beside(area, 50, 36, (50,)).left() == area.left()


def test_marks_of_an_axis_are_told_apart() -> None:
    for marks in ([1.7936, 1.7938, 1.7940], [0.5, 1.0], [2.0], [-12345.5, -12345.0, -12344.5]):
        assert len(set(plain_figures(marks))) == len(marks)
    assert plain_figures([0.5, 1.0, 1.5]) == ["0.5", "1", "1.5"]
    assert plain_figures([0.0, 20_000.0, 40_000.0]) == ["0", "20\u202f000", "40\u202f000"]
    assert plain_figures([10_000.2, 10_000.4]) == ["10000.2", "10000.4"]
    assert plain_figures([1.79402, 1.79404]) == ["1.79402", "1.79404"]


def test_the_name_of_a_level_stands_over_no_other(dressed: object, qtbot: QtBot) -> None:
    """The last epoch kept, a baseline at the top of the plot and chance beside it: all three are to be read."""
    chart = Chart()
    qtbot.addWidget(chart)
    chart.resize(400, 240)
    lines = [
        Reference(19, "kept, epoch 19", upright=True),
        Reference(0.48, "baseline .48"),
        Reference(0.47, "chance .47"),
    ]
    chart.set_series([Series("validation", [1, 20], [0.2, 0.46])], lines)
    area = chart._area()
    boxes = [box for _, box in chart.names_inside(area, chart.ranges())]
    assert len(boxes) == 3
    assert not any(one.intersects(other) for one, other in combinations(boxes, 2))
    assert all(area.top() <= box.center().y() <= area.bottom() for box in boxes)


def test_a_level_is_named_over_its_right_end_where_that_is_free() -> None:
    area = QRectF(50, 10, 300, 200)
    first = named_at(area, 100, 60, [])
    assert (first.right(), first.bottom()) == (area.right(), 99)
    second = named_at(area, 100, 60, [first])
    assert (second.right(), second.top()) == (area.right(), 102)
    assert named_at(area, 100, 60, [first, second]).left() == area.left()
    low = named_at(area, 205, 60, [])
    assert named_at(area, 205, 60, [low]).bottom() < 205, "nothing is named under the axis"
