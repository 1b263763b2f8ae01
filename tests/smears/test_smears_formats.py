"""COCO, YOLO, tables, lists of any layout and CellProfiler Analyst give the same cells."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from models.domains.smears.boxlists import guess
from models.domains.smears.mapping import read_mapping
from models.errors import UserError
from tests.smears.scanned import picture, scanned

#: Two cells of one image and one of another, in the words of each format.
BOXES = ["10,20,40,60", "100,10,150,90", "5,5,25,25"]
NAMES = ["a.png", "a.png", "b.png"]
CLASSES = ["ring", "red blood cell", "ring"]
CORNERS = [tuple(map(int, box.split(","))) for box in BOXES]
SIZES = [(left, top, right - left, bottom - top) for left, top, right, bottom in CORNERS]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with the two images."""
    for name in sorted(set(NAMES)):
        picture(tmp_path / "images" / name)
    return tmp_path


def check(place: Path, **settings: str) -> Any:
    found = scanned(place, **settings)
    assert found.column("_box") == BOXES, found.words
    assert found.labels == CLASSES
    assert found.column("image") == NAMES
    assert not any(found.column("missing"))
    return found


def write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content), "utf-8")


def coco() -> dict[str, Any]:
    return {
        "images": [{"id": 7, "file_name": "a.png", "width": 200, "height": 100}, {"id": 9, "file_name": "b.png"}],
        "annotations": [
            {
                "id": number,
                "image_id": {"a.png": 7, "b.png": 9}[name],
                "category_id": 1 + (label != "ring"),
                "bbox": size,
            }
            for number, (name, label, size) in enumerate(zip(NAMES, CLASSES, SIZES, strict=True))
        ],
        "categories": [{"id": 1, "name": "ring"}, {"id": 2, "name": "red blood cell"}],
    }


def test_coco(home: Path) -> None:
    write(home / "instances_train2017.json", coco())
    found = check(home)
    assert set(found.column("split")) == {"training"}
    assert found.keys == ["a.png#0", "a.png#1", "b.png#0"]


def test_coco_that_is_odd(home: Path) -> None:
    content = coco()
    content["annotations"][0]["bbox"] = None
    content["annotations"][0]["segmentation"] = [[10, 20, 40, 20, 40, 60]]
    content["annotations"] += [
        {"image_id": 99, "category_id": 1, "bbox": [1, 1, 9, 9]},
        {"category_id": 1, "bbox": [1, 1, 9, 9]},
        {"image_id": 9, "category_id": 55, "bbox": [50, 1, 9, 9]},
        {"image_id": 9, "category_id": 1, "bbox": [50, 1, -9, 9]},
        {"image_id": 9, "category_id": 1},
        "nonsense",
    ]
    content["images"] += [{"id": 3, "file_name": None}, {"id": 4, "file_name": "a/../../x.png"}, 5]
    write(home / "list.json", content)
    found = scanned(home)
    assert found.column("_box") == [*BOXES, "50,1,59,10"]
    assert found.labels[-1] == "55"
    for words in (
        "annotation 4: it tells no image", "annotation 8: it tells no image", "not in the list", "inverted",
        "has no file_name", "leaves the folder", "it has no box",
    ):  # fmt: skip
        assert words in found.words


@pytest.mark.parametrize("names", ["data.yaml", "dict.yaml", "classes.txt"])
@pytest.mark.parametrize("order", ["labels/train", "train/labels", "images"])
def test_yolo(names: str, order: str, tmp_path: Path) -> None:
    images = order.replace("labels", "images")
    for name in sorted(set(NAMES)):
        picture(tmp_path / images / name)
    (tmp_path / order).mkdir(parents=True, exist_ok=True)
    picture(tmp_path / images / "c.png")
    for name in sorted(set(NAMES)):
        lines = [
            f"{int(label != 'ring')} {(x + w / 2) / 200:.6f} {(y + h / 2) / 100:.6f} {w / 200:.6f} {h / 100:.6f}"
            for one, label, (x, y, w, h) in zip(NAMES, CLASSES, SIZES, strict=True)
            if one == name
        ]
        (tmp_path / order / name.replace("png", "txt")).write_text("\n".join(lines) + "\n")
    words = {
        "data.yaml": "names: [ring, red blood cell]", "dict.yaml": "names: {0: ring, 1: red blood cell}",
        "classes.txt": "ring\nred blood cell\n",
    }  # fmt: skip
    (tmp_path / names.replace("dict", "data")).write_text(words[names])
    found = scanned(tmp_path)
    assert found.column("_box") == [*BOXES, None], found.words
    assert found.labels == [*CLASSES, None]
    assert found.column("_whole") == [None, None, None, "1"], "an image without labels is there, too"
    assert len(found.found) == 1
    assert scanned(tmp_path / names.replace("dict", "data")).keys == found.keys, "its list of names stands for the set"
    assert set(found.column("split")) == ({"training"} if "train" in order else {None})


