"""Lists of boxes that change: boxes are known again by where they lie, whatever number they have there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.job import Job, finish
from models.orders.importing import import_samples
from models.store.project import Project
from tests.smears.scanned import bbbc, picture
from workers.inline import run

Mark = tuple[int, int, int, int, str]
A, B, C = (10, 20, 40, 60, "ring"), (100, 10, 150, 90, "rbc"), (160, 20, 190, 50, "rbc")
NEW = (50, 20, 80, 60, "rbc")
OTHER = (10, 20, 40, 60, "rbc")


def listed(folder: Path, *marks: Mark) -> dict[str, Any]:
    """Write the list of two images and import it."""
    (folder / "list.json").write_text(bbbc(("images/b.png", [OTHER]), ("images/a.png", [*marks])), "utf-8")
    told: dict[str, Any] = finish(import_samples(str(folder.parent / "p"), [str(folder)]))
    return told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three cells in one image and one in another; the second was labelled by a person."""
    for name in "ab":
        picture(tmp_path / "d" / "images" / f"{name}.png")
    Project.create(tmp_path / "p", "smears").close()
    listed(tmp_path / "d", A, B, C)
    with Project.open(tmp_path / "p") as opened:
        opened.journal.label(opened.rows_of(["list.json#images/a.png#1"]), "schizont", "ann")
    return tmp_path / "d"


def there(folder: Path) -> dict[str, tuple[str, str]]:
    """Box and label of each cell of the first image that is there, by its number."""
    with Project.open(folder.parent / "p") as opened:
        boxes, labels = opened.samples.column("_box"), opened.journal.fold.labels()
        rows = np.flatnonzero(opened.journal.fold.live).tolist()
        keys = opened.samples.table.column("key").to_pylist()
        found = {keys[row]: (boxes[row], labels[row]) for row in rows}
        assert found.pop("images/b.png#0") == ("10,20,40,60", "rbc"), "a box of another image is another cell"
        return {key.removeprefix("images/a.png#"): told for key, told in found.items()}


@pytest.mark.parametrize(
    ("marks", "added", "second"),
    [
        ([NEW, A, B, C], 1, "100,10,150,90"),
        ([B, C], 0, "100,10,150,90"),
        ([C, B, NEW, A], 1, "100,10,150,90"),
        ([NEW, (98, 14, 149, 92, "rbc"), C], 1, "98,14,149,92"),
        ([NEW, A, C], 1, "100,10,150,90"),
    ],
)
def test_a_label_stays_with_its_cell(marks: list[Mark], added: int, second: str, folder: Path) -> None:
    for new in (added, 0):
        dry = finish(import_samples(str(folder.parent / "p"), [str(folder)], dry_run=True)) if not new else None
        done = listed(folder, *marks)
        assert done["added"] == new
        assert dry is None or dry["added"] == 0
        cells = there(folder)
        assert cells["1"] == (second, "schizont")
        assert (cells["0"][0], cells["2"][0]) == ("10,20,40,60", "160,20,190,50")
        assert [cells[key][0] for key in sorted(cells)[3:]] == ["50,20,80,60"] * added
    listed(folder, A, B, C)
    assert there(folder)["1"] == ("100,10,150,90", "schizont")


def test_what_changed_is_told(folder: Path) -> None:
    notes = [note["text"] for note in listed(folder, NEW, (98, 14, 149, 92, "rbc"), C)["notes"]]
    told = "list.json: a sample holds something else than before (list.json#images/a.png#1 in object 1)"
    assert f"{told}. It stays the one it was, by what did not change." in notes
    assert any("it had before is not in it any more (list.json#images/a.png#0)" in note for note in notes)


def test_a_withdrawn_cell_stays_out_wherever_it_stands(folder: Path) -> None:
    with Project.open(folder.parent / "p") as opened:
        opened.purge(opened.rows_of(["list.json#images/a.png#2"]))
    for marks in ([A, B, C], [NEW, C, A, B], [C]):
        listed(folder, *marks)
        assert "160,20,190,50" not in [box for box, _ in there(folder).values()], marks
    assert set(there(folder)) == {"0", "1", "3"}, "nobody gets its number"


def test_cells_of_the_list_and_of_the_desk_do_not_take_each_other_s_place(folder: Path) -> None:
    def edit(**told: Any) -> None:
        (folder.parent / "boxes.json").write_text(json.dumps(told), "utf-8")
        order = {"project": str(folder.parent / "p"), "path": str(folder.parent / "boxes.json"), "by": "ann"}
        run(Job("edit", order, "edit"))

    edit(boxes=[{"image": "a.png", "box": [160, 60, 190, 90], "class": "ring"}])
    edit(removals=["list.json#images/a.png#0"])
    edit(moves=[{"sample": "list.json#images/a.png#2", "box": [162, 22, 192, 52]}])
    before = there(folder)
    listed(folder, A, B, C, NEW)
    after = there(folder)
    assert {key: told for key, told in after.items() if key in before} == before, (
        "what was drawn, moved or removed stays"
    )
    (new,) = set(after) - set(before)
    assert after[new] == ("50,20,80,60", "rbc"), "and what came in takes no number of it"
    assert listed(folder, NEW, C, B, A)["added"] == 0
    assert there(folder) == after


def test_a_box_of_the_desk_that_was_withdrawn_holds_no_number(folder: Path) -> None:
    told = {"boxes": [{"image": "a.png", "box": [160, 60, 190, 90], "class": "ring"}]}
    (folder.parent / "boxes.json").write_text(json.dumps(told), "utf-8")
    order = {"project": str(folder.parent / "p"), "path": str(folder.parent / "boxes.json"), "by": "ann"}
    (new,) = run(Job("edit", order, "edit"))["new"]
    with Project.open(folder.parent / "p") as opened:
        opened.purge(opened.rows_of([new]))
    for added in (1, 0):
        assert listed(folder, A, B, C, NEW)["added"] == added
    assert "50,20,80,60" in [box for box, _ in there(folder).values()]


def test_a_withdrawn_cell_stays_out_where_all_boxes_are_moved(folder: Path) -> None:
    with Project.open(folder.parent / "p") as opened:
        opened.purge(opened.rows_of(["list.json#images/a.png#2"]))
    for _ in range(3):
        done = listed(
            folder, *((left + 2, top, right + 2, bottom, name) for left, top, right, bottom, name in (A, B, C))
        )
        assert done["added"] == 0
    assert set(there(folder)) == {"0", "1"}


@pytest.mark.parametrize("first", [[A, B, C], [B, C]])
def test_a_new_cell_gets_no_number_of_a_withdrawn_one(first: list[Mark], folder: Path) -> None:
    listed(folder, *first)
    with Project.open(folder.parent / "p") as opened:
        opened.purge(opened.rows_of(["list.json#images/a.png#2"]))
    for added in (1, 0):
        assert listed(folder, NEW, first[0])["added"] == added
    assert there(folder)["3"] == ("50,20,80,60", "rbc")
    assert listed(folder, NEW, first[0], C)["added"] == 0
