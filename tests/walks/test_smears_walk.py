"""Cells curated from the slides to a COCO file and into another project by real keys and clicks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from models.job import Job
from models.store.project import Project
from tests.app.desk import click, labels_of
from tests.app.windows import Opened
from tests.walks.at_desk import Desk, compared
from widgets import tokens
from widgets.mosaic.view import Mosaic
from widgets.picture.viewer import PictureViewer
from workers.inline import run

CELLS, IMAGES, UNLABELLED = 150, 6, 6
HEALTHY, INFECTED = "red blood cell", "ring"
#: Trees enough for cells that differ plainly.
SMALL = {"rounds": "10", "trees": "20"}
#: Side of the box that is drawn.
SIDE = 40
LEFT = Qt.MouseButton.LeftButton

Box = tuple[float, ...]


@dataclass(frozen=True)
class Slides:
    """A folder of images with their boxes, and what each cell is, also where the list does not tell: key → class."""

    folder: Path
    truth: dict[str, str]


@pytest.fixture
def slides(tmp_path: Path) -> Slides:
    """Generated slides; the first cells of each image are without a class, as somebody left off."""
    folder = tmp_path / "slides"
    values = {"infected": "0.4", "contrast": "2", "mistakes": "0"}
    run(Job("fake", {"domain_name": "smears", "out": str(folder), "samples": CELLS, "values": values}, ""))
    listing = folder / "training.json"
    entries, truth = json.loads(listing.read_text("utf-8")), {}
    for entry in entries:
        for number, cell in enumerate(entry["objects"]):
            truth[f"{entry['image']['pathname'].lstrip('/')}#{number}"] = cell["category"]
            cell["category"] = cell["category"] if number >= UNLABELLED else ""
    listing.write_text(json.dumps(entries), "utf-8")
    return Slides(folder, truth)


class Bench(Desk):
    """The window as a curator of cells uses it."""

    @property
    def mosaic(self) -> Mosaic:
        face = self.page.list.face()
        assert isinstance(face, Mosaic)
        return face

    @property
    def picture(self) -> PictureViewer:
        return self.page.viewers.pictures.viewer

    def key(self, row: int) -> str:
        """Image and number of a cell, without the list that it was read from."""
        return self.session.sample_id(row).partition("#")[2]

    def letter(self, name: str) -> str:
        """The key of a class."""
        return tokens.key_of(self.session.classes.index(name), self.session.classes)

    def pick(self, *rows: int) -> None:
        """Click thumbnails: the first one alone, the others to it."""
        mosaic, held = self.mosaic, Qt.KeyboardModifier.NoModifier
        for row in rows:
            position = self.session.order.tolist().index(row)
            middle = mosaic.rect_of(position).center()
            if not mosaic.viewport().rect().contains(middle):
                bar = mosaic.verticalScrollBar()
                bar.setValue(bar.value() + middle.y() - mosaic.viewport().height() // 2)
            self.qtbot.mouseClick(mosaic.viewport(), LEFT, held, mosaic.rect_of(position).center())
            held = Qt.KeyboardModifier.ControlModifier
            self.settle()
        assert sorted(self.session.selected.tolist()) == sorted(rows)

    def press_there(self, *keys: str) -> None:
        """Keys while the picture has the keyboard."""
        self.picture.setFocus()
        self.press(*keys)

    def point(self, x: float, y: float) -> QPoint:
        """Where a place of the image is on the canvas."""
        return self.picture.canvas.to_widget(x, y).toPoint()

    def boxes(self) -> dict[str, tuple[str, Box, str | None]]:
        """Name of the image, box and label of each cell that is there, by its id."""
        project = self.session.open_project
        fold, samples = project.journal.fold, project.samples
        ids, images, edges = samples.ids(), samples.column("_image"), samples.column("_box")
        labels = fold.labels()
        return {
            name: (Path(str(images[row])).name, tuple(float(edge) for edge in str(edges[row]).split(",")), labels[row])
            for row, name in enumerate(ids)
            if fold.live[row]
        }

    def labelled_boxes(self) -> list[tuple[str, Box, str]]:
        """What a format of labelled boxes has a place for."""
        return sorted((image, box, label) for image, box, label in self.boxes().values() if label is not None)


@pytest.fixture
def bench(opened: Opened, slides: Slides, qtbot: QtBot, tmp_path: Path) -> Bench:
    """The window on a project into which the slides came by the import page."""
    Project.create(tmp_path / "bench", "smears").close()
    bench = Bench(opened(tmp_path / "bench", real=True), qtbot, tmp_path)
    bench.bring_in(slides.folder)
    return bench


@pytest.mark.timeout(600)
def test_cells_from_the_slides_to_another_project(bench: Bench, slides: Slides, opened: Opened, tmp_path: Path) -> None:
    imported(bench, slides)
    label_in_bulk(bench, slides)
    drawn = draw(bench)
    deleted = delete(bench)
    first = bench.train("colour_texture", SMALL)
    trained(bench, first)
    accepted = accept_similar(bench)
    relabel(bench, accepted[0], slides)
    second = bench.train("colour_texture", SMALL)
    assert second != first
    compared(bench, first, second)
    bench.press("Ctrl+1")
    bench.export("coco", tmp_path / "cells.json")
    mine, boxes, every = bench.labelled_boxes(), bench.boxes(), labels_of(bench.session)
    assert boxes[drawn][2] == HEALTHY
    assert deleted not in boxes
    bench.window.close()
    with Project.open(tmp_path / "bench") as reopened:
        labels = reopened.journal.fold.labels().tolist()
        assert dict(zip(reopened.samples.ids(), labels, strict=True)) == every
    Project.create(tmp_path / "other", "smears").close()
    other = Bench(opened(tmp_path / "other"), bench.qtbot, tmp_path)
    other.bring_in(tmp_path / "cells.json")
    other.shot("9-elsewhere")
    assert other.labelled_boxes() == mine
    assert len(other.session.order) == len(mine), "cells without a label stay behind"


def imported(bench: Bench, slides: Slides) -> None:
    session = bench.session
    assert len(session.order) == CELLS
    found = {bench.key(row): bench.label(row) for row in range(CELLS)}
    given = {key: name if int(key.rpartition("#")[2]) >= UNLABELLED else None for key, name in slides.truth.items()}
    assert found == given
    assert f"{CELLS - IMAGES * UNLABELLED} of {CELLS}" in bench.labelled()
    assert bench.mosaic.isVisible(), "cells are looked at many at a time"
    bench.shot("1-imported")


def label_in_bulk(bench: Bench, slides: Slides) -> None:
    """Two cells with a label and two without, first by mistake, then as they are."""
    session = bench.session
    healthy = [row for row in session.order.tolist() if slides.truth[bench.key(row)] == HEALTHY]
    rows = [row for row in healthy if bench.label(row) is None][:2]
    rows += [row for row in healthy if bench.label(row) is not None][:2]
    before, position = labels_of(session), bench.position
    bench.pick(*rows)
    bench.press(bench.letter(INFECTED))
    wrong = {**before, **{session.sample_id(row): INFECTED for row in rows}}
    assert labels_of(session) == wrong
    assert bench.position == position + 1, "one act, one event"
    assert "Labelled 4" in bench.told()
    bench.press("Ctrl+Z")
    assert labels_of(session) == before
    bench.press("Ctrl+Shift+Z")
    assert labels_of(session) == wrong
    bench.pick(*rows)
    bench.press(bench.letter(HEALTHY))
    assert labels_of(session) == {**before, **{session.sample_id(row): HEALTHY for row in rows}}
    assert session.open_project.journal.fold.human()[rows].all()
    bench.shot("2-labelled")


def free_place(bench: Bench) -> tuple[int, int]:
    """Left and top of a place in the shown image that no box touches."""
    canvas = bench.picture.canvas
    boxes = [canvas.boxes.box(place) for place in range(len(canvas.boxes))]
    return next(
        (left, top)
        for top in range(8, canvas.view.down - SIDE - 8, 4)
        for left in range(8, canvas.view.across - SIDE - 8, 4)
        if all(
            right < left or begin > left + SIDE or bottom < top or start > top + SIDE
            for begin, start, right, bottom in boxes
        )
    )


def draw(bench: Bench) -> str:
    """A box around what nobody had seen, and its class; the cell."""
    session = bench.session
    bench.pick(int(session.order[0]))
    before, position = bench.boxes(), bench.position
    bench.press_there("Home")
    bench.press("Shift+B")
    canvas = bench.picture.canvas
    left, top = free_place(bench)
    QTest.mousePress(canvas, LEFT, pos=bench.point(left, top))
    for step in (0.3, 0.7, 1.0):
        QTest.mouseMove(canvas, bench.point(left + SIDE * step, top + SIDE * step))
    QTest.mouseRelease(canvas, LEFT, pos=bench.point(left + SIDE, top + SIDE))
    bench.settle()
    (made,) = set(bench.boxes()) - set(before)
    assert bench.position == position + 1
    image, box, label = bench.boxes()[made]
    assert image == before[session.sample_id(int(session.order[0]))][0]
    assert box == pytest.approx((left, top, left + SIDE, top + SIDE), abs=3)
    assert label is None
    assert session.sample_id(session.current) == made, "ready for its label"
    assert canvas.boxes.ids[canvas.boxes.chosen] == made
    bench.shot("3-drawn")
    bench.press(bench.letter(HEALTHY))
    assert bench.boxes() == {**before, made: (image, box, HEALTHY)}
    return made


def middle_of(box: Box) -> tuple[float, float]:
    left, top, right, bottom = box
    return (left + right) / 2, (top + bottom) / 2


def delete(bench: Bench) -> str:
    """A labelled cell away, back and away again; its id."""
    session, canvas = bench.session, bench.picture.canvas
    bench.pick(int(session.order[UNLABELLED]))
    assert canvas.editor is not None, "the next cell finds the hand on the boxes still"
    bench.press_there("Home")
    before = bench.boxes()
    middles = {name: middle_of(canvas.boxes.box(place)) for place, name in enumerate(canvas.boxes.ids)}
    name = next(
        name
        for place, (name, at) in enumerate(middles.items())
        if before[name][2] is not None and canvas.boxes.at(*at) == place
    )
    bench.qtbot.mouseClick(canvas, LEFT, pos=bench.point(*middles[name]))
    bench.press("Delete")
    without = {other: cell for other, cell in before.items() if other != name}
    assert bench.boxes() == without
    bench.press("Ctrl+Z")
    assert bench.boxes() == before
    assert name in canvas.boxes.ids
    bench.press("Ctrl+Shift+Z")
    assert bench.boxes() == without
    assert name not in canvas.boxes.ids
    bench.shot("4-deleted")
    bench.press("Shift+B")
    assert canvas.editor is None
    return name


def trained(bench: Bench, name: str) -> None:
    """The run says a class of every cell."""
    record = bench.session.record(name)
    assert record is not None
    assert record.recipe == "colour_texture"
    view = bench.session.fresh_view()
    assert all(view.column("prediction")[row] in bench.session.classes for row in bench.session.order.tolist())
    bench.shot("5-trained")


def accept_similar(bench: Bench) -> list[int]:
    """What the model says of three unlabelled cells among those like one of them."""
    session = bench.session
    bench.press("Ctrl+1")
    like = next(row for row in session.order.tolist() if bench.label(row) is None)
    bench.pick(like)
    bench.press("S", wait=False)
    bench.qtbot.waitUntil(lambda: session.listing.queue.startswith("Similar"), timeout=120_000)
    bench.settle()
    assert session.order[0] == like
    assert all(session.listing.reason(int(row)) for row in session.order)
    bench.shot("6-similar")
    rows = [row for row in session.order.tolist() if bench.label(row) is None][:3]
    said = {row: str(session.view.column("prediction")[row]) for row in rows}
    before = bench.position
    bench.pick(*rows)
    bench.press("A")
    assert bench.position == before + 1, "one act, one event"
    assert {row: bench.label(row) for row in rows} == said
    bench.shot("7-accepted")
    return rows


def relabel(bench: Bench, row: int, slides: Slides) -> None:
    """An accepted cell gets another class, by a click on it and one on the class."""
    had, before, true = bench.label(row), bench.position, slides.truth[bench.key(row)]
    wanted = true if true != had else next(name for name in bench.session.classes if name != had)
    bench.pick(row)
    click(bench.qtbot, f"class_{wanted}")
    bench.settle()
    assert bench.position == before + 1
    assert bench.label(row) == wanted
    bench.shot("8-relabelled")
