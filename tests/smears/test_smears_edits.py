"""Boxes by hand: drawn, moved, removed and taken back, and nothing of it is lost or exported twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import UserError
from models.job import Job
from models.store.check import check
from models.store.project import Project
from tests.smears.scanned import bbbc, picture
from workers.inline import run

FIRST, SECOND = "list.json#images/a.png#0", "list.json#images/a.png#1"


def do(order: str, /, **arguments: Any) -> Any:
    return run(Job(order, {key: str(v) if isinstance(v, Path) else v for key, v in arguments.items()}, order))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two cells in one image, and an image without boxes."""
    picture(tmp_path / "d" / "images" / "a.png")
    picture(tmp_path / "d" / "images" / "empty.png")
    text = bbbc(("images/a.png", [(10, 20, 40, 60, "ring"), (100, 10, 150, 90, "rbc")]), ("images/empty.png", []))
    (tmp_path / "d" / "list.json").write_text(text, "utf-8")
    Project.create(tmp_path / "p", "smears").close()
    do("import_samples", project=tmp_path / "p", sources=[str(tmp_path / "d")])
    return tmp_path / "p"


def edit(project: Path, by: str = "ann", **told: Any) -> Any:
    file = project.parent / "boxes.json"
    file.write_text(json.dumps(told), "utf-8")
    return do("edit", project=project, path=file, by=by)


def there(project: Path) -> dict[str, tuple[str | None, str | None]]:
    """Box and label of every sample that is there."""
    with Project.open(project) as opened:
        rows = np.flatnonzero(opened.journal.fold.live)
        boxes, labels = opened.samples.column("_box"), opened.journal.fold.labels()
        ids = opened.samples.ids()
        return {ids[row]: (boxes[row], labels[row]) for row in rows.tolist()}


def undo(project: Path, by: str = "ann") -> None:
    with Project.open(project) as opened:
        assert opened.journal.undo(by) is not None
        assert check(opened) == []


def test_a_drawn_box_is_a_cell_of_its_image(project: Path) -> None:
    before = there(project)
    told = edit(project, boxes=[{"image": "a.png", "box": [150, 20, 200, 60.5], "class": "ring"}])
    assert (told["title"], told["retired"], told["new"]) == ("box of 1 cell", [], ["list.json#images/a.png#2"])
    assert there(project) == {**before, "list.json#images/a.png#2": ("150,20,200,60.5", "ring")}
    with Project.open(project) as opened:
        made = opened.samples.sample(opened.rows_of(told["new"])[0])
        first = opened.samples.sample(opened.rows_of([FIRST])[0])
        assert (made.group, made.meta["_image"]) == (first.group, first.meta["_image"])
        assert (made.meta["width"], made.meta["height"], made.meta["edge"]) == (50, 40.5, True)
        assert opened.journal.fold.votes(int(opened.rows_of(told["new"])[0])) == {"ann": "ring"}
    undo(project)
    assert there(project) == before


def test_the_image_without_boxes_goes_with_its_first_one(project: Path) -> None:
    before = there(project)
    boxes = [{"image": "images/empty.png", "box": [10 * n, 10, 10 * n + 8, 20]} for n in range(3)]
    told = edit(project, boxes=boxes)
    assert told["retired"] == ["list.json#images/empty.png"]
    assert [name.rpartition("#")[2] for name in told["new"]] == ["0", "1", "2"]
    assert told["title"] == "box of 3 cells"
    undo(project)
    assert there(project) == before
    again = edit(project, boxes=boxes[:1])
    assert again["new"] == ["list.json#images/empty.png#3"], "a number is never another cell's"


def test_a_moved_cell_keeps_its_label_as_the_vote_of_who_moved_it(project: Path) -> None:
    told = edit(project, moves=[{"sample": FIRST, "box": [12, 20, 42, 60]}])
    assert (told["title"], told["retired"]) == ("move of 1 cell", [FIRST])
    (new,) = told["new"]
    assert there(project)[new] == ("12,20,42,60", "ring")
    with Project.open(project) as opened:
        row = int(opened.rows_of([new])[0])
        assert opened.journal.fold.votes(row) == {"ann": "ring"}
        assert opened.samples.sample(row).meta["image"] == "a.png"
    undo(project)
    with Project.open(project) as opened:
        assert opened.journal.redo("ann") is not None
    assert FIRST not in there(project)
    assert new in there(project)


def test_a_file_of_all_kinds_is_one_act(project: Path) -> None:
    before = there(project)
    told = edit(
        project,
        boxes=[{"image": "a.png", "box": [10, 20, 40, 60]}],
        moves=[{"sample": FIRST, "box": [100, 10, 150, 90]}],
        removals=[SECOND],
    )
    assert told["title"] == "box of 1 cell, move of 1 cell, removal of 1 cell"
    assert [box for box, _ in there(project).values()] == [None, "10,20,40,60", "100,10,150,90"]
    undo(project)
    assert there(project) == before


WRONG = {
    "no area": [10, 10, 10, 30],
    "is inverted": [30, 10, 10, 30],
    r"outside the image of 200 × 100": [300, 10, 320, 30],
    "10,20,40,60 is there already": [10, 20, 40, 60],
    "is no number": [1, 2, "x", 4],
    "it has 3 numbers": [1, 2, 3],
    "a box is left, top": None,
    "less than a pixel": [10, 10, 10.3, 30],
}