def test_yolo_that_is_odd(home: Path) -> None:
    (home / "labels").mkdir()
    lines = ["0 0.5 0.5 0.1 0.1 0.9", "1 .1 .1 .2 .1 .2 .2", "0 0.5 0.5 0 0.1", "x 0.5 0.5 0.1 0.1", "0 nan 0 1 1"]
    (home / "labels" / "a.txt").write_text("\n".join(["7 0.5 0.5 0.2 0.2", *lines]))
    (home / "labels" / "gone.txt").write_text("0 0.5 0.5 0.1 0.1")
    (home / "README.txt").write_text("a set of cells")
    found = scanned(home)
    assert found.labels[:3] == ["7", "0", "1"]
    assert found.column("_box")[:3] == ["80,40,120,60", "90,45,110,55", "20,10,40,20"]
    for words in ("called by their numbers", "no area", "no number of a class", "'nan'", "its image is missing"):
        assert words in found.words


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("filename,width,height,class,xmin,ymin,xmax,ymax", CORNERS),
        ("image_path;label;x;y;w;h", SIZES),
        ("image\tcell_type\tx_min\ty_min\tx_max\ty_max", CORNERS),
        ("Image,Category,Left,Top,Right,Bottom", CORNERS),
        ("img_file,tag,bbox_x,bbox_y,bbox_w,bbox_h", SIZES),
    ],
)
def test_tables(header: str, values: list[tuple[int, ...]], home: Path) -> None:
    sign = next(one for one in "\t;," if one in header)
    lines = [header]
    for name, label, box in zip(NAMES, CLASSES, values, strict=True):
        middle = ["200", "100", label] if "width" in header else [label]
        lines.append(sign.join([name, *middle, *map(str, box)]))
    (home / "boxes.csv").write_text("\n".join([*lines, "short" + sign + "line"]), "utf-8")
    found = check(home)
    assert [one.where for one in found.skipped] == ["line 5"]
    kept = found.found[0].settings["mapping"]
    again = check(home, kept=json.dumps({"boxes.csv": {"mapping": kept, "given": False}}))
    assert f"read as {kept}" in again.words


def nested() -> dict[str, Any]:
    """What people write: lists of any layout, each of the same cells; None where classes are told elsewhere."""
    by_image: dict[str, list[int]] = {}
    for place, name in enumerate(NAMES):
        by_image.setdefault(name, []).append(place)
    text = [[str(value) for value in box] for box in CORNERS]
    return {
        "regions": [
            {"file": name, "regions": [{"type": CLASSES[one], "bbox": SIZES[one]} for one in members]}
            for name, members in by_image.items()
        ],
        "inside": {
            "info": {"version": 1},
            "data": [
                {
                    "image": {"path": f"images/{name}"},
                    "objects": [
                        {"label": CLASSES[one], "box": dict(zip(("x1", "y1", "x2", "y2"), text[one], strict=True))}
                        for one in members
                    ],
                }
                for name, members in by_image.items()
            ],
        },
        "keyed": {
            name: [dict(zip(("left", "top", "width", "height"), SIZES[one], strict=True), category=CLASSES[one])
                   for one in members]
            for name, members in by_image.items()
        },
        "keyed records": {
            name: {"boxes": [CORNERS[one] for one in members], "labels": [CLASSES[one] for one in members]}
            for name, members in by_image.items()
        },
        "flat": [
            {"image_name": name, "class": label, "xmin": box[0], "ymin": box[1], "xmax": box[2], "ymax": box[3]}
            for name, label, box in zip(NAMES, CLASSES, text, strict=True)
        ],
    }  # fmt: skip


@pytest.mark.parametrize("layout", list(nested()))
def test_lists_of_any_layout_are_guessed_told_and_kept(layout: str, home: Path) -> None:
    write(home / "cells.json", nested()[layout])
    found = check(home)
    mapping = found.found[0].settings["mapping"]
    assert read_mapping(mapping) == guess(json.loads((home / "cells.json").read_text()))
    assert "images are named by" in found.words
    check(home, mapping=mapping)
    write(home / "mapping.json", json.loads(mapping))
    check(home / "cells.json", mapping=str(home / "mapping.json"))


def test_an_outline_of_labelme(home: Path) -> None:
    for name in set(NAMES):
        shapes = [
            {"label": label, "points": [[box[0], box[1]], [box[2], box[3]]], "shape_type": "rectangle"}
            for one, label, box in zip(NAMES, CLASSES, CORNERS, strict=True)
            if one == name
        ]
        write(home / "images" / f"{name[0]}.json", {"version": "5", "shapes": shapes, "imagePath": name})
    assert check(home).words.count("read as") == 1, "told once for all lists of one layout"


def test_a_mapping_that_is_given_comes_before_a_guess(home: Path) -> None:
    rows = [{"p": name, "k": label, "b": " ".join(map(str, box))} for name, label, box in zip(NAMES, CLASSES, CORNERS)]  # noqa: B905
    write(home / "cells.json", {"all": rows})
    assert "no list of images with boxes, left out" in scanned(home).words
    with_mapping = {"list": "all", "image": "p", "box": "b", "form": "corners", "label": "k"}
    check(home, mapping=json.dumps(with_mapping))


@pytest.mark.parametrize(
    "words", ["{", '{"image": "a"}', '{"image": "a", "box": ["x"], "form": "circle"}', "none.json"]
)
def test_a_wrong_mapping_is_told(words: str, home: Path) -> None:
    with pytest.raises(UserError, match="mapping"):
        scanned(home, mapping=words)


def test_lists_and_tables_of_other_things_are_left_out(home: Path) -> None:
    write(home / "package.json", {"name": "x", "version": "1", "files": ["a.png"]})
    write(home / "numbers.json", [1, 2, 3])
    (home / "sources.csv").write_text("file,source\na.png,there\n")
    (home / "one.csv").write_text("only\n1\n")
    write(home / "list.json", coco())
    found = check(home)
    assert not found.skipped
    assert found.words.count("left out") == 4
    for name in ("package.json", "sources.csv", "one.csv"):
        assert [one.source for one in scanned(home / name).skipped] == [name]


PROPERTIES = """# made by hand
image_id = ImageNumber
object_id = ObjectNumber
cell_x_loc = Center_X
cell_y_loc = Center_Y
image_file_cols = FileName
image_tile_size = 20
"""


def test_cellprofiler_analyst(home: Path) -> None:
    (home / "set.properties").write_text(
        PROPERTIES + "image_csv_file = images.csv\nobject_csv_file = C:\\x\\cells.csv\n"
    )
    (home / "images.csv").write_text("ImageNumber,FileName\n1,a.png\n2,b.png\n3,../../c.png\n")
    (home / "cells.csv").write_text(
        "ImageNumber,ObjectNumber,Center_X,Center_Y\n1,1,50,50\n1,2,5,5\n2,1,90,20\n7,1,1,1\n"
    )
    (home / "training.txt").write_text("# a comment\nlabel ring rbc\nring 1 1 50 50\nrbc 2 1 90 20\nodd 1 2 3 4\n")
    found = scanned(home)
    assert found.column("_box") == ["40,40,60,60", "0,0,15,15", "80,10,100,30"]
    assert found.labels == ["ring", None, "rbc"]
    assert found.column("object_number") == [1, 2, 1]
    for words in (
        "2 labels from training.txt",
        "line 5: it is no class",
        "leaves the folder",
        "not in the table of images",
    ):
        assert words in found.words


def test_cellprofiler_analyst_of_a_database(home: Path) -> None:
    (home / "set.properties").write_text(PROPERTIES + "db_sqlite_file = set.db\nobject_table = Per_Object\n")
    with closing(sqlite3.connect(home / "set.db")) as database:
        database.execute("CREATE TABLE Per_Image (ImageNumber, FileName)")
        database.execute("INSERT INTO Per_Image VALUES (1, 'a.png')")
        ends = ", ".join(
            f"Cells_AreaShape_BoundingBox{end}" for end in ("Minimum_X", "Minimum_Y", "Maximum_X", "Maximum_Y")
        )
        database.execute(f"CREATE TABLE Per_Object (ImageNumber, ObjectNumber, {ends})")
        database.execute("INSERT INTO Per_Object VALUES (1, 1, 10, 20, 40, 60)")
        database.commit()
    assert scanned(home).column("_box") == ["10,20,40,60"]
    (home / "set.properties").write_text(
        PROPERTIES + 'db_sqlite_file = set.db\nobject_table = x"; DROP TABLE Per_Image\n'
    )
    assert "no name of a table" in scanned(home).words


def test_a_training_set_alone_is_told(home: Path) -> None:
    (home / "training.txt").write_text("label a b\na 1 1 5 5\n")
    assert "bring the properties file" in scanned(home / "training.txt").words