@pytest.mark.parametrize("words", WRONG)
@pytest.mark.parametrize("kind", ["boxes", "moves"])
def test_a_box_that_is_none_is_refused_in_one_line(project: Path, words: str, kind: str) -> None:
    before = there(project)
    wish = {"image": "a.png"} if kind == "boxes" else {"sample": SECOND}
    with pytest.raises(UserError, match=words) as raised:
        edit(project, **{kind: [{**wish, "box": WRONG[words]}], "removals": ["list.json#images/empty.png"]})
    assert "\n" not in str(raised.value)
    assert there(project) == before


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "asks for no boxes"),
        ({"boxes": 3}, "needs a list"),
        ({"boxes": ["a.png"]}, "entry 0 of boxes tells no image"),
        ({"boxes": [{"image": "b.png", "box": [1, 2, 30, 40]}]}, "no image 'b.png'"),
        ({"boxes": [{"image": "a.png", "box": [1, 2, 30, 40], "class": "rng"}]}, "Did you mean ring"),
        ({"boxes": [{"image": "a.png", "box": [1, 2, 30, 40]}] * 2}, "is there already"),
        ({"moves": [{"sample": "list.json#images/empty.png", "box": [1, 2, 30, 40]}]}, "a whole image"),
        ({"moves": [{"sample": FIRST, "box": [10, 20, 40, 60]}]}, "has this box already"),
        ({"moves": [3]}, "tells no sample"),
        ({"removals": ["x"]}, "no sample 'x'"),
        ({"removals": [["x"]]}, "no sample"),
        ({"moves": [{"sample": {"id": "x"}, "box": [1, 2, 30, 40]}]}, "no sample"),
        ({"removals": [FIRST, FIRST]}, "named twice"),
    ],
)
def test_a_file_that_asks_for_nothing_possible_is_refused(project: Path, told: Any, words: str) -> None:
    before = there(project)
    with pytest.raises(UserError, match=words):
        edit(project, **told)
    assert there(project) == before


def test_a_box_beyond_the_border_is_cut_there(project: Path) -> None:
    told = edit(project, boxes=[{"image": "a.png", "box": [180, -5, 230, 30]}])
    assert there(project)[told["new"][0]][0] == "180,0,200,30"


def test_images_of_one_name_are_told_apart(project: Path, tmp_path: Path) -> None:
    picture(tmp_path / "e" / "images" / "a.png")
    (tmp_path / "e" / "other.json").write_text(bbbc(("images/a.png", [(1, 1, 9, 9, "ring")])), "utf-8")
    do("import_samples", project=project, sources=[str(tmp_path / "e")])
    with pytest.raises(UserError, match="the name of 2 images"):
        edit(project, boxes=[{"image": "a.png", "box": [50, 50, 60, 60]}])
    told = edit(project, boxes=[{"image": "other.json#images/a.png#0", "box": [50, 50, 60, 60]}])
    assert told["new"] == ["other.json#images/a.png#1"]


def test_no_boxes_are_drawn_in_a_file_that_is_a_cell(tmp_path: Path) -> None:
    for folder in ("infected", "uninfected"):
        picture(tmp_path / "d" / folder / f"{folder}.png", 40, 50)
    Project.create(tmp_path / "p", "smears").close()
    do("import_samples", project=tmp_path / "p", sources=[str(tmp_path / "d")])
    with pytest.raises(UserError, match="a cell by itself"):
        edit(tmp_path / "p", boxes=[{"image": "infected.png", "box": [1, 1, 20, 20]}])


def test_what_was_moved_or_removed_is_never_exported(project: Path, tmp_path: Path) -> None:
    edit(project, moves=[{"sample": FIRST, "box": [12, 20, 42, 60]}], removals=[SECOND])
    edit(project, boxes=[{"image": "empty.png", "box": [1, 2, 30, 40], "class": "rbc"}])
    do("export", project=project, format="coco", out=tmp_path / "out.json")
    found = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert [one["bbox"] for one in found["annotations"]] == [[12, 20, 30, 40], [1, 2, 29, 38]]


def test_a_purge_takes_what_was_drawn_beside_and_no_more(project: Path) -> None:
    (drawn,) = edit(project, boxes=[{"image": "a.png", "box": [50, 50, 60, 60]}])["new"]
    (other,) = edit(project, boxes=[{"image": "a.png", "box": [60, 60, 70, 70]}])["new"]
    (moved,) = edit(project, moves=[{"sample": SECOND, "box": [101, 10, 150, 90]}])["new"]
    do("purge", project=project, where=f'id == "{drawn}"')
    assert {FIRST, other, moved} <= set(there(project)), "a drawn cell goes alone"
    do("purge", project=project, where=f'id == "{moved}"')
    with Project.open(project) as opened:
        assert SECOND not in opened.samples.ids(), "the same cell before it was moved"
    do("purge", project=project, where=f'id == "{FIRST}"')
    with Project.open(project) as opened:
        assert opened.samples.ids() == ["list.json#images/empty.png"], "its id stands in what was drawn beside it"
        assert check(opened) == []


def test_a_cell_drawn_in_an_image_of_the_test_set_is_in_it(project: Path) -> None:
    with Project.open(project) as opened:
        opened.lock_test(opened.rows_of([FIRST, SECOND]))
    told = edit(project, boxes=[{"image": "a.png", "box": [50, 50, 60, 60]}])
    assert told["notes"]
    with Project.open(project) as opened:
        assert set(told["new"]) <= set(opened.samples.take(opened.test_rows()).ids())
